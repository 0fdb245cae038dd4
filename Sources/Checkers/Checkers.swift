// Public face of Checkers.
