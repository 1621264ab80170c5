"""Questions that only the user can answer."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ovopt.errors import UsageError

SHOWN = 12


def question(said: str, options: Sequence[str]) -> UsageError:
    """An error that asks, and ends with the options of `ovopt recipes new` that answer."""
    more = f", and {len(options) - SHOWN} more" if len(options) > SHOWN else ""
    shown = ", ".join(options[:SHOWN])
    return UsageError(f"{said}; add {'one of ' if len(options) > 1 else ''}{shown}{more}")


def option(name: str, value: str) -> str:
    """An option as a shell takes it: `--label "petal width"`."""
    return f"{name} {shlex.quote(value)}"
