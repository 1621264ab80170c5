"""ovopt makes a model faster with OpenVINO and NNCF, and proves it.

The Python API is the command line: every command is one function here, and returns records. The stub beside this file
lists all names with their homes, for type checkers and for the import on first use.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    name.name: str(found.module)
    for found in ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body
    if isinstance(found, ast.ImportFrom)
    for name in found.names
}
__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604 (names of the stub)


def __dir__() -> list[str]:
    """The public names, for tab completion."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import ovopt` and `ovopt --help` stay quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ovopt' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = _spelled(found, name) if isinstance(found, FunctionType) else found
    return globals()[name]


def _spelled(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function; errors that it raises name its arguments where the command line's name options."""

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        from ovopt.errors import OvoptError
        from ovopt.spelling import in_python

        try:
            return function(*given, **named)
        except OvoptError as error:
            error.args = (in_python(str(error)), *error.args[1:])
            raise

    called.__module__, called.__qualname__ = __name__, name  # so that it can be pickled
    return called
