"""A model on its way through steps, with the samples that these use."""
