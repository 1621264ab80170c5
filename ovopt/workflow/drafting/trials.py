"""Ways to do a part of a recipe, tried on labelled samples by the task's own metric."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovopt import units
from ovopt.contracts import Advance, BadLabel, Metric, Progress
from ovopt.errors import DataError, OvoptError, shortened
from ovopt.preparing.prepared import Prepared, prepare
from ovopt.workflow.beginning.recipe_choice import Beside
from ovopt.workflow.comparing.compare import scorer_of
from ovopt.workflow.comparing.one_process import OneProcess
from ovopt.workflow.comparing.scoring import Pass, Save, Scorer, table_of, value_of
from ovopt.workflow.drafting.choices import Chosen, Plan
from ovopt.workflow.drafting.depths import scaled
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.subject import Held, Subject

TRIED = 48
"""So many labelled samples decide between ways."""
FEW_WAYS, MOST_WAYS = 12, 60
"""So many combinations are all tried; and at most so many where one choice after the other finds nothing."""
SKILL, DEVIATIONS = 0.1, 2.0
"""What a figure must be above a guess by: a share of what is left to reach, and standard deviations of a guess."""
ROUNDS = 2
LEAST_GAIN = 2
"""Samples that another way must get right more than the plainest, where not all are right."""
NO_LABELS = DataError("the metrics look at no labels")


@dataclass(frozen=True)
class Score:
    """The figure that a draft reaches on the samples tried; a `fault` where they do not go through it."""

    metric: str = ""
    value: float = math.nan
    unit: str = ""
    higher_is_better: bool = True
    guess: float = math.nan
    n: int = 0
    low: float = math.inf
    high: float = -math.inf
    """The least and the highest number that metrics looked at."""
    hits: tuple[float, ...] = ()
    """1 or 0 for each sample, where the figure is their mean."""
    fault: OvoptError | None = field(default=None, compare=False)
    without_each: tuple[float, ...] = ()
    """The figure without each sample in turn."""

    def beats(self, other: Score) -> bool:
        """True where it is better, and of shares by more than luck: by two samples, and a standard deviation of the
        samples that differ; or where all are right. Other figures by two deviations of their difference, or where at
        most half of an error is left."""
        if self.rank <= other.rank:
            return False
        if not (self.hits and len(self.hits) == len(other.hits)):
            return self._is_clear_of(other) or (not self.higher_is_better and self.value <= other.value / 2)
        wins, losses = (sum(a > b for a, b in zip(*pair, strict=True)) for pair in self._both_ways(other))
        return self.value == 1 or (wins - losses >= LEAST_GAIN and (wins - losses) ** 2 > wins + losses)

    def _is_clear_of(self, other: Score) -> bool:
        """True where the difference is none of luck, by the jackknife; or where there is no telling.

        Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11.
        """
        n = len(self.without_each)
        if n < 2 or n != len(other.without_each):
            return True
        changes = np.subtract(self.without_each, other.without_each)
        deviation = math.sqrt((n - 1) * changes.var())
        return math.isnan(deviation) or abs(self.value - other.value) > DEVIATIONS * deviation

    def _both_ways(self, other: Score) -> tuple[tuple[Sequence[float], Sequence[float]], ...]:
        return (self.hits, other.hits), (other.hits, self.hits)

    @property
    def rank(self) -> float:
        """Higher is better; the lowest of all where there is no figure."""
        if math.isnan(self.value):
            return -math.inf
        return self.value if self.higher_is_better else -self.value

    @property
    def is_skilled(self) -> bool:
        """False where a guess would do about as well."""
        if math.isnan(self.value) or math.isnan(self.guess):
            return not math.isnan(self.value)
        if not self.higher_is_better:
            return self.guess == 0 or self.value < self.guess * (1 - SKILL)
        if self.unit != "share":
            return self.value > self.guess
        spread = math.sqrt(max(0.0, self.guess * (1 - self.guess)) / max(1, self.n))
        return self.value > self.guess + max(SKILL * (1 - self.guess), DEVIATIONS * spread)

    def __str__(self) -> str:
        return "does not run" if self.fault else units.quality(self.value, self.unit)


ScoreOf = Callable[[Chosen], Score]
Finish = Callable[[Draft], Draft]
"""Adds to a draft what no choice changes."""


class Trials:
    """Drafts for a subject, each tried once."""

    def __init__(self, subject: Subject, progress: Progress, seed: int) -> None:
        self.subject, self._progress, self._seed = subject, progress, seed
        self._engine = OneProcess(subject.model)
        self._scores: dict[str, Score] = {}

    def prepared(self, draft: Draft) -> Prepared:
        """The samples as a draft prepares them. Raises RecipeError where the draft is none, and DataError as `prepare`
        does."""
        recipe = draft.recipe(Beside(self.subject.model.opened).filled)
        samples = scaled(self.subject.samples, getattr(recipe.data.source, "scale", None))
        held = recipe.data.model_copy(update={"source": Held(samples=samples)})
        return prepare(recipe.model_copy(update={"data": held}), self.subject.inputs, self._seed)

    def scored(
        self, prepared: Prepared, chosen: Sequence[int], save: Save | None = None, advance: Advance | None = None
    ) -> tuple[Scorer, Pass]:
        """The chosen samples through the model, scored by the metrics that look at labels. Raises UsageError where they
        do not go through."""
        metrics = tuple(metric for metric in prepared.recipe.metrics if metric.kind == "accuracy")
        one = replace(prepared, recipe=prepared.recipe.model_copy(update={"metrics": metrics})).without_cache()
        scorer = scorer_of([self.subject.model], one, chosen, save)
        return scorer, self._engine.score(one.recipe, scorer, chosen, advance)

    def score(self, draft: Draft) -> Score:
        """The first metric's figure on a few samples."""
        key = json.dumps(dict(draft.sections), sort_keys=True, default=str)
        if key not in self._scores:
            try:
                self._scores[key] = self._try(draft)
            except OvoptError as error:
                self._scores[key] = Score(fault=error)
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # a decoder that is not meant for it
                self._scores[key] = Score(fault=DataError(f"does not fit the outputs: {shortened(str(error))}"))
        return self._scores[key]

    def best(self, plan: Plan, finish: Finish) -> tuple[Chosen, list[str]]:
        """The options that reach the best figure, the likeliest of those that luck may have put in order, the plainest
        of equal ones; and what was tried, a line for each choice.

        One choice after the other, twice; all combinations where they are few, or where nothing is above a guess.
        """
        open_ = [place for place, choice in enumerate(plan.choices) if len(choice.options) > 1]
        if not open_ or not self.subject.is_labelled:
            return plan.likeliest, []
        ways = math.prod(len(plan.choices[place].options) for place in open_)
        with self._progress.task("try ways to prepare and decode") as advance:

            def score(chosen: Chosen) -> Score:
                advance()
                return _fitting(self.score(finish(plan.draft(chosen))), plan, chosen)

            best = _all(plan, open_, score) if ways <= FEW_WAYS else _in_turn(plan, open_, score)
            if ways > FEW_WAYS and not score(best).is_skilled:
                best = first_best([best, _all(plan, open_[:3], score)], score)
            return best, [_said(plan, place, best, score) for place in open_ if not _is_fixed(plan, place, best)]

    def fault(self, draft: Draft) -> OvoptError | None:
        """The error that the samples of a draft meet: in preparation, and on the way to a figure if there are
        labels."""
        if self.subject.is_labelled and (found := self.score(draft)).fault is not NO_LABELS:
            return found.fault
        try:
            next(self.prepared(draft).prepare_each([0]), None)
        except OvoptError as error:
            return error
        return None

    def tried(self, prepared: Prepared) -> list[int]:
        """Labelled samples: of tuning, then of the other splits."""
        labels = prepared.samples.labels or ()
        order = (i for name in ("tuning", "calibration", "gate") for i in prepared.splits[name])
        return [i for i in dict.fromkeys(order) if labels and not _is_none(labels[i])][:TRIED]

    def _try(self, draft: Draft) -> Score:
        prepared, seen = self.prepared(draft), _Range()
        chosen = self.tried(prepared)
        scorer, scored = self.scored(prepared, chosen, seen.add)
        if not scorer.metrics:
            raise NO_LABELS
        metric = scorer.metrics[0]
        rows = metric.gather([row for part in scored.rows[metric.label].values() for row in part.values()])
        if not rows:
            raise prepared.no_sample_error("try")
        table, reached = table_of(metric, rows), guess(metric, scorer, scored)
        value = figure = value_of(metric, table)
        if metric.one_class and scored.shifts.better_places():  # names may stand in another order than the scores
            value = max(value, scored.shifts.right_if_moved or 0)
        hits = tuple(map(float, rows)) if metric.statistics == "share" else ()  # type: ignore[arg-type]
        return Score(
            metric.label,
            value,
            metric.unit,
            metric.higher_is_better,
            reached,
            len(rows),
            seen.low,
            seen.high,
            hits if hits and value == sum(hits) / len(hits) else (),
            without_each=() if hits or value != figure else _without_each(metric, table),
        )


def _without_each(metric: Metric, table: NDArray[Any]) -> tuple[float, ...]:
    return tuple(value_of(metric, np.delete(table, place, axis=0)) for place in range(len(table)) if len(table) > 1)


@dataclass
class _Range:
    """The least and the highest of the numbers that decoders gave."""

    low: float = math.inf
    high: float = -math.inf

    def add(self, arm: str, index: int, prediction: Any) -> None:
        if isinstance(prediction, np.ndarray) and prediction.dtype.kind == "f" and prediction.size:
            self.low, self.high = min(self.low, float(prediction.min())), max(self.high, float(prediction.max()))


def _is_none(label: Any) -> bool:
    return label is None or isinstance(label, BadLabel)


def guess(metric: Metric, scorer: Scorer, scored: Pass) -> float:
    """The figure that the best answer reaches which looks at no sample."""
    labels = scorer.prepared.labels
    indices = list(scored.rows[metric.label].get("", {}))
    read = [labels.read(index) for index in indices if metric.needs_label and not labels.take_work(index)]
    return metric.guessed(read, len(indices), scored.shifts.scores)


def _fitting(score: Score, plan: Plan, chosen: Chosen) -> Score:
    """The score, where what came of it lies in the range that an option asks for."""
    for option in plan.options(chosen):
        if option.within and (score.low < option.within[0] or score.high > option.within[1]):
            return Score(fault=DataError(f"{option.said}: {score.low:.4g} to {score.high:.4g} are none"))
    return score


def _in_turn(plan: Plan, open_: Sequence[int], score: ScoreOf) -> Chosen:
    best = plan.likeliest
    for _ in range(ROUNDS):
        before = best
        for place in open_:
            best = first_best([best, *_variants(plan, best, place)], score)
        if best == before:
            break
    return best


def _all(plan: Plan, open_: Sequence[int], score: ScoreOf) -> Chosen:
    sizes = [range(len(choice.options)) if i in open_ else range(1) for i, choice in enumerate(plan.choices)]
    return first_best([plan.likeliest, *itertools.islice(itertools.product(*sizes), MOST_WAYS)], score)


def _variants(plan: Plan, chosen: Chosen, place: int) -> list[Chosen]:
    return [(*chosen[:place], option, *chosen[place + 1 :]) for option in range(len(plan.choices[place].options))]


def first_best(ways: Sequence[Chosen], score: ScoreOf) -> Chosen:
    """The best, the first of those that luck may have put in order; of equal ones the plainest."""
    best = reduce(lambda one, other: other if score(other).beats(score(one)) else one, ways)
    reached = score(best)
    return best if reached.fault else min(way for way in ways if score(way).rank == reached.rank)


def _is_fixed(plan: Plan, place: int, best: Chosen) -> bool:
    """True for a choice of which all options make the same draft."""
    first, *others = (plan.draft(chosen).sections for chosen in _variants(plan, best, place))
    return all(other == first for other in others)


def _said(plan: Plan, place: int, best: Chosen, score: ScoreOf) -> str:
    choice, scores = plan.choices[place], [score(chosen) for chosen in _variants(plan, best, place)]
    shown = ", ".join(f"{option.said}: {one}" for option, one in zip(choice.options, scores, strict=True))
    known = next((one for one in scores if not one.fault), None)
    on = f" by {known.metric} on {known.n} samples" if known else ""
    return f"{choice.title}, tried{on}: {shown}."
