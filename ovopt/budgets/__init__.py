"""Budgets: the figure that each is about, its interval, whether it is kept, and what would settle it. Pure."""
