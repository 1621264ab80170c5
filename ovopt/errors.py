"""The error tree. Every error says where, what, and what to do; `cli.main` turns it into an exit code.

OvoptError              1   an error in the run
├── StepError           1   a step failed
│   ├── NoEffectError   1   a step changed nothing
│   └── DoesNotRunError 1   a step made a model that does not run
├── ArmLostError        1   a worker process died, hung or answered with an error
├── BudgetMissedError   3   no candidate of a search keeps its budget: the original should ship
└── UsageError          2   the caller can mend it
    ├── ModelError      2   a model that is missing, broken or unfit
    ├── DataError       2   samples that are missing, unlabelled, of the wrong shape, not finite
    ├── RecipeError     2   a recipe with an unknown key, a wrong type, a typing error in a name
    ├── SettingsError   2   a device, property or measurement setting that cannot be had
    └── OutputError     2   an output that exists or cannot be written
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable

SHOWN = 12
LONG = 80
"""Characters of a value in a message, and of a word that is looked for among known ones."""
SENTENCE = 300
"""Characters of a text in a message that holds what somebody else wrote."""


class OvoptError(Exception):
    """Anything ovopt reports to its user without a traceback."""

    exit_code = 1


class StepError(OvoptError):
    """An optimization failed."""


class NoEffectError(StepError):
    """An optimization changed nothing, or gained nothing that is worth a change."""


class DoesNotRunError(StepError):
    """An optimization made a model that its device cannot compile or run."""


class ArmLostError(OvoptError):
    """A worker process is gone: the arm it measured has no result."""


class BudgetMissedError(OvoptError):
    """A search found nothing that may ship."""

    exit_code = 3


class UsageError(OvoptError):
    """Wrong recipe, option, data or model file."""

    exit_code = 2


class ModelError(UsageError):
    """A model file that cannot be used."""


class DataError(UsageError):
    """Data that cannot be used."""


class RecipeError(UsageError):
    """A recipe that cannot be used."""


class SettingsError(UsageError):
    """Runtime or measurement settings that cannot be used."""


class OutputError(UsageError):
    """An output that cannot be written."""


def quoted(value: object) -> str:
    """A value as messages quote it: as Python writes it, and shortened, however large or deep it is.

    >>> quoted([1, "two", {"three": 3}])
    "[1, 'two', {'three': 3}]"
    >>> len(quoted("x" * 10_000_000)) <= LONG
    True
    """
    try:
        return _short.repr(value)
    except Exception:  # a whole number of thousands of digits, or a `__repr__` of the caller's own
        return f"<{type(value).__name__}>"


def shortened(text: str) -> str:
    """A text whose middle is left out where it is long."""
    return text if len(text) <= SENTENCE else f"{text[: SENTENCE // 2]} ... {text[-SENTENCE // 3 :]}"


_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = LONG
_short.maxlevel = 4


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A clause that names the nearest known word, or lists all of them.

    >>> did_you_mean("magica", ["magika", "digits"])
    "did you mean 'magika'?"
    """
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1) if len(word) <= LONG else []
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(choices) - SHOWN} more" if len(choices) > SHOWN else ""
    return f"known: {', '.join(choices[:SHOWN]) or 'none'}{more}"
