"""Places of things: paths in a recipe, names inside a folder, and packages that an extra brings."""

from __future__ import annotations

import importlib
import os
import sysconfig
from pathlib import Path
from typing import Any

from ovopt.errors import DataError, RecipeError, SettingsError, did_you_mean, quoted


def shipped(folder: str) -> Path:
    """`recipes` or `calibration_data`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def expand(path: str) -> Path:
    """A recipe's path: `{calibration_data}` is what ovopt ships, `{python}` the standard library, `{packages}` the
    installed packages, `~` the home folder; anything else is relative to the current folder. Raises RecipeError for an
    unknown name."""
    if not path.startswith("{"):
        return Path(path).expanduser()
    name, _, rest = path[1:].partition("}")
    known = {
        "calibration_data": shipped("calibration_data"),
        "python": Path(sysconfig.get_path("stdlib")),
        "packages": Path(sysconfig.get_path("purelib")),
    }
    if name not in known:
        raise RecipeError(f"{path}: unknown folder {{{name}}}; {did_you_mean(name, known)}")
    return known[name] / rest.lstrip("/")


def confined(root: Path, name: str, said: str) -> Path:
    """The file `name` below `root`. DataError (`said` is where the name was read) for an absolute path, `..`, a
    symbolic link that leads outside, or what can be no name."""
    file = root / name
    try:
        if _is_inside(root, name):
            return file
    except (OSError, RuntimeError, ValueError) as error:  # too long, a link to itself, a zero byte
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{said}: {quoted(name)} can be no file: {why}") from None
    raise DataError(f"{said}: {quoted(name)} leads outside {root}; give paths inside it")


def _is_inside(root: Path, name: str) -> bool:
    file = root / name
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        return False
    if not file.is_symlink() and file.parent == root:
        return True
    return file.resolve().is_relative_to(root.resolve())


def optional(module: str, needed: str, extra: str) -> Any:
    """The module of a package that one of ovopt's extras brings. Raises SettingsError where it is missing, or a library
    that it loads: `needed` says what for."""
    try:
        return importlib.import_module(module)
    except (ImportError, OSError):
        raise SettingsError(f"{needed}: pip install 'ovopt[{extra}]'") from None


def shown(file: Path) -> str:
    """The path as text that any file can hold: bytes that are no UTF-8 are escaped."""
    return os.fsencode(file).decode(errors="backslashreplace")
