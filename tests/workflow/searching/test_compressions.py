"""Ways to compress, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from ovopt.recipe import parse_recipe
from ovopt.steps.compress import Compress
from ovopt.workflow.searching.compress import ALGORITHMS, OWN, SHAPES, compressions

WAYS = [way for ways in compressions(Compress(mode="nf4")) for way in ways]


def test_every_size_comes_plain_first_and_those_below_8_bits_with_each_algorithm() -> None:
    found = compressions(Compress(mode="nf4"))
    assert [ways[0].name for ways in found] == list(SHAPES)
    assert [len(ways) for ways in found] == [1 + len(ALGORITHMS)] * (len(SHAPES) - 1) + [1]
    assert len({way.name for way in WAYS}) == len({way.step.model_dump_json() for way in WAYS}) == len(WAYS)


def test_a_size_is_decided_without_looking_at_activations() -> None:
    assert not any(ways[0].step.calibrates for ways in compressions(Compress(gptq=True, mode="int4_sym")))
    assert all(way.step.calibrates for ways in compressions(Compress()) for way in ways[1:])


def test_what_the_recipe_says_bears_its_name() -> None:
    assert [way.name for ways in compressions(Compress()) for way in ways if way.step == Compress()] == [OWN]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_way_could_stand_in_a_recipe_and_is_known_to_nncf(way: Any) -> None:
    fields = way.step.model_dump(mode="json", exclude_defaults=True)
    recipe = parse_recipe({"ovopt": 1, "family": "example", "optimize": [{"compress": fields}]}, "a test")
    assert recipe.optimize == (way.step,)
    way.step.check()


def test_a_way_keeps_what_it_does_not_decide_on() -> None:
    own = Compress(
        mode="int4_sym",
        group_size=16,
        lora_correction=True,
        backup_mode="none",
        subset_size=9,
        ignored_scope={"names": ("head",)},
        advanced_parameters={"group_size_fallback_mode": "ignore", "gptq_params": {"block_size": 64}},
    )
    for ways in compressions(own):
        for way in ways:
            assert (way.step.subset_size, way.step.ignored_scope) == (9, own.ignored_scope)
            assert (way.step.lora_correction, way.step.backup_mode) == (None, None)
            if way.step.mode != "int8_asym":
                assert way.step.advanced_parameters == own.advanced_parameters
