"""Allocation of the units to remove among groups. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovopt.pruning.costs import Costs

STEPS = 200
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
    for tenth in range(1, STEPS + 1):
        if costs.left(removed) <= (1 - share) * costs.full:
            break
        removed = [shared(choice, most * tenth / STEPS) for choice in choices]
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
