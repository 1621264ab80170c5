"""A first recipe for a model and its data: what can be known is read, what must be guessed is tried and said."""
