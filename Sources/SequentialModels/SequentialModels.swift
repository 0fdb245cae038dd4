// Public face of SequentialModels.
