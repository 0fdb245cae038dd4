// Public face of NodeRuntime.
