"""One start of a model in a process of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovopt.bench.fresh_start import start_arm, start_fresh
from ovopt.bench.workers import ArmPlan
from ovopt.errors import ArmLostError, OvoptError
from tests.bench.crews import FakeCrew
from tests.bench.test_workers import PROPERTIES, plans
from tests.factories import exactly

__all__ = ["plans"]


def test_a_start_tells_its_stages_and_its_memory(plans: list[ArmPlan]) -> None:
    found = start_fresh(plans[0].load, PROPERTIES, 600)
    assert min(found.read_ns, found.compile_ns, found.infer_ns) > 0
    assert found.peak_bytes >= found.compiled_bytes > found.before_bytes
    assert not found.from_cache


def test_a_start_that_gives_no_answer_in_time_is_ended(plans: list[ArmPlan]) -> None:
    message = "a fresh process gave no answer within 0 s (--answer-limit)"
    with pytest.raises(ArmLostError, match=exactly(message)):
        start_fresh(plans[0].load, PROPERTIES, 0.001)


def test_an_arm_whose_start_takes_too_long_for_its_crew_is_lost(plans: list[ArmPlan]) -> None:
    crew = FakeCrew(plans, {}, limit_s=0.001)
    assert start_arm(crew, "int8", PROPERTIES, "the first inference") is None  # type: ignore[arg-type]
    assert crew.lost == {
        "int8": "a fresh process gave no answer within 0 s (--answer-limit) (during the first inference)"
    }


def test_an_arm_that_is_lost_is_not_started_again(plans: list[ArmPlan]) -> None:
    crew = FakeCrew(plans, {}, lost={"int8": "it hung"})
    assert start_arm(crew, "int8", PROPERTIES, "the first inference") is None  # type: ignore[arg-type]
    assert crew.lost == {"int8": "it hung"}


def test_an_arm_whose_model_cannot_be_read_is_lost_with_the_reason(plans: list[ArmPlan]) -> None:
    load = plans[1].load
    gone = replace(load, placement=replace(load.placement, model=load.placement.model.with_name("gone.xml")))
    crew = FakeCrew([plans[0], replace(plans[1], load=gone)], {})
    with pytest.raises(OvoptError) as fault:
        start_arm(crew, "int8", PROPERTIES, "the first inference")  # type: ignore[arg-type]
    assert str(fault.value).startswith(f"{gone.placement.model}: ")
