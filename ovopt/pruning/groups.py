"""Layers that are pruned together, and what may go from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from ovopt.pruning.trace import Trace


@dataclass(frozen=True)
class Group:
    """Channels that the same operations make, and each of which can go without the others."""

    name: str
    """Name of the first operation that makes them."""
    units: tuple[int, ...]
    """Those that may go."""
    fixed: int
    """Number of others, which must stay."""
    width: int
    """Channels of that operation in a unit: those of a head, or of a group."""
    reason: str = ""
    """Why nothing can go, where that is so."""

    @property
    def channels(self) -> int:
        """All channels that the first operation makes here."""
        return (len(self.units) + self.fixed) * self.width

    def step(self, multiple: int) -> int:
        """So many units at a time leave a friendly number of channels."""
        return multiple // gcd(multiple, self.width)

    def removable(self, multiple: int) -> tuple[int, ...]:
        """Numbers of units that may go: what is left is a multiple of channels, and not nothing."""
        total, step = len(self.units) + self.fixed, self.step(multiple)
        kept = range((total - 1) // step * step, 0, -step)
        return tuple(total - left for left in kept if total - left <= len(self.units))


def groups(trace: Trace) -> list[Group]:
    """All groups, in the order of execution; those that nothing can be taken from say why."""
    makers, widths = _makers(trace)
    found: dict[frozenset[int], list[int]] = defaultdict(list)
    for unit, signature in makers.items():
        found[signature].append(unit)
    names = Counter[str]()
    made = []
    for signature, units in sorted(found.items(), key=lambda item: (min(item[0]), min(item[1]))):
        name = trace.products[min(signature)].node.get_friendly_name()
        names[name] += 1
        label = name if names[name] == 1 else f"{name} #{names[name]}"
        reasons = {unit: trace.units.reason(unit) for unit in sorted(units)}
        free = tuple(unit for unit, reason in reasons.items() if reason is None)
        said = "" if free else next((reason for reason in reasons.values() if reason), "")
        made.append(Group(label, free, len(units) - len(free), widths[min(units)], said))
    return made


def _makers(trace: Trace) -> tuple[Mapping[int, frozenset[int]], Mapping[int, int]]:
    """Unit -> what makes it, and the sections of tensors that it is in; unit -> its channels where it is made first."""
    members: dict[int, set[int]] = defaultdict(set)
    widths: dict[int, int] = {}
    for place, product in enumerate(trace.products):
        if product.makes is not None:
            for unit, count in Counter(trace.units.of(product.makes).tolist()).items():
                members[unit].add(place)
                widths.setdefault(unit, count)
    for place, section in enumerate(trace.sections, len(trace.products)):
        for unit in set(trace.units.of(section).tolist()) & members.keys():
            members[unit].add(place)
    return {unit: frozenset(places) for unit, places in members.items()}, widths
