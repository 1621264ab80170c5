"""Where things are: paths in a recipe, names inside a folder, and packages that an extra brings."""

from __future__ import annotations

import importlib
import os
import sysconfig
from pathlib import Path
from typing import Any

from ovopt.errors import DataError, RecipeError, SettingsError, did_you_mean


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
    """The file `name` below `root`. DataError (`said` is where the name was read) for an absolute path, `..`, or a
    symbolic link that leads outside."""
    file = root / name
    if name and not Path(name).is_absolute() and ".." not in Path(name).parts:
        if not file.is_symlink() and file.parent == root:
            return file
        if file.resolve().is_relative_to(root.resolve()):
            return file
    raise DataError(f"{said}: {name!r} leads outside {root}; give paths inside it")


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
