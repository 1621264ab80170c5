"""Weights in f16, and what the device is asked to compute in."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from pydantic import ValidationError

from ovopt.contracts import Materials
from ovopt.errors import NoEffectError
from ovopt.model.ports.facts import facts
from ovopt.steps import precision
from ovopt.steps.precision import Precision
from ovopt.workflow.beginning.options import Silent
from tests.models import SHAPE, conv_model
from tests.steps.models import outputs

RNG = np.random.default_rng(0)
SAMPLES = [(RNG.standard_normal(SHAPE).astype(np.float32),) for _ in range(3)]
DEFAULT = ov.Core().get_property("CPU", "INFERENCE_PRECISION_HINT").get_type_name()


def materials(*speeds: float) -> Materials:
    given = iter(speeds)
    return Materials(SAMPLES, 0, Silent(), lambda before, after, properties=None: next(given))


def test_weights_are_stored_in_f16_and_nothing_else_changes() -> None:
    model = conv_model()
    done = Precision(storage="f16").apply(model, materials())
    before, after = facts(model), facts(done.model)
    assert "f16" not in before.precisions
    assert done.report.effect["f16_constant_bytes"] == after.precisions["f16"] > 0
    assert sum(after.precisions.values()) < 0.6 * sum(before.precisions.values())
    assert after.inputs == before.inputs
    assert [port.name for port in after.outputs] == [port.name for port in before.outputs]
    wanted, found = (outputs(each, SAMPLES[0])[0] for each in (model, done.model))
    difference = np.abs(found - wanted).max() / np.abs(wanted).max()
    assert 0 < difference < 2e-3
    assert done.report.properties == {}


def test_weights_that_are_in_f16_already_are_no_effect() -> None:
    once = Precision(storage="f16").apply(conv_model(), materials()).model
    with pytest.raises(NoEffectError, match="precision changed nothing: no weights are left in f32"):
        Precision(storage="f16").apply(once, materials())


def test_an_execution_precision_is_a_setting_beside_the_model_with_a_speed_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a device that computes in bf16 unless it is told otherwise."""
    monkeypatch.setattr(precision, "_executed", lambda model, device, asked: asked.get(precision.HINT, "bf16"))
    done = Precision(execution="f32").apply(conv_model(), materials(0.5))
    assert done.report.properties == {"INFERENCE_PRECISION_HINT": "f32"}
    assert done.report.effect == {"execution_speedup": 0.5}
    assert done.report.notes == ("a runtime setting, not a change of the model: INFERENCE_PRECISION_HINT=f32",)
    assert facts(done.model).precisions == facts(conv_model()).precisions


def test_what_the_device_does_anyway_is_no_effect() -> None:
    with pytest.raises(NoEffectError, match=f"CPU computes in {DEFAULT} with .*={DEFAULT}, {DEFAULT} without"):
        Precision(execution=DEFAULT).apply(conv_model(), materials())


def test_of_two_wishes_the_idle_one_is_a_note() -> None:
    done = Precision(storage="f16", execution=DEFAULT).apply(conv_model(), materials())
    assert done.report.properties == {}
    assert done.report.notes[0].startswith(f"CPU computes in {DEFAULT}")


def test_one_of_both_must_be_given() -> None:
    with pytest.raises(ValidationError, match="Give storage: f16, execution: f32, bf16 or f16, or both"):
        Precision()
