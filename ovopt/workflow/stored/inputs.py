"""Inputs of a stored comparison, as they are on disk now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ovopt.contracts import DataSource, plugins
from ovopt.data.content import hash_of
from ovopt.errors import OvoptError
from ovopt.model.files.locate import describe
from ovopt.recipe.own_code import code_in
from ovopt.records import Comparison

ONE_FILE = ("archive", "npz", "text")
"""Kinds of data whose fingerprint is the hash of a file."""
FOLDERS = ("coco", "cvat", "events", "files", "labelme", "masks", "voc", "yolo")
"""Kinds whose fingerprint is known without their contents being decoded."""


def changed_inputs(comparison: Comparison) -> list[str]:
    """Remarks on models, samples, recipe and its code that have other content than when they were compared. What is not
    there any more, or cannot be read, is left out: a comparison may be judged anywhere."""
    return [
        f"{what} has other content now than when it was compared ({_short(then)}, now {_short(now)}); "
        "compare again to judge it"
        for what, then, now in (*_models(comparison), *_data(comparison), *_recipe(comparison), *_code(comparison))
        if then != now
    ]


def _short(digest: str) -> str:
    return f"{digest[:12]}..."


def _models(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    known = {arm.model.path: arm for arm in comparison.arms if arm.role in ("baseline", "candidate")}
    for path, arm in known.items():
        try:
            if Path(path).exists():
                yield f"{arm.name} ({path})", arm.model.sha256, describe(path).sha256
        except (OvoptError, OSError, ValueError):
            continue


def _data(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    section: Any = comparison.recipe.get("data") or {}
    source = section.get("source") if isinstance(section, dict) else None
    fields = dict(source) if isinstance(source, dict) else {}
    kind = fields.pop("kind", None)
    data = comparison.data
    if data is None or kind not in (*ONE_FILE, *FOLDERS):
        return
    try:
        if kind in ONE_FILE:
            now = hash_of(Path(data.source))
        else:
            now = plugins("ovopt.data", DataSource)[kind].model_validate(fields).open((), data.seed).fingerprint
    except (OvoptError, OSError, ValueError):
        return
    yield data.source, data.fingerprint, now


def _recipe(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    file = comparison.recipe_file
    try:
        if file and Path(file.path).is_file():
            yield f"the recipe {file.path}", file.sha256, hash_of(Path(file.path))
    except (OvoptError, OSError, ValueError):
        return


def _code(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    for file, sha256 in code_in(comparison.recipe):
        try:
            if file.is_file():
                yield f"the code {file}", sha256, hash_of(file)
        except (OvoptError, OSError, ValueError):
            continue
