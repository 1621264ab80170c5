"""Figures of arms and pairs: the catalogue that reports, budgets, history and trackers go through. Pure."""

from ovopt.figures.catalogue import DECIDING, FIXED, KEYED, PAIRED, figures_of
from ovopt.figures.figure import Figure, Rests, words

__all__ = ["DECIDING", "FIXED", "KEYED", "PAIRED", "Figure", "Rests", "figures_of", "words"]
