"""Texts that come from a model, a data set or a recipe, made fit to stand among others. Pure."""

from __future__ import annotations

import re

UNFIT = "�"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters, overrides of the writing direction, halves of characters: what XML forbids, what a terminal
obeys, what turns the text behind it around."""


def clean(text: str) -> str:
    """The text with a sign in place of every character that would act rather than show; line ends are newlines."""
    return _CONTROL.sub(UNFIT, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Without line breaks and runs of white space."""
    return " ".join(clean(text).split())
