"""Splits of `preprocess` between host and model: arrays in front of every transform, and the best of the splits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ovopt.contracts import Array, Host, Parts, Transform, Way
from ovopt.errors import DataError
from ovopt.model.ports.attach import Intake
from ovopt.model.ports.facts import facts
from ovopt.model.ports.inputs import DTYPES
from ovopt.stats import Interval

STRETCHED = 1.5
"""By this factor an axis of a sample is made longer, to find out whether other sizes are taken as well."""
NAMES = {np.dtype(name): dtype for dtype, name in DTYPES.items()} | {np.dtype(np.float64): "f32"}
"""OpenVINO's names of the element types that a model may take; what is float64 on the host becomes float32."""
ITEM_BYTES = {dtype: np.dtype(name).itemsize for dtype, name in DTYPES.items()}
"""Bytes of an item of each element type."""
Intakes = Mapping[str, Intake] | None
"""Arrays in front of a transform, by the input of the model that they lead to; None where there is no array of numbers,
or one of another kind for each sample."""


def intakes(host: Host, contents: Sequence[Any], free: bool) -> list[Intakes]:
    """Element types and sizes in front of every transform. Where sizes are `free`, those count too that no sample has,
    but that the model would be given if one had them."""
    seen = [walk for content in contents for walk in _walked(host, content)]
    if free:
        seen += _stretched(host, contents[0])
    return [_together([walk[place] for walk in seen]) for place in range(len(host.transforms))]


def _walked(host: Host, content: Any) -> list[list[Intakes]]:
    """A sample on its way, part by part."""
    passed = list[list[Intakes]]()
    for transform in host.transforms:
        parts = content if isinstance(content, Parts) else (content,)
        passed.append([_intake(host, part) for part in parts])
        content = transform.apply(content)
    count = max(map(len, passed))  # it is whole before it is divided
    return [[parts[min(part, len(parts) - 1)] for parts in passed] for part in range(count)]


def _stretched(host: Host, content: Any) -> Iterator[list[Intakes]]:
    """Samples that do not exist, each longer in one axis, if the model would take them."""
    whole = host.preparation(host.transforms, host.inputs)
    decoded = whole.decode(content)
    if not isinstance(decoded, np.ndarray):
        return
    for axis, size in enumerate(decoded.shape):
        longer = np.take(decoded, np.arange(int(size * STRETCHED) + 1) % max(size, 1), axis)
        try:
            whole.preprocess(longer)
            yield from _walked(host, longer)
        except DataError:
            continue  # no such sample can come


def _intake(host: Host, content: Any) -> Intakes:
    if isinstance(content, Mapping):
        named = {name: content[name] for name in host.filled if name in content}
    else:
        named = dict.fromkeys(host.filled[:1], content)
    arrays = {name: _array(value) for name, value in named.items()}
    found = {name: Intake(NAMES[a.dtype], a.shape) for name, a in arrays.items() if a is not None and a.dtype in NAMES}
    return found if found and len(found) == len(arrays) else None


def _array(value: Any) -> Array | None:
    if isinstance(value, bytes | str):
        return None
    try:
        return np.asarray(value)
    except (ValueError, DataError):
        return None


def _together(seen: Sequence[Intakes]) -> Intakes:
    """Element type and sizes that all of these have; sizes that differ are None."""
    known = [one for one in seen if one is not None]
    kinds = {tuple((name, one.dtype, len(one.sizes)) for name, one in taken.items()) for taken in known}
    if len(known) < len(seen) or len(kinds) != 1:
        return None
    return {name: Intake(one.dtype, _common([other[name].sizes for other in known])) for name, one in known[0].items()}


def _common(sizes: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    return tuple(axis[0] if len(set(axis)) == 1 else None for axis in zip(*sizes, strict=True))


@dataclass
class Split:
    """Transforms that are inside the model, and how this did: largest difference of outputs, speed-up against the
    host."""

    inside: tuple[Transform, ...]
    way: Way
    difference: float = np.inf
    speedup: Interval | None = None

    @property
    def input_bytes(self) -> int:
        """Bytes of a sample, as it is handed over; a size that is not fixed counts as 1."""
        ports = facts(self.way.model).inputs
        return sum(math.prod(size or 1 for size in port.shape or ()) * ITEM_BYTES[port.dtype] for port in ports)

    def __str__(self) -> str:
        return f"{', '.join(transform.name for transform in self.inside)} in the model"


def ranked(splits: Sequence[Split]) -> list[Split]:
    """Splits that are faster than the host for certain: first the ones that cannot be told from the fastest, with the
    smallest input and then the shortest list on the host in front; then the others."""
    known = [(split, split.speedup) for split in splits if split.speedup and split.speedup.low > 1]
    best = max((speedup.estimate for _, speedup in known), default=1.0)
    ordered = sorted(known, key=lambda one: (one[1].high < best, one[0].input_bytes, -len(one[0].inside)))
    return [split for split, _ in ordered]
