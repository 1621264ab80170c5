"""The system around a run: a terminal that shows ASCII alone, and names that are no text."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from pathlib import Path

from ovopt.errors import UsageError
from ovopt.locate import shown

PLAIN = str.maketrans(
    {
        "±": "+-", "·": "*", "√": "sqrt", "ε": "eps", "λ": "lambda", "π": "pi", "Σ": "sum", "∞": "inf", "μ": "u",
        "│": "|", "─": "-", "├": "+", "└": "+", "█": "#", **dict(zip("▁▂▃▄▅▆▇", "._-=+*%", strict=True)),
    }
)  # fmt: skip
"""Characters that have no likeness in ASCII by Unicode's own rules, and one that says the same."""


def show_any_text() -> None:
    """Let the standard streams take any text: where their encoding lacks a character, one that is like it."""
    codecs.register_error("ovopt.plain", _like)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="ovopt.plain")


def _like(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(PLAIN))
    known = (letter for letter in text.translate(PLAIN) if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() else "?" for letter in known), error.end


def check_words(words: list[str]) -> None:
    """Raises UsageError where a word of the command line, or the current folder's name, is no text in the encoding of
    this process: results, which are UTF-8, could not name it."""
    for word in (*words, os.getcwd()):
        if not _is_text(word):
            raise UsageError(
                f"{shown(Path(word))}: is no text in {sys.getfilesystemencoding()}, the encoding of this process; "
                "rename it, or set LC_ALL=C.UTF-8 where it is UTF-8"
            )


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
