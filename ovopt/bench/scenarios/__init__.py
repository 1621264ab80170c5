"""Scenarios, one per file: what is measured of the arms."""
