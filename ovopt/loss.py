"""Losses of quality that may be allowed, as people write them: `0.01`, `1%`, `budget`. Pure."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from ovopt.errors import UsageError, did_you_mean
from ovopt.records import Budgets
from ovopt.records.gate import QualityBudget, share

BUDGET = "budget"
"""The word for the loss that the recipe's budget allows."""
WANTED = (
    "a number in the metric's own unit (0.01 of a share is a point), a percentage of the original's value (1%), or "
)
WANTED += f"`{BUDGET}`, what the recipe's budget allows"


def checked(said: Any) -> float | str:
    """The same where it is a loss as people write it. Raises ValueError where it is none."""
    number = isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said) and said >= 0
    if number or said == BUDGET or (isinstance(said, str) and share(said) is not said):
        return said  # type: ignore[no-any-return]  # one of both
    raise ValueError(f"{said!r} is no loss: give {WANTED}")


def of_text(text: str) -> float | str:
    """A loss of a command line's text. Raises ValueError where it is none."""
    try:
        return checked(float(text))
    except ValueError:
        return checked(text)


MaxDrop = Annotated[
    float | str,
    AfterValidator(checked),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]


def budgeted(budgets: Budgets, metric: str) -> QualityBudget:
    """The limits on a metric's loss in a recipe's budgets. Raises UsageError where there are none."""
    limited = {
        name: one for name, one in budgets.accuracy.items() if (one.max_drop, one.max_relative_drop) != (None, None)
    }
    if metric in limited:
        return limited[metric]
    hint = f" ({did_you_mean(metric, limited)})" if limited else ""
    raise UsageError(f"max_drop: the recipe's budgets allow no loss of {metric}{hint}; say how much, as in 1%")


def allowed(said: float | str, baseline: float, unit: str, limits: QualityBudget | None = None) -> float:
    """The loss in the metric's own `unit` that is allowed of an original's value; `limits` are those of the recipe's
    budget where that is meant. Raises UsageError where it is all of a share, or a share of nothing."""
    if limits is None:
        relative = isinstance(said, str)
        limits = QualityBudget(**{"max_relative_drop": share(said)} if relative else {"max_drop": said})
    most, part = limits.max_drop, limits.max_relative_drop
    if unit == "share" and most is not None and most >= 1:
        raise UsageError(
            f"max_drop: {most:g} is all of a share; {most:g}% is a percentage of the original's value, "
            f"{most / 100:g} so many points"
        )
    if part is not None and baseline == 0:
        raise UsageError(
            "max_drop: the original's value is 0, of which there is no share; give it in the metric's unit"
        )
    return min(one for one in (most, None if part is None else part * abs(baseline)) if one is not None)
