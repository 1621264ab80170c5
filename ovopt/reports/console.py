"""The comparison as a person reads it first: what to ship and why, then one table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import ClassVar

from rich.console import Console as RichConsole
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ovopt import units
from ovopt.contracts import Report, View
from ovopt.records import Arm, Comparison, Execution, Pair, QualityDelta, Speedup

VERDICT_STYLE = {"pass": "bold green", "fail": "bold red", "inconclusive": "bold yellow"}
WORD_STYLE = {"faster": "green", "higher": "green", "slower": "red", "lower": "red"}
SHOWN_SHARE = 0.05
NARROW = 88
"""Below this width, one candidate stands under the other."""


class Console(Report):
    """Colours and lines where the terminal has them, plain text elsewhere."""

    name: ClassVar[str] = "console"

    def render(self, comparison: Comparison, view: View) -> str:
        """Text with a newline at its end."""
        out = io.StringIO()
        console = RichConsole(
            file=out, width=view.width, force_terminal=view.colour, no_color=not view.colour, highlight=False
        )
        console.print(_headline(comparison))
        for table in _tables(comparison, view.width):
            console.print(table)
        for line in _footnotes(comparison):
            console.print(Padding(line, (0, 0, 0, 2)))
        plain = out.getvalue()
        return "\n".join(line.rstrip() for line in plain.splitlines()) + "\n"


def _headline(comparison: Comparison) -> Padding:
    gate = comparison.gate
    first, _, rest = gate.reason.partition(": ")
    text = Text()
    if gate.ship and rest:
        text.append(first + ". ", style="bold green" if gate.ship != _baseline(comparison).name else "bold yellow")
        text.append(rest[0].upper() + rest[1:])
    else:
        text.append(gate.reason, style="bold yellow")
    if gate.verdict:
        text.append("\nGate: ")
        text.append(gate.verdict.upper(), style=VERDICT_STYLE[gate.verdict])
    return Padding(text, (1, 2))


def _tables(comparison: Comparison, width: int) -> Iterator[Table]:
    arms = {arm.name: arm for arm in comparison.arms}
    candidates = [arms[name] for name in arms if arms[name].role == "candidate"]
    if width >= NARROW or len(candidates) < 2:
        yield _table(comparison, candidates, width)
        return
    for candidate in candidates:
        yield _table(comparison, [candidate], width)


def _table(comparison: Comparison, candidates: list[Arm], width: int) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True, show_edge=False, header_style="bold")
    table.add_column("", no_wrap=width >= NARROW, style="dim")
    for arm in (_baseline(comparison), *candidates):
        table.add_column(Text(arm.name), overflow="fold")
    for label, cells in _rows(comparison, candidates):
        table.add_row(label, *cells)
    return table


Row = tuple[str, list[Text]]


def _rows(comparison: Comparison, candidates: list[Arm]) -> Iterator[Row]:
    baseline = _baseline(comparison)
    pairs = {pair.candidate: pair for pair in comparison.pairs}
    yield from _quality_rows(comparison, candidates, pairs)
    if baseline.latency:
        yield (
            "latency p50",
            [
                Text(units.milliseconds(baseline.latency.p50_ms)),
                *(
                    _speed_cell(
                        units.milliseconds(arm.latency.p50_ms) if arm.latency else "",
                        pairs[arm.name].latency if arm.name in pairs else None,
                    )
                    for arm in candidates
                ),
            ],
        )
        if any(arm.latency and arm.latency.p99_ms is not None for arm in (baseline, *candidates)):
            yield "latency p99", [_p99(arm) for arm in (baseline, *candidates)]
    if baseline.throughput:
        yield (
            "throughput",
            [
                Text(units.rate(baseline.throughput.samples_per_s)),
                *(
                    _speed_cell(
                        units.rate(arm.throughput.samples_per_s) if arm.throughput else "",
                        pairs[arm.name].throughput if arm.name in pairs else None,
                    )
                    for arm in candidates
                ),
            ],
        )
    if comparison.default_precision and comparison.default_precision.latency:
        yield (
            "latency against f32",
            [
                _factor_cell(comparison.default_precision.latency),
                *(_against_f32(pairs.get(arm.name)) for arm in candidates),
            ],
        )
    yield "executed in", [_executed(arm.execution) for arm in (baseline, *candidates)]
    yield "size", [_size(arm, baseline) for arm in (baseline, *candidates)]
    if comparison.gate.verdict:
        yield "verdict", [Text(""), *(_verdict(comparison, arm) for arm in candidates)]
    if any(arm.lost for arm in (baseline, *candidates)):
        yield "lost", [Text(arm.lost or "", style="red") for arm in (baseline, *candidates)]


def _quality_rows(comparison: Comparison, candidates: list[Arm], pairs: dict[str, Pair]) -> Iterator[Row]:
    baseline = _baseline(comparison)
    for name, quality in baseline.accuracy.items():
        deltas = [pairs[arm.name].accuracy.get(name) if arm.name in pairs else None for arm in candidates]
        agreement = any(delta and delta.kind == "agreement" for delta in deltas)
        first = Text("(agreement)") if agreement else Text(units.quality(quality.value, quality.unit))
        yield name.replace("_", " "), [first, *(_quality_cell(delta) for delta in deltas)]
        if any(delta and delta.flips for delta in deltas) and not agreement:
            yield "  flips", [Text(""), *(_flips(delta) for delta in deltas)]


def _quality_cell(delta: QualityDelta | None) -> Text:
    if delta is None:
        return Text(units.MISSING)
    if delta.kind == "agreement":
        return Text(f"{units.quality(delta.candidate, delta.unit)} with the original")
    change = (
        f"{units.quality_delta(delta.delta, delta.unit)} {units.quality_interval(delta.low, delta.high, delta.unit)}"
    )
    return Text.assemble(units.quality(delta.candidate, delta.unit), "  ", (change, WORD_STYLE.get(delta.verdict, "")))


def _flips(delta: QualityDelta | None) -> Text:
    if delta is None or delta.flips is None:
        return Text("")
    return Text(f"{delta.flips.lost} lost, {delta.flips.gained} gained")


def _speed_cell(figure: str, speed: Speedup | None) -> Text:
    return Text.assemble(figure, "  ", _factor_cell(speed)) if speed else Text(units.MISSING)


def _factor_cell(speed: Speedup) -> Text:
    if speed.low is None or speed.high is None:
        return Text("not measured long enough", style="yellow")
    said = f"{units.factor(speed.estimate)} {units.factor_interval(speed.low, speed.high)}"
    return Text(said, style=WORD_STYLE.get(speed.verdict, ""))


def _against_f32(pair: Pair | None) -> Text:
    speeds = pair.against_f32 if pair else None
    return _factor_cell(speeds.latency) if speeds and speeds.latency else Text(units.MISSING)


def _p99(arm: Arm) -> Text:
    return Text(units.milliseconds(arm.latency.p99_ms) if arm.latency else units.MISSING)


def _executed(execution: Execution | None) -> Text:
    """Shares of the time of all operations, from 5 % on."""
    if execution is None:
        return Text(units.MISSING)
    whole = sum(execution.time_by_precision.values())
    shares = {name: spent / whole for name, spent in execution.time_by_precision.items() if whole}
    return Text(", ".join(f"{name} {100 * part:.0f} %" for name, part in shares.items() if part >= SHOWN_SHARE))


def _size(arm: Arm, baseline: Arm) -> Text:
    said = units.size(arm.model.size_bytes)
    if arm is baseline:
        return Text(said)
    return Text(f"{said}  {units.factor(arm.model.size_bytes / baseline.model.size_bytes)}")


def _verdict(comparison: Comparison, arm: Arm) -> Text:
    verdict = comparison.gate.candidates.get(arm.name)
    return Text(verdict.upper(), style=VERDICT_STYLE[verdict]) if verdict else Text(units.MISSING)


def _footnotes(comparison: Comparison) -> Iterator[Text]:
    yield Text("")
    yield _noise(comparison)
    yield from (Text(line, style="dim") for line in _settings(comparison))
    yield from (Text(line, style="dim") for line in _power(comparison))
    for check in comparison.gate.checks:
        if check.note:
            yield Text(f"{check.candidate}, {check.budget}: {check.note}", style="yellow")
    for pair in comparison.pairs:
        for scenario in ("latency", "throughput"):
            speed = getattr(pair, scenario)
            if speed and speed.verdict == "no clear difference":
                yield Text(f"{pair.candidate}, {scenario}: no clear difference; {speed.why}", style="dim")
    yield from (Text(note, style="dim") for note in comparison.notes)


def _power(comparison: Comparison) -> Iterator[str]:
    """What this many samples could have shown, where nothing was seen."""
    for pair in comparison.pairs:
        for name, delta in pair.accuracy.items():
            if delta.minimum_detectable_drop is not None and delta.verdict == "no clear difference":
                smallest = units.points(delta.minimum_detectable_drop, delta.unit).lstrip("+")
                yield f"{pair.candidate}, {name}: {delta.n:,} samples would have shown a drop of {smallest}"


def _noise(comparison: Comparison) -> Text:
    control = comparison.control
    if control is None:
        return Text("control (A/A): lost, so noise is unknown", style="yellow")
    parts = []
    for scenario in ("latency", "throughput"):
        speed = getattr(control, scenario)
        if speed and speed.low is not None:
            parts.append(f"{scenario} {units.factor(speed.estimate)} {units.factor_interval(speed.low, speed.high)}")
    measured = comparison.settings.measured
    how = "; ".join(f"{m.replicas} replicas, {m.rounds} rounds, {m.stopped}" for m in measured.values())
    return Text(f"control (A/A), the machine's noise: {', '.join(parts) or 'not measured'} ({how})", style="dim")


def _settings(comparison: Comparison) -> Iterator[str]:
    baseline = _baseline(comparison)
    for scenario, found in baseline.effective.items():
        yield (
            f"{scenario}: {found.device}, {found.inference_precision}, {found.streams} streams, "
            f"{found.threads} threads, {found.requests} requests, hint {found.hint}"
        )
    precisions = {found.inference_precision for found in baseline.effective.values()}
    if precisions and not comparison.default_precision:
        yield f"the original runs in {', '.join(sorted(precisions))}, so its speed needs no correction for precision"


def _baseline(comparison: Comparison) -> Arm:
    return comparison.arms[0]
