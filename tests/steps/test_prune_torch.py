"""What the step refuses before PyTorch is asked for. What it does: tests/pruning/test_torch_pruning.py."""

from __future__ import annotations

from typing import Any

import pytest

from ovopt.contracts import Materials
from ovopt.errors import RecipeError, UsageError
from ovopt.recipe import parse_recipe
from ovopt.steps.prune_torch import PruneTorch
from ovopt.workflow.beginning.options import Silent
from tests.factories import exactly
from tests.models import conv_model


def test_a_model_that_is_no_longer_what_was_read_is_refused() -> None:
    message = (
        "prune_torch trains the PyTorch original, and the model in front of it has been changed by a step: put "
        "prune_torch first"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        PruneTorch().apply(conv_model(), Materials([], 0, Silent()))


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"ratio": 1}, "ratio: input should be less than 1, not 1"),
        ({"ratio": 0}, "ratio: input should be greater than 0, not 0"),
        ({"epochs": -1}, "epochs: input should be greater than or equal to 0, not -1"),
        ({"mode": "structured"}, "mode: 'structured' is not one of"),
        ({"learning_rte": 0.1}, "learning_rte"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(RecipeError, match=fault):
        parse_recipe({"ovopt": 1, "family": "f", "optimize": [{"prune_torch": settings}]}, "a test")


def test_so_many_samples_are_prepared_as_it_uses() -> None:
    assert PruneTorch(samples=70).wanted == 70
