// Public face of RunStore.
