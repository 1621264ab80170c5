"""The gate: from pairs and budgets to a verdict, and a sentence that says what to ship and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ovopt import units
from ovopt.budgets.checks import Evidence, checks, limited_losses, metric_of
from ovopt.budgets.said import said_check
from ovopt.records import Arm, Budgets, Check, Comparison, Gate, Pair, Verdict

SMALLER = 0.9
"""A candidate that is no faster is still worth shipping below this share of the size."""


def decide(comparison: Comparison, budgets: Budgets) -> Gate:
    """Judge a comparison under budgets.

    Raises UsageError where a budget needs a figure that was not measured.
    """
    evidence = Evidence({arm.name: arm for arm in comparison.arms}, comparison.settings)
    return judge(comparison.pairs, budgets, lost_arms(comparison.arms), evidence)


def judge(pairs: Sequence[Pair], budgets: Budgets, lost: Mapping[str, str], evidence: Evidence | None = None) -> Gate:
    """Judge every candidate; the gate's verdict is that of the best one, for one that may ship is enough.

    Raises UsageError where a budget needs a figure that was not measured.
    """
    found = tuple(check for pair in pairs for check in checks(pair, budgets, evidence or Evidence()))
    candidates = {pair.candidate: _candidate_verdict(pair, found) for pair in pairs}
    candidates |= dict.fromkeys(lost, "inconclusive")
    ship, reason = _advice(pairs, candidates, found, lost)
    verdict: Verdict | None = None
    if found or (lost and budgets != Budgets()):
        verdict = next((v for v in ("pass", "inconclusive", "fail") if v in candidates.values()), "inconclusive")
    return Gate(verdict=verdict, checks=found, candidates=candidates if verdict else {}, ship=ship, reason=reason)


def lost_arms(arms: Iterable[Arm]) -> dict[str, str]:
    """The arms that a decision lacks, and why: a lost control or reference decides nothing."""
    return {arm.name: arm.lost for arm in arms if arm.lost and arm.role in ("baseline", "candidate")}


def _candidate_verdict(pair: Pair, found: Sequence[Check]) -> Verdict:
    mine = {check.verdict for check in found if check.candidate == pair.candidate}
    return "fail" if "fail" in mine else "inconclusive" if "inconclusive" in mine else "pass"


def _advice(
    pairs: Sequence[Pair], candidates: Mapping[str, Verdict], found: Sequence[Check], lost: Mapping[str, str]
) -> tuple[str | None, str]:
    if not pairs:
        gone = "; ".join(f"{name}: {why}" for name, why in lost.items())
        return None, f"Nothing was compared. {gone}".strip()
    baseline = pairs[0].baseline
    sound = [pair for pair in pairs if candidates[pair.candidate] == "pass" and not _unbudgeted_loss(pair, found)]
    worth = [pair for pair in sound if _worth(pair)]
    if worth:
        best = max(worth, key=_speed)
        return _recommend(best, found)
    open_ = [pair for pair in pairs if candidates[pair.candidate] == "inconclusive" and not _slower(pair)]
    if open_:
        best = max(open_, key=_speed)
        notes = "; ".join(
            f"{said_check(check)}: {check.note}"
            for check in found
            if check.candidate == best.candidate and check.verdict == "inconclusive"
        )
        return None, f"Not decided: {best.candidate} is {_said_speed(best)}, but {notes}."
    faults = "; ".join(f"{pair.candidate} {_fault(pair, candidates[pair.candidate], found)}" for pair in pairs)
    return baseline, f"Ship the {baseline}: {faults}." if baseline == "original" else f"Ship {baseline}: {faults}."


def _recommend(best: Pair, found: Sequence[Check]) -> tuple[str | None, str]:
    kept = limited_losses(check for check in found if check.candidate == best.candidate)
    if not kept and any(delta.kind == "agreement" for delta in best.accuracy.values()):
        said = ", ".join(f"{name} {units.quality(d.candidate, d.unit)}" for name, d in best.accuracy.items())
        return None, (
            f"{best.candidate} is {_said_speed(best)} and agrees with the original ({said}); whether that is enough "
            "only labelled data or a budget can say."
        )
    quality = "; ".join(map(said_check, kept)) or "; ".join(
        f"{name} {units.points(d.delta, d.unit)} {units.quality_interval(d.low, d.high, d.unit)}"
        for name, d in best.accuracy.items()
    )
    return best.candidate, f"Ship {best.candidate}: {_said_speed(best)}" + (f", {quality}." if quality else ".")


def _unbudgeted_loss(pair: Pair, found: Sequence[Check]) -> str | None:
    """A metric that is clearly worse though no budget allows any loss of it."""
    budgeted = {metric_of(check) for check in limited_losses(found)}
    clear = (n for n, d in pair.accuracy.items() if n not in budgeted and d.kind == "accuracy" and d.drop[1] > 0)
    return next(clear, None)


def _worth(pair: Pair) -> bool:
    """Faster, or smaller and not slower."""
    return not _slower(pair) and ("faster" in _words(pair) or pair.size.ratio <= SMALLER)


def _slower(pair: Pair) -> bool:
    return "slower" in _words(pair)


def _words(pair: Pair) -> set[str]:
    return {speed.verdict for speed in (pair.latency, pair.throughput) if speed}


def _speed(pair: Pair) -> float:
    measured = pair.latency or pair.throughput
    return measured.estimate if measured else 1.0


def _said_speed(pair: Pair) -> str:
    """The clearest thing that the measurement says: latency, else throughput, else size."""
    for what, speed in (("", pair.latency), (" in throughput", pair.throughput)):
        if speed and speed.verdict == "faster":
            return f"{units.factor(speed.estimate)} faster{what}"
        if speed and speed.verdict == "slower":
            return f"slower{what} ({units.factor(speed.estimate)})"
    return f"not clearly faster, {units.factor(pair.size.ratio)} the size"


def _fault(pair: Pair, verdict: Verdict, found: Sequence[Check]) -> str:
    if verdict == "fail":
        missed = [c for c in found if c.candidate == pair.candidate and c.verdict == "fail"]
        return "misses its budget: " + ", ".join(map(said_check, missed))
    lost = _unbudgeted_loss(pair, found)
    if lost:
        delta = pair.accuracy[lost]
        return (
            f"loses {lost} ({units.points(delta.delta, delta.unit)} "
            f"{units.quality_interval(delta.low, delta.high, delta.unit)})"
        )
    return f"is {_said_speed(pair)}"
