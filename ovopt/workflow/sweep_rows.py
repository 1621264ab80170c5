"""What came of one model of a sweep, as a row of the table. Pure."""

from __future__ import annotations

from ovopt.records import Arm, Comparison, Pair, QualityDelta
from ovopt.records.sweep import ORIGINAL, State, SweepRow, Value
from ovopt.suite import Entry

BUNDLE, COMPARISON = "optimized", "comparison.json"
"""What an entry's folder holds; the bundle's name is the arm's, too."""


def compared(entry: Entry, result: Comparison) -> SweepRow:
    """Of a comparison with one candidate."""
    lost = next((arm for arm in result.arms if arm.lost and arm.role in ("baseline", "candidate")), None)
    if lost:
        return failed(entry, f"{lost.name}: {lost.lost}")
    if not result.pairs:
        return failed(entry, result.gate.reason)
    pair, original = result.pairs[0], result.arms[0]
    optimized = next(arm for arm in result.arms if arm.name == pair.candidate)
    metric, change = _judged_by(pair)
    agrees = change is not None and change.kind == "agreement"
    ships = BUNDLE if result.gate.ship == optimized.name else ORIGINAL
    return _row(entry, "optimized", result.gate.reason, ships).model_copy(
        update={
            "verdict": result.gate.verdict,
            "original": None if agrees else _value(original, metric),
            "optimized": _value(optimized, metric),
            "change": change,
            "latency": pair.latency,
            "throughput": pair.throughput,
            "size_ratio": pair.size.ratio,
            "comparison": f"{entry.name}/{COMPARISON}",
            "bundle": f"{entry.name}/{BUNDLE}",
        }
    )


def refused(entry: Entry, why: str, evaluated: Comparison | None) -> SweepRow:
    """Of a model of which nothing was made that may ship, so that the original does; `evaluated`: what that is
    worth, where it is known."""
    row = _row(entry, "refused", why, ORIGINAL)
    if evaluated is None:
        return row
    original = evaluated.arms[0]
    value = _value(original, next(iter(original.accuracy), None))
    return row.model_copy(update={"original": value, "comparison": f"{entry.name}/{COMPARISON}"})


def failed(entry: Entry, why: str) -> SweepRow:
    """Of a model that an error ended."""
    return _row(entry, "failed", why, None)


def _row(entry: Entry, state: State, said: str, ships: str | None) -> SweepRow:
    steps = entry.steps if entry.max_drop is None else f"{entry.steps} --max-drop {entry.max_drop:g}"
    return SweepRow(name=entry.name, model=entry.model, steps=steps, state=state, said=said, ships=ships, seconds=0.0)


def _judged_by(pair: Pair) -> tuple[str | None, QualityDelta | None]:
    """The first metric that looks at labels, else the first of agreement."""
    labelled = [(name, delta) for name, delta in pair.accuracy.items() if delta.kind == "accuracy"]
    return next(iter(labelled or pair.accuracy.items()), (None, None))


def _value(arm: Arm, metric: str | None) -> Value | None:
    quality = arm.accuracy.get(metric) if metric else None
    if metric is None or quality is None:
        return None
    return Value(metric=metric, value=quality.value, low=quality.low, high=quality.high, unit=quality.unit)
