"""Files that an older version of ovopt wrote, as the records of this one take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MANIFEST_1 = "ovopt.bundle/1"


def manifest(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A manifest's keys in today's format; as they are where they are in it, or in none that is known.

    The first format kept figures that code reads among those that are for people, and of most searches' winners no more
    than a name, so that these cannot be made again.
    """
    if raw.get("schema") != MANIFEST_1:
        return raw
    return {**raw, "schema": "ovopt.bundle/2", "steps": [_step(step) for step in raw.get("steps", ())]}


def _step(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    effect, parameters = dict(raw["effect"]), dict(raw["parameters"])
    settings = parameters.pop("settings", None)
    name = parameters.pop("candidate", None) if settings is not None else None
    return {
        **raw,
        "parameters": parameters,
        "made_by": {"name": name, "step": raw["name"], "settings": settings} if settings is not None else None,
        "changed": bool(effect),
        "speedup": effect.pop("speedup", None) or None,
        "quantized": bool(effect.get("fake_quantize") or effect.get("int8_constant_bytes")),
        "samples_per_inference": effect.pop("samples_per_inference", None),
        "effect": effect,
    }
