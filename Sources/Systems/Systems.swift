// Public face of Systems.
