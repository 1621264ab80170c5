"""Optimizations, one per file."""
