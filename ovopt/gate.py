"""The gate: from pairs and budgets to a verdict, and a decision with its grounds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ovopt.budgets import MOST_BESIDE, Evidence, checks, is_drop, metric_of
from ovopt.figures import DECIDING
from ovopt.records import Arm, Budgets, Check, Comparison, Decision, Gate, Ground, Pair, QualityDelta, Verdict

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
    verdict: Verdict | None = None
    if found or (lost and budgets != Budgets()):
        verdict = next((v for v in ("pass", "inconclusive", "fail") if v in candidates.values()), "inconclusive")
    decision = decision_on(pairs, found)
    return Gate(
        verdict=verdict,
        checks=found,
        candidates=candidates if verdict else {},
        ship={"ship": decision.about, "keep": pairs[0].baseline if pairs else None}.get(decision.kind),
        decision=decision,
    )


def lost_arms(arms: Iterable[Arm]) -> dict[str, str]:
    """The arms that a decision lacks, and why: a lost control or reference decides nothing."""
    return {arm.name: arm.lost for arm in arms if arm.lost and arm.role in ("baseline", "candidate")}


def decision_on(pairs: Sequence[Pair], found: Sequence[Check]) -> Decision:
    """The decision that pairs and the checks of their budgets lead to."""
    if not pairs:
        return Decision(kind="nothing")
    verdicts = {pair.candidate: _candidate_verdict(pair, found) for pair in pairs}
    sound = [pair for pair in pairs if verdicts[pair.candidate] == "pass" and not _unbudgeted_loss(pair, found)]
    gains = [pair for pair in sound if "faster" in _words(pair) or pair.size.ratio <= SMALLER]
    worth = [pair for pair in gains if not _slower(pair)]
    if worth:
        return _recommendation(max(worth, key=_speed), found)
    open_ = [pair for pair in pairs if verdicts[pair.candidate] == "inconclusive" and not _slower(pair)]
    if open_:
        best = max(open_, key=_speed).candidate
        return Decision(kind="open", grounds=(Ground(candidate=best, kind="open", checks=_paths(best, found)),))
    return Decision(kind="keep", grounds=tuple(_fault(pair, verdicts[pair.candidate], found) for pair in pairs))


def _candidate_verdict(pair: Pair, found: Sequence[Check]) -> Verdict:
    mine = {check.verdict for check in found if check.candidate == pair.candidate}
    return "fail" if "fail" in mine else "inconclusive" if "inconclusive" in mine else "pass"


def _recommendation(best: Pair, found: Sequence[Check]) -> Decision:
    kept = [check for check in found if check.candidate == best.candidate and is_drop(check)]
    if not kept and any(delta.kind == "agreement" and not delta.beside for delta in best.accuracy.values()):
        ground = Ground(candidate=best.candidate, kind="agrees", metrics=tuple(best.accuracy))
        return Decision(kind="agreement", grounds=(ground,))
    budgets, metrics = tuple(check.budget for check in kept), () if kept else tuple(best.accuracy)
    ground = Ground(candidate=best.candidate, kind="worth", checks=budgets, metrics=metrics)
    return Decision(kind="ship", grounds=(ground,))


def _fault(pair: Pair, verdict: Verdict, found: Sequence[Check]) -> Ground:
    if verdict == "fail":
        return Ground(candidate=pair.candidate, kind="missed", checks=_paths(pair.candidate, found, "fail"))
    if lost := _unbudgeted_loss(pair, found):
        return Ground(candidate=pair.candidate, kind="lost", metrics=(lost,))
    return Ground(candidate=pair.candidate, kind="no gain")


def _paths(candidate: str, found: Sequence[Check], verdict: Verdict = "inconclusive") -> tuple[str, ...]:
    return tuple(check.budget for check in found if check.candidate == candidate and check.verdict == verdict)


def _unbudgeted_loss(pair: Pair, found: Sequence[Check]) -> str | None:
    """A metric that is clearly worse though no budget allows any loss of it, or as much for outputs that labels do not
    look at."""
    budgeted = {metric_of(check) for check in found if is_drop(check)}
    unbudgeted = {name: delta for name, delta in pair.accuracy.items() if name not in budgeted}
    return next((name for name, delta in unbudgeted.items() if _is_lost(delta)), None)


def _is_lost(delta: QualityDelta) -> bool:
    if delta.kind == "agreement":
        return delta.beside and delta.drop[1] > MOST_BESIDE
    return delta.drop[1] > 0


def _slower(pair: Pair) -> bool:
    return "slower" in _words(pair)


def _words(pair: Pair) -> set[str]:
    return {speed.verdict for figure in DECIDING if (speed := figure.speedup(pair))}


def _speed(pair: Pair) -> float:
    measured = (figure.speedup(pair) for figure in DECIDING)
    return next((speed.estimate for speed in measured if speed), 1.0)
