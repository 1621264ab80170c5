"""Pruning as a step: what goes, what is refitted, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Materials, Step, plugins
from ovopt.errors import DataError, RecipeError, StepError, UsageError
from ovopt.pruning.readers import Reader
from ovopt.pruning.rules import trace
from ovopt.pruning.trace import keeper
from ovopt.recipe import parse_recipe
from ovopt.steps.prune import Prune, _similarity
from ovopt.workflow.beginning.options import Silent
from tests.pruning.networks import Net, images, shapes
from tests.rewrites.graphs import assert_same, computed

SHAPE = (1, 3, 8, 8)


def materials(*shape: int, count: int = 40, speedup: float | None = 1.5) -> Materials:
    pictures = images(count, *shape[1:])
    samples = [(pictures[place : place + 1],) for place in range(count)]
    return Materials(samples, 0, Silent(), lambda before, after: speedup)


def network(first: int = 16, second: int = 16) -> ov.Model:
    net = Net(*SHAPE)
    node = ops.relu(net.conv(ops.relu(net.conv(net.given, first, "first")), second, "second"))
    return net.head(node)


def doubled() -> ov.Model:
    """Every channel of the first layer twice: half of them are needless."""
    net = Net(*SHAPE)
    weights, bias = np.tile(net.weights(8, 3, 3, 3), (2, 1, 1, 1)), np.tile(net.weights(1, 8, 1, 1), (1, 2, 1, 1))
    node = ops.convolution(net.given, weights, [1, 1], [1, 1], [1, 1], [1, 1], name="first")
    return net.head(ops.relu(net.conv(ops.relu(ops.add(node, bias)), 8, "second")))


def by_name(model: ov.Model) -> dict[str, ov.Node]:
    return {op.get_friendly_name(): op for op in model.get_ordered_ops()}


def test_what_others_repeat_goes_and_the_outputs_stay() -> None:
    model = doubled()
    stepped = Prune(ratio=0, ratios={"first": 0.5}, samples=40).apply(model, materials(*SHAPE))
    assert shapes(stepped.model, ["first", "second"]) == {"first": (8, 3, 3, 3), "second": (8, 8, 3, 3)}
    for sample in materials(*SHAPE).calibration[:5]:
        assert_same(model, stepped.model, *sample, tolerance=5e-3)


def test_the_report_counts_what_took_effect() -> None:
    report = Prune(ratio=0.4, samples=40).apply(network(), materials(*SHAPE)).report
    assert report.name == "prune"
    assert report.effect["multiply_adds_before"] == 64 * 16 * 27 + 64 * 16 * 144 + 16 * 3
    assert report.effect["multiply_adds_removed"] >= 0.4
    assert report.effect["multiply_adds"] == 64 * 8 * 27 + 64 * 16 * 72 + 48
    assert report.effect["channels_before"] == {"first": 16}
    assert report.effect["channels"] == {"first": 8}
    assert report.effect["parameters"] < report.effect["parameters_before"]
    assert 0.9 < report.effect["output_cosine"] <= 1
    assert report.speedup == 1.5
    assert "left as it was: head: they are an output of the model" in report.notes


def test_the_original_is_not_changed() -> None:
    model = network()
    before = [np.array(op.data) for op in model.get_ordered_ops() if op.get_type_name() == "Constant"]
    Prune(ratio=0.5, samples=10).apply(model, materials(*SHAPE))
    after = [np.array(op.data) for op in model.get_ordered_ops() if op.get_type_name() == "Constant"]
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(before, after, strict=True))


def test_the_same_seed_gives_the_same_model() -> None:
    one, two = (Prune(ratio=0.5, samples=20).apply(network(), materials(*SHAPE)).model for _ in range(2))
    for mine, theirs in zip(computed(one, images(*SHAPE)), computed(two, images(*SHAPE)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_refitted_weights_are_those_of_lstsq_on_the_pruned_inputs() -> None:
    """Rows taken from the models' own tensors, by hand: 3x3 patches of what `second` reads, and what it gave."""
    model = network(8, 8)
    chosen = Prune(ratio=0, ratios={"first": 0.5}, multiple=1, samples=40, importance="activation")
    pruned = chosen.apply(model, materials(*SHAPE)).model
    reads, gives = tapped(pruned, lambda node: node.input_value(0)), tapped(model, lambda node: node.output(0))
    x, y = [], []
    for (picture,) in materials(*SHAPE).calibration:
        given, made = reads(picture)[0], gives(picture)[0]
        padded = np.pad(given[0], ((0, 0), (1, 1), (1, 1)))
        for row in range(8):
            for column in range(8):
                x.append(padded[:, row : row + 3, column : column + 3].reshape(-1))
                y.append(made[0, :, row, column])
    table = np.hstack([np.array(x, np.float64), np.ones((len(x), 1))])
    wanted = np.linalg.lstsq(table, np.array(y, np.float64), rcond=None)[0]
    second = Reader(by_name(pruned)["second"])
    found = second.bias()
    original = Reader(by_name(model)["second"]).bias()
    assert found is not None
    assert original is not None
    mine = table @ np.vstack([second.matrix(), found.values - original.values])
    residue = ((table @ wanted - y) ** 2).sum()
    assert ((mine - y) ** 2).sum() == pytest.approx(residue, rel=1e-3), "no worse than the best there is"


def tapped(model: ov.Model, place: Callable[[ov.Node], ov.Output]) -> ov.CompiledModel:
    """Gives a tensor at the operation `second`."""
    copy = model.clone()
    probe = ov.Model([place(by_name(copy)["second"])], copy.get_parameters(), "probe")
    return ov.Core().compile_model(probe, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


@pytest.mark.parametrize("refit", ["sequential", "one_shot"])
def test_a_refit_comes_closer_than_none(refit: str) -> None:
    model = network(32, 32)

    def error(**fields: Any) -> float:
        step = Prune(ratio=0.6, samples=40, allocation="uniform", **fields)
        return 1 - float(step.apply(model, materials(*SHAPE)).report.effect["output_cosine"])

    assert error(refit=refit) < 0.5 * error(refit="none", importance="magnitude")


def test_magnitude_takes_the_smallest_weights() -> None:
    model = network(8, 8)
    weights = np.array(by_name(model)["first"].input_value(1).get_node().data)
    small = np.argsort((weights**2).sum(axis=(1, 2, 3)))[:4]
    step = Prune(ratio=0, ratios={"first": 0.5}, multiple=1, importance="magnitude", refit="none", samples=8)
    pruned = step.apply(model, materials(*SHAPE)).model
    np.testing.assert_array_equal(
        by_name(pruned)["first"].input_value(1).get_node().data, np.delete(weights, np.sort(small), axis=0)
    )


def test_channels_without_effect_go_first_and_nothing_changes() -> None:
    model = network(16, 8)
    followed = trace(model)
    units = followed.units.of(followed.products[0].makes)[[1, 5, 6, 7, 9, 12, 14, 15]]
    keep = keeper(followed, units.tolist())
    node = by_name(model)["second"]
    weights = np.array(node.input_value(1).get_node().data)
    weights[:, ~keep(followed.products[0].makes)] = 0
    node.set_argument(1, ops.constant(weights).output(0))
    stepped = Prune(ratio=0, ratios={"first": 0.5}, samples=40).apply(model, materials(*SHAPE))
    assert_same(model, stepped.model, images(*SHAPE), tolerance=1e-4)


def test_the_similarity_is_that_of_the_output_that_has_changed_most() -> None:
    net = Net(*SHAPE)
    node = ops.relu(net.conv(ops.relu(net.conv(net.given, 16, "first")), 16, "second"))
    scores = net.linear(ops.reduce_mean(node, np.array([2, 3]), keep_dims=False), 3, "scores")
    model = ov.Model([ops.add(net.given, np.float32(1)), scores], [net.given], "two")
    report = Prune(ratio=0.5, samples=20, refit="none").apply(model, materials(*SHAPE)).report
    assert 0 < report.effect["output_cosine"] < 1


def test_too_few_samples_move_biases_alone_and_are_named() -> None:
    report = Prune(ratio=0, ratios={"second": 0.5}, samples=4).apply(network(), materials(*SHAPE)).report
    assert "too few samples to refit (4 per channel), biases alone were moved: head" in report.notes


def test_savings_can_count_as_time() -> None:
    stepped = Prune(ratio=0.3, price="time", samples=10).apply(network(), materials(*SHAPE))
    assert stepped.report.effect["multiply_adds_removed"] >= 0.3


def test_short_weights_stay_short() -> None:
    net = Net(*SHAPE)
    node = ops.relu(net.conv(net.given, 16, "first"))
    weights = ops.convert(ops.constant(net.weights(4, 16, 3, 3).astype(np.float16)), "f32")
    node = ops.convolution(node, weights, [1, 1], [1, 1], [1, 1], [1, 1], name="second")
    pruned = Prune(ratio=0.4, samples=20).apply(net.head(ops.relu(node)), materials(*SHAPE)).model
    stored = by_name(pruned)["second"].input_value(1).get_node().input_value(0)
    assert stored.get_element_type() == ov.Type.f16
    assert stored.get_shape() == [4, 8, 3, 3]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        (
            {"ratios": {"frist": 0.5}},
            RecipeError,
            "optimize.prune.ratios: no layer that makes channels is called 'frist'; did you mean 'first'?",
        ),
        ({"ratios": {"first": 1.0}}, RecipeError, "optimize.prune.ratios: 'first': 1.0 is no share from 0 to below 1"),
        (
            {"ratios": {"head": 0.5}},
            UsageError,
            "optimize.prune.ratios: 'head' cannot be pruned: they are an output of the model",
        ),
        ({"ratio": 0}, StepError, "prune removed nothing: ask for a larger ratio, or a smaller multiple"),
        (
            {"multiple": 64},
            StepError,
            "prune found nothing to remove: first, second: no more channels than the multiple; "
            "head: they are an output of the model",
        ),
    ],
    ids=["typing error", "everything", "output", "nothing", "multiple"],
)
def test_what_cannot_be_done_is_said(fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        Prune(**{"samples": 8, **fields}).apply(network(), materials(*SHAPE))
    assert str(raised.value) == message


def test_unstructured_zeros_are_the_quietest_weights_of_each_output() -> None:
    net = Net(1, 8)
    model = net.model(net.linear(ops.relu(net.linear(net.given, 16, "first")), 3, "head"))
    given = materials(1, 8)
    stepped = Prune(kind="unstructured", ratio=0.5, samples=40).apply(model, given)
    before = np.array(by_name(model)["first"].input_value(1).get_node().data)
    after = np.array(by_name(stepped.model)["first"].input_value(1).get_node().data)
    loud = np.sqrt(np.mean(np.concatenate([sample for (sample,) in given.calibration]) ** 2, axis=0))
    for row, kept in zip(before, after, strict=True):
        wanted = row.copy()
        wanted[np.argsort(np.abs(row) * loud)[:4]] = 0
        np.testing.assert_array_equal(kept, wanted)
    assert stepped.report.effect["zeros"] == 0.5
    assert stepped.report.effect["layers"] == 2
    assert "neither smaller nor faster by themselves" in stepped.report.notes[0]


def test_zeros_without_weights_are_an_error() -> None:
    net = Net(1, 8)
    with pytest.raises(StepError, match="prune set no weight to zero"):
        Prune(kind="unstructured").apply(net.model(ops.relu(net.given)), materials(1, 8))


def test_a_quantized_model_is_refused() -> None:
    net = Net(*SHAPE)
    limits: Sequence[np.ndarray] = [np.float32(-1), np.float32(1), np.float32(-1), np.float32(1)]
    node = ops.relu(net.conv(ops.fake_quantize(net.given, *limits, 256), 16, "first"))
    with pytest.raises(UsageError, match=r"the model is quantized already, int8 .*: prune the original first"):
        Prune().apply(net.head(node), materials(*SHAPE))


def test_samples_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"^prune: the model does not take the calibration samples: "):
        Prune().apply(network(), materials(1, 5, 8, 8))


def test_it_is_a_step_of_recipes() -> None:
    assert plugins("ovopt.steps", Step)["prune"] is Prune
    recipe = parse_recipe({"ovopt": 1, "family": "x", "optimize": [{"prune": {"ratio": 0.2}}]}, "x.yaml")
    assert recipe.optimize == (Prune(ratio=0.2),)


def found_model(factor: float) -> ov.Model:
    """The rows of the input whose first value is above 0, times `factor`: none for some samples."""
    given = ops.parameter([3, 2], np.float32, name="x")
    firsts = ops.squeeze(ops.slice(given, np.array([0]), np.array([1]), np.array([1]), np.array([1])), np.array([1]))
    places = ops.squeeze(ops.non_zero(ops.greater(firsts, np.float32(0))), np.array([0]))
    rows = ops.gather(given, places, np.int64(0))
    return ov.Model([ops.multiply(rows, np.array([[1, factor]], np.float32))], [given], "found")


def test_the_similarity_of_outputs_that_are_empty_for_a_sample_is_full_there() -> None:
    samples = [(np.full((3, 2), value, np.float32),) for value in (-1, 1)]
    assert _similarity(found_model(1), found_model(1), samples) == pytest.approx(1)
    assert _similarity(found_model(1), found_model(0), samples) == pytest.approx((1 + np.sqrt(0.5)) / 2)
