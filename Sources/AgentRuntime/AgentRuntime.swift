// Public face of AgentRuntime.
