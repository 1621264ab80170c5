"""NNCF post-training quantization, on a convolution network of a few hundred weights."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import nncf
import numpy as np
import openvino as ov
import pytest
from nncf.quantization.advanced_parameters import FP8QuantizationParameters, FP8Type, OverflowFix
from nncf.quantization.range_estimator import StatisticsType
from openvino import opset13 as ops

from ovopt.contracts import Materials
from ovopt.errors import RecipeError, StepError, UsageError
from ovopt.model.ports.facts import facts
from ovopt.steps import quantize as module
from ovopt.steps.quantize import Quantize
from tests.factories import exactly
from tests.models import SHAPE, conv_model

CONSTANTS = ("Constant", "Parameter", "Result")
SAMPLES = tuple((array,) for array in np.random.default_rng(0).normal(size=(12, *SHAPE)).astype(np.float32))


class Watched:
    """Progress that remembers what it was told."""

    def __init__(self):
        self.tasks = {}

    @contextmanager
    def task(self, name, total=None):
        self.tasks[name] = [0, total]

        def advance(amount=1, note=""):
            self.tasks[name][0] += amount

        yield advance

    def say(self, message):
        raise AssertionError(message)


def quantized(model=None, samples=SAMPLES, **fields):
    step = Quantize.model_validate(fields)
    return step.apply(model or conv_model(), Materials(samples, 0, Watched()))


def run(model=None, samples=SAMPLES, **fields):
    """As a step of its own, not as a candidate of a search."""
    return Quantize.model_validate(fields).run(model or conv_model(), Materials(samples, 0, Watched()))


def inputs_quantized(model):
    """The operations whose input is a FakeQuantize."""
    return {
        op.get_friendly_name()
        for op in model.get_ordered_ops()
        if op.get_type_name() != "FakeQuantize"
        and any(port.get_source_output().get_node().get_type_name() == "FakeQuantize" for port in op.inputs())
    }


# what it does ---------------------------------------------------------------------------------------------------------


def test_quantized_models_hold_fake_quantize_and_int8_weights():
    done = quantized()
    found = facts(done.model)
    assert found.fake_quantize > 0
    assert found.precisions["i8"] > 0
    assert inputs_quantized(done.model) >= {"first", "second", "head"}


def test_the_model_given_is_not_changed():
    model = conv_model()
    before = facts(model)
    quantized(model)
    assert facts(model) == before


def test_a_quantized_model_still_computes_nearly_the_same():
    model = conv_model()
    outputs = [ov.compile_model(m, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}) for m in (model, quantized(model).model)]
    before, after = (np.concatenate([compiled(sample[0])[0] for sample in SAMPLES]) for compiled in outputs)
    assert np.abs(after - before).max() < 0.1 * np.abs(before).max()


def test_the_report_counts_on_the_models_themselves():
    model = conv_model()
    done = quantized(model, subset_size=5, preset="mixed")
    before, after = facts(model), facts(done.model)
    assert done.report.name == "quantize"
    assert done.report.parameters == {"preset": "mixed", "subset_size": 5}
    assert done.report.effect == {
        "fake_quantize": after.operations["FakeQuantize"],
        "int8_constant_bytes": after.precisions["i8"],
        "constant_bytes": sum(after.precisions.values()),
        "constant_bytes_before": sum(before.precisions.values()),
        "calibration_samples": 5,
    }
    assert done.report.notes == ()


def test_few_samples_are_noted():
    report = quantized().report
    assert report.notes == ("only 12 calibration samples: 100 to 300 give steadier ranges",)
    assert report.effect["calibration_samples"] == 12


@pytest.mark.parametrize(("fields", "passes"), [({}, 1), ({"model_type": "transformer"}, 2)])
def test_progress_counts_every_sample_of_every_pass(fields, passes):
    progress = Watched()
    Quantize(subset_size=5, **fields).apply(conv_model(), Materials(SAMPLES, 0, progress))
    assert progress.tasks["quantize"][1] == 5 * passes
    assert progress.tasks["quantize"][0] >= 5


def test_nothing_is_printed(capfd):
    quantized()
    assert capfd.readouterr().out == ""


def test_a_model_with_several_inputs_takes_its_samples_by_name():
    shape = [1, 3, 8, 8]
    parameters = [ops.parameter(shape, np.float32, name=name) for name in ("left", "right")]
    for parameter, name in zip(parameters, ("left", "right"), strict=True):
        parameter.output(0).set_names({name})
    weights = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    node = ops.convolution(ops.add(*parameters), weights, [1, 1], [0, 0], [0, 0], [1, 1], name="both")
    model = ov.Model([node], parameters, "two inputs")
    done = quantized(model, tuple((a[0], b[0]) for a, b in zip(SAMPLES, SAMPLES, strict=True)))
    assert "both" in inputs_quantized(done.model)


# ignored scope --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ({"names": ["first"]}, {"first"}),
        ({"patterns": ["^first", "sec.nd$"]}, {"first", "second"}),
        ({"types": ["MatMul"]}, {"head"}),
        ({"types": ["Convolution"], "names": ["head"]}, {"first", "second", "head"}),
        ({"subgraphs": [{"inputs": ["first"], "outputs": ["second"]}]}, {"first", "second"}),
    ],
    ids=lambda case: ",".join(case) if isinstance(case, dict) else "",
)
def test_operations_in_the_ignored_scope_stay_as_they_are(scope, kept):
    layers = {"first", "second", "head"}
    assert inputs_quantized(quantized(ignored_scope=scope).model) & layers == layers - kept


@pytest.mark.parametrize(
    ("scope", "kind", "fault"),
    [
        ({"names": ["frist"]}, UsageError, "names: no operation is named 'frist'; did you mean 'first'?"),
        ({"patterns": ["first", "conv_.*"]}, UsageError, "patterns: 'conv_.*' matches no operation"),
        (
            {"patterns": ["(first"]},
            RecipeError,
            "patterns: '(first' is no regular expression: missing ), unterminated subpattern at position 0",
        ),
        ({"types": ["Matmul"]}, UsageError, "types: the model has no 'Matmul'; did you mean 'MatMul'?"),
        ({"types": ["Gelu"]}, UsageError, "types: the model has no 'Gelu'; did you mean 'Relu'?"),
        (
            {"subgraphs": [{"inputs": ["first"], "outputs": ["secnd"]}]},
            UsageError,
            "subgraphs: no operation is named 'secnd'; did you mean 'second'?",
        ),
    ],
)
def test_a_scope_that_matches_nothing_is_an_error(scope, kind, fault):
    with pytest.raises(kind, match=exactly(f"optimize.quantize.ignored_scope.{fault}")):
        quantized(ignored_scope=scope)


# advanced parameters --------------------------------------------------------------------------------------------------


@pytest.fixture
def handed(monkeypatch):
    """What `nncf.quantize` is given, without running it."""
    given = {}

    def quantize(model, dataset, **arguments):
        given.update({**arguments, "dataset": dataset} if not given else {})
        raise RuntimeError("enough seen")

    monkeypatch.setattr(nncf, "quantize", quantize)

    def run(**fields):
        with pytest.raises(StepError, match=exactly("nncf.quantize failed: RuntimeError: enough seen")):
            quantized(**fields)
        return given

    return run


def test_left_out_arguments_are_those_of_nncf(handed):
    given = handed()
    assert (given["mode"], given["preset"], given["model_type"]) == (None, None, None)
    assert (given["ignored_scope"], given["advanced_parameters"]) == (None, None)
    assert (given["target_device"], given["subset_size"]) == (nncf.TargetDevice.ANY, 300)
    assert given["fast_bias_correction"] is True


def test_arguments_reach_nncf_under_its_own_names(handed):
    given = handed(
        preset="mixed",
        model_type="transformer",
        target_device="CPU_SPR",
        subset_size=7,
        fast_bias_correction=False,
        mode="fp8_e4m3",
        ignored_scope={"names": ["first"], "subgraphs": [{"inputs": ["first"], "outputs": ["second"]}]},
    )
    assert given["preset"] is nncf.QuantizationPreset.MIXED
    assert given["model_type"] is nncf.ModelType.TRANSFORMER
    assert given["target_device"] is nncf.TargetDevice.CPU_SPR
    assert given["mode"] is nncf.QuantizationMode.FP8_E4M3
    assert (given["subset_size"], given["fast_bias_correction"]) == (7, False)
    assert given["ignored_scope"] == nncf.IgnoredScope(
        names=["first"], subgraphs=[nncf.Subgraph(inputs=["first"], outputs=["second"])]
    )


def test_advanced_parameters_are_made_from_plain_values(handed):
    given = handed(
        advanced_parameters={
            "overflow_fix": "disable",
            "smooth_quant_alphas": {"matmul": 0.8},
            "activations_range_estimator_params": {
                "min": {"statistics_type": "quantile", "quantile_outlier_prob": 1e-3}
            },
            "disable_bias_correction": True,
        }
    )["advanced_parameters"]
    assert given.overflow_fix is OverflowFix.DISABLE
    assert given.smooth_quant_alphas.matmul == 0.8
    assert given.activations_range_estimator_params.min.statistics_type is StatisticsType.QUANTILE
    assert given.activations_range_estimator_params.min.quantile_outlier_prob == 1e-3
    assert given.disable_bias_correction is True
    assert given.smooth_quant_alphas.convolution == nncf.AdvancedSmoothQuantParameters().convolution


def test_the_parameters_of_fp8_are_known_too(handed):
    given = handed(
        mode="fp8_e4m3",
        advanced_parameters={"activations_quantization_params": {"destination_type": "f8e5m2"}},
    )["advanced_parameters"]
    assert given.activations_quantization_params == FP8QuantizationParameters(FP8Type.E5M2)


@pytest.mark.parametrize("key", ["smooth_quant_alphas", "activations_range_estimator_params"])
def test_a_plain_value_where_a_mapping_belongs_is_an_error(key):
    with pytest.raises(RecipeError, match=rf"\Aoptimize\.quantize\.advanced_parameters\.{key}: "):
        quantized(model_type="transformer", advanced_parameters={key: 5})


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"overflow_fxi": "disable"}, ": unknown key 'overflow_fxi'; did you mean 'overflow_fix'?"),
        (
            {"smooth_quant_alphas": {"matmull": 0.5}},
            ".smooth_quant_alphas: unknown key 'matmull'; did you mean 'matmul'?",
        ),
        ({"overflow_fix": "disabled"}, ".overflow_fix: 'disabled'; did you mean 'disable'?"),
        (
            {"activations_range_estimator_params": {"min": {"statistics_type": "x"}}},
            ".activations_range_estimator_params.min.statistics_type: 'x'; known: "
            + ", ".join(sorted(member.value for member in StatisticsType)),
        ),
    ],
)
def test_an_unknown_advanced_parameter_is_an_error(parameters, fault):
    with pytest.raises(RecipeError, match=exactly(f"optimize.quantize.advanced_parameters{fault}")):
        quantized(advanced_parameters=parameters)


# refused --------------------------------------------------------------------------------------------------------------


def test_what_nncf_does_not_support_is_an_error():
    with pytest.raises(UsageError, match=r"\Aoptimize\.quantize: preset option with mixed value is not supported"):
        quantized(mode="fp8_e4m3", preset="mixed")


@pytest.mark.parametrize(("mode", "kind"), [(None, "FakeQuantize"), ("fp8_e4m3", "FakeConvert")])
def test_a_model_that_is_quantized_is_refused(mode, kind):
    once = quantized(mode=mode).model
    count = facts(once).operations[kind]
    message = f"the model already holds {count} {kind} operations: it is quantized; start from the original"
    with pytest.raises(UsageError, match=exactly(message)):
        quantized(once)


def test_no_calibration_samples_are_an_error():
    with pytest.raises(UsageError, match=r"\Aoptimize\.quantize: Calibration dataset must not be empty"):
        quantized(samples=())


def test_a_model_without_anything_to_quantize_is_an_error():
    parameter = ops.parameter([1, 4], np.float32, name="x")
    model = ov.Model([ops.relu(parameter)], [parameter], "nothing")
    with pytest.raises(StepError, match=exactly("quantize changed nothing: no operation of this model was quantized")):
        quantized(model, tuple((np.ones((1, 4), np.float32),) for _ in range(3)))


# what nncf cannot handle ----------------------------------------------------------------------------------------------


def hollow_model():
    """NNCF smooths weights by their largest value, of which `hollow` has none."""
    rng = np.random.default_rng(0)
    given = ops.parameter([3, 8], np.float32, name="x")
    node = ops.relu(ops.matmul(given, rng.normal(size=(8, 8)).astype(np.float32), False, False, name="first"))
    hollow = ops.matmul(node, np.zeros((8, 0), np.float32), False, False, name="hollow")
    return ov.Model([ops.concat([node, hollow], 1)], [given], "hollow")


def forked_model():
    """NNCF's full bias correction refuses `If`."""
    rng = np.random.default_rng(0)
    given = ops.parameter([3, 8], np.float32, name="x")
    positive = ops.reshape(ops.greater(ops.reduce_sum(given, np.array([0, 1])), np.float32(0)), np.array([1]), False)
    inner = [ops.parameter([3, 8], np.float32) for _ in range(2)]
    bodies = [ov.Model([ops.result(act(node))], [node]) for act, node in zip((ops.relu, ops.tanh), inner, strict=True)]
    fork = ops.if_op(positive.output(0))
    fork.set_then_body(bodies[0])
    fork.set_else_body(bodies[1])
    fork.set_input(given.output(0), *inner)
    either = fork.set_output(*(body.results[0] for body in bodies))
    weights = rng.normal(size=(8, 8)).astype(np.float32)
    return ov.Model([ops.matmul(either, weights, False, False)], [given], "forked")


FEW = tuple((array,) for array in np.random.default_rng(1).normal(size=(4, 3, 8)).astype(np.float32))


@pytest.mark.parametrize(
    ("model", "fields", "said", "round_it"),
    [
        (
            hollow_model,
            {},
            "InternalError: Statistics were not collected for the node hollow; it works without 'hollow' (MatMul): "
            "--set \"optimize.quantize.ignored_scope.names=['hollow']\"",
            {"ignored_scope": {"names": ["hollow"]}},
        ),
        (
            hollow_model,
            {"model_type": "transformer"},
            "ValueError: zero-size array to reduction operation maximum which has no identity; it works without "
            "smoothing, 'hollow' (MatMul): --set "
            '"optimize.quantize.advanced_parameters.smooth_quant_alphas={convolution: -1, matmul: -1}" '
            "--set \"optimize.quantize.ignored_scope.names=['hollow']\"",
            {
                "ignored_scope": {"names": ["hollow"]},
                "advanced_parameters": {"smooth_quant_alphas": {"convolution": -1, "matmul": -1}},
            },
        ),
        (
            forked_model,
            {"fast_bias_correction": False},
            "NotImplementedError: The BiasCorrection algorithm is not supported for OpenVINO models with If "
            'operation; it works without full bias correction: --set "optimize.quantize.fast_bias_correction=true"',
            {"fast_bias_correction": True},
        ),
    ],
)
def test_what_nncf_cannot_do_is_told_with_the_way_round_it(model, fields, said, round_it):
    with pytest.raises(StepError) as fault:
        run(model(), FEW, **fields)
    assert str(fault.value) == f"nncf.quantize failed: {said}"
    assert facts(quantized(model(), FEW, **{**fields, **round_it}).model).quantizers > 0


@pytest.fixture
def unable(monkeypatch):
    """NNCF that quantizes only where all operations of these names are ignored."""

    def put(*names):
        real, tries = nncf.quantize, []

        def quantize(model, dataset, **arguments):
            tries.append(arguments)
            scope = arguments["ignored_scope"]
            if not scope or not set(names) <= {*scope.names}:
                raise KeyError("output_0")
            return real(model, dataset, **arguments)

        monkeypatch.setattr(nncf, "quantize", quantize)
        return tries

    return put


def test_operations_that_nncf_cannot_handle_are_named(unable):
    unable("first", "head")
    with pytest.raises(StepError) as fault:
        run(ignored_scope={"names": ["second"]})
    assert str(fault.value) == (
        "nncf.quantize failed: KeyError: 'output_0'; it works without 'first' (Convolution), 'head' (MatMul): --set "
        "\"optimize.quantize.ignored_scope.names=['first', 'head']\""
    )


def test_many_of_them_are_told_by_their_types(unable, monkeypatch):
    monkeypatch.setattr(module, "NAMED", 4)
    kinds = {op.get_friendly_name(): op.get_type_name() for op in conv_model().get_ordered_ops()}
    names = [name for name, kind in kinds.items() if kind not in (*CONSTANTS, "MatMul")]
    assert len(names) > 4
    unable(*names)
    with pytest.raises(
        StepError, match=r", \.\.\.: --set \"optimize\.quantize\.ignored_scope\.types=\['Convolution', "
    ):
        run()


def test_where_nothing_helps_nothing_is_advised(unable):
    unable("an operation of another model")
    with pytest.raises(StepError, match=exactly("nncf.quantize failed: KeyError: 'output_0'")):
        run()


def test_a_single_attempt_looks_for_no_way_round(unable):
    tries = unable("first", "head")
    with pytest.raises(StepError, match=exactly("nncf.quantize failed: KeyError: 'output_0'")):
        quantized()
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("within_s", "said"),
    [
        (0.0, ""),
        (
            1.0,
            "; it works without 'first' (Convolution), 'head' (MatMul): --set "
            "\"optimize.quantize.ignored_scope.names=['first', 'head']\"",
        ),
    ],
)
def test_looking_for_a_way_round_ends_with_its_time(unable, within_s, said):
    unable("first", "head")
    step, materials = Quantize(), Materials(SAMPLES, 0, Watched())
    assert step.way_round(conv_model(), materials, within_s, clock=lambda: 0.0) == said


@pytest.mark.parametrize("tries", range(4))
def test_no_try_is_begun_after_the_time(unable, tries):
    done, moments = unable("first", "head"), count()
    Quantize().way_round(conv_model(), Materials(SAMPLES, 0, Watched()), tries + 0.5, lambda: float(next(moments)))
    assert len(done) == tries


@dataclass
class OtherScope:
    """An ignored scope of another NNCF."""

    names: list = field(default_factory=list)


def test_an_nncf_of_other_parameters_still_says_what_failed(unable, monkeypatch):
    monkeypatch.delattr(nncf, "AdvancedSmoothQuantParameters")
    monkeypatch.setattr(nncf, "IgnoredScope", OtherScope)
    unable("first")
    with pytest.raises(StepError, match=exactly("nncf.quantize failed: KeyError: 'output_0'")):
        run()


def branching_model():
    """A convolution, and an If on the sign of its input between two more, which share their name."""
    rng = np.random.default_rng(0)
    given = ops.parameter([1, 3, 8, 8], np.float32, name="x")

    def conv(node, name):
        weights = rng.normal(size=(3, 3, 3, 3)).astype(np.float32)
        return ops.relu(ops.convolution(node, weights, [1, 1], [1, 1], [1, 1], [1, 1], name=name))

    first = conv(given, "conv")
    positive = ops.greater(ops.reduce_sum(given, np.array([0, 1, 2, 3])), np.float32(0))
    inner = [ops.parameter([1, 3, 8, 8], np.float32) for _ in range(2)]
    bodies = [ov.Model([ops.result(conv(node, "conv"))], [node]) for node in inner]
    fork = ops.if_op(positive.output(0))
    fork.set_friendly_name("fork")
    fork.set_then_body(bodies[0])
    fork.set_else_body(bodies[1])
    fork.set_input(first.output(0), *inner)
    return ov.Model([fork.set_output(*(body.results[0] for body in bodies))], [given], "branching")


@pytest.mark.parametrize(("sign", "kind"), [(1, "else"), (-1, "then")])
def test_a_branch_that_no_sample_takes_stays_as_it_is_and_is_named(sign, kind):
    samples = [(sign * np.abs(array),) for array in np.random.default_rng(1).normal(size=(4, 1, 3, 8, 8)).astype("f4")]
    done = quantized(branching_model(), samples)
    (fork,) = (op for op in done.model.get_ops() if op.get_type_name() == "If")
    taken = [any(op.get_type_name() == "FakeQuantize" for op in fork.get_function(i).get_ops()) for i in (0, 1)]
    assert taken == [kind == "else", kind == "then"]
    assert any(op.get_type_name() == "FakeQuantize" for op in done.model.get_ops())
    assert done.report.notes[-1] == (
        f"no calibration sample takes the {kind} branch of If 'fork': it stays in floating point; samples that take it "
        "would have it quantized too"
    )
