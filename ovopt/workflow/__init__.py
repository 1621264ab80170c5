"""The use cases, one per file: what every command does, and the Python API."""
