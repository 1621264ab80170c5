"""Steps from a model's outputs to what metrics look at."""
