"""Steps and searches in words: what took effect, where the model stands behind it; why the original ships, what else
helps, what the winner leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ovopt import units
from ovopt.contracts import Metric
from ovopt.records import Judged, Manifest, Standing, StepReport
from ovopt.records.search import Gain, SearchOutcome, Trial
from ovopt.turns import LEAST_SPEEDUP

SHOWN = 5
"""Candidates that a refusal names: the most exact ones."""
NAMED = 4
"""Entries that are told of a mapping."""


def result(manifest: Manifest) -> str:
    """A sentence on a bundle and one on what it is worth, such as `Ships: 8 bits in 49 of 50 convolutions. top1 kept
    (-0.1 points), about 1.34x faster, 0.27x the size`."""
    last, done = manifest.steps[-1], "; ".join(filter(None, map(_done, manifest.steps)))
    speedup, quality = _speedup(manifest.steps), _quality(last)
    unknown = [name for name, known in (("quality", quality), ("speed", speedup)) if not known]
    worth = [
        quality,
        speedup,
        f"{units.factor(manifest.model.size_bytes / manifest.source.size_bytes)} the size",
        f"{' and '.join(unknown)} not measured yet" if unknown else "",
    ]
    return f"{'Ships' if last.judged else 'Made'}: {done or 'the model as it was'}. {', '.join(filter(None, worth))}."


def details(manifest: Manifest) -> Iterator[str]:
    """Lines below the result: each step with what took effect, where the model stood behind it, and its notes."""
    for report in manifest.steps:
        yield f"{report.name}, {units.seconds(report.seconds)}: {effect(report) or report.done or 'no effect'}"
        if report.judged:
            yield f"  {_chosen(report, report.judged)}"
        if report.standing:
            yield f"  behind it: {against_the_original(report.standing)}"
        for note in report.notes:
            yield f"  note: {note}"


def step_line(place: int, report: StepReport) -> str:
    """A line on a step of a pipeline: what took effect, where the model stands, how long it took."""
    parts = [report.done or effect(report) or "no effect"]
    if report.standing:
        parts.append(against_the_original(report.standing))
    return f"{place + 1}. {report.name}: {'; '.join(parts)}; {units.seconds(report.seconds)}"


def effect(report: StepReport) -> str:
    """Everything that took effect, in words with units; what a figure was before stands in front of it."""
    found = dict(report.effect)
    if report.samples_per_inference:
        found["samples_per_inference"] = report.samples_per_inference
    parts = [f"{_label(key)} {_counted(key, value, found)}" for key, value in found.items() if _tells(key, found)]
    if report.speedup and not (report.judged or report.standing):
        parts.append(f"{_about(report.speedup, report.speedup_bounds)} the speed of the model before")
    return ", ".join(parts)


def against_the_original(standing: Standing) -> str:
    """Size, agreement and rough speed of the model behind a step."""
    parts = [units.size(standing.size_bytes)]
    if standing.agreement:
        parts.append(f"{_agreement(standing)} with the original on {standing.samples} samples")
    if standing.speedup:
        parts.append(f"{_about(standing.speedup, standing.speedup_bounds)} its speed")
    return ", ".join(parts)


def _agreement(standing: Standing) -> str:
    """Agreement by metric, with four digits, and 1 only where nothing differs that the metric sees."""
    floored = {name: min(value, 0.9999) if value < 1 else value for name, value in standing.agreement.items()}
    return ", ".join(f"{_titled(name, standing.worst)} {value:.4f}" for name, value in floored.items())


def _titled(metric: str, worst: Mapping[str, str]) -> str:
    """A metric with the output that it is of, where there are several."""
    title = metric.replace("_", " ")
    return f"{title} of {worst[metric]}" if metric in worst else title


def _done(report: StepReport) -> str:
    """The phrase of a step; its name where it has none."""
    return report.done or (report.name if report.changed else "")


def _quality(report: StepReport) -> str:
    if report.judged:
        judged = report.judged
        change = _judged_change(judged)
        how = "" if judged.kept else f" as far as {judged.samples} samples tell"
        return f"{judged.metric} kept{how} ({change})"
    return _agreement(report.standing) if report.standing else ""


def _speedup(reports: Sequence[StepReport]) -> str:
    """The speed-up against the original, where that is known: a step's own is against the model before."""
    *before, last = reports
    told = last.standing or last
    if not told.speedup or (told is last and any(report.changed for report in before) and not last.judged):
        return ""
    clear = told.speedup >= LEAST_SPEEDUP and (told.speedup_bounds is None or told.speedup_bounds[0] > 1)
    return f"{_about(told.speedup, told.speedup_bounds)} {'faster' if clear else 'the speed'}"


def _about(speedup: float, bounds: tuple[float, float] | None) -> str:
    """A quick figure: `about 1.34x [1.21, 1.48]`."""
    return f"about {units.speedup(speedup, *(bounds or (None, None)))}"


def _judged_change(judged: Judged) -> str:
    return units.points(0.0 - judged.drop, judged.unit, units.places_for(judged.limit, [judged.drop]))  # never -0.0


def _chosen(report: StepReport, judged: Judged) -> str:
    """The winner by name, and what the tuning samples say of it."""
    places = units.places_for(judged.limit, [judged.drop])
    interval = units.quality_interval(0.0 - judged.high, 0.0 - judged.low, judged.unit, places)
    name = f", {_named(report.made_by.name, report.made_by.reverted)}" if report.made_by else ""
    said = f"{judged.metric} {_judged_change(judged)} {interval} on {judged.samples} tuning samples"
    return f"candidate {judged.tried} of the search{name}: {said}"


def _tells(key: str, found: Mapping[str, Any]) -> bool:
    """False for what another figure or another line tells, and for a count of nothing."""
    if found[key] == 0 and f"{key}{BEFORE}" not in found:
        return False
    return key not in TOLD_ELSEWHERE and not (key.endswith(BEFORE) and key.removesuffix(BEFORE) in found)


BEFORE = "_before"
TOLD_ELSEWHERE = ("tuning_samples", "drop", "size_ratio", "tried", "multiply_adds_removed")
LABELS: Mapping[str, str] = {
    "fake_quantize": "quantizers", "int8_constant_bytes": "constants in 8 bits", "constant_bytes": "constants",
    "f16_constant_bytes": "constants in f16", "bytes_by_precision": "by precision", "parameters": "weights",
    "on_host": "left on the host", "multiply_adds": "multiply-adds",
    "reverted_operations": "operations left in floating point", "zeros": "weights that are zero",
    "zeros_asked": "asked for",
}  # fmt: skip
"""What figures are called, where that is not their key."""
SAID: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(("int8_constant_bytes", "constant_bytes", "f16_constant_bytes", "bytes_by_precision"), units.size),
    **dict.fromkeys(("zeros", "zeros_asked", "top1_agreement"), units.share),
    **dict.fromkeys(("end_to_end_speedup", "execution_speedup"), units.factor),
}
"""How figures are told; the others are plain numbers."""


def _label(key: str) -> str:
    return LABELS.get(key, key.replace("_", " "))


def _counted(key: str, value: Any, found: Mapping[str, Any]) -> str:
    say = SAID.get(key, _number)
    before = found.get(f"{key}{BEFORE}")
    if isinstance(value, Mapping):
        entries = [f"{name} {_moved(say, (before or {}).get(name), number)}" for name, number in value.items()]
        return f"({units.a_few(entries, NAMED)})"
    return _moved(say, before, value)


def _moved(say: Callable[[Any], str], before: Any, value: Any) -> str:
    return say(value) if before is None else f"{say(before)} -> {say(value)}"


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1e}" if 0 < abs(value) < SMALL else units.number(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


SMALL = 1e-3


def refusal(outcome: SearchOutcome) -> str:
    """Reasons to ship the original: the most exact candidates with their figures, and what else helps."""
    best = sorted(outcome.trials, key=lambda trial: trial.drop)[:SHOWN]
    offers = [*_smaller(outcome), *map(_faster, outcome.gains)]
    better = "faster" if outcome.aim == "speed" else "smaller"
    limit = units.points(outcome.max_drop, outcome.unit, _places(outcome)).lstrip("+")
    lines = [
        f"ship the original: none of {len(outcome.trials)} candidates is {better} and keeps {outcome.metric} within "
        f"{limit} on {outcome.samples} tuning samples; the best of them:",
        *([f"  {_told(trial, outcome)}" for trial in best] or ["  no candidate could be made"]),
        *([f"  {outcome.fault}"] if outcome.fault else []),
        *(["next best:"] if offers else []),
        *(f"  {offer}" for offer in offers),
    ]
    return "\n".join(lines)


def doubts(trial: Trial, unit: str) -> Iterator[str]:
    """Notes on a winner: what the tuning samples leave open, and what it costs."""
    if trial.state != "kept":
        yield (
            f"{trial.n} tuning samples leave the budget open: {units.points(-trial.drop, unit)} "
            f"{units.quality_interval(-trial.high, -trial.low, unit)}; `ovopt compare` decides"
        )
    if trial.speedup is not None and trial.speedup < 1 / LEAST_SPEEDUP:
        yield f"smaller, and slower than the original: {units.factor(trial.speedup)}"


def may_lose(limit: float, metric: Metric) -> str:
    """The limit of a search: `top1 may lose 1.0 points`, `wer may rise by 0.01`."""
    verb = "lose" if metric.higher_is_better else "rise by"
    return f"{metric.label} may {verb} {units.points(limit, metric.unit, units.places_for(limit, ())).lstrip('+')}"


def standing(best: Trial | None, tried: int, aim: str) -> str:
    """The state of a search in a few words, for its bar."""
    if best is None:
        return f"{tried} tried, none yet"
    size = aim == "size"
    figure = units.factor((best.size_ratio if size else best.speedup) or 0.0)
    return f"{tried} tried, best {_named(best.name, best.reverted)}: {figure}{' the size' if size else ''}"


def _told(trial: Trial, outcome: SearchOutcome) -> str:
    name = _named(trial.name, trial.reverted)
    size = f", {units.factor(trial.size_ratio)} the size" if outcome.aim == "size" and trial.size_ratio else ""
    speed = units.factor(trial.speedup) if trial.speedup else units.MISSING
    return f"{name}: {_change(trial, outcome)}{size}, {speed}"


def _named(name: str, reverted: Sequence[str]) -> str:
    """A candidate by its name and by what it leaves as it was."""
    return f"{name}, {units.counted(len(reverted), 'operation')} reverted" if reverted else name


def _smaller(outcome: SearchOutcome) -> Iterator[str]:
    """The smallest candidate that keeps the budget, though it is no faster."""
    best = outcome.smallest
    if best is not None and outcome.aim == "speed":
        size = units.factor(best.size_ratio or 1.0)
        speed = units.factor(best.speedup) if best.speedup else "not timed"
        way = f"`ovopt compress --max-drop {outcome.max_drop:g}` looks for the smallest"
        yield f"{best.name}: {size} the size, {_change(best, outcome)}, {speed}; {way}"


def _change(trial: Trial, outcome: SearchOutcome) -> str:
    return units.points(0.0 - trial.drop, outcome.unit, _places(outcome))  # never -0.0


def _places(outcome: SearchOutcome) -> int:
    return units.places_for(outcome.max_drop, [trial.drop for trial in outcome.trials])


def _faster(gain: Gain) -> str:
    speed = units.factor(gain.speedup)
    if gain.kind == "f32":
        return f"no change but execution in f32: {speed}; `--property INFERENCE_PRECISION_HINT=f32` sets it"
    return f"fixed shapes, where all samples have those of one: {speed}; the step freeze_shapes does it"
