// Public face of SSHTransport.
