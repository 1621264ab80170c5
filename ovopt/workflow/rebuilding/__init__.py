"""A bundle made again from its manifest, and compared."""
