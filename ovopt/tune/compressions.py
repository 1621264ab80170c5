"""Ways to compress a model's weights, the smallest first, and algorithms that make up for the error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.steps.compress import Compress

OWN = "recipe"
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "int4, groups of 128, all layers": {"mode": "int4_asym", "group_size": 128, "all_layers": True},
    "int4, groups of 32, all layers": {"mode": "int4_asym", "group_size": 32, "all_layers": True},
    "int4, groups of 128": {"mode": "int4_asym", "group_size": 128},
    "int4, groups of 64": {"mode": "int4_asym", "group_size": 64},
    "int4, groups of 32": {"mode": "int4_asym", "group_size": 32},
    "int4, 80 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.8},
    "int4, 60 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.6},
    "int4, 40 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.4},
    "int4, 20 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.2},
    "int8": {"mode": "int8_asym"},
}
"""What decides on the size, and so on the speed. The rest is in 8 bits; none is more exact than the next."""
ALGORITHMS: Mapping[str, Mapping[str, Any]] = {
    "scale estimation": {"scale_estimation": True},
    "awq and scale estimation": {"awq": True, "scale_estimation": True},
    "gptq": {"gptq": True},
}
"""What makes the same size more exact: the quickest first."""
PLAIN: Mapping[str, Any] = {
    "ratio": None, "group_size": None, "all_layers": None, "sensitivity_metric": None, "awq": None,
    "scale_estimation": None, "gptq": None, "lora_correction": None, "backup_mode": None,
}  # fmt: skip
"""What a way leaves to NNCF unless it says so itself."""
SINGLE: Mapping[str, Any] = {"max_drop": None, "aim": "size"}
"""One way to compress, and no search for it."""
FALLBACK = "group_size_fallback_mode"


@dataclass(frozen=True)
class Compression:
    """A way to compress."""

    name: str
    step: Compress


def compressions(own: Compress) -> Sequence[Sequence[Compression]]:
    """For each size, the smallest first: without an algorithm, then with each. What the recipe says bears its name."""
    own = own.model_copy(update=SINGLE)
    return tuple(
        tuple(Compression(OWN, own) if way.step == own else way for way in _of_shape(own, *shape))
        for shape in SHAPES.items()
    )


def _of_shape(own: Compress, name: str, shape: Mapping[str, Any]) -> Iterator[Compression]:
    adjusted = {FALLBACK: "adjust", **own.advanced_parameters} if "group_size" in shape else {}
    plain = own.model_copy(update={**PLAIN, **shape, "advanced_parameters": adjusted})
    yield Compression(name, plain)
    if "group_size" in shape:
        for algorithm, settings in ALGORITHMS.items():
            yield Compression(f"{name}, {algorithm}", plain.model_copy(update=settings))
