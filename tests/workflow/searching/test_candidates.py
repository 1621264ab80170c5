"""Ways to quantize a whole model, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from ovopt.recipe import parse_recipe
from ovopt.steps.quantize import Quantize
from ovopt.workflow.searching.quantize import BARE, MOST, OWN, VARIANTS, global_candidates

SETTINGS: list[dict[str, Any]] = [
    {},
    {"preset": "performance"},
    {"preset": "mixed"},
    {"model_type": "transformer"},
    {"model_type": "transformer", "fast_bias_correction": False},
    {"preset": "mixed", "model_type": "transformer", "subset_size": 7, "target_device": "CPU"},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_quantizes_the_most_comes_before_the_recipes_own_settings_and_nothing_twice(
    settings: dict[str, Any],
) -> None:
    own = Quantize(**settings)
    found = global_candidates(own)
    names = [candidate.name for candidate in found]
    first = [MOST, BARE, OWN] if own.model_type else [MOST, OWN]
    if own.preset == "performance":
        first.remove(MOST)
    assert names == [*first, *(name for name in VARIANTS if name in set(names) - set(first))]
    assert found[0].step.model_type is None
    assert found[0].step.preset == "performance"
    assert next(candidate.step for candidate in found if candidate.name == OWN) == own
    assert len({candidate.step.model_dump_json() for candidate in found}) == len(found)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_with_attention_what_does_not_smooth_comes_first(settings: dict[str, Any]) -> None:
    found = global_candidates(Quantize(**settings), attention=True)
    most = OWN if settings.get("preset") == "performance" else MOST
    assert [candidate.name for candidate in found[:2]] == [BARE, most]
    assert {candidate.name for candidate in found} == {one.name for one in global_candidates(Quantize(**settings))}


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, []),
        ({"preset": "performance"}, ["performance"]),
        ({"preset": "mixed"}, ["mixed"]),
        ({"model_type": "transformer"}, ["transformer"]),
        (
            {"model_type": "transformer", "fast_bias_correction": False},
            ["transformer", "transformer, full bias correction"],
        ),
    ],
    ids=str,
)
def test_a_variant_that_is_the_recipe_itself_is_left_out(settings: dict[str, Any], missing: list[str]) -> None:
    found = {candidate.name for candidate in global_candidates(Quantize(**settings))}
    assert found == {"recipe", *VARIANTS} - set(missing)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_keeps_what_it_does_not_speak_of(name: str) -> None:
    own = Quantize(
        subset_size=9, target_device="CPU", ignored_scope={"names": ("head",)}, preset="performance", mode="fp8_e4m3"
    )
    step = next(candidate.step for candidate in global_candidates(own) if candidate.name in (name, "recipe"))
    kept = {"subset_size", "target_device", "ignored_scope", "mode"}
    assert step.model_dump(include=kept) == own.model_dump(include=kept)


def test_a_variant_keeps_the_recipes_own_advanced_parameters() -> None:
    own = Quantize(advanced_parameters={"overflow_fix": "enable", "smooth_quant_alphas": {"matmul": 0.9}})
    found = {candidate.name: candidate.step.advanced_parameters for candidate in global_candidates(own)}
    assert all(parameters["overflow_fix"] == "enable" for parameters in found.values())
    assert found["transformer, no smoothing"]["smooth_quant_alphas"] == {"convolution": -1, "matmul": -1}
    assert found["transformer, quantiles"]["smooth_quant_alphas"] == {"matmul": 0.9}


@pytest.mark.parametrize("candidate", global_candidates(Quantize()), ids=lambda candidate: candidate.name)
def test_every_candidate_could_stand_in_a_recipe(candidate: Any) -> None:
    fields = candidate.step.model_dump(mode="json", exclude_defaults=True)
    recipe = parse_recipe({"ovopt": 1, "family": "example", "optimize": [{"quantize": fields}]}, "a test")
    assert recipe.optimize == (candidate.step,)


def test_the_own_settings_are_not_changed() -> None:
    own = Quantize(preset="mixed")
    before = own.model_dump_json()
    global_candidates(own)
    assert own.model_dump_json() == before
