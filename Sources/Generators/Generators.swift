// Public face of Generators.
