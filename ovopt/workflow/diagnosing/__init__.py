"""Layer by layer: what costs quality or speed, and what mends it."""
