"""The comparison as a person reads it first: what to ship and why, then one table."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import ClassVar

from rich.console import Console as RichConsole
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ovopt import units
from ovopt.contracts import Report, View
from ovopt.records import Arm, Comparison, Pair, QualityDelta, Speeds, Speedup

VERDICT_STYLE = {"pass": "bold green", "fail": "bold red", "inconclusive": "bold yellow"}
WORD_STYLE = {"faster": "green", "higher": "green", "slower": "red", "lower": "red"}
SHOWN_SHARE = 0.05
DRIFT = 0.1
SAME_OUTPUTS = 0.02
COSTLIEST = 2
WIDE = 4
"""An interval whose ends differ by this factor says nothing; its figures would only look broken."""
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
        text.append(f"{first}: ", style="bold green" if gate.ship != _baseline(comparison).name else "bold yellow")
        text.append(rest)
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
    pairs = {pair.candidate: pair for pair in comparison.pairs}
    columns = [(arm, pairs.get(arm.name)) for arm in (_baseline(comparison), *candidates)]
    yield from _quality_rows(comparison, candidates, pairs)
    for label, cell in FIGURES:
        cells = [cell(arm, pair) for arm, pair in columns]
        if any(cells):
            yield label, [found or Text(units.MISSING) for found in cells]
    for name, reference in comparison.references.items():
        if reference.speeds and reference.speeds.latency:
            against = [pair.against.get(name) if pair else None for _, pair in columns[1:]]
            yield f"against {name}", [_factor_cell(reference.speeds.latency), *map(_latency_factor, against)]
    if comparison.gate.verdict:
        yield "verdict", [Text(""), *(_verdict(comparison, arm) for arm in candidates)]
    if any(arm.lost for arm, _ in columns):
        yield "lost", [Text(arm.lost or "", style="red") for arm, _ in columns]


def _latency(arm: Arm, pair: Pair | None) -> Text | None:
    speed = pair.latency if pair else None
    return _with_speed(units.milliseconds(arm.latency.p50_ms), speed) if arm.latency else None


def _latency_p99(arm: Arm, pair: Pair | None) -> Text | None:
    known = arm.latency is not None and arm.latency.p99_ms is not None
    return Text(units.milliseconds(arm.latency.p99_ms)) if known and arm.latency else None


def _throughput(arm: Arm, pair: Pair | None) -> Text | None:
    speed = pair.throughput if pair else None
    return _with_speed(units.rate(arm.throughput.samples_per_s), speed) if arm.throughput else None


def _processor(arm: Arm, pair: Pair | None) -> Text | None:
    speed = pair.processor_time if pair else None
    return _with_speed(units.milliseconds(arm.processor_time.per_inference_ms), speed) if arm.processor_time else None


def _end_to_end(arm: Arm, pair: Pair | None) -> Text | None:
    speed = pair.end_to_end.sequential if pair and pair.end_to_end else None
    return _with_speed(units.milliseconds(arm.end_to_end.total_ms), speed) if arm.end_to_end else None


def _stages(arm: Arm, pair: Pair | None) -> Text | None:
    if arm.end_to_end is None:
        return None
    e = arm.end_to_end
    stages = (e.decode_ms, e.preprocess_ms, e.inference_ms, e.postprocess_ms)
    return Text(
        " + ".join(units.number(stage) for stage in stages[:2]) + " +\n" + " + ".join(map(units.number, stages[2:]))
    )


def _pipelined(arm: Arm, pair: Pair | None) -> Text | None:
    speed = pair.end_to_end.pipelined if pair and pair.end_to_end else None
    return _with_speed(units.rate(arm.end_to_end.pipelined_samples_per_s), speed) if arm.end_to_end else None


def _first_cold(arm: Arm, pair: Pair | None) -> Text | None:
    speed = pair.first_inference.cold if pair and pair.first_inference else None
    return _with_speed(units.milliseconds(arm.first_inference.cold.total_ms), speed) if arm.first_inference else None


def _first_cached(arm: Arm, pair: Pair | None) -> Text | None:
    if arm.first_inference is None:
        return None
    cached = arm.first_inference.cached
    if cached.from_cache < cached.n:
        return Text("not loaded from the cache", style="yellow")
    speed = pair.first_inference.cached if pair and pair.first_inference else None
    return _with_speed(units.milliseconds(cached.total_ms), speed)


def _memory(arm: Arm, pair: Pair | None) -> Text | None:
    if arm.memory is None:
        return None
    return Text("\n".join(f"{hint} {units.memory(found.peak_bytes)}" for hint, found in arm.memory.by_hint.items()))


def _efficiency(arm: Arm, pair: Pair | None) -> Text | None:
    if arm.efficiency is None or arm.efficiency.samples_per_s_per_gib is None:
        return None
    parts = [
        f"{units.rate(arm.efficiency.samples_per_s_per_core)} per core",
        f"{units.rate(arm.efficiency.samples_per_s_per_gib)} per GiB",
    ]
    if arm.efficiency.joules_per_sample is not None:
        parts.append(f"{units.number(arm.efficiency.joules_per_sample)} J per sample")
    return Text("\n".join(parts))


def _served(arm: Arm, pair: Pair | None) -> Text | None:
    if arm.served_load is None:
        return None
    points = (
        f"{units.rate(p.rate_per_s)}: {units.milliseconds(p.p50_ms)}, p99 {units.milliseconds(p.p99_ms)}"
        for p in arm.served_load.points
    )
    return Text("\n".join(points))


def _executed(arm: Arm, pair: Pair | None) -> Text | None:
    """Shares of the time of all operations, from 5 % on."""
    if arm.execution is None:
        return None
    whole = sum(arm.execution.time_by_precision.values())
    shares = {name: spent / whole for name, spent in arm.execution.time_by_precision.items() if whole}
    return Text(", ".join(f"{name} {100 * part:.0f} %" for name, part in shares.items() if part >= SHOWN_SHARE))


def _costliest(arm: Arm, pair: Pair | None) -> Text | None:
    """The primitives that take the most time, and the operations that only rearrange data."""
    execution = arm.execution
    if execution is None or not execution.ops_us:
        return None
    first = list(execution.time_by_primitive.items())[:COSTLIEST]
    lines = [f"{name} {100 * spent / execution.ops_us:.0f} %" for name, spent in first]
    return Text("\n".join([*lines, f"{execution.reorders} reorders, {execution.conversions} conversions"]))


def _outside(arm: Arm, pair: Pair | None) -> Text | None:
    """Share of an inference that no operation accounts for."""
    execution = arm.execution
    if execution is None or not execution.wall_us:
        return None
    return Text(units.share(max(0.0, 1 - execution.ops_us / execution.wall_us)))


def _size(arm: Arm, pair: Pair | None) -> Text | None:
    said = units.size(arm.model.size_bytes)
    return Text(f"{said}  {units.factor(pair.size.ratio)}" if pair else said)


FIGURES: tuple[tuple[str, Callable[[Arm, Pair | None], Text | None]], ...] = (
    ("latency p50", _latency),
    ("latency p99", _latency_p99),
    ("throughput", _throughput),
    ("processor, 1 thread", _processor),
    ("end to end", _end_to_end),
    ("  by stage, ms", _stages),
    ("  pipelined", _pipelined),
    ("first, cold", _first_cold),
    ("first, cached", _first_cached),
    ("served load", _served),
    ("memory, peak", _memory),
    ("efficiency", _efficiency),
    ("executed in", _executed),
    ("  costliest", _costliest),
    ("outside ops", _outside),
    ("size", _size),
)
"""The table's rows: a label, and an arm's cell (None where it was not measured)."""


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


def _with_speed(figure: str, speed: Speedup | None) -> Text:
    return Text.assemble(figure, "  ", _factor_cell(speed)) if speed else Text(figure)


def _factor_cell(speed: Speedup) -> Text:
    if speed.low is None or speed.high is None:
        return Text("not measured long enough", style="yellow")
    if speed.high > WIDE * speed.low:
        return Text(f"about {units.factor(speed.estimate)}, not measured long enough", style="yellow")
    said = f"{units.factor(speed.estimate)} {units.factor_interval(speed.low, speed.high)}"
    return Text(said, style=WORD_STYLE.get(speed.verdict, ""))


def _latency_factor(speeds: Speeds | None) -> Text:
    return _factor_cell(speeds.latency) if speeds and speeds.latency else Text(units.MISSING)


def _verdict(comparison: Comparison, arm: Arm) -> Text:
    verdict = comparison.gate.candidates.get(arm.name)
    return Text(verdict.upper(), style=VERDICT_STYLE[verdict]) if verdict else Text(units.MISSING)


def _footnotes(comparison: Comparison) -> Iterator[Text]:
    yield Text("")
    yield _noise(comparison)
    yield from (Text(line, style="dim") for line in _settings(comparison))
    yield from (Text(line, style="yellow") for line in _disturbances(comparison))
    yield from (Text(line, style="dim") for line in _power(comparison))
    yield from (Text(line, style="yellow") for line in _cross_checks(comparison))
    for check in comparison.gate.checks:
        if check.note:
            yield Text(f"{check.candidate}, {check.budget}: {check.note}", style="yellow")
    for pair in comparison.pairs:
        for scenario in ("latency", "throughput"):
            speed = getattr(pair, scenario)
            if speed and speed.verdict == "no clear difference":
                yield Text(f"{pair.candidate}, {scenario}: no clear difference; {speed.why}", style="dim")
    yield from (Text(note, style="dim") for note in comparison.notes)


def _disturbances(comparison: Comparison) -> Iterator[str]:
    """What the machine did to the measurement. The raw values keep it all."""
    for scenario, measured in comparison.settings.measured.items():
        if measured.disturbed:
            most = max(share for _, _, share in measured.disturbed)
            yield (
                f"{scenario}: in {len(measured.disturbed)} of {measured.rounds} rounds the host took processor time "
                f"away, up to {units.share(most)}"
            )
        if abs(measured.drift - 1) > DRIFT:
            drift = units.factor(measured.drift)
            yield f"{scenario}: the machine drifted; at the end the original took {drift} the time of the beginning"


def _cross_checks(comparison: Comparison) -> Iterator[str]:
    """Where the clock and the processor's own count contradict each other."""
    for pair in comparison.pairs:
        words = {speed.verdict for speed in (pair.latency, pair.processor_time) if speed}
        if words == {"faster", "slower"}:
            yield (
                f"{pair.candidate}: the clock and the processor time on one thread disagree; threads or the machine's "
                "load decide here, so measure again on a quiet machine"
            )


def _power(comparison: Comparison) -> Iterator[str]:
    """What this many samples could have shown, where nothing was seen."""
    for pair in comparison.pairs:
        for name, delta in pair.accuracy.items():
            if delta.minimum_detectable_drop is not None and delta.verdict == "no clear difference":
                smallest = units.points(delta.minimum_detectable_drop, delta.unit).lstrip("+")
                yield f"{pair.candidate}, {name}: {delta.n:,} samples would have shown a drop of {smallest}"


def _noise(comparison: Comparison) -> Text:
    control = comparison.control
    if not any(arm.role == "control" for arm in comparison.arms):
        return Text("measured without a baseline and a control; `ovopt compare` judges", style="dim")
    if control is None:
        return Text("control (A/A): lost, so noise is unknown", style="yellow")
    parts = []
    for scenario in ("latency", "throughput"):
        speed = getattr(control, scenario)
        if speed and speed.low is not None:
            parts.append(f"{scenario} {units.factor(speed.estimate)} {units.factor_interval(speed.low, speed.high)}")
    measured = comparison.settings.measured
    how = "; ".join(
        f"{measured[name].replicas} replicas, {measured[name].rounds} rounds, {measured[name].stopped}"
        for name in ("latency", "throughput")
        if name in measured
    )
    return Text(f"control (A/A), the machine's noise: {', '.join(parts) or 'not measured'} ({how})", style="dim")


def _settings(comparison: Comparison) -> Iterator[str]:
    baseline = _baseline(comparison)
    for scenario, found in baseline.effective.items():
        yield (
            f"{scenario}: {found.device}, {found.inference_precision}, {found.streams} streams, "
            f"{found.threads} threads, {found.requests} requests, hint {found.hint}"
        )
    precisions = {found.inference_precision for found in baseline.effective.values()}
    if precisions:
        yield f"the original runs in {', '.join(sorted(precisions))}, this device's default or your setting"
    for name, reference in comparison.references.items():
        if reference.largest_difference is not None:
            alike = "within" if reference.largest_difference <= SAME_OUTPUTS else "NOT the same: they differ by"
            yield (
                f"{name}: outputs {alike} {units.share(reference.largest_difference)} of the original's largest "
                f"(tolerance {units.share(SAME_OUTPUTS)})"
            )


def _baseline(comparison: Comparison) -> Arm:
    return comparison.arms[0]
