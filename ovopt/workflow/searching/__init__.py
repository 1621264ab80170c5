"""Searches for the best candidate under a budget."""
