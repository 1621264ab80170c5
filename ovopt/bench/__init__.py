"""Measurement: arms in worker processes, driven by one coordinator."""
