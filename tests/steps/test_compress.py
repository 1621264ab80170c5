"""NNCF weight compression, on a network of an embedding, three products and an LSTM."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stdout
from typing import Any

import nncf
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Materials
from ovopt.errors import NoEffectError, RecipeError, StepError, UsageError
from ovopt.model.inspect.layers import weights
from ovopt.model.ports.facts import facts
from ovopt.recipe import parse_recipe
from ovopt.steps.compress import Compress
from ovopt.workflow.beginning.options import Silent
from tests.factories import exactly
from tests.workflow.searching.compressed import WIDTH, WORDS, network, samples

GROUPS: dict[str, Any] = {"mode": "int4_asym", "group_size": 32}
MATERIALS = Materials(tuple((ids[None],) for ids in samples(12)), 0, Silent())
NO_GROUP_OF_ITS_OWN = ("int4_sym", "int4_asym", "int3_sym", "int2_sym", "nf4", "fp8_e4m3", "fp4")
"""NNCF's default of 128 does not fit these layers."""
LSTM = "2 weights of LSTMSequence (131 kB) stay in floating point: NNCF compresses no recurrent layers"


def compressed(model: ov.Model | None = None, **fields: Any) -> Any:
    return Compress.model_validate(fields).apply(model or network(), MATERIALS)


def stored(model: ov.Model) -> dict[str, int]:
    """Operation -> bits of its weights."""
    return {w.operation: w.bits for w in weights(model)}


def outputs(model: ov.Model) -> np.ndarray:
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.concatenate([compiled(ids[None])[0] for ids in samples(12)])


# what it does ---------------------------------------------------------------------------------------------------------


def test_by_default_every_weight_but_those_of_recurrent_layers_is_in_8_bits() -> None:
    assert stored(compressed().model) == {"embedding": 8, "up": 8, "down": 8, "lstm": 32, "head": 8}


def test_below_8_bits_embeddings_and_the_last_layer_keep_8() -> None:
    assert stored(compressed(**GROUPS).model) == {"embedding": 8, "up": 4, "down": 4, "lstm": 32, "head": 8}


def test_all_layers_can_have_fewer_bits() -> None:
    found = stored(compressed(**GROUPS, all_layers=True).model)
    assert found == {"embedding": 4, "up": 4, "down": 4, "lstm": 32, "head": 4}


def test_a_ratio_leaves_some_in_8_bits() -> None:
    found = [stored(compressed(**GROUPS, ratio=ratio).model) for ratio in (0.3, 0.9)]
    assert [sorted((one["up"], one["down"])) for one in found] == [[8, 8], [4, 8]]


def test_the_model_given_is_not_changed() -> None:
    model = network()
    before, answers = facts(model), outputs(model)
    compressed(model, **GROUPS, awq=True, scale_estimation=True)
    assert facts(model) == before
    assert np.array_equal(outputs(model), answers)


def test_8_bits_compute_nearly_the_same_and_4_bits_less_so() -> None:
    exact = outputs(network())
    errors = [np.abs(outputs(compressed(**fields).model) - exact).max() for fields in ({}, GROUPS)]
    assert errors[0] < 0.05 * np.abs(exact).max()
    assert errors[0] < errors[1]


@pytest.mark.parametrize("mode", [mode.value for mode in nncf.CompressWeightsMode if "codebook" not in mode.value])
def test_every_mode_of_nncf_gives_a_smaller_model_that_runs(mode: str) -> None:
    done = compressed(mode=mode, **({"group_size": 32} if mode in NO_GROUP_OF_ITS_OWN else {}))
    assert done.report.effect["constant_bytes"] < done.report.effect["constant_bytes_before"]
    assert np.isfinite(outputs(done.model)).all()


def test_a_codebook_is_given_as_a_list() -> None:
    codebook = {"codebook": [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]}
    done = compressed(mode="codebook", advanced_parameters=codebook)
    assert stored(done.model)["up"] == 4


@pytest.mark.parametrize("algorithm", ["awq", "scale_estimation", "gptq", "lora_correction"])
def test_every_algorithm_takes_the_samples(algorithm: str) -> None:
    done = compressed(**GROUPS, **{algorithm: True})
    assert done.report.effect["calibration_samples"] == 12
    assert stored(done.model)["up"] == 4


def test_nothing_is_printed_and_nncf_logs_as_before() -> None:
    logger, printed = logging.getLogger("nncf"), io.StringIO()
    before = (logger.level, list(logger.handlers))
    with redirect_stdout(printed):
        compressed()
    assert printed.getvalue() == ""
    assert (logger.level, logger.handlers) == before


# when it needs samples ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, 1),
        (GROUPS, 1),
        ({**GROUPS, "sensitivity_metric": "weight_quantization_error", "ratio": 0.5}, 1),
        ({**GROUPS, "awq": True, "advanced_parameters": {"awq_params": {"prefer_data_aware_scaling": False}}}, 1),
        ({**GROUPS, "awq": True}, 128),
        ({**GROUPS, "gptq": True, "subset_size": 7}, 7),
        ({**GROUPS, "sensitivity_metric": "hessian_input_activation"}, 128),
        ({"mode": "adaptive_codebook"}, 128),
    ],
    ids=str,
)
def test_samples_are_wanted_where_activations_are_looked_at(fields: dict[str, Any], wanted: int) -> None:
    step = Compress.model_validate(fields)
    assert step.wanted == wanted
    assert step.calibrates is (wanted > 1)


def test_without_need_nncf_gets_no_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    real = nncf.compress_weights

    def compress(model: ov.Model, **arguments: Any) -> ov.Model:
        given.append(arguments)
        return real(model, **arguments)

    monkeypatch.setattr(nncf, "compress_weights", compress)
    compressed(**GROUPS)
    compressed(**GROUPS, scale_estimation=True, subset_size=5)
    assert given[0]["dataset"] is None
    assert given[0]["mode"] is nncf.CompressWeightsMode.INT4_ASYM
    assert len(list(given[1]["dataset"].get_inference_data())) == 5


# what it reports ------------------------------------------------------------------------------------------------------


def test_the_report_counts_bytes_by_precision() -> None:
    model = network()
    done = compressed(model, **GROUPS)
    before, after = facts(model).precisions, facts(done.model).precisions
    effect = done.report.effect
    assert effect["bytes_by_precision_before"] == before
    assert effect["bytes_by_precision"] == after
    assert (effect["constant_bytes_before"], effect["constant_bytes"]) == (sum(before.values()), sum(after.values()))
    assert after["u4"] >= 2 * WIDTH * 2 * WIDTH // 2
    assert after["u8"] >= WORDS * WIDTH
    assert done.report.parameters == GROUPS


def test_the_report_reads_back_how_activations_are_quantized() -> None:
    done = compressed()
    compiled = ov.compile_model(done.model, "CPU")
    wanted = int(compiled.get_property("DYNAMIC_QUANTIZATION_GROUP_SIZE"))
    assert done.report.effect["dynamic_quantization_group_size"] == wanted


def test_where_the_device_does_not_say_the_report_does_not_either() -> None:
    nowhere = Materials(MATERIALS.calibration, 0, Silent(), device="NOWHERE")
    assert "dynamic_quantization_group_size" not in Compress().apply(network(), nowhere).report.effect


def test_recurrent_layers_are_told() -> None:
    assert compressed().report.notes == (LSTM,)
    assert compressed(network(recurrent=False)).report.notes == ()


def test_embeddings_that_are_left_out_are_told() -> None:
    notes = compressed(**GROUPS, backup_mode="none").report.notes
    assert notes == (
        "1 weights of Gather (16.4 kB) stay in floating point: the embeddings",
        LSTM,
        "1 weights of MatMul (1.02 kB) stay in floating point",
    )


def test_an_algorithm_that_nncf_skips_is_told() -> None:
    ids = ops.parameter([1, 6], np.int64, name="ids")
    ids.output(0).set_names({"ids"})
    rng = np.random.default_rng(0)
    table, head = (ops.constant(rng.standard_normal((WORDS, WIDTH)).astype(np.float32)) for _ in range(2))
    node = ops.matmul(ops.gather(table, ids, np.int64(0)), head, False, True)
    done = compressed(ov.Model([node], [ids], "no pattern"), **GROUPS, all_layers=True, awq=True, subset_size=12)
    assert done.report.notes == (
        "NNCF: No matching patterns were found for applying AWQ algorithm, it will be skipped.",
    )


def test_an_algorithm_without_anything_in_4_bits_had_nothing_to_do() -> None:
    notes = compressed(**GROUPS, ratio=0.01, awq=True, scale_estimation=True, subset_size=12).report.notes
    assert notes[0] == (
        "awq and scale_estimation had nothing to do: no weights of 4 bits or fewer; a higher ratio makes some"
    )


def test_fewer_samples_than_asked_for_are_told() -> None:
    notes = compressed(**GROUPS, awq=True, subset_size=40).report.notes
    assert "NNCF: Dataset contains only 12 samples, smaller than the requested subset size 40." in notes


def test_layers_that_a_group_does_not_fit_are_told() -> None:
    fields = {**GROUPS, "group_size": 48, "advanced_parameters": {"group_size_fallback_mode": "ignore"}}
    notes = compressed(**fields).report.notes
    assert notes[0] == "2 weights of MatMul (65.5 kB) stay in floating point"
    assert notes[-1].startswith("NNCF: Group-wise quantization with group size 48 can't be applied to some nodes.")


# ignored scope --------------------------------------------------------------------------------------------------------


def test_operations_in_the_ignored_scope_stay_as_they_are() -> None:
    found = stored(compressed(ignored_scope={"names": ["up"], "types": ["Gather"]}).model)
    assert found == {"embedding": 32, "up": 32, "down": 8, "lstm": 32, "head": 8}


def test_a_scope_that_matches_nothing_is_an_error() -> None:
    fault = "optimize.compress.ignored_scope.names: no operation is named 'upp'; did you mean 'up'?"
    with pytest.raises(UsageError, match=exactly(fault)):
        compressed(ignored_scope={"names": ["upp"]})


# refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"mode": "int4_sim"}, "mode: 'int4_sim'; did you mean 'int4_sym'?"),
        ({"backup_mode": "nune"}, "backup_mode: 'nune'; did you mean 'none'?"),
        ({"sensitivity_metric": "max_variance"}, "sensitivity_metric: 'max_variance'; did you mean"),
        (
            {"advanced_parameters": {"awq_param": 1}},
            "advanced_parameters: unknown key 'awq_param'; did you mean 'awq_params'?",
        ),
        (
            {"advanced_parameters": {"awq_params": {"steps": "many"}}},
            "advanced_parameters.awq_params.steps: wants int, not 'many'",
        ),
    ],
)
def test_what_the_installed_nncf_does_not_know_is_an_error(fields: dict[str, Any], fault: str) -> None:
    step = Compress.model_validate(fields)
    for act in (step.check, lambda: step.apply(network(), MATERIALS)):
        with pytest.raises(RecipeError) as refused:
            act()
        assert str(refused.value).startswith(f"optimize.compress.{fault}")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"awq": True}, ": INT8 modes do not support awq option(s). Set them to None."),
        ({"group_size": 32}, ": INT8 modes require per-channel quantization of all layers in 8 bit. "),
        ({**GROUPS, "gptq": True, "lora_correction": True}, ": Simultaneous use of Lora correction and GPTQ"),
        ({"mode": "mxfp4", "gptq": True}, ": AWQ, Scale estimation, GPTQ or Lora Correction algorithm is defined"),
        ({"mode": "mxfp4", "group_size": 64}, ": MXFP4 and MXFP8_E4M3 types only support group size of 32"),
        (
            {**GROUPS, "group_size": 48},
            ".group_size: Failed to apply group-wise quantization with group size value 48.",
        ),
        ({"mode": "codebook"}, ": Codebook compression mode requires codebook parameters"),
    ],
)
def test_what_nncf_refuses_is_an_error_of_the_user(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(UsageError) as refused:
        compressed(**fields)
    assert str(refused.value).startswith(f"optimize.compress{fault}")


def test_a_ratio_of_zero_is_refused_since_nncf_takes_it_for_one() -> None:
    raw = {"ovopt": 1, "family": "example", "optimize": [{"compress": {"mode": "int4_sym", "ratio": 0}}]}
    with pytest.raises(
        RecipeError, match=exactly("r: optimize[0].compress.ratio: input should be greater than 0, not 0")
    ):
        parse_recipe(raw, "r")


def test_a_compressed_or_quantized_model_is_refused() -> None:
    with pytest.raises(
        UsageError, match=exactly("the model is int8 weights (compressed) already; start from the original")
    ):
        compressed(compressed().model)
    quantized = nncf.quantize(network(recurrent=False), nncf.Dataset([ids[None] for ids in samples(3)]), subset_size=3)
    with pytest.raises(UsageError, match=r"\Athe model is int8 \(QDQ: \d+ FakeQuantize\).* already; start from"):
        compressed(quantized)


def test_a_model_without_weights_to_compress_is_an_error() -> None:
    fault = "compress changed nothing: no weights of this model became smaller; NNCF leaves LSTMSequence as they are"
    with pytest.raises(NoEffectError, match=exactly(fault)):
        compressed(ignored_scope={"types": ["MatMul", "Gather"]})


def test_what_fails_inside_nncf_is_told_with_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any, **named: Any) -> None:
        raise TypeError("no such type\nat all")

    monkeypatch.setattr(nncf, "compress_weights", fails)
    with pytest.raises(StepError, match=exactly("nncf.compress_weights failed: TypeError: no such type")):
        compressed()
