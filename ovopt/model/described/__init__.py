"""The use of a model as its publisher wrote it down, beside it or inside it."""
