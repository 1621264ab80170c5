"""What whole numbers of depth maps stand for: thousandths of a metre, or other parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ovopt.contracts import LabelFile, Samples
from ovopt.errors import OvoptError
from ovopt.preparing.label_files import read_label_file
from ovopt.workflow.drafting.choices import Choice, Option

SCALES: Mapping[str, float] = {"millimetres (0.001)": 0.001, "1/256 m": 1 / 256, "1/5000 m": 1 / 5000}
"""Parts of a metre in which files of 16 bits hold depths, as data sets of rooms and of streets do."""
METRES = 500.0
"""No camera sees so far: larger numbers are no metres."""
LOOKED_AT = 8


def scales(source: Mapping[str, Any], samples: Samples) -> tuple[Choice, ...]:
    """The choice of what numbers are multiplied by, where they are too large to be metres and the source says nothing
    of it."""
    if source["kind"] != "masks" or "scale" in source or _median(samples) < METRES:
        return ()
    ways = [Option(said, sections={"data": {"source": {**source, "scale": scale}}}) for said, scale in SCALES.items()]
    return (Choice("unit of depths", (*ways, Option("as they are"))),)


def scaled(samples: Samples, scale: float | None) -> Samples:
    """The samples with another scale of their numbers."""
    if scale is None or samples.labels is None:
        return samples
    return replace(samples, labels=tuple(_scaled(label, scale) for label in samples.labels))


def _scaled(label: Any, scale: float) -> Any:
    return replace(label, scale=scale) if isinstance(label, LabelFile) and label.kind == "values" else label


def _median(samples: Samples) -> float:
    """The middle of the medians of a few labels' numbers above 0; 0 where there are none."""
    found = [np.median(numbers[numbers > 0]) for numbers in _numbers(samples) if (numbers > 0).any()]
    return float(np.median(found)) if found else 0.0


def _numbers(samples: Samples) -> Iterator[Any]:
    files = [label for label in samples.labels or () if isinstance(label, LabelFile) and label.kind == "values"]
    for label in files[:: max(1, len(files) // LOOKED_AT)][:LOOKED_AT]:
        try:
            yield read_label_file(label)
        except OvoptError:  # told where it is used
            continue
