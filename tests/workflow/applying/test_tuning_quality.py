"""Candidates against the original on the tuning split, in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Array, Decoder, Parts, Samples
from ovopt.errors import ArmLostError, DataError
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.preparing.prepared import Prepared, digest, prepare
from ovopt.recipe import DataSection, Recipe, load_recipe
from ovopt.records import QualityDelta
from ovopt.workflow.applying.tuning_quality import FIRST_LOOK, GROWTH, Validator
from ovopt.workflow.comparing.evaluate import evaluate
from tests.bench.test_quick_speedup import Unknown
from tests.cli.run import write_data, write_ir
from tests.factories import exactly, metric_named
from tests.models import recurrent_model, saved

CLASSES = 4
MANY = 700
RNG = np.random.default_rng(5)
LABELS = RNG.integers(CLASSES, size=MANY)
ROWS = (np.eye(CLASSES)[LABELS] + 0.1 * RNG.standard_normal((MANY, CLASSES))).astype(np.float32)
"""The likeliest class is the label."""


def scores(change: Callable[[ov.Node], ov.Node] = lambda node: node) -> ov.Model:
    """A model that gives its input back, changed."""
    given = ops.parameter([1, CLASSES], np.float32, name="x")
    given.output(0).set_names({"x"})
    node = change(ops.multiply(given, np.float32(1)))
    node.output(0).set_names({"scores"})
    return ov.Model([node], [given], "scores")


def turned(node: ov.Node) -> ov.Node:
    """Each class for the next: all wrong."""
    return ops.matmul(node, np.roll(np.eye(CLASSES, dtype=np.float32), 1, axis=1), False, False)


def without_the_last(node: ov.Node) -> ov.Node:
    """The last class is never found: about a quarter is wrong."""
    return ops.subtract(node, np.array([[0, 0, 0, 9]], np.float32))


def not_a_number(node: ov.Node) -> ov.Node:
    return ops.log(ops.subtract(node, np.float32(100)), name="logarithm")


class Joined(Decoder):
    """The mean of all parts."""

    name: ClassVar[str] = "joined"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Any) -> Array:
        return np.mean(output, axis=0)


def prepared(
    contents: Sequence[Any] = tuple(ROWS),
    labels: Sequence[Any] | None = tuple(LABELS.tolist()),
    tuning: Sequence[int] = range(MANY),
    metric: str = "top1",
    on_bad_sample: Any = "refuse",
    **recipe: Any,
) -> Prepared:
    made = Recipe(
        ovopt=1,
        family="example",
        data=DataSection(on_bad_sample=on_bad_sample),
        metrics=(metric_named(metric),),
        **recipe,
    )

    def load(index: int) -> Any:
        if isinstance(contents[index], DataError):
            raise contents[index]
        return contents[index]

    ids = tuple(f"set#{i}" for i in range(len(contents)))
    samples = Samples("set", ids, None if labels is None else tuple(labels), load, "0" * 64)
    return Prepared(samples, {"tuning": tuple(tuning)}, 0, made, facts(scores()).inputs)


def validator(data: Prepared, original: ov.Model | None = None) -> Validator:
    model = original or scores()
    return Validator(data, model, facts(model), "CPU", {})


def delta(data: Prepared, candidate: ov.Model, max_drop: float = 0.01) -> QualityDelta:
    return validator(data).delta(candidate, max_drop)


# Figures


@pytest.mark.parametrize("change", [turned, without_the_last, lambda node: node], ids=["all", "a quarter", "none"])
def test_the_drop_is_what_plain_counting_gives(change: Callable[[ov.Node], ov.Node]) -> None:
    found = delta(prepared(), scores(change), max_drop=1.0)
    wrong = {turned: np.ones(MANY, bool), without_the_last: LABELS == CLASSES - 1}.get(change, np.zeros(MANY, bool))  # type: ignore[call-overload]
    assert found.n == MANY
    assert found.drop[0] == pytest.approx(wrong.mean())
    assert found.drop[1] <= found.drop[0] <= found.drop[2]


def test_only_the_tuning_split_counts() -> None:
    chosen = [i for i in range(MANY) if LABELS[i] != CLASSES - 1][:50]
    made = validator(prepared(tuning=chosen))
    assert made.samples == made.baseline.n == 50
    assert made.delta(scores(without_the_last), 0.01).drop[0] == 0


def test_the_figures_are_those_of_evaluate(tmp_path: Path) -> None:
    first, data = write_ir(tmp_path / "first.xml"), write_data(tmp_path / "data.npz")
    other = write_ir(
        tmp_path / "other.xml", ending=lambda node: ops.subtract(node, np.array([[0, 0, 0, 9]], np.float32))
    )
    recipe = load_recipe("classification", data)
    wanted = {arm.name: arm.accuracy["top1"] for arm in evaluate([first, other], recipe=recipe, part="tuning").arms}
    model = read_model(first)
    made = Validator(prepare(recipe, facts(model).inputs, 0), model, facts(model), "CPU", {})
    assert made.metric.label == "top1"
    assert made.baseline == wanted["original"]
    found = made.delta(read_model(other), 1.0)
    assert (found.baseline, found.candidate, found.n) == (
        wanted["original"].value,
        wanted["other"].value,
        wanted["other"].n,
    )


def test_several_candidates_are_held_against_one_original() -> None:
    made = validator(prepared())
    first = made.delta(scores(without_the_last), 1.0)
    made.delta(scores(turned), 1.0)
    assert made.delta(scores(without_the_last), 1.0) == first


def test_without_labels_a_metric_of_agreement_judges() -> None:
    made = validator(prepared(labels=None, metric="cosine"))
    assert made.baseline.value == pytest.approx(1)
    assert made.delta(scores(), 0.01).drop[0] == pytest.approx(0, abs=1e-6)
    assert made.delta(scores(turned), 10).drop[0] > 0.5


# Looks


@pytest.mark.parametrize(
    ("change", "max_drop", "n"),
    [
        (turned, 0.01, FIRST_LOOK),
        (turned, 0.9, FIRST_LOOK),
        (without_the_last, 0.01, FIRST_LOOK),
        (turned, 1.0, MANY),
        (lambda node: node, 0.0, MANY),
        (without_the_last, 0.5, MANY),
    ],
)
def test_it_stops_as_soon_as_the_budget_is_missed_for_certain(change: Any, max_drop: float, n: int) -> None:
    found = delta(prepared(), scores(change), max_drop)
    assert found.n == n
    assert (found.drop[1] > max_drop) == (n < MANY)


def test_looks_grow() -> None:
    """All of the first look are right and all of the rest wrong: the second look tells."""
    labels = [*LABELS[:FIRST_LOOK].tolist(), *[CLASSES - 1] * (MANY - FIRST_LOOK)]
    first = [i % 3 for i in range(FIRST_LOOK)]
    labels[:FIRST_LOOK] = first
    rows = np.eye(CLASSES, dtype=np.float32)[labels]
    found = delta(prepared(tuple(rows), labels), scores(without_the_last), 0.1)
    assert found.n == FIRST_LOOK * GROWTH
    assert found.drop[0] == pytest.approx(1 - 1 / GROWTH)


@pytest.mark.parametrize("count", [1, 2, FIRST_LOOK - 1, FIRST_LOOK, FIRST_LOOK + 1, FIRST_LOOK * GROWTH])
def test_few_samples_are_all_looked_at(count: int) -> None:
    assert delta(prepared(tuning=range(count)), scores(), 0.5).n == count


# Parts and states


@pytest.mark.parametrize("lengths", [[1] * 20, [2] * 20, [1 + i % 5 for i in range(20)]], ids=["one", "two", "mixed"])
def test_a_sample_of_several_parts_counts_once(lengths: list[int]) -> None:
    parts = [Parts([row] * length) for row, length in zip(ROWS, lengths, strict=False)]
    data = prepared(tuple(parts), tuple(LABELS[:20].tolist()), range(20), postprocess=(Joined(),))
    found = delta(data, scores(turned), 1.0)
    assert found.n == 20
    assert found.drop[0] == 1


def test_a_sequence_hands_its_state_on(tmp_path: Path) -> None:
    model = recurrent_model()
    np.savez(tmp_path / "data.npz", x=RNG.standard_normal((12, 2)).astype(np.float32))
    settings = ("model.state={h: h_next}", "metrics=[cosine]", "data.splits.tuning=6")
    recipe = load_recipe("generic", tmp_path / "data.npz", settings)
    saved(model, tmp_path)
    made = Validator(prepare(recipe, facts(model).inputs, 0), model, facts(model), "CPU", {})
    assert made.delta(recurrent_model(), 0.01).drop[0] == pytest.approx(0, abs=1e-6)


def test_the_samples_that_decided_are_known_afterwards() -> None:
    data = prepared(tuning=range(5))
    assert data.tuned == set()
    validator(data)
    assert data.tuned == {digest(tensors) for tensors in data.prepare_tensors(range(5))}


# What is lost or refused


def test_a_candidate_whose_output_is_not_finite_is_lost() -> None:
    with pytest.raises(
        ArmLostError,
        match=r"\ANaN in its output 'scores' for set#\d+, where the original has a number: the model or its precision "
        r"is broken for this input; the first layer to give it is 'logarithm' \(Log\)\Z",
    ):
        delta(prepared(), scores(not_a_number))


def two_outputs(sign: float) -> ov.Model:
    """The scores, and a second output times `sign`."""
    model = scores()
    more = ops.multiply(model.input(0).get_node(), np.float32(sign))
    more.output(0).set_names({"more"})
    return ov.Model([*model.get_results(), ops.result(more)], model.get_parameters(), "two")


def test_a_candidate_that_destroys_an_output_beside_the_labels_is_lost() -> None:
    made = validator(prepared(), two_outputs(1))
    assert made.delta(two_outputs(1), 0.01).drop[0] == 0
    with pytest.raises(
        ArmLostError, match=exactly("it loses what no label looks at: output 'more' has cosine -1 with the original's")
    ):
        made.delta(two_outputs(-1), 0.01)


def test_of_several_outputs_the_one_that_agrees_least_is_the_drop() -> None:
    made = validator(prepared(metric="cosine", labels=None), two_outputs(1))
    found = made.delta(two_outputs(-1), 5.0)
    assert (found.drop[0], found.output) == (pytest.approx(2), "more")


def test_an_original_whose_output_is_not_finite_is_lost() -> None:
    with pytest.raises(ArmLostError, match=r"\Ano number in its output 'scores' for any sample: "):
        validator(prepared(), scores(not_a_number))


def test_after_a_lost_candidate_the_next_one_is_judged_as_ever() -> None:
    made = validator(prepared())
    with pytest.raises(ArmLostError):
        made.delta(scores(not_a_number), 0.01)
    assert made.delta(scores(), 0.01).drop[0] == 0


def test_a_candidate_that_does_not_compile_is_lost() -> None:
    with pytest.raises(ArmLostError, match=r"\Acannot be compiled: .+"):
        delta(prepared(), scores(lambda node: Unknown([node.output(0)])))


def test_no_tuning_samples_are_an_error() -> None:
    with pytest.raises(DataError, match=r"\Adata\.splits\.tuning: "):
        validator(prepared(tuning=()))


def test_unlabelled_data_are_refused_where_labels_are_needed() -> None:
    with pytest.raises(DataError, match=r"\Aset: has no labels, which top1 needs; "):
        validator(prepared(labels=None))


def test_a_bad_sample_is_left_out_of_both_or_ends_it() -> None:
    contents = [*ROWS[:100]]
    contents[3] = DataError("torn")  # type: ignore[call-overload]
    data = prepared(contents, LABELS[:100].tolist(), range(100), on_bad_sample="skip")
    assert validator(data).samples == 99
    assert delta(data, scores(), 0.5).n == 99
    with pytest.raises(DataError, match=r"\Aset#3: torn; --on-bad-sample skip leaves such samples out\Z"):
        validator(prepared(contents, LABELS[:100].tolist(), range(100)))


def test_the_models_are_not_changed() -> None:
    original, candidate = scores(), scores(turned)
    before = [facts(original), facts(candidate)]
    validator(prepared(), original).delta(candidate, 0.01)
    assert [facts(original), facts(candidate)] == before
