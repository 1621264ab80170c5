"""The search for the fastest model that keeps the quality: what to try, and what to make of the results. Pure."""
