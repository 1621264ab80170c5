"""A model layer by layer: errors, times, precisions, quantizers."""
