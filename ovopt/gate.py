"""The gate: from pairs and budgets to a verdict, and a sentence that says what to ship and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ovopt import units
from ovopt.errors import UsageError, did_you_mean
from ovopt.records import Arm, Budgets, Check, Gate, Pair, QualityDelta, Speedup, Verdict
from ovopt.stats import Interval, samples_to_settle

SMALLER = 0.9
"""A candidate that is no faster is still worth shipping below this share of the size."""


def judge(pairs: Sequence[Pair], budgets: Budgets, lost: Mapping[str, str]) -> Gate:
    """Judge every candidate; the gate's verdict is that of the best one, for one that may ship is enough.

    Raises UsageError where a budget needs a figure that was not measured.
    """
    checks = tuple(check for pair in pairs for check in _checks(pair, budgets))
    candidates = {pair.candidate: _candidate_verdict(pair, checks) for pair in pairs}
    candidates |= dict.fromkeys(lost, "inconclusive")
    ship, reason = _advice(pairs, candidates, checks, lost)
    verdict: Verdict | None = None
    if checks or (lost and budgets != Budgets()):
        verdict = next((v for v in ("pass", "inconclusive", "fail") if v in candidates.values()), "inconclusive")
    return Gate(verdict=verdict, checks=checks, candidates=candidates if verdict else {}, ship=ship, reason=reason)


def lost_arms(arms: Iterable[Arm]) -> dict[str, str]:
    """The arms that a decision lacks, and why: a lost control or reference decides nothing."""
    return {arm.name: arm.lost for arm in arms if arm.lost and arm.role in ("baseline", "candidate")}


def _checks(pair: Pair, budgets: Budgets) -> Iterator[Check]:
    for metric, budget in budgets.accuracy.items():
        if metric not in pair.accuracy:
            raise UsageError(
                f"budgets.accuracy.{metric}: this metric was not measured; {did_you_mean(metric, pair.accuracy)}"
            )
        yield _quality_check(pair, metric, pair.accuracy[metric], budget.max_drop)
    for scenario in ("latency", "throughput"):
        speed = getattr(budgets, scenario)
        if speed is None:
            continue
        measured = getattr(pair, scenario)
        if measured is None:
            raise UsageError(f"budgets.{scenario}: it was not measured; add --scenario {scenario}")
        yield _speed_check(pair, scenario, measured, speed.min_speedup)
    if budgets.size:
        ratio = pair.size.ratio
        yield Check(
            candidate=pair.candidate,
            budget="size.max_ratio",
            limit=budgets.size.max_ratio,
            estimate=ratio,
            low=ratio,
            high=ratio,
            unit="x",
            verdict="pass" if ratio <= budgets.size.max_ratio else "fail",
        )


def _quality_check(pair: Pair, metric: str, delta: QualityDelta, limit: float) -> Check:
    drop, low, high = delta.drop
    verdict: Verdict = "pass" if high <= limit else "fail" if low > limit else "inconclusive"
    return Check(
        candidate=pair.candidate,
        budget=f"accuracy.{metric}.max_drop",
        limit=limit,
        estimate=drop,
        low=low,
        high=high,
        unit=delta.unit,
        verdict=verdict,
        note=_how_many(Interval(drop, low, high), limit, delta.n) if verdict == "inconclusive" else "",
    )


def _how_many(interval: Interval, limit: float, n: int) -> str:
    more = samples_to_settle(interval, limit, n)
    if more is None or more > 100 * n:
        return "the drop lies so near the budget that more samples would hardly settle it"
    return f"about {more:,} more samples would settle it"


def _speed_check(pair: Pair, scenario: str, speed: Speedup, limit: float) -> Check:
    low = speed.low if speed.low is not None else 0.0
    high = speed.high if speed.high is not None else limit
    verdict: Verdict = "inconclusive"
    if speed.low is not None and speed.high is not None:
        verdict = "pass" if low >= limit else "fail" if high < limit else "inconclusive"
    return Check(
        candidate=pair.candidate,
        budget=f"{scenario}.min_speedup",
        limit=limit,
        estimate=speed.estimate,
        low=low,
        high=high,
        unit="x",
        verdict=verdict,
        note="a longer --time-budget narrows it" if verdict == "inconclusive" else "",
    )


def _candidate_verdict(pair: Pair, checks: Sequence[Check]) -> Verdict:
    mine = {check.verdict for check in checks if check.candidate == pair.candidate}
    return "fail" if "fail" in mine else "inconclusive" if "inconclusive" in mine else "pass"


def _advice(
    pairs: Sequence[Pair], candidates: Mapping[str, Verdict], checks: Sequence[Check], lost: Mapping[str, str]
) -> tuple[str | None, str]:
    if not pairs:
        gone = "; ".join(f"{name}: {why}" for name, why in lost.items())
        return None, f"Nothing was compared. {gone}".strip()
    baseline = pairs[0].baseline
    sound = [pair for pair in pairs if candidates[pair.candidate] == "pass" and not _unbudgeted_loss(pair, checks)]
    worth = [pair for pair in sound if _worth(pair)]
    if worth:
        best = max(worth, key=_speed)
        return _recommend(best, checks)
    open_ = [pair for pair in pairs if candidates[pair.candidate] == "inconclusive" and not _slower(pair)]
    if open_:
        best = max(open_, key=_speed)
        notes = "; ".join(
            f"{_said_check(check)}: {check.note}"
            for check in checks
            if check.candidate == best.candidate and check.verdict == "inconclusive"
        )
        return None, f"Not decided: {best.candidate} is {_said_speed(best)}, but {notes}."
    faults = "; ".join(f"{pair.candidate} {_fault(pair, candidates[pair.candidate], checks)}" for pair in pairs)
    return baseline, f"Ship the {baseline}: {faults}." if baseline == "original" else f"Ship {baseline}: {faults}."


def _recommend(best: Pair, checks: Sequence[Check]) -> tuple[str | None, str]:
    kept = [check for check in checks if check.candidate == best.candidate and check.budget.startswith("accuracy")]
    if not kept and any(delta.kind == "agreement" for delta in best.accuracy.values()):
        said = ", ".join(f"{name} {units.quality(d.candidate, d.unit)}" for name, d in best.accuracy.items())
        return None, (
            f"{best.candidate} is {_said_speed(best)} and agrees with the original ({said}); whether that is enough "
            "only labelled data or a budget can say."
        )
    quality = "; ".join(_said_check(check) for check in kept) or "; ".join(
        f"{name} {units.points(d.delta, d.unit)} {units.quality_interval(d.low, d.high, d.unit)}"
        for name, d in best.accuracy.items()
    )
    return best.candidate, f"Ship {best.candidate}: {_said_speed(best)}" + (f", {quality}." if quality else ".")


def _unbudgeted_loss(pair: Pair, checks: Sequence[Check]) -> str | None:
    """A metric that is clearly worse though no budget allows any loss of it."""
    budgeted = {check.budget.split(".")[1] for check in checks if check.budget.startswith("accuracy")}
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


def _said_check(check: Check) -> str:
    name = check.budget.split(".")[1] if check.budget.startswith("accuracy") else check.budget.split(".")[0]
    if check.unit == "x":
        return f"{name} {units.factor(check.estimate)} {units.factor_interval(check.low, check.high)}"
    words = {"pass": "kept", "fail": "lost", "inconclusive": "open"}
    change = units.points(-check.estimate, check.unit)
    interval = units.quality_interval(-check.high, -check.low, check.unit)
    return (
        f"{name} {words[check.verdict]} ({change} {interval}, budget {units.quality_delta(-check.limit, check.unit)})"
    )


def _fault(pair: Pair, verdict: Verdict, checks: Sequence[Check]) -> str:
    if verdict == "fail":
        missed = [c for c in checks if c.candidate == pair.candidate and c.verdict == "fail"]
        return "misses its budget: " + ", ".join(_said_check(check) for check in missed)
    lost = _unbudgeted_loss(pair, checks)
    if lost:
        delta = pair.accuracy[lost]
        return (
            f"loses {lost} ({units.points(delta.delta, delta.unit)} "
            f"{units.quality_interval(delta.low, delta.high, delta.unit)})"
        )
    return f"is {_said_speed(pair)}"
