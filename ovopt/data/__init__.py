"""Data sources, one per file, and the preprocessing on the host."""
