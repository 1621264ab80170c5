"""Inputs of a stored comparison, as they are on disk now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ovopt.contracts import DataSource, plugins
from ovopt.data.content import hash_of
from ovopt.errors import OvoptError
from ovopt.model.files.locate import describe
from ovopt.records import Comparison

QUICK = ("archive", "coco", "events", "files", "masks", "npz", "text", "yolo")
"""Kinds of data whose fingerprint is known without their contents being decoded."""


def changed_inputs(comparison: Comparison) -> list[str]:
    """Remarks on models, samples and recipe that have other content than when they were compared. What is not there any
    more, or cannot be read, is left out: a comparison may be judged anywhere."""
    return [
        f"{what} has other content now than when it was compared ({_short(then)}, now {_short(now)}); "
        "compare again to judge it"
        for what, then, now in (*_models(comparison), *_data(comparison), *_recipe(comparison))
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
    if comparison.data is None or kind not in QUICK:
        return
    try:
        now = plugins("ovopt.data", DataSource)[kind].model_validate(fields).open((), comparison.data.seed)
    except (OvoptError, OSError, ValueError):
        return
    yield comparison.data.source, comparison.data.fingerprint, now.fingerprint


def _recipe(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    file = comparison.recipe_file
    try:
        if file and Path(file.path).is_file():
            yield f"the recipe {file.path}", file.sha256, hash_of(Path(file.path))
    except (OvoptError, OSError, ValueError):
        return
