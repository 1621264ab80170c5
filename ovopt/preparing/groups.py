"""Samples that belong together: tiles of an image, recordings of a speaker, frames of a film."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from ovopt.contracts import Samples
from ovopt.errors import DataError, quoted
from ovopt.recipe.sections import FOLDER, ByPattern, GroupBy
from ovopt.units import a_few


def groups_of(samples: Samples, by: GroupBy) -> list[str | None]:
    """The group of each sample; None for one that belongs to none. Raises DataError where the source has no such
    column, or ids have no folder or do not fit the pattern."""
    if isinstance(by, ByPattern):
        found = [_found(re.search(by.pattern, one)) for one in _bare_ids(samples)]
        return _all_found(found, samples, f"data.group.pattern: {quoted(by.pattern)} does not fit")
    if by == FOLDER and FOLDER not in samples.columns:
        found = [_folder(one) for one in _bare_ids(samples)]
        return _all_found(found, samples, "data.group: no folder of its own holds")
    return [None if value is None or value == "" else _text(value) for value in samples.column(by)]


def _bare_ids(samples: Samples) -> Sequence[str]:
    """Ids without the folder of their own split: what belongs together may lie in several of these."""
    if samples.splits is None:
        return samples.ids
    return [
        "/".join(part for part in one.split("/") if part != own)
        for one, own in zip(samples.ids, samples.splits, strict=True)
    ]


def _found(match: re.Match[str] | None) -> str | None:
    return None if match is None else "/".join(part or "" for part in match.groups()) or match.group()


def _folder(sample_id: str) -> str | None:
    folder = str(PurePosixPath(sample_id).parent)
    return None if folder == "." else folder


def _all_found(found: list[str | None], samples: Samples, said: str) -> list[str | None]:
    if lone := [samples.ids[index] for index, group in enumerate(found) if group is None]:
        raise DataError(f"{said} {a_few(map(quoted, lone))}")
    return found


def _text(value: Any) -> str:
    """A value of any type; a whole number is the same group with a point and without."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
