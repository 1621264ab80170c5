"""Structured pruning of a model: allocate what is removed to groups, cut it out, refit the readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from ovopt.contracts import Advance, Tensors
from ovopt.pruning.costs import Costs
from ovopt.pruning.elimination import Elimination
from ovopt.pruning.groups import Group
from ovopt.pruning.importance import Survey
from ovopt.pruning.readers import Reader
from ovopt.pruning.reconstruct import Job, Refit, RefitData, Refitted, reconstruct
from ovopt.pruning.rules import trace
from ovopt.pruning.trace import Trace, cut, keeper

if TYPE_CHECKING:
    import openvino


UNIFORM_STEPS = 200
"""Shares of channels that the uniform rule tries."""


@dataclass(frozen=True)
class Choice:
    """The removable units of a group, and the error that removing them costs."""

    total: int
    """Its units, fixed ones included."""
    removable: tuple[int, ...]
    """Numbers of units that may be removed, rising."""
    error: tuple[float, ...] = ()
    """Error by the number removed, from none on."""


def by_sensitivity(
    choices: Sequence[Choice], costs: Costs, share: float, most: float, price: Costs | None = None
) -> list[int]:
    """The number of units to remove of each group so that a share of the work is gone at little error: again and again,
    the step that saves the most, of the work or of what `price` says, for the error that it adds. No group loses more
    than the share `most` of its units."""
    removed = [0] * len(choices)
    wanted, priced = (1 - share) * costs.full, price or costs
    steps = {place: step for place in range(len(choices)) if (step := _next(choices, priced, removed, place, most))}
    while steps and costs.left(removed) > wanted:
        place = max(steps, key=lambda one: steps[one].worth)
        removed[place] = steps.pop(place).count
        for one in sorted({place, *_neighbours(priced, place)} & (steps.keys() | {place})):
            step = _next(choices, priced, removed, one, most)
            if step:
                steps[one] = step
    return _given_back(choices, costs, removed, wanted)


def _given_back(choices: Sequence[Choice], costs: Costs, removed: Sequence[int], wanted: float) -> list[int]:
    """Without the steps that later, larger ones have made needless; first those that cost the most error."""
    kept = list(removed)
    while True:
        undone = []
        for place, choice in enumerate(choices):
            before = max((count for count in choice.removable if count < kept[place]), default=0)
            trial = [*kept[:place], before, *kept[place + 1 :]]
            if before < kept[place] and costs.left(trial) <= wanted:
                undone.append((choice.error[kept[place]] - choice.error[before], place, before))
        if not undone:
            return kept
        _, place, before = max(undone)
        kept[place] = before


def uniformly(choices: Sequence[Choice], costs: Costs, share: float, most: float) -> list[int]:
    """The same share of every group, the smallest that removes so much work."""
    removed = [0] * len(choices)
    for tenth in range(1, UNIFORM_STEPS + 1):
        if costs.left(removed) <= (1 - share) * costs.full:
            break
        removed = [shared(choice, most * tenth / UNIFORM_STEPS) for choice in choices]
    return removed


def shared(choice: Choice, share: float) -> int:
    """The largest removable number that is no more than a share of a group."""
    return max((count for count in choice.removable if count <= share * choice.total + 1e-9), default=0)


@dataclass(frozen=True)
class _Step:
    """So many units of a group in all, and what it saves per error that it adds."""

    count: int
    worth: float


def _next(choices: Sequence[Choice], price: Costs, removed: Sequence[int], place: int, most: float) -> _Step | None:
    choice, now = choices[place], removed[place]
    following = [count for count in choice.removable if now < count <= most * choice.total + 1e-9]
    if not following:
        return None
    added = choice.error[following[0]] - choice.error[now]
    return _Step(following[0], price.saved(removed, place, following[0] - now) / max(added, 1e-9))


def _neighbours(costs: Costs, place: int) -> set[int]:
    """Groups with work in common."""
    return {
        group
        for item in costs.by_group.get(place, ())
        for factor in costs.items[item].factors
        for group in factor.parts
    }


Allocation = Literal["sensitivity", "uniform"]


@dataclass(frozen=True)
class PruneSettings:
    """Settings of structured pruning."""

    ratio: float
    """The share of the work that is to go."""
    ratios: Mapping[str, float] = field(default_factory=dict)
    """Group -> the share of its channels, for groups with a share of their own."""
    allocation: Allocation = "sensitivity"
    most: float = 0.9
    """No group loses a larger share of its channels, unless it has a share of its own."""
    refit: Refit = "sequential"
    multiple: int = 8
    seed: int = 0


@dataclass(frozen=True)
class Pruned:
    """A smaller model, and how it came about."""

    model: openvino.Model
    kept: Mapping[str, tuple[int, int]]
    """Group -> its channels before and after, for groups that lost some."""
    refitted: Sequence[Refitted]


@dataclass(frozen=True)
class Weighed:
    """Error, work and savings of everything that a model could lose."""

    survey: Survey
    importances: Sequence[Elimination]
    """Order and error of each group's units."""
    costs: Costs
    """In multiply-adds."""
    price: Costs | None = None
    """Costs that savings count by, where that is not the work."""


def amounts(weighed: Weighed, settings: PruneSettings) -> list[int]:
    """The number of units to remove of each group."""
    survey, importances = weighed.survey, weighed.importances
    choices = [
        Choice(len(group.units) + group.fixed, group.removable(settings.multiple), importance.error)
        for group, importance in zip(survey.groups, importances, strict=True)
    ]
    own = [settings.ratios.get(group.name) for group in survey.groups]
    free = [choice if share is None else Choice(choice.total, ()) for choice, share in zip(choices, own, strict=True)]
    if settings.allocation == "sensitivity":
        removed = by_sensitivity(free, weighed.costs, settings.ratio, settings.most, weighed.price)
    else:
        removed = uniformly(free, weighed.costs, settings.ratio, settings.most)
    return [
        count if share is None else shared(choice, share)
        for choice, share, count in zip(choices, own, removed, strict=True)
    ]


def prune(
    weighed: Weighed, removed: Sequence[int], samples: Sequence[Tensors], settings: PruneSettings, advance: Advance
) -> Pruned:
    """The model without so many units of each group, its readers refitted on samples (arrays [1, ...] in the model's
    order)."""
    survey, importances = weighed.survey, weighed.importances
    gone = {
        group.units[place]: number
        for number, (group, importance, count) in enumerate(zip(survey.groups, importances, removed, strict=True))
        for place in importance.order[:count]
    }
    model = survey.model.clone()
    followed = trace(model)
    jobs = [] if settings.refit == "none" else _jobs(survey, followed, gone)
    cut(followed, gone.keys())
    data = RefitData(survey.model, model, samples, settings.seed)
    refitted = reconstruct(jobs, data, settings.refit, advance)
    kept = {group.name: _channels(group, count) for group, count in zip(survey.groups, removed, strict=True) if count}
    return Pruned(model, kept, refitted)


def _jobs(survey: Survey, followed: Trace, gone: Mapping[int, int]) -> list[Job]:
    keep = keeper(survey.trace, gone.keys())
    places = {product.node.get_friendly_name(): place for place, product in enumerate(survey.trace.products)}
    found = []
    for product in survey.readers(gone):
        assert product.reads is not None
        before = Reader(product.node)
        after = Reader(followed.products[places[before.name]].node)
        features = np.repeat(keep(product.reads), before.places)
        outputs = np.ones(before.matrix().shape[1], bool) if product.makes is None else keep(product.makes)
        found.append(Job(before, after, features, outputs))
    return found


def _channels(group: Group, count: int) -> tuple[int, int]:
    return group.channels, group.channels - count * group.width
