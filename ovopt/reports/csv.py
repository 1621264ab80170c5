"""Every figure on a line of its own, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import ClassVar

from ovopt.contracts import Report, View
from ovopt.records import Arm, Comparison, Pair, Record, Speedup
from ovopt.reports.plain_text import one_line

LATENCY = ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "mean_ms", "min_ms", "max_ms")
STAGES = ("total_ms", "decode_ms", "preprocess_ms", "inference_ms", "postprocess_ms")
STARTS = ("total_ms", "read_ms", "compile_ms", "infer_ms")
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
    gate = comparison.gate
    yield Line("", "gate", "verdict", "", gate.ship or "", verdict=gate.verdict or "", note=gate.reason)
    for arm in comparison.arms:
        yield from _arm(arm)
    for pair in comparison.pairs:
        yield from _pair(pair, gate.candidates.get(pair.candidate, ""))
    if comparison.control:
        for scenario in ("latency", "throughput", "processor_time"):
            speed = getattr(comparison.control, scenario)
            if speed:
                yield _speed("control", "control", f"{scenario} speedup", speed)
    for check in gate.checks:
        bounds = (check.low, check.high)
        yield Line(check.candidate, "check", check.budget, check.unit, check.estimate, *bounds, None, check.verdict)
        yield Line(check.candidate, "budget", check.budget, check.unit, check.limit, note=check.note)


def _arm(arm: Arm) -> Iterator[Line]:
    yield Line(arm.name, arm.role, "size", "bytes", arm.model.size_bytes, note=arm.lost or "")
    for name, quality in arm.accuracy.items():
        bounds = (quality.low, quality.high)
        yield Line(arm.name, arm.role, name, quality.unit, quality.value, *bounds, quality.n)
    for figure, record, names, unit in _measured(arm):
        for name in names if record else ():
            value = getattr(record, name)
            if value is not None:
                label = " ".join(part for part in (figure, _label(name)) if part)
                yield Line(arm.name, arm.role, label, unit, value, n=getattr(record, "n", None))
    if arm.execution:
        for name, count in arm.execution.ops_by_precision.items():
            yield Line(arm.name, arm.role, f"operations in {name}", "", count)
        for name, spent in arm.execution.time_by_precision.items():
            yield Line(arm.name, arm.role, f"time in {name}", "us", spent)


def _measured(arm: Arm) -> Iterator[tuple[str, Record | None, Sequence[str], str]]:
    """What was measured of an arm: title, record, its fields and their unit."""
    yield "latency", arm.latency, LATENCY, "ms"
    yield "", arm.throughput, ["samples_per_s"], "samples/s"
    yield "processor time", arm.processor_time, ["per_inference_ms"], "ms"
    yield "end to end", arm.end_to_end, STAGES, "ms"
    yield "end to end pipelined", arm.end_to_end, ["pipelined_samples_per_s"], "samples/s"
    if arm.first_inference:
        yield "first inference cold", arm.first_inference.cold, STARTS, "ms"
        yield "first inference cached", arm.first_inference.cached, STARTS, "ms"
    for hint, footprint in (arm.memory.by_hint if arm.memory else {}).items():
        yield f"memory {hint}", footprint, ["before_bytes", "compiled_bytes", "peak_bytes"], "bytes"
    for point in arm.served_load.points if arm.served_load else ():
        yield f"wait at {point.rate_per_s:g}/s", point, ["p50_ms", "p90_ms", "p99_ms", "max_ms"], "ms"
    if arm.served_load and (within := arm.served_load.within):
        title = f"highest rate with p{within.percentile:g} within {within.limit_ms:g} ms"
        yield title, within, ["highest_rate_per_s"], "samples/s"


def _label(field: str) -> str:
    """A field's name without its unit: `p50_ms` as `p50`."""
    own = {
        "samples_per_s": "throughput",
        "pipelined_samples_per_s": "",
        "per_inference_ms": "",
        "highest_rate_per_s": "",
    }
    return own.get(field, field.rpartition("_")[0])


def _pair(pair: Pair, verdict: str) -> Iterator[Line]:
    yield Line(pair.candidate, "pair", "size ratio", "x", pair.size.ratio, verdict=verdict)
    for name, delta in pair.accuracy.items():
        bounds = (delta.low, delta.high)
        yield Line(pair.candidate, "pair", f"{name} change", delta.unit, delta.delta, *bounds, delta.n, delta.verdict)
        if delta.flips:
            yield Line(pair.candidate, "pair", f"{name} lost", "samples", delta.flips.lost, n=delta.n)
            yield Line(pair.candidate, "pair", f"{name} gained", "samples", delta.flips.gained, n=delta.n)
    speeds: dict[str, Speedup | None] = {
        "latency": pair.latency,
        "throughput": pair.throughput,
        "processor time": pair.processor_time,
    }
    if pair.end_to_end:
        speeds |= {"end to end": pair.end_to_end.sequential, "end to end pipelined": pair.end_to_end.pipelined}
    if pair.first_inference:
        first = pair.first_inference
        speeds |= {"first inference cold": first.cold, "first inference cached": first.cached}
    if pair.served_load and pair.served_load.highest_rate is not None:
        yield Line(pair.candidate, "pair", "highest rate ratio", "x", pair.served_load.highest_rate)
    for name, speed in speeds.items():
        if speed:
            yield _speed(pair.candidate, "pair", f"{name} speedup", speed)


def _speed(subject: str, role: str, figure: str, speed: Speedup) -> Line:
    known = speed.low is not None
    value = speed.estimate if known else ""
    return Line(subject, role, figure, "x", value, speed.low, speed.high, None, speed.verdict, speed.why)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULA) else text
