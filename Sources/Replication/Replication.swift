// Public face of Replication.
