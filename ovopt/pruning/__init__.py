"""Structured pruning of the graph: which channels go together, which matter least, and how their readers make up for
them. Pure graph work and linear algebra."""
