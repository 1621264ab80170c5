"""Comparisons on disk: read, recomputed, rendered, kept over time."""
