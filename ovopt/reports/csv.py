"""Every figure on a line of its own, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import ClassVar

from ovopt.contracts import Report, View
from ovopt.figures import Figure, figures_of
from ovopt.records import Arm, Comparison, DataFacts, Pair, Speeds
from ovopt.reports.cells import one_line
from ovopt.reports.decision import reason

UNITS = {"/s": "samples/s"}
"""Units that a spreadsheet spells out."""
FORMULA = ("=", "+", "-", "@")
"""What makes a spreadsheet run a text: an apostrophe goes before it."""


@dataclass(frozen=True)
class Line:
    """One figure. What does not apply is empty."""

    subject: str
    role: str
    figure: str
    unit: str
    value: float | str
    low: float | None = None
    high: float | None = None
    n: int | None = None
    verdict: str = ""
    note: str = ""


class Csv(Report):
    """Raw numbers without thousands separators: shares from 0 to 1, speed-ups as factors, sizes in bytes."""

    name: ClassVar[str] = "csv"
    mark: ClassVar[str] = ",".join(field.name for field in fields(Line))

    def render(self, comparison: Comparison, view: View) -> str:
        """A header and a line per figure, as RFC 4180 has it but with plain line ends."""
        out = io.StringIO()
        writer = csv.DictWriter(out, [field.name for field in fields(Line)], lineterminator="\n")
        writer.writeheader()
        for line in _lines(comparison):
            writer.writerow({key: _cell(value) for key, value in asdict(line).items()})
        return out.getvalue()


def _lines(comparison: Comparison) -> Iterator[Line]:
    gate, catalogue = comparison.gate, figures_of(comparison.arms)
    yield Line("", "gate", "verdict", "", gate.ship or "", verdict=gate.verdict or "", note=reason(comparison))
    for arm in comparison.arms:
        yield from _arm(arm, catalogue)
    for pair in comparison.pairs:
        yield from _pair(pair, gate.candidates.get(pair.candidate, ""), catalogue)
    yield from _data(comparison.data)
    if comparison.control:
        yield from _speedups("control", "control", comparison.control, catalogue)
    for check in gate.checks:
        bounds = (check.low, check.high)
        yield Line(check.candidate, "check", check.budget, check.unit, check.estimate, *bounds, None, check.verdict)
        yield Line(check.candidate, "budget", check.budget, check.unit, check.limit, note=check.note)


def _data(data: DataFacts | None) -> Iterator[Line]:
    """Samples of each split, where the data bring splits of their own."""
    for name, own in data.drawn_from.items() if data else ():
        said = ", ".join(f"{count} of {found}" for found, count in own.items())
        yield Line("data", "split", name, "samples", sum(own.values()), note=said)


def _arm(arm: Arm, catalogue: Sequence[Figure]) -> Iterator[Line]:
    for name, quality in arm.accuracy.items():
        bounds = (quality.low, quality.high)
        yield Line(arm.name, arm.role, name, quality.unit, quality.value, *bounds, quality.n)
    for figure in catalogue:
        value = figure.of(arm)
        if value is not None:
            unit = UNITS.get(figure.unit, figure.unit)
            note = arm.lost or "" if figure.key == "size" else ""
            yield Line(arm.name, arm.role, figure.name, unit, value, n=figure.n(arm), note=note)


def _pair(pair: Pair, verdict: str, catalogue: Sequence[Figure]) -> Iterator[Line]:
    for figure in catalogue:
        ratio = figure.ratio(pair)
        if ratio is not None:
            judged = verdict if figure.key == "size" else ""
            yield Line(pair.candidate, "pair", f"{figure.pair_name} ratio", "x", ratio, verdict=judged)
    for name, delta in pair.accuracy.items():
        bounds = (delta.low, delta.high)
        yield Line(pair.candidate, "pair", f"{name} change", delta.unit, delta.delta, *bounds, delta.n, delta.verdict)
        if delta.flips:
            yield Line(pair.candidate, "pair", f"{name} lost", "samples", delta.flips.lost, n=delta.n)
            yield Line(pair.candidate, "pair", f"{name} gained", "samples", delta.flips.gained, n=delta.n)
    yield from _speedups(pair.candidate, "pair", pair, catalogue)


def _speedups(subject: str, role: str, speeds: Speeds, catalogue: Sequence[Figure]) -> Iterator[Line]:
    for figure in catalogue:
        if speed := figure.speedup(speeds):
            found = ("" if speed.low is None else speed.estimate, speed.low, speed.high)
            yield Line(subject, role, f"{figure.pair_name} speedup", "x", *found, None, speed.verdict, speed.why)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULA) else text
