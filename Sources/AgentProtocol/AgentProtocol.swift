// Public face of AgentProtocol.
