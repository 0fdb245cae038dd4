// Public face of Runner.
