"""Engines, one per file: what runs a model inside a worker."""
