"""Reading and rewriting the operations of a model."""
