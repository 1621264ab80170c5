"""Samples of a recipe, divided into splits and made ready for a model: labels, host transforms, work ahead."""
