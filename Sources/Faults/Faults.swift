// Public face of Faults.
