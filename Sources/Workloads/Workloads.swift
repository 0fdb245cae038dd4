// Public face of Workloads.
