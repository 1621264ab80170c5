"""Refusals of the system, in words: the place, the reason, and what to do."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from pathlib import Path

from ovopt.locate import shown
from ovopt.output import FULL
from ovopt.room import exhausted

PROBE_BYTES = 1 << 20
"""Written to see whether a disk is full."""
HINTS = {
    **dict.fromkeys(FULL, "make room there"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "give yourself the right to it"),
    errno.EROFS: "name a place that can be written",
    errno.ENAMETOOLONG: "give it a shorter name",
}


def refused(error: Exception) -> str | None:
    """The message on an error of the system; None for any other."""
    return exhausted(error) or (refusal(error) if isinstance(error, OSError) else None)


def refusal(error: OSError) -> str:
    """The message on a refusal: the place, its reason, and what to do."""
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
