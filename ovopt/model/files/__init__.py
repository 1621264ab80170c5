"""From a path to a model, and back."""
