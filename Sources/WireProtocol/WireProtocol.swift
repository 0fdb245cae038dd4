// Public face of WireProtocol.
