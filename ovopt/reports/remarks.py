"""Remarks on a comparison: noise, settings, doubts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ovopt import units
from ovopt.figures import figures_of
from ovopt.records import Comparison
from ovopt.reports.cells import Tone, one_line, speedup_cell

DRIFT = 0.1
SAME_OUTPUTS = 0.02


@dataclass(frozen=True)
class Remark:
    """A line, and whether it casts doubt."""

    text: str
    tone: Tone = "plain"


def remarks(comparison: Comparison) -> Iterator[Remark]:
    """Noise first, then settings, then whatever weakens the figures."""
    yield noise(comparison)
    yield from (Remark(line) for line in settings_lines(comparison))
    yield from doubts(comparison)
    yield from (Remark(note) for note in comparison.notes)


def doubts(comparison: Comparison) -> Iterator[Remark]:
    """Remarks that weaken the figures, or explain why they say no more."""
    yield from (Remark(line, "doubt") for line in _lost_besides(comparison))
    yield from (Remark(line, "doubt") for line in _disturbances(comparison))
    yield from (Remark(line) for line in _power(comparison))
    yield from (Remark(line, "doubt") for line in _cross_checks(comparison))
    for check in comparison.gate.checks:
        if check.note:
            yield Remark(f"{check.candidate}, {check.budget}: {check.note}", "doubt")
    yield from (Remark(line) for line in _unclear(comparison))


def noise(comparison: Comparison) -> Remark:
    """The model's difference from itself (A/A), and how it was measured."""
    control = comparison.control
    if not any(arm.role == "control" for arm in comparison.arms):
        return Remark("measured without a baseline and a control; `ovopt compare` judges")
    if control is None:
        return Remark("control (A/A): lost, so noise is unknown", "doubt")
    speeds = {figure: speed for figure in figures_of(comparison.arms) if (speed := figure.speedup(control))}
    measured: dict[str, list[str]] = {}
    for figure, speed in speeds.items():
        if speed.low is not None:
            run = comparison.settings.measured.get(figure.scenario)
            how = f" ({run.replicas} replicas, {run.rounds} rounds, {run.stopped})" if run else ""
            measured.setdefault(how, []).append(f"{figure.pair_name} {speedup_cell(speed).change}")
    said = "; ".join(", ".join(parts) + how for how, parts in measured.items()) or "not measured"
    return Remark(f"control (A/A), the machine's noise: {said}")


def settings_lines(comparison: Comparison) -> Iterator[str]:
    """The settings that took effect, and how the references stand to the baseline."""
    baseline = comparison.arms[0]
    for scenario, found in baseline.effective.items():
        counts = {"stream": found.streams, "thread": found.threads, "request": found.requests}
        said = ", ".join(units.counted(count, name) for name, count in counts.items())
        yield f"{scenario}: {found.device}, {found.inference_precision}, {said}, hint {found.hint}"
    precisions = {found.inference_precision for found in baseline.effective.values()}
    if precisions:
        yield f"the original runs in {', '.join(sorted(precisions))}, this device's default or your setting"
    if (efficiency := baseline.efficiency) and efficiency.joules_per_sample is None:
        yield f"efficiency: no energy, {efficiency.energy}"
    for arm in comparison.arms:
        if arm.role == "reference" and arm.effective:
            found = next(iter(arm.effective.values()))
            yield f"{arm.name}: {arm.engine}, {found.inference_precision}, {found.threads} threads"
    for name, reference in comparison.references.items():
        if reference.largest_difference is not None:
            alike = "within" if reference.largest_difference <= SAME_OUTPUTS else "NOT the same: they differ by"
            yield (
                f"{name}: outputs {alike} {units.share(reference.largest_difference)} of the original's largest "
                f"(tolerance {units.share(SAME_OUTPUTS)})"
            )


def _unclear(comparison: Comparison) -> Iterator[str]:
    """Speed-ups that the measurement cannot tell from none, those with one reason together."""
    for pair in comparison.pairs:
        names: dict[str, list[str]] = {}
        for figure in figures_of(comparison.arms):
            speed = figure.speedup(pair)
            if speed and speed.verdict == "no clear difference":
                names.setdefault(speed.why, []).append(figure.pair_name)
        for why, found in names.items():
            yield f"{pair.candidate}, {', '.join(found)}: no clear difference; {why}"


def _lost_besides(comparison: Comparison) -> Iterator[str]:
    """Lost arms that have no column of their own in which to say so."""
    for arm in comparison.arms[1:]:
        if arm.lost and arm.role != "candidate":
            yield f"{arm.name}: lost, {one_line(arm.lost)}"


def _disturbances(comparison: Comparison) -> Iterator[str]:
    """Disturbances by the machine. The raw values keep them all."""
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
    """Contradictions between the clock and the processor's own count."""
    for pair in comparison.pairs:
        words = {speed.verdict for speed in (pair.latency, pair.processor_time) if speed}
        if words == {"faster", "slower"}:
            yield (
                f"{pair.candidate}: the clock and the processor time on one thread disagree; threads or the machine's "
                "load decide here, so measure again on a quiet machine"
            )


def _power(comparison: Comparison) -> Iterator[str]:
    """The drop that this many samples could have shown, where none was seen."""
    for pair in comparison.pairs:
        for name, delta in pair.accuracy.items():
            if delta.minimum_detectable_drop is not None and delta.verdict == "no clear difference":
                smallest = units.points(delta.minimum_detectable_drop, delta.unit).lstrip("+")
                yield f"{pair.candidate}, {name}: {delta.n:,} samples would have shown a drop of {smallest}"
