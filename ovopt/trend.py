"""A model's figures over runs: the points of a comparison, and which of them may stand in one line. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, get_args

from pydantic import Field

from ovopt import units
from ovopt.figures import Figure, figures_of
from ovopt.intervals import Spread
from ovopt.records import Arm, Comparison, Machine, Pair, Record

Label = Literal["created", "ovopt", "openvino", "nncf", "recipe", "model", "machine", "settings", "data"]
LABELS: tuple[Label, ...] = get_args(Label)
BARS = "▁▂▃▄▅▆▇█"


class Point(Record):
    """One figure of one arm in one run, with what it may depend on."""

    run: int = Field(description="the entry of the history")
    created: str
    arm: str
    path: str = Field(description="the model's file")
    figure: str
    value: float
    low: float | None
    high: float | None
    unit: str
    ovopt: str
    openvino: str
    nncf: str
    recipe: str = Field(description="the family, and a digest of all that changes figures")
    model: str = Field(description="the beginning of its SHA-256")
    machine: str
    settings: str = Field(description="device, hint and properties")
    data: str = Field(description="a digest of the samples that judge")

    def said(self) -> str:
        """The value with its unit."""
        return units.figure(self.value, self.unit, self.figure)


class Line(Record):
    """Points that may be held together: of one arm and figure, with nothing different but what is looked at."""

    points: tuple[Point, ...]

    @property
    def spark(self) -> str:
        """The values from lowest to highest as bars."""
        return sparkline([point.value for point in self.points])


def points_of(comparison: Comparison, run: int = 0) -> list[Point]:
    """Every figure of every arm but the control."""
    common = {"run": run, "created": comparison.created, "ovopt": comparison.ovopt, **_labels(comparison)}
    pairs = {pair.candidate: pair for pair in comparison.pairs}
    catalogue = figures_of(comparison.arms)
    return [
        Point(
            **common,
            arm=arm.name,
            path=arm.model.path,
            model=arm.model.sha256[:12],
            figure=figure,
            value=found.estimate,
            low=found.low,
            high=found.high,
            unit=unit,
        )
        for arm in comparison.arms
        if arm.role != "control" and not arm.lost
        for figure, found, unit in (*_own(arm, catalogue), *_paired(pairs.get(arm.name), catalogue))
    ]


def lines(points: Iterable[Point], over: Label = "created") -> list[Line]:
    """Points that differ in machine, settings or (for accuracy) samples stand apart, unless that is what is looked at.
    Within a line they are in the order of time."""
    found: dict[tuple[str, ...], list[Point]] = {}
    for point in points:
        apart = [name for name in ("machine", "settings", "data") if name != over]
        if not point.figure.startswith("accuracy."):
            apart = [name for name in apart if name != "data"]
        key = (point.figure, point.arm, *(getattr(point, name) for name in apart))
        found.setdefault(key, []).append(point)
    return [Line(points=tuple(sorted(members, key=lambda p: (p.created, p.run)))) for members in found.values()]


def changed(before: Point, after: Point) -> list[str]:
    """Labels that are others in the later point, of all that its value may depend on."""
    return [name for name in LABELS[1:] if getattr(before, name) != getattr(after, name)]


def sparkline(values: Sequence[float]) -> str:
    """One bar for each value, the lowest and the highest at the ends of the scale."""
    if not values:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return BARS[3] * len(values)
    return "".join(BARS[round((value - low) / (high - low) * (len(BARS) - 1))] for value in values)


def machine_name(machine: Machine) -> str:
    """Name that tells machines apart."""
    virtual = ", virtual" if machine.virtual else ""
    return f"{machine.processor}, {machine.cores} cores, {units.memory(machine.memory_bytes)}{virtual}"


def _labels(comparison: Comparison) -> dict[str, str]:
    settings, recipe, data = comparison.settings, comparison.recipe, comparison.data
    properties = [f"{key}={value}" for key, value in sorted(settings.properties.items())]
    counts = {key: value for key, value in recipe.items() if key not in ("budgets", "description", "match")}
    return {
        "openvino": comparison.machine.versions.get("openvino", "none"),
        "nncf": comparison.machine.versions.get("nncf", "none"),
        "recipe": f"{recipe.get('family', 'none')} {_digest(counts)}",
        "machine": machine_name(comparison.machine),
        "settings": " ".join([settings.device, settings.hint or "default hint", *properties]),
        "data": _digest([data.fingerprint, data.splits.get("gate")]) if data else "none",
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:8]


Found = tuple[str, Spread, str]


def _own(arm: Arm, catalogue: Sequence[Figure]) -> Iterator[Found]:
    for figure in catalogue:
        if figure.followed and figure.measured(arm):
            yield figure.key, figure.spread(arm), figure.unit
    for name, quality in arm.accuracy.items():
        yield f"accuracy.{name}", Spread(quality.value, quality.low, quality.high), quality.unit


def _paired(pair: Pair | None, catalogue: Sequence[Figure]) -> Iterator[Found]:
    if pair is None:
        return
    for figure in catalogue:
        if speed := figure.speedup(pair):
            yield f"{figure.pair_key}.speedup", Spread(speed.estimate, speed.low, speed.high), "x"
        if (ratio := figure.ratio(pair)) is not None:
            yield f"{figure.pair_key}.ratio", Spread(ratio, None, None), "x"
