"""Verdict of a comparison in words: headline, a sentence for someone who was not there, evidence, key figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ovopt import units
from ovopt.budgets import is_drop, metric_of
from ovopt.figures import DECIDING
from ovopt.records import Check, Comparison, Ground, Pair, QualityDelta
from ovopt.reports.budgets import WORDS, bound_text, budget_name, checks_of, limit_text, measured_text
from ovopt.reports.cells import TONES, UNTOLD, Tone
from ovopt.reports.decision import grounds_of, grounds_text, reason, the
from ovopt.reports.rows import change_of, places_by_metric, places_of, quality_tone, title_of

Kind = Literal["ship", "keep", "open", "none"]
KIND_TONES: dict[Kind, Tone] = {"ship": "good", "keep": "doubt", "open": "doubt", "none": "plain"}
NAMED = 3
"""So many candidates are spoken of one by one."""


@dataclass(frozen=True)
class Verdict:
    """`headline` says what to do, `sentence` why in plain words, `evidence` with figures, a line each; `about` is the
    candidate that they speak of, if it is one."""

    kind: Kind
    headline: str
    sentence: str
    evidence: tuple[str, ...]
    about: str | None = None

    @property
    def tone(self) -> Tone:
        """Tone in which it is to be read."""
        return KIND_TONES[self.kind]


def verdict_of(comparison: Comparison) -> Verdict:
    """The gate's decision in words, and what it does not rest on."""
    found = _of_decision(comparison)
    return replace(found, sentence=f"{found.sentence} {not_judged(comparison)}".strip())


def not_judged(comparison: Comparison) -> str:
    """Outputs that no metric looks at, as a sentence of its own; empty where there are none."""
    by_reason: dict[str, list[str]] = {}
    for name, why in comparison.unjudged.items():
        by_reason.setdefault(why, []).append(repr(name))
    said = [f"{units.a_few(names, NAMED)} ({why})" for why, names in by_reason.items()]
    return f"Not judged: output{'s' * (len(comparison.unjudged) > 1)} {', '.join(said)}." if said else ""


def _of_decision(comparison: Comparison) -> Verdict:
    decision, ship = comparison.gate.decision, comparison.gate.ship
    pairs = {pair.candidate: pair for pair in comparison.pairs}
    about = pairs.get(decision.about or "")
    if decision.kind == "ship" and about:
        evidence = tuple(_evidence(comparison, about))
        return Verdict("ship", f"Ship {about.candidate}.", _praise(comparison, about), evidence, about.candidate)
    evidence = tuple(filter(None, [grounds_text(comparison)]))
    if decision.kind == "keep" and pairs and ship:
        return Verdict("keep", f"Ship {the(ship)}.", _no_candidate(comparison, ship), evidence, decision.about)
    if decision.kind in ("open", "agreement") and about:
        return Verdict("open", "Not decided yet.", _doubt(comparison, about), evidence, about.candidate)
    measured = decision.kind in ("measured", "evaluated")
    headline = reason(comparison) if measured else "Nothing was compared."
    return Verdict("none", headline, _of_those_lost(comparison), evidence)


def _praise(comparison: Comparison, pair: Pair) -> str:
    size = [f"takes {100 * pair.size.ratio:.0f} % of its space"] if pair.size.ratio < 0.95 else []
    return f"{pair.candidate} {_listed([_speed_words(pair), *size])}{_quality_clause(comparison, pair)}."


def _speed_words(pair: Pair) -> str:
    baseline = the(pair.baseline)
    speeds = {figure: speed for figure in DECIDING if (speed := figure.speedup(pair))}
    for figure, speed in speeds.items():
        if speed.verdict == "faster":
            praise = f"{figure.praise.format(units.number(speed.estimate))} {baseline}"
            return praise if speed.told else f"is faster than {baseline}, {UNTOLD} to say how much"
    for speed in speeds.values():
        if speed.verdict == "slower":
            times = f"{units.number(speed.estimate)} times its speed" if speed.told else f"{UNTOLD} to say how much"
            return f"is slower than {baseline} ({times})"
    unsure = "" if any(speed.told for speed in speeds.values()) else f" ({UNTOLD})"
    return f"is not clearly faster than {baseline}{unsure}" if speeds else "was not timed"


def _quality_clause(comparison: Comparison, pair: Pair) -> str:
    """From budgeted metrics, else from all: what became of the accuracy."""
    if kept := _limited(checks_of(comparison, pair.candidate)):
        return f", and keeps the accuracy: {_values(comparison, pair, kept)}"
    return f"; {_values(comparison, pair, pair.accuracy)}" if pair.accuracy else "; its accuracy was not looked at"


def _limited(found: Sequence[Check]) -> list[str]:
    """Metrics whose loss these checks limit."""
    return list(dict.fromkeys(name for check in found if is_drop(check) and (name := metric_of(check))))


def _values(comparison: Comparison, pair: Pair, metrics: Iterable[str]) -> str:
    """Values of candidate and baseline by these metrics, as far as they were measured."""
    baseline, places, said = the(pair.baseline), places_by_metric(comparison), []
    for name in metrics:
        if delta := pair.accuracy.get(name):
            both = (delta.candidate, delta.baseline)
            value, before = (units.quality(one, delta.unit, places.get(name, 1)) for one in both)
            agrees = f"agreement with {baseline} ({title_of(name, delta)}) {value}"
            said.append(agrees if delta.kind == "agreement" else f"{title_of(name)} is {value}, {baseline}'s {before}")
    return ", ".join(said)


def _no_candidate(comparison: Comparison, ship: str) -> str:
    faults = [f"{found[0].candidate} {_fault(comparison, *found)}" for found in grounds_of(comparison)]
    more = f"; {len(faults) - NAMED} more do no better" if len(faults) > NAMED else ""
    if len(faults) == 1:
        return f"{faults[0]}, so {the(ship)} stays."
    return f"None of the {len(faults)} candidates should replace it: {'; '.join(faults[:NAMED])}{more}."


def _fault(comparison: Comparison, pair: Pair, ground: Ground, missed: Sequence[Check]) -> str:
    if quality := _limited(missed):
        return f"loses too much accuracy: {_values(comparison, pair, quality)}"
    if missed:
        return "misses its budget: " + ", ".join(
            f"{budget_name(check)} is {measured_text(check)}, allowed is {limit_text(check)}" for check in missed
        )
    worse = _values(comparison, pair, ground.metrics)
    return f"loses accuracy: {worse}" if worse else _speed_words(pair)


def _doubt(comparison: Comparison, best: Pair) -> str:
    if comparison.gate.decision.kind == "agreement":
        return (
            f"{best.candidate} {_speed_words(best)}{_quality_clause(comparison, best)}; whether that is enough, only "
            "labelled data or a budget can say."
        )
    unsettled = [check for check in checks_of(comparison, best.candidate) if check.verdict == "inconclusive"]
    if not unsettled:
        return f"The measurement cannot say yet whether {best.candidate} should replace {the(best.baseline)}."
    about = _listed(list(dict.fromkeys(budget_name(check) for check in unsettled)))
    advice = "; ".join(dict.fromkeys(check.note for check in unsettled if check.note))
    tail = f": {advice}" if advice else ""
    return f"{best.candidate} {_speed_words(best)}, but {about} cannot be judged yet{tail}."


def _of_those_lost(comparison: Comparison) -> str:
    lost = [arm.name for arm in comparison.arms if arm.lost]
    if lost:
        return f"No result from {_listed(lost)}: the reason stands in the table."
    names = [arm.name for arm in comparison.arms]
    return f"{_listed(names[:NAMED])} on the same settings and samples; nobody asked for a verdict."


def _evidence(comparison: Comparison, pair: Pair) -> Iterator[str]:
    """The accuracy, the speed at which precision, and the other budgets."""
    checks = checks_of(comparison, pair.candidate)
    for name, delta in pair.accuracy.items():
        yield _quality_evidence(name, delta, [check for check in checks if metric_of(check) == name])
    yield from _speed_evidence(comparison, pair)
    for check in checks:
        if metric_of(check) is None:
            yield f"{budget_name(check)} {WORDS[check.verdict]} ({limit_text(check)})"


def _quality_evidence(name: str, delta: QualityDelta, checks: Sequence[Check]) -> str:
    if delta.kind == "agreement":
        return f"{title_of(name, delta)} {units.quality(delta.candidate, delta.unit)} with the original"
    places = max(map(places_of, checks), default=1)
    bounds = " ... ".join(units.quality_delta(bound, delta.unit, places) for bound in (delta.low, delta.high))
    change = f"{units.points(delta.delta, delta.unit, places)}, interval {bounds}"
    if not checks:
        return f"{title_of(name)} {change}"
    words = [check.verdict for check in checks]
    worst = next(WORDS[word] for word in ("fail", "inconclusive", "pass") if word in words)
    limits = [
        f"budget {bound_text(one, -one.limit)}{' %' * (one.unit == 'relative')}" for one in checks if is_drop(one)
    ]
    return f"{title_of(name)} {worst} ({', '.join([change, *limits])})"


def _speed_evidence(comparison: Comparison, pair: Pair) -> Iterator[str]:
    """At the precision that the device runs in, and against forced f32 where that was measured."""
    speeds = [(figure, speed) for figure in DECIDING if (speed := figure.speedup(pair))]
    if speeds and not any(speed.told for _, speed in speeds):
        yield f"speed {UNTOLD}"
    for figure, speed in speeds:
        if speed.low is None or speed.high is None or not speed.told:
            continue
        scenario = figure.scenario
        baseline = comparison.arms[0]
        found = baseline.effective.get(scenario)
        own = "INFERENCE_PRECISION_HINT" in baseline.properties
        whose = "the asked-for precision" if own else "this machine's default precision"
        where = f" at {whose} ({found.inference_precision})" if found else ""
        against = [
            f", {units.factor(other.estimate)} against {name}"
            for name, speeds in pair.against.items()
            if (other := figure.speedup(speeds)) and other.told
        ]
        factor, interval = units.factor(speed.estimate), units.factor_interval(speed.low, speed.high)
        word: str = "" if speed.verdict == "no clear difference" else speed.verdict
        if not word or figure is not DECIDING[0]:
            word = f"{word} in {figure.pair_name}".strip()
        yield f"{factor} {word} {interval}{where}{''.join(against)}"
        return


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


@dataclass(frozen=True)
class KeyFigure:
    """One figure in large type, and what it is held against."""

    title: str
    figure: str
    beside: str
    tone: Tone


def key_figures(comparison: Comparison) -> list[KeyFigure]:
    """Figures of the candidate that the verdict speaks of; none where several stay behind."""
    about = verdict_of(comparison).about
    return [figure for pair in comparison.pairs if pair.candidate == about for figure in _key_figures(comparison, pair)]


def _key_figures(comparison: Comparison, pair: Pair) -> Iterator[KeyFigure]:
    for one in DECIDING:
        speed = one.speedup(pair)
        if speed and speed.low is not None and speed.high is not None and speed.told:
            beside = f"{speed.verdict}, interval {units.factor_interval(speed.low, speed.high)}"
            yield KeyFigure(
                f"speed, {one.pair_name}", units.factor(speed.estimate), beside, TONES.get(speed.verdict, "plain")
            )
        elif speed:
            yield KeyFigure(f"speed, {one.pair_name}", units.MISSING, UNTOLD, "doubt")
    budgeted = [metric_of(check) for check in checks_of(comparison, pair.candidate)]
    name = next((name for name in (*budgeted, *pair.accuracy) if name in pair.accuracy), None)
    if name:
        delta = pair.accuracy[name]
        agreement, places = delta.kind == "agreement", places_by_metric(comparison).get(name, 1)
        beside = "agreement with the original" if agreement else f"change {change_of(delta, places)}"
        yield KeyFigure(
            title_of(name),
            units.quality(delta.candidate, delta.unit, places),
            beside,
            "plain" if agreement else quality_tone(delta),
        )
    smaller: Tone = "good" if pair.size.ratio < 1 else "plain"
    ratio = f"{100 * pair.size.ratio:.0f} %"
    sizes = [arm.model.size_bytes for arm in comparison.arms if arm.name in (pair.baseline, pair.candidate)]
    yield KeyFigure("size", ratio, f"of the original's {units.size(sizes[0])}", smaller)
