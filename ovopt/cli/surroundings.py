"""The system around a run: a terminal that shows ASCII alone, names that are no text, and what the system refuses."""

from __future__ import annotations

import codecs
import errno
import os
import sys
import tempfile
import unicodedata
from pathlib import Path

from ovopt.errors import UsageError
from ovopt.locate import shown
from ovopt.output import FULL

PLAIN = str.maketrans(
    {
        "±": "+-", "·": "*", "√": "sqrt", "ε": "eps", "λ": "lambda", "π": "pi", "Σ": "sum", "∞": "inf", "μ": "u",
        "│": "|", "─": "-", "├": "+", "└": "+", "█": "#", **dict(zip("▁▂▃▄▅▆▇", "._-=+*%", strict=True)),
    }
)  # fmt: skip
"""Characters that have no likeness in ASCII by Unicode's own rules, and one that says the same."""
PROBE_BYTES = 1 << 20
"""Written to see whether a disk is full."""
HINTS = {
    **dict.fromkeys(FULL, "make room there"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "give yourself the right to it"),
    errno.EROFS: "name a place that can be written",
    errno.ENAMETOOLONG: "give it a shorter name",
}


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


def refusal(error: OSError) -> str:
    """What the system has refused: the place, its reason, and what to do."""
    place, hint = _named(error) if error.filename is not None else _unnamed(error)
    why = error.strerror or str(error)
    return f"{place}: {why}{hint}" if place else f"{why}{hint}"


def _named(error: OSError) -> tuple[str, str]:
    hint = HINTS.get(error.errno or 0)
    return shown(Path(os.fsdecode(str(error.filename)))), f"; {hint}" if hint else ""


def _unnamed(error: OSError) -> tuple[str, str]:
    """Standard output and temporary files have no name to the system, and what is not there any more has none."""
    if error.errno not in FULL:
        return _missing()
    if _is_full():
        return f"temporary files in {tempfile.gettempdir()}", "; make room there, or let TMPDIR name a folder with more"
    return ("", "") if _prints() else ("standard output", "; make room there")


def _missing() -> tuple[str, str]:
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the current folder", "; it was removed: change into another"
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return "temporary files", "; let TMPDIR name a folder that can be written"
    return "", ""


def _prints() -> bool:
    """True where standard output takes an empty line: what was in its buffer, it has dropped."""
    try:
        os.write(sys.__stdout__.fileno(), b"\n") if sys.__stdout__ else None
    except OSError:
        return False
    return True


def _is_full() -> bool:
    """True where the temporary folder takes no more."""
    try:
        with tempfile.TemporaryFile() as probe:
            probe.write(bytes(PROBE_BYTES))
    except OSError:
        return True
    return False
