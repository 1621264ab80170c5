"""The gate's decision in one sentence, with the figures that it rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ovopt import units
from ovopt.budgets import metric_of
from ovopt.figures import DECIDING
from ovopt.gate import lost_arms
from ovopt.records import Check, Comparison, Ground, Pair
from ovopt.reports.budgets import check_text, checks_of
from ovopt.reports.cells import UNTOLD
from ovopt.reports.rows import points_of, title_of


def with_reason(comparison: Comparison) -> Comparison:
    """The comparison with the sentence in it, for those who read the file."""
    gate = comparison.gate.model_copy(update={"reason": reason(comparison)})
    return comparison.model_copy(update={"gate": gate})


def reason(comparison: Comparison) -> str:
    """The decision with its grounds: `Ship int8: 1.95x faster, top1 kept (-0.2 points [-0.4, +0.1], budget -1.0).`."""
    gate, why = comparison.gate, grounds_text(comparison)
    match gate.decision.kind:
        case "measured" | "evaluated":
            return f"{gate.decision.kind.capitalize()}, not compared."
        case "nothing":
            return f"Nothing was compared. {why}".strip()
        case "open":
            return f"Not decided: {why}"
        case "agreement":
            return why
    return f"Ship {the(gate.ship or '')}: {why}"


def grounds_text(comparison: Comparison) -> str:
    """The grounds of the decision, candidate by candidate."""
    if comparison.gate.decision.kind == "nothing":
        return "; ".join(f"{name}: {why}" for name, why in lost_arms(comparison.arms).items())
    found = [_ground(*one) for one in grounds_of(comparison)]
    return f"{'; '.join(found)}." if found else ""


def grounds_of(comparison: Comparison) -> Iterator[tuple[Pair, Ground, list[Check]]]:
    """The grounds of the decision, each with its candidate's pair and the checks that it names."""
    pairs = {pair.candidate: pair for pair in comparison.pairs}
    for ground in comparison.gate.decision.grounds:
        if ground.candidate in pairs:
            checks = [check for check in checks_of(comparison, ground.candidate) if check.budget in ground.checks]
            yield pairs[ground.candidate], ground, checks


def the(arm: str) -> str:
    """An arm in running text."""
    return "the original" if arm == "original" else arm


def _ground(pair: Pair, ground: Ground, checks: list[Check]) -> str:
    texts = [check_text(check, _output(pair, check)) for check in checks]
    said = "; ".join(texts)
    match ground.kind:
        case "worth":
            quality = said or "; ".join(f"{name} {_change(pair, name)}" for name in ground.metrics)
            return ", ".join(filter(None, (_speed(pair), quality)))
        case "agrees":
            return (
                f"{pair.candidate} is {_speed(pair)} and agrees with the original ({_agreement(pair)}); whether that "
                "is enough only labelled data or a budget can say"
            )
        case "open":
            notes = "; ".join(f"{text}: {check.note}" for text, check in zip(texts, checks, strict=True))
            return f"{pair.candidate} is {_speed(pair)}, but {notes}"
        case "missed":
            return f"{pair.candidate} misses its budget: {', '.join(texts)}"
        case "lost":
            lost = {name: title_of(name, pair.accuracy.get(name)) for name in ground.metrics}
            return "; ".join(f"{pair.candidate} loses {title} ({_change(pair, name)})" for name, title in lost.items())
    agreement = _agreement(pair)
    return f"{pair.candidate} is {_speed(pair)}" + (f" ({agreement} with the original)" if agreement else "")


def _agreement(pair: Pair) -> str:
    deltas = {name: delta for name, delta in pair.accuracy.items() if delta.kind == "agreement"}
    return ", ".join(f"{title_of(n, d)} {units.quality(d.candidate, d.unit)}" for n, d in deltas.items())


def _output(pair: Pair, check: Check) -> str | None:
    """The output that a check of agreement is about, where there are several."""
    delta = pair.accuracy.get(metric_of(check) or "")
    return delta.output if delta else None


def _change(pair: Pair, metric: str) -> str:
    delta = pair.accuracy.get(metric)
    return points_of(delta) if delta else units.MISSING


def _speed(pair: Pair) -> str:
    """The clearest thing that the measurement says: latency, else throughput, else size."""
    speeds = {figure: speed for figure in DECIDING if (speed := figure.speedup(pair))}
    for figure, speed in speeds.items():
        what, factor = "" if figure is DECIDING[0] else f" in {figure.pair_name}", units.factor(speed.estimate)
        if speed.verdict == "faster":
            return f"{factor} faster{what}" if speed.told else f"faster{what} ({UNTOLD} to say how much)"
        if speed.verdict == "slower":
            return f"slower{what} ({factor if speed.told else f'{UNTOLD} to say how much'})"
    unsure = f" ({UNTOLD})" if speeds and not any(speed.told for speed in speeds.values()) else ""
    return f"not clearly faster{unsure}, {units.factor(pair.size.ratio)} the size"
