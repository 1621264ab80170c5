"""From a model to a bundle: single steps, pruning, the whole recipe."""
