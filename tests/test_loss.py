"""Losses as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from ovopt.errors import UsageError
from ovopt.loss import WANTED, allowed, budgeted, checked, of_text
from ovopt.records import Budgets
from tests.factories import exactly


@pytest.mark.parametrize(
    ("text", "loss"),
    [("0.01", 0.01), ("0", 0.0), ("2", 2.0), ("1%", "1%"), ("0.5 %", "0.5 %"), (".5%", ".5%"), ("budget", "budget")],
)
def test_numbers_percentages_and_the_recipes_budget_are_losses(text: str, loss: float | str) -> None:
    assert of_text(text) == loss
    assert checked(loss) == loss


@pytest.mark.parametrize("said", ["-1", "1 point", "%", "nan", "inf", "-1%", "m.onnx", ""])
def test_other_texts_are_not(said: str) -> None:
    with pytest.raises(ValueError, match=exactly(f"{said!r} is no loss: give {WANTED}")):
        of_text(said)


@pytest.mark.parametrize("said", [True, -0.1, float("nan"), float("inf"), "0.01", None, [1]])
def test_other_values_are_not(said: Any) -> None:
    with pytest.raises(ValueError, match="is no loss: give a number in the metric's own unit"):
        checked(said)


def limits(**metrics: Any) -> Budgets:
    return Budgets.model_validate({"accuracy": metrics})


def test_a_loss_is_in_the_metrics_unit_or_a_share_of_the_originals_value() -> None:
    assert allowed(0.01, 0.8, "share") == 0.01
    assert allowed("1%", 0.8, "share") == pytest.approx(0.008)
    assert allowed("10%", -40.0, "dB") == pytest.approx(4.0)
    assert allowed(2.0, 30.0, "dB") == 2.0


def test_the_recipes_budget_is_the_stricter_of_both_of_its_limits() -> None:
    both = limits(top1={"max_drop": 0.01, "max_relative_drop": 0.001})
    assert allowed("budget", 0.8, "share", budgeted(both, "top1")) == pytest.approx(0.0008)
    assert allowed("budget", 0.8, "share", budgeted(limits(top1={"max_drop": "2%"}), "top1")) == pytest.approx(0.016)


def test_all_of_a_share_is_no_limit_and_is_taken_for_a_percentage_that_was_meant() -> None:
    said = "max_drop: 1 is all of a share; 1% is a percentage of the original's value, 0.01 so many points"
    with pytest.raises(UsageError, match=exactly(said)):
        allowed(1.0, 0.8, "share")


def test_nothing_has_no_share() -> None:
    said = "max_drop: the original's value is 0, of which there is no share; give it in the metric's unit"
    with pytest.raises(UsageError, match=exactly(said)):
        allowed("1%", 0.0, "share")


def test_a_recipe_without_a_budget_of_the_metric_is_refused_by_name() -> None:
    said = "max_drop: the recipe's budgets allow no loss of top1{}; say how much, as in 1%"
    for budgets, hint in (
        (Budgets(), ""),
        (limits(top1={"max_gain": 0.1}), ""),
        (limits(top5={"max_drop": 0.1}), " (did you mean 'top5'?)"),
    ):
        with pytest.raises(UsageError, match=exactly(said.format(hint))):
            budgeted(budgets, "top1")


def test_percentages_in_budgets_are_shares() -> None:
    found = limits(top1={"max_drop": "1%"}, top5={"max_relative_drop": "0.5 %"})
    assert found == limits(top1={"max_relative_drop": 0.01}, top5={"max_relative_drop": 0.005})
    assert (
        Budgets.model_validate({"size": {"max_ratio": "50%"}}).size
        == Budgets.model_validate({"size": {"max_ratio": 0.5}}).size
    )
