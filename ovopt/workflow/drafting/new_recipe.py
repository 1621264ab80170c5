"""A first recipe for a model and its data: the use case."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ovopt.caller import untouched_caller
from ovopt.errors import OvoptError, UsageError, quoted
from ovopt.metrics.class_labels import scores_of
from ovopt.model.described.record import Described
from ovopt.model.files.opened import OpenedModel, opened
from ovopt.model.ports.facts import chosen_outputs
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import Task
from ovopt.workflow.beginning.options import Options, check, options_of
from ovopt.workflow.drafting.answers import answer_of
from ovopt.workflow.drafting.choices import Choice, Plan
from ovopt.workflow.drafting.classes import at_places, with_classes, with_order, with_places
from ovopt.workflow.drafting.depths import scales
from ovopt.workflow.drafting.draft import Draft, completed
from ovopt.workflow.drafting.figure import Figure, figure_of
from ovopt.workflow.drafting.known import Known, described_use, known_of
from ovopt.workflow.drafting.opening import labelled, one_at_a_time, samples_of
from ovopt.workflow.drafting.preparation import preparation_of
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.start import Asked, checked_task, started
from ovopt.workflow.drafting.subject import Subject
from ovopt.workflow.drafting.tags import with_tags
from ovopt.workflow.drafting.trials import Score, Trials
from ovopt.workflow.drafting.without_data import without_data

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import SettingsLike, Watched
    from ovopt.workflow.drafting.start import Paths

RENAMING = ("files", "hf", "archive", "splits")
"""Kinds of source that can give labels other names."""
SOME = 8
"""Of fewer files, one class may be all there is."""
WIDE, MUCH_WIDER = 32, 4
"""An output of so many numbers, and so many times more than there are classes, may be an embedding."""


@untouched_caller()
def draft_recipe(
    model: ModelLike,
    data: Paths | None = None,
    *,
    recipe: str | Path | None = None,
    task: str | None = None,
    label: str | None = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
    progress: Watched = None,
) -> Draft:
    """A recipe that runs at once, with the figure that it reaches. What is guessed is tried on labelled samples.

    `recipe` is one to start from; `task`, the `label` column and `settings` answer what the draft asks. Raises
    ModelError where the model cannot be read, DataError where the data cannot go into it, and UsageError, which asks,
    where only the user can tell.
    """
    options = options_of(seed, False, trust, settings, progress)
    check("label", label, "the name of a column", label is None or isinstance(label, str))
    checked_task(task, get_args(Task))
    asked = Asked(data, recipe, task, label, options.overrides)
    with opened([model], trust) as (one,):
        return _drafted(one, asked, options)


def _drafted(one: OpenedModel, asked: Asked, options: Options) -> Draft:
    if asked.data is None and asked.recipe is None:
        return without_data(one, asked)
    begun, named = one_at_a_time(started(one, asked), one)
    begun, samples = labelled(begun, named, asked, options.seed or 0)
    subject = Subject(named, samples)
    trials = Trials(subject, options.progress, options.seed or 0)
    maker = _Maker(subject, asked, begun, trials)
    made = maker.as_asked() if asked.recipe is not None else maker.made()
    return _judged(made, maker, options)


@dataclass(frozen=True)
class _Maker:
    """Maker of a whole recipe from a beginning."""

    subject: Subject
    asked: Asked
    begun: Draft
    trials: Trials

    def as_asked(self) -> Draft:
        """The recipe that the user starts from, with the data's own classes."""
        return self.finish(self.begun)

    def made(self) -> Draft:
        """The best of what is known of the model, and of what labels and shapes tell; what is known where both are
        equal. Raises UsageError, which asks, where nothing runs and only the user can tell."""
        known = known_of(self.subject.model.opened, self.described)
        own, unanswered = self._own_plan()
        ways = [self._tried(self._known_plan(one, own), one) for one in known]
        ways += [self._tried(own)] if own else []
        usable = [way for way in ways if way.fault is None]
        if not usable:
            raise unanswered or next(way.fault for way in reversed(ways) if way.fault)
        best = reduce(lambda one, other: other if other.score.beats(one.score) else one, usable)
        self._ask_if_one_class(best)
        self._ask_if_embedding(best)
        said = (*best.said, *_others(best, ways))
        return replace(best.draft, doubts=_overruled(best, ways)).with_comments(_commented(best.draft), *said)

    def finish(self, draft: Draft) -> Draft:
        """The sections that no choice changes, and the user's own settings."""
        draft = with_tags(
            with_classes(draft, self.subject, self.described.classes), self.subject, self.described.classes
        )
        return completed(draft).with_settings(self.asked.later)

    @cached_property
    def described(self) -> Described:
        """The use of the model as its publisher wrote it down."""
        return described_use(self.subject.model.opened)

    def _own_plan(self) -> tuple[Plan | None, UsageError | None]:
        """The plan that labels, content and shapes tell; a question where they do not."""
        try:
            return self._plan(), None
        except UsageError as unanswered:
            return None, unanswered

    def _plan(self) -> Plan:
        answer = answer_of(self.subject.labels, self.subject.outputs, self.asked.task)
        prepared = preparation_of(self.subject, answer, self.asked, self.described)
        base = self.begun.with_section("task", prepared.task or answer.task, *answer.said)
        if answer.metrics:
            base = base.with_section("metrics", list(answer.metrics))
        if prepared.model:
            said = base.comments.get("model", ())
            base = base.with_section("model", {**base.sections.get("model", {}), **prepared.model}, *said)
        base = base.with_comments("preprocess", *prepared.said)
        return Plan(base, (*self._scales, *prepared.choices), prepared.decoders or answer.decoders)

    @cached_property
    def _scales(self) -> tuple[Choice, ...]:
        return scales(self.begun.sections["data"]["source"], self.subject.samples)

    def _known_plan(self, known: Known, own: Plan | None) -> Plan:
        """The plan of what is known, and for what is not the ways that labels and shapes tell."""
        prepared = (*self._scales, Choice.none(*known.preprocess))
        preparing = prepared if known.preprocess or own is None else own.preparing
        decoding = own.decoding if own and not known.postprocess else Choice.decoding(*known.postprocess)
        return Plan(known.on(own.base if own and "task" not in known.sections else self.begun), preparing, decoding)

    def _tried(self, plan: Plan, known: Known | None = None) -> _Way:
        best, said = self.trials.best(plan, self.finish)
        draft = self.finish(plan.draft(best))
        untried = [] if said else plan.untried(best)
        return _Way(draft, self.trials.score(draft), self.trials.fault(draft), (*said, *untried), known)

    def _ask_if_one_class(self, way: _Way) -> None:
        """Raises UsageError, which asks, where all files lie in one folder, which tells nothing of their classes."""
        labels, source = self.subject.labels, way.draft.sections["data"]["source"]
        alone = source["kind"] == "files" and not {"label", "labels", "rename"} & source.keys()
        if self.asked.task or not alone or labels.kind != "name" or labels.distinct[1:] or labels.n < SOME:
            return
        (port,) = chosen_outputs(self.subject.outputs, way.draft.sections.get("model", {}).get("output"))[:1]
        place = json.dumps(source["path"], ensure_ascii=False)
        if (scores_of(port) or 0) > 1:
            raise question(
                f"all {labels.n} files lie in the folder {quoted(labels.distinct[0])}, and output {port} tells "
                f"{scores_of(port)} classes apart: what is the label",
                [
                    option("--set", f"data.source={{kind: files, path: {place}, labels: TABLE.csv, column: NAME}}"),
                    "--task classification",
                    "--task any",
                ],
            )

    def _ask_if_embedding(self, way: _Way) -> None:
        """Raises UsageError, which asks, where an output is much wider than the labels' classes, and its highest number
        tells nothing of them."""
        labels, sections = self.subject.labels, way.draft.sections
        if self.asked.task or way.score.is_skilled or labels.kind not in ("class", "name"):
            return
        (port,) = chosen_outputs(self.subject.outputs, sections.get("model", {}).get("output"))[:1]
        width = scores_of(port) or 0
        if sections.get("task") == "classification" and width >= max(WIDE, MUCH_WIDER * labels.classes):
            raise question(
                f"the labels tell of {labels.classes} classes, output {port} holds {width} numbers, and the highest of "
                f"them is right for {way.score}, no more than a guess: are they scores, or an embedding",
                ["--task classification", "--task verification", "--task any"],
            )


@dataclass(frozen=True)
class _Way:
    """A recipe that was tried, what is said about it, and where it is from."""

    draft: Draft
    score: Score
    fault: OvoptError | None
    tried: tuple[str, ...] = ()
    known: Known | None = None

    @property
    def reached(self) -> str:
        """Its figure, or why there is none."""
        if self.fault:
            cause = self.fault.__cause__  # without the advice of the error, which is about samples
            return f"does not run: {cause if isinstance(cause, OvoptError) else self.fault}"
        return f"{self.score.metric} {self.score} on {self.score.n} samples" if not self.score.fault else "runs too"

    @property
    def said(self) -> list[str]:
        """Comments on it."""
        if self.known is None:
            return list(self.tried)
        doubts = [f"Doubt: {doubt}" for doubt in self.known.doubts]
        return [f"From {self.known.origin}.", *doubts, *self.tried]


def _others(best: _Way, ways: Sequence[_Way]) -> list[str]:
    """Comments on what else was tried, and on what it reached."""
    found = []
    for way in ways:
        if way is best or (way.score.fault and way.known is None):
            continue
        what = way.known.origin if way.known else "What labels and shapes tell"
        mine = "" if best.score.fault or way.score.fault else f", with this {best.score}"
        found.append(f"Tried too: {what}: {way.reached}{mine}.")
    return found


def _overruled(best: _Way, ways: Sequence[_Way]) -> tuple[str, ...]:
    """Doubts about what the publisher says, where something else does better."""
    return tuple(
        f"{way.known.origin} reaches {way.reached}, this recipe {best.score}: it may be about another model"
        for way in ways
        if way.known and way.known.is_told and not way.score.fault and way is not best
    )


def _commented(draft: Draft) -> str:
    return "preprocess" if "preprocess" in draft.sections else "task"


def _judged(draft: Draft, maker: _Maker, options: Options) -> Draft:
    """The draft with its figure; names of classes in the order that the answers tell."""
    figure = figure_of(draft, maker.trials, options.progress)
    divided = tuple(_divided(maker.trials.prepared(draft)))
    if figure is None:
        return draft.with_comments("data", *divided)
    if figure.better_places and not maker.asked.sets("data"):
        moved, trials = _moved(draft, maker, figure, options)
        second = figure_of(moved, trials, options.progress)
        draft, figure = (moved, second) if second and _is_better(second, figure) else (draft, figure)
    figure = replace(figure, doubts=(*figure.doubts, *draft.doubts))
    section = "metrics" if "metrics" in draft.sections else "task"
    return replace(draft, figure=figure).with_comments("data", *divided).with_comments(section, *figure.lines)


def _divided(prepared: Prepared) -> Iterator[str]:
    """Comments on the splits that the data bring, and on what looks odd about them."""
    facts = prepared.facts
    if facts.drawn_from:
        said = ", ".join(f"{name} {size}" for name, size in facts.sizes.items())
        yield f"The data bring their own splits: {said}. `splits` can choose others by their names."
    yield from (f"Remark: {remark}." for remark in prepared.remarks)


def _moved(draft: Draft, maker: _Maker, figure: Figure, options: Options) -> tuple[Draft, Trials]:
    """The names of classes at the places that the answers tell: in a list, or one by one where the model has many."""
    said = maker.begun.comments.get("data", ())
    if figure.better_order:
        return with_order(draft, figure.better_order, said), maker.trials
    if draft.sections["data"]["source"]["kind"] not in RENAMING:
        (port,) = chosen_outputs(maker.subject.outputs, draft.sections.get("model", {}).get("output"))[:1]
        return with_order(draft, at_places(figure.better_places, scores_of(port) or 0), said), maker.trials
    moved, named = with_places(draft, figure.better_places, said), maker.subject.model
    samples = samples_of(moved, named, options.seed or 0)
    return moved, Trials(Subject(named, samples), options.progress, options.seed or 0)


def _is_better(second: Figure, first: Figure) -> bool:
    name = next(iter(first.metrics))
    return second.metrics[name].value > first.metrics[name].value
