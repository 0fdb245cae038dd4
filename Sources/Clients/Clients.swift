// Public face of Clients.
