"""Files of code that a recipe names: where they lie, whether they may run, and a bundle's copies of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ovopt.contracts.own_code import MOST_BYTES, OwnCode, changed
from ovopt.errors import RecipeError
from ovopt.given_file import read_file
from ovopt.recipe.sections import Recipe

NAME = "python"
"""What functions of the user's own are called in every section that takes one."""
TAKING = ("preprocess", "postprocess", "metrics")


def code_of(recipe: Recipe) -> Iterator[tuple[str, OwnCode]]:
    """Key path and function of each `python` that a recipe names."""
    for section in TAKING:
        for place, plugin in enumerate(getattr(recipe, section)):
            if isinstance(plugin, OwnCode):
                yield f"{section}[{place}].{NAME}", plugin


def trusted(recipe: Recipe, trust: bool, said: str = "recipe") -> Recipe:
    """The recipe, called `said` in messages, with functions of the user's own that may run, and their files' digests.
    Raises RecipeError where there are some and they are not to be trusted, or one cannot be had."""
    for key, own in () if trust else code_of(recipe):
        raise RecipeError(
            f"{said}: {key}: to use it is to run the code in {own.file}; if you trust it, allow that with --trust"
        )
    if not any(code_of(recipe)):
        return recipe
    sections = {section: tuple(map(_trusted, getattr(recipe, section))) for section in TAKING}
    return recipe.model_copy(update=sections)


def _trusted(plugin: Any) -> Any:
    return plugin.trusted() if isinstance(plugin, OwnCode) else plugin


def beside(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A recipe's plain values, with the files of code that lie in its own folder, or as seen from there, in full."""
    return _with_calls(raw, lambda file, sha256: (folder / file.expanduser()).resolve())


def copies(recipe: Recipe) -> dict[str, bytes]:
    """Name and content of the files of code, as a bundle keeps them. Raises RecipeError where one has changed."""
    return {copy_name(own.file, str(own.sha256)): own.code for _, own in code_of(recipe)}


def copy_name(file: Path, sha256: str) -> str:
    """The name that a bundle gives its copy."""
    mark = f"-{sha256[:8]}"
    return f"{file.stem.removesuffix(mark)}{mark}.py"


def of_bundle(raw: Mapping[str, Any], bundle: Path) -> dict[str, Any]:
    """A manifest's recipe, whose files of code are the bundle's copies where they are not at their place any more.
    Raises RecipeError where one at its place has changed."""

    def found(file: Path, sha256: str) -> Path:
        copy = (bundle / copy_name(file, sha256)).resolve()
        place = file if file.is_file() or not copy.is_file() else copy
        content = read_file(place, RecipeError, MOST_BYTES) if place.is_file() else b""
        now = hashlib.sha256(content).hexdigest()
        if place.is_file() and now != sha256:
            own = "" if place == copy else f" the bundle keeps it as {copy.name}: put that in its place, or"
            raise RecipeError(f"{place}: {changed(sha256, now)} since {bundle} was made;{own} make the bundle again")
        return place

    return _with_calls(raw, found)


def _with_calls(raw: Mapping[str, Any], change: Callable[[Path, str], Path]) -> dict[str, Any]:
    """Plain values with other files of code."""
    listed = {key: raw[key] for key in TAKING if isinstance(raw.get(key), list)}
    return {**raw, **{key: [_with_call(entry, change) for entry in entries] for key, entries in listed.items()}}


def _with_call(entry: Any, change: Callable[[Path, str], Path]) -> Any:
    """An entry of a list of plug-ins with another file of code; what names none stays as it is."""
    if not isinstance(entry, Mapping) or NAME not in entry or len(entry) > 1:
        return entry
    own = entry[NAME]
    call, sha256 = (own.get("call"), own.get("sha256")) if isinstance(own, Mapping) else (own, None)
    file, _, function = call.rpartition(":") if isinstance(call, str) else ("", "", "")
    if not file or file.startswith("{"):
        return entry
    call = f"{change(Path(file), str(sha256))}:{function}"
    return {NAME: {**own, "call": call} if isinstance(own, Mapping) else call}


def alike(entries: Sequence[Any], others: Sequence[Any]) -> bool:
    """True where two lists of plug-ins as results write them are the same, wherever their files of code lie."""
    bare = [[_with_call(entry, lambda file, sha256: Path(sha256)) for entry in each] for each in (entries, others)]
    return bare[0] == bare[1]


def code_in(raw: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """The files of code that a result's recipe names, and their digests."""
    found: list[tuple[Path, str]] = []

    def noted(file: Path, sha256: str) -> Path:
        found.append((file, sha256))
        return file

    _with_calls(raw, noted)
    return found
