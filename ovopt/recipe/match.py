"""The recipe that fits a model that comes without one."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ovopt.errors import UsageError
from ovopt.recipe import Match, Recipe, known_recipes, load_recipe
from ovopt.records import ModelFacts, Port

LOG = logging.getLogger("ovopt")
KEPT = 64
"""Recipes, of those that were looked at last."""


@dataclass(frozen=True)
class Matched:
    """A recipe that fits, and the conditions that it fits by."""

    name: str
    why: str
    conditions: int


def best_match(model: Path, facts: ModelFacts) -> Matched | None:
    """The recipe with the most conditions that all hold; None where none fits, or two fit equally well."""
    found = sorted(_matching(model, facts), key=lambda match: -match.conditions)
    if not found or (len(found) > 1 and found[0].conditions == found[1].conditions):
        return None
    return found[0]


def conditions_met(match: Match, model: Path, facts: ModelFacts) -> list[str] | None:
    """The conditions of a match, in words, where all of them hold; else None."""
    met: list[str] = []
    if match.name:
        if not re.search(match.name, f"{model.parent.name}/{model.name}", re.IGNORECASE):
            return None
        met.append(f"its name fits {match.name!r}")
    for kind, wanted, ports in (("input", match.inputs, facts.inputs), ("output", match.outputs, facts.outputs)):
        if wanted:
            if len(wanted) != len(ports) or not all(map(_fits, wanted, ports)):
                return None
            said = (",".join("?" if dim is None else str(dim) for dim in shape) for shape in wanted)
            met.append(f"its {kind}s are {', '.join(f'[{shape}]' for shape in said)}")
    missing = [op for op in match.operations if not facts.operations.get(op)]
    if missing or any(facts.operations.get(op) for op in match.without):
        return None
    if match.operations:
        met.append(f"it has {', '.join(match.operations)}")
    if match.without:
        met.append(f"it has no {', '.join(match.without)}")
    return met


def _matching(model: Path, facts: ModelFacts) -> Iterator[Matched]:
    for name, file in known_recipes().items():
        try:
            recipe = _recipe_of(file, file.stat().st_mtime_ns)
        except UsageError as error:
            LOG.warning("recipe left out: %s", error)
            continue  # a broken file among the user's own is no reason not to look at the others
        if recipe.match:
            met = conditions_met(recipe.match, model, facts)
            if met:
                yield Matched(name, " and ".join(met), _weight(recipe.match))


@lru_cache(maxsize=KEPT)
def _recipe_of(file: Path, changed_ns: int) -> Recipe:
    """The recipe of a file as it is since `changed_ns`: a process that looks for many models reads it once."""
    return load_recipe(file)


def _weight(match: Match) -> int:
    """A name says more than a shape, and a shape as much as it fixes."""
    fixed = sum(dim is not None for shape in (*match.inputs, *match.outputs) for dim in shape)
    return 10 * bool(match.name) + fixed + len(match.operations) + len(match.without)


def _fits(wanted: Sequence[int | None], port: Port) -> bool:
    if port.shape is None or len(wanted) != len(port.shape):
        return False
    return all(want in (None, have) for want, have in zip(wanted, port.shape, strict=True))
