"""Stored comparisons: read them, and judge them again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ovopt.errors import UsageError
from ovopt.gate import judge, lost_arms
from ovopt.recipe import budget_override, parse_recipe
from ovopt.records import Comparison


def read_comparison(path: str | Path) -> Comparison:
    """The comparison in a file; UsageError where it is none."""
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"{file}: no such comparison file")
    try:
        return Comparison.model_validate_json(file.read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise UsageError(f"{file}: not a comparison of this version of ovopt: {where}: {fault['msg']}") from None


def judge_again(comparison: Comparison, budgets: Sequence[str]) -> Comparison:
    """The comparison with the gate of its recipe's budgets and the given ones (`latency.min_speedup=1.2`)."""
    recipe = parse_recipe(comparison.recipe, "the comparison's recipe", [budget_override(b) for b in budgets])
    gate = judge(comparison.pairs, recipe.budgets, lost_arms(comparison.arms))
    return comparison.model_copy(update={"gate": gate, "recipe": recipe.resolved()})
