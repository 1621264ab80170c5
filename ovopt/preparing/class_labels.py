"""Labels as people write classes down, made class indices."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from ovopt.contracts import BadLabel

UNSAFE = re.compile(r'["$`\\!]')
"""What a shell looks for between double quotes."""
ROWS = (list, tuple, np.ndarray)


@dataclass(frozen=True)
class ClassLabels:
    """Labels of all samples; `count` is the number of classes, where their form tells it."""

    labels: tuple[Any, ...]
    count: int | None = None


def class_labels(labels: Sequence[Any]) -> ClassLabels:
    """Labels with a class index in place of each number that is whole, each list of one, and each one-hot row [classes]
    where all lists are; a name of bytes is text. What is none of these stays as it is, and None of samples without."""
    if all(type(label) is int for label in labels):  # as most are, of which there may be a million
        return ClassLabels(tuple(labels))
    bare = tuple(map(_bare, labels))
    known = [label for label in bare if label is not None and not isinstance(label, BadLabel)]
    if not known or not all(isinstance(label, ROWS) for label in known):
        return ClassLabels(bare)
    rows = list(map(np.ravel, known))
    if not all(map(_one_hot, rows)) or len({len(row) for row in rows}) > 1:
        return ClassLabels(bare)
    indices = tuple(int(np.argmax(np.ravel(label))) if isinstance(label, ROWS) else label for label in bare)
    return ClassLabels(indices, len(rows[0]))


def counted_from_one(labels: Iterable[Any], classes: int) -> bool:
    """Tell labels that can only count from 1: they differ, none is 0, and one is the number of the classes."""
    found = {label for label in labels if isinstance(label, int) and label >= 0}
    return len(found) > 1 and min(found) > 0 and max(found) == classes


def names_option(names: Sequence[str]) -> str:
    """The option of a command that lists classes in this order, as a shell takes it."""
    listed = yaml.safe_dump([*names], default_flow_style=True, allow_unicode=True, width=1 << 16).strip()
    setting = f"data.classes={listed}"
    quoted = shlex.quote(setting) if UNSAFE.search(setting) else f'"{setting}"'
    return f"--set {quoted}"


def _bare(label: Any) -> Any:
    if isinstance(label, (*ROWS, np.generic)) and np.size(label) == 1:
        label = np.asarray(label).item()
    if isinstance(label, bytes):
        return label.decode(errors="replace")
    return int(label) if isinstance(label, bool) or (isinstance(label, float) and label.is_integer()) else label


def _one_hot(row: np.ndarray[Any, Any]) -> bool:
    return row.size > 1 and row.dtype.kind in "biuf" and np.count_nonzero(row) == 1 and row.max() == 1
