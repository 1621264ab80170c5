"""Ways to quantize a part of a model: which operations to leave in floating point because 8 bits do not pay there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

PRODUCTS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData", "MatMul")
"""Sums of products, where 8 bits save work; everywhere else they save memory traffic at most."""
GROUPED = ("GroupConvolution", "GroupConvolutionBackpropData")
MARGIN = 0.9
"""An operation is taken to be slower in 8 bits only where floating point takes less than this share of its time."""
WORTH = 0.02
"""Of the time of all operations: what has to be in sight for a try, which takes longer than to look at the times."""


@dataclass(frozen=True)
class Partial:
    """Operations to leave in floating point, and why."""

    name: str
    reverted: tuple[str, ...]


def partials(
    kinds: Mapping[str, str], quantized_us: Mapping[str, float], float_us: Mapping[str, float]
) -> Sequence[Partial]:
    """What may be worth a try, none twice, none that leaves nothing quantized.

    `kinds` gives the type of every quantized operation in the order of execution; the times, in microseconds, are those
    of operations where they run in 8 bits (with the conversions in front of them) and in floating point. Where they are
    known, only what may save a share of them is worth a try.
    """
    least = WORTH * sum(quantized_us.values())
    saved = {op: max(0.0, us - float_us.get(op, 0.0)) for op, us in quantized_us.items()}
    found: dict[frozenset[str], Partial] = {}
    for name, chosen in _all(kinds, quantized_us, float_us):
        if chosen and len(chosen) < len(kinds) and sum(saved.get(op, 0.0) for op in chosen) >= least:
            found.setdefault(frozenset(chosen), Partial(name, tuple(chosen)))
    return tuple(found.values())


def _all(
    kinds: Mapping[str, str], quantized_us: Mapping[str, float], float_us: Mapping[str, float]
) -> Iterator[tuple[str, list[str]]]:
    yield "products alone", [op for op, kind in kinds.items() if kind not in PRODUCTS]
    yield "no grouped convolutions", [op for op, kind in kinds.items() if kind in GROUPED]
    yield "convolutions alone", [op for op, kind in kinds.items() if "Conv" not in kind]
    yield "matrix products alone", [op for op, kind in kinds.items() if kind != "MatMul"]
    slower = [op for op in kinds if op in quantized_us and float_us.get(op, 0.0) < MARGIN * quantized_us[op]]
    yield "what pays", slower
    yield "products that pay", [op for op, kind in kinds.items() if kind not in PRODUCTS or op in slower]
