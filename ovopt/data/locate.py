"""Where data lives: paths in a recipe, with names for the folders that ovopt knows."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from ovopt.errors import RecipeError, did_you_mean


def shipped(folder: str) -> Path:
    """`recipes` or `calibration_data`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def expand(path: str) -> Path:
    """A recipe's path: `{calibration_data}` is what ovopt ships, `{python}` the standard library, `{packages}` the
    installed packages, `~` the home folder; anything else is relative to the current folder."""
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
