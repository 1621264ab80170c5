"""Inputs and outputs of a model: facts, shapes, what fits them."""
