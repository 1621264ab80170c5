"""From outputs to rows and figures, with a crew whose arms are plain functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

from ovopt.bench.protocol import Inputs, Output
from ovopt.bench.workers import ArmPlan
from ovopt.contracts import Array, Decoder, Detections, Metric, Parts, Row, Samples, Tensors
from ovopt.errors import ArmLostError, DataError, ModelError
from ovopt.metrics.agreement import Top1Agreement
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import DataSection, ModelSection, Recipe
from ovopt.records import LeftOutSample, Port, Quality
from ovopt.workflow.beginning.options import Silent
from ovopt.workflow.comparing.answers import comparable
from ovopt.workflow.comparing.scoring import Scorer, table_of, value_of
from tests.bench.crews import plan
from tests.factories import exactly, metric_named

N, CLASSES = 30, 4
Model = Callable[[Tensors], Tensors]
RNG = np.random.default_rng(5)
ROWS = RNG.standard_normal((N, CLASSES)).astype(np.float32)
LABELS = RNG.integers(CLASSES, size=N).tolist()
PORTS = (Port(name="scores", shape=(1, CLASSES), dtype="f32"), Port(name="more", shape=(1, 2), dtype="f32"))
INPUT = (Port(name="x", shape=(1, CLASSES), dtype="f32"),)


@dataclass
class AnsweringCrew:
    """Arms by name -> what their models compute; answers come last first, a few at a time."""

    models: Mapping[str, Model]
    roles: Mapping[str, Any] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def arms(self) -> dict[str, ArmPlan]:
        return {name: plan(name, role=self.roles.get(name, "candidate")) for name in self.models}

    @property
    def baseline(self) -> str:
        return next(iter(self.models))

    def evaluate(
        self, name: str, properties: Mapping[str, str], inputs: Iterator[Inputs], on_output: Callable[[Output], None]
    ) -> None:
        waiting: list[Inputs] = []
        try:
            for item in inputs:
                waiting.append(item)
                if len(waiting) == 7:
                    self._answer(name, waiting, on_output)
            self._answer(name, waiting, on_output)
        except ArmLostError as loss:
            self.lost[name] = str(loss)

    def _answer(self, name: str, waiting: list[Inputs], on_output: Callable[[Output], None]) -> None:
        while waiting:
            item = waiting.pop()
            on_output(Output(item.index, item.part, self.models[name](item.tensors)))


def identity(tensors: Tensors) -> Tensors:
    return (tensors[0][0],)


def prepared(
    contents: Sequence[Any] = tuple(ROWS),
    labels: Sequence[Any] | None = tuple(LABELS),
    inputs: Sequence[Port] = INPUT,
    classes: Sequence[str] = (),
    on_bad_sample: Literal["refuse", "skip"] = "refuse",
    output: Any = 0,
    **recipe: Any,
) -> Prepared:
    made = Recipe(
        ovopt=1,
        family="example",
        model=ModelSection(output=output),
        data=DataSection(classes=tuple(classes), on_bad_sample=on_bad_sample),
        **{"metrics": (metric_named("top1"),), **recipe},
    )

    def load(index: int) -> Any:
        if isinstance(contents[index], DataError):
            raise contents[index]
        return contents[index]

    ids = tuple(f"set#{i}" for i in range(len(contents)))
    samples = Samples("set", ids, None if labels is None else tuple(labels), load, "0" * 64)
    return Prepared(samples, {"gate": tuple(range(len(contents)))}, 0, made, inputs)


def scorer(data: Prepared, chosen: Sequence[int] | None = None, **more: Any) -> Scorer:
    return Scorer.of(data, PORTS, range(len(data.samples)) if chosen is None else chosen, **more)


def score(made: Scorer, crew: AnsweringCrew, arm: str | None = None) -> dict[str, Quality]:
    return made.score(crew, arm or crew.baseline, {}, Silent())  # type: ignore[arg-type]


def scored(data: Prepared, model: Model = identity, **more: Any) -> dict[str, Quality]:
    return score(scorer(data, **more), AnsweringCrew({"original": model}))


# Rows


@pytest.mark.parametrize("chosen", [range(N), [5, 3, 29, 0], [7]], ids=str)
def test_rows_stand_in_the_order_of_the_samples_whatever_order_answers_come_in(chosen: Sequence[int]) -> None:
    found = scored(prepared(), chosen=chosen)["top1"]
    hits = [float(np.argmax(ROWS[i]) == LABELS[i]) for i in chosen]
    assert list(found.rows) == hits
    assert (found.value, found.n) == (pytest.approx(np.mean(hits)), len(chosen))


def test_the_worst_samples_are_those_that_are_not_best() -> None:
    found = scored(prepared())["top1"]
    wrong = [f"set#{i}" for i in range(N) if np.argmax(ROWS[i]) != LABELS[i]]
    assert found.worst == dict.fromkeys(wrong[:10], 0.0)


def test_of_graded_samples_the_ten_worst_come_in_order() -> None:
    labels = [float(value) for value in RNG.standard_normal(N)]
    data = prepared(labels=labels, metrics=(metric_named("mae"),), contents=tuple(ROWS[:, :1]), inputs=(SCALAR,))
    found = scored(data)["mae"]
    apart = np.abs(ROWS[:, 0] - np.array(labels))
    order = np.argsort(-apart)[:10]
    assert list(found.worst) == [f"set#{i}" for i in order]
    assert list(found.worst.values()) == pytest.approx(apart[order].tolist(), rel=1e-5)
    assert found.value == pytest.approx(apart.mean(), rel=1e-5)
    assert not found.higher_is_better


SCALAR = Port(name="x", shape=(1, 1), dtype="f32")


@pytest.mark.parametrize("classes", [(), ("ant", "bee", "cow", "dog")])
def test_the_figure_of_every_class_carries_its_name_where_it_has_one(classes: Sequence[str]) -> None:
    found = scored(prepared(classes=classes))["top1"]
    hits = np.argmax(ROWS, axis=1) == np.array(LABELS)
    names = classes or [str(c) for c in range(CLASSES)]
    assert found.by_class == pytest.approx({names[c]: hits[np.array(LABELS) == c].mean() for c in sorted(set(LABELS))})


# Decoders


class Weighted(Decoder):
    """The first of two outputs times the first entry of the second, and what the input holds."""

    name: ClassVar[str] = "weighted"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        first, second = output
        assert isinstance(output, tuple)
        assert first.shape == (CLASSES,)
        assert second.shape == (2,)
        assert set(inputs) == {"x"}
        assert inputs["x"].shape == (1, CLASSES)
        return first * second[0] + inputs["x"][0]


class Middle(Decoder):
    """The mean of all parts."""

    name: ClassVar[str] = "middle"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        assert isinstance(output, list)
        return np.mean(output, axis=0) + 0 * inputs["x"][0]


class Negative(Decoder):
    """Every part with its sign turned."""

    name: ClassVar[str] = "negative"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        return -output


def test_several_outputs_come_to_the_decoder_as_a_tuple_with_the_inputs_by_name() -> None:
    def model(tensors: Tensors) -> Tensors:
        (row,) = tensors[0]
        return row[::-1].copy(), np.array([row[0], 7], np.float32)

    saved: dict[int, Any] = {}
    data = prepared(postprocess=(Weighted(),), output=(0, "more"))
    found = scored(data, model, save=lambda arm, index, value: saved.update({index: value}))["top1"]
    wanted = ROWS[:, ::-1] * ROWS[:, :1] + ROWS
    assert list(found.rows) == [float(np.argmax(wanted[i]) == LABELS[i]) for i in range(N)]
    for index in range(N):
        np.testing.assert_allclose(saved[index], wanted[index])


def test_without_a_decoder_a_metric_gets_the_output_as_it_is() -> None:
    saved: dict[int, Any] = {}
    scored(prepared(), save=lambda arm, index, value: saved.update({index: value}))
    assert sorted(saved) == list(range(N))
    for index in range(N):
        np.testing.assert_array_equal(saved[index], ROWS[index])


LENGTHS = [1 + i % 3 for i in range(N)]


def in_parts() -> list[Any]:
    return [Parts(ROWS[i] + k for k in range(LENGTHS[i])) for i in range(N)]


def test_decoders_run_part_by_part_until_one_joins_the_parts() -> None:
    saved: dict[int, Any] = {}
    data = prepared(in_parts(), postprocess=(Negative(), Middle(), Negative(), Negative()))
    found = scored(data, save=lambda arm, index, value: saved.update({index: value}))["top1"]
    for index in range(N):
        np.testing.assert_allclose(saved[index], -(ROWS[index] + (LENGTHS[index] - 1) / 2), rtol=1e-6)
    hits = np.argmin(ROWS, axis=1) == np.array(LABELS)
    assert list(found.rows) == hits.astype(float).tolist()


def test_parts_that_nothing_joins_are_saved_as_a_list() -> None:
    saved: dict[int, Any] = {}
    data = prepared(in_parts(), metrics=(metric_named("cosine"),))
    scored(data, save=lambda arm, index, value: saved.update({index: value}))
    assert [len(saved[i]) if isinstance(saved[i], list) else 1 for i in range(N)] == LENGTHS


# Agreement


def turned(tensors: Tensors) -> Tensors:
    """Like the original on most inputs."""
    row = tensors[0][0].copy()
    return (row[::-1].copy() if row[0] > 1 else row,)


def agreement(data: Prepared, *models: Model) -> list[dict[str, Quality]]:
    crew = AnsweringCrew(dict(zip(("original", "other", "third"), models, strict=False)))
    made = scorer(data)
    return [score(made, crew, name) for name in crew.models]


def test_agreement_is_with_the_outputs_of_the_first_arm() -> None:
    data = prepared(labels=None, metrics=(metric_named("top1_agreement"), metric_named("cosine")))
    same, other = agreement(data, identity, turned)
    assert (same["top1_agreement"].value, same["cosine"].value) == (1, pytest.approx(1))
    theirs = np.array([turned((row[None],))[0] for row in ROWS])
    assert list(other["top1_agreement"].rows) == (np.argmax(theirs, 1) == np.argmax(ROWS, 1)).astype(float).tolist()
    cosines = (theirs * ROWS).sum(1) / np.linalg.norm(theirs, axis=1) / np.linalg.norm(ROWS, axis=1)
    np.testing.assert_allclose(np.ravel(other["cosine"].rows), cosines, rtol=1e-5)


class Named(Decoder):
    """The names of the classes, the best first."""

    name: ClassVar[str] = "named"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> str:
        return " ".join(["ant", "bee", "cow", "dog"][i] for i in np.argsort(-output)[:2])


def test_agreement_of_decoded_answers_is_of_what_the_decoders_made() -> None:
    metrics = (Top1Agreement(of="decoded"), metric_named("top1_agreement"), metric_named("top1"))
    for labels in (None, tuple(LABELS)):
        data = prepared(labels=labels, metrics=metrics[: 2 + (labels is not None)], postprocess=(Folded(),))
        same, other = agreement(data, identity, turned)
        assert same["top1_agreement_decoded"].value == 1
        assert other["top1_agreement_decoded"].value == 1, "what is turned has the same sums"
        assert other["top1_agreement"].value < 1
    named = prepared(labels=None, metrics=(Top1Agreement(of="decoded"),), postprocess=(Named(),), output=None)
    assert scorer(named).unjudged == {"more": "`postprocess` has scores alone"}
    _, other = agreement(named, identity, turned)
    assert list(other["top1_agreement_decoded"].rows) == [
        float(Named()(turned((row[None],))[0], {}) == Named()(row, {})) for row in ROWS
    ]


class Folded(Decoder):
    """Sums of what stands as far from both ends."""

    name: ClassVar[str] = "folded"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        return np.asarray(output + output[::-1])


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ("ab", [97, 98]),
        (["a", "b"], [97, 0, 98]),
        ((np.zeros(2), np.ones(1)), [0, 0, 1]),
        (Detections(np.ones((1, 6))), [[1] * 6]),
        (np.array([True]), [1]),
        (3.5, 3.5),
    ],
)
def test_an_answer_is_compared_by_its_numbers(answer: Any, numbers: Any) -> None:
    assert comparable(answer).tolist() == numbers


def test_an_answer_without_numbers_has_no_agreement() -> None:
    fault = "agreement of decoded answers compares numbers and texts, and `postprocess` gives dict"
    with pytest.raises(DataError, match=exactly(fault)):
        comparable({"a": 1})


def test_the_agreement_of_a_sample_is_that_of_all_its_parts() -> None:
    data = prepared(in_parts(), labels=None, metrics=(metric_named("top1_agreement"), metric_named("cosine")))
    _, other = agreement(data, identity, turned)
    for index in range(N):
        parts = [ROWS[index] + k for k in range(LENGTHS[index])]
        theirs = [turned((part[None],))[0] for part in parts]
        agreed = [np.argmax(a) == np.argmax(b) for a, b in zip(theirs, parts, strict=True)]
        assert other["top1_agreement"].rows[index] == float(all(agreed))
        cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(theirs, parts, strict=True)]
        assert other["cosine"].rows[index] == pytest.approx(np.mean(cosines), rel=1e-5)


class Sums(Metric):
    """Agreement from sums: how much of all squares is not in the difference."""

    name: ClassVar[str] = "sums"
    unit: ClassVar[str] = ""
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"

    def row(self, output: Any, target: Any) -> Row:
        return [float(((output - target) ** 2).sum()), float((target**2).sum())]

    def value(self, rows: Any) -> float:
        return 1 - float(rows[:, 0].sum() / rows[:, 1].sum())


def test_rows_of_sums_are_added_up_over_the_parts() -> None:
    _, other = agreement(prepared(in_parts(), labels=None, metrics=(Sums(),)), identity, turned)
    every = np.concatenate([[ROWS[i] + k for k in range(LENGTHS[i])] for i in range(N)])
    theirs = np.array([turned((row[None],))[0] for row in every])
    assert other["sums"].value == pytest.approx(1 - ((theirs - every) ** 2).sum() / (every**2).sum(), rel=1e-5)
    assert np.shape(other["sums"].rows) == (N, 2)


def test_a_references_largest_difference_is_a_share_of_the_largest_output() -> None:
    crew = AnsweringCrew({"original": identity, "native": lambda t: (t[0][0] + 0.25,)}, {"native": "reference"})
    made = scorer(prepared())
    for name in crew.models:
        score(made, crew, name)
    assert made.differences == {"native": pytest.approx(0.25 / np.abs(ROWS).max(), rel=1e-5)}


def test_of_a_reference_that_was_lost_no_difference_is_told() -> None:
    broken = iter([1.0, np.nan])
    crew = AnsweringCrew(
        {"original": identity, "native": lambda t: (t[0][0] * np.float32(next(broken)),)}, {"native": "reference"}
    )
    made = scorer(prepared())
    for name in crew.models:
        score(made, crew, name)
    assert "native" in crew.lost
    assert made.differences == {}


# Pairs


def test_a_delta_is_paired_sample_by_sample() -> None:
    crew, made = AnsweringCrew({"original": identity, "other": turned}), scorer(prepared())
    first, second = (score(made, crew, name) for name in crew.models)
    delta = made.deltas(first, second, seed=0)["top1"]
    rows = np.array([first["top1"].rows, second["top1"].rows])
    assert delta.delta == pytest.approx(rows[1].mean() - rows[0].mean())
    assert delta.flips is not None
    assert delta.flips.lost == ((rows[0] == 1) & (rows[1] == 0)).sum()
    assert delta.flips.gained == ((rows[0] == 0) & (rows[1] == 1)).sum()


# Samples that cannot be used


def test_a_bad_sample_is_left_out_of_every_arm_and_named() -> None:
    contents: list[Any] = list(ROWS)
    contents[4], contents[11] = DataError("set#4: torn"), np.zeros(7, np.float32)
    data = prepared(contents, on_bad_sample="skip")
    crew, made = AnsweringCrew({"original": identity, "other": turned}), scorer(data)
    first, second = (score(made, crew, name)["top1"] for name in crew.models)
    kept = [i for i in range(N) if i not in (4, 11)]
    assert list(first.rows) == [float(np.argmax(ROWS[i]) == LABELS[i]) for i in kept]
    assert first.n == second.n == len(kept)
    assert data.facts.left_out.keys() == {"set#4", "set#11"}
    assert data.facts.left_out["set#4"] == LeftOutSample(kind="unreadable", why="set#4: torn")
    assert data.facts.left_out["set#11"].kind == "unfit"
    assert data.facts.left_out["set#11"].why.startswith("set#11: shape [7] does not fit the model's input")


def test_a_bad_sample_ends_it_unless_it_may_be_left_out() -> None:
    contents: list[Any] = [*ROWS[:4], DataError("torn"), *ROWS[5:]]
    with pytest.raises(DataError, match=exactly("set#4: torn; --on-bad-sample skip leaves such samples out")):
        scored(prepared(contents))


def test_where_no_sample_is_left_there_is_no_figure() -> None:
    with pytest.raises(DataError, match=exactly("set: no sample is left to judge by; set#0: torn")):
        scored(prepared([DataError("torn")] * N, on_bad_sample="skip"))


# What is refused


def test_labels_are_checked_before_anything_runs() -> None:
    with pytest.raises(DataError, match=r"\Aset#3: class 4 is outside the 4 classes of output 'scores' f32\[1,4\]; "):
        scorer(prepared(labels=[0, 1, 2, 4, *LABELS[4:]]))


def test_only_the_chosen_samples_labels_are_checked() -> None:
    data = prepared(labels=[0, 1, 2, 4, *LABELS[4:]])
    assert scored(data, chosen=[0, 1, 2])["top1"].n == 3


def test_data_without_labels_is_refused_where_labels_are_needed() -> None:
    said = "set: has no labels, which top1 needs; for label-free agreement{} take --set metrics=[cosine,top1_agreement]"
    with pytest.raises(DataError, match=exactly(said.format(""))):
        scorer(prepared(labels=None))
    with pytest.raises(DataError, match=exactly(said.format(" name a second model and"))):
        scorer(prepared(labels=None), alone=True)


def test_an_output_that_the_model_has_not_is_refused_before_anything_runs() -> None:
    with pytest.raises(ModelError, match=r"\Amodel\.output: no output 'skores'; did you mean 'scores'\?\Z"):
        scorer(prepared(output=("more", "skores")))


class Picky(Decoder):
    """Refuses what it does not like."""

    name: ClassVar[str] = "picky"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        raise DataError("picky: not this one")


def test_what_a_decoder_refuses_is_told_with_model_and_sample() -> None:
    with pytest.raises(DataError, match=r"\Amodel\.xml: set#\d+: picky: not this one\Z"):
        scored(prepared(postprocess=(Picky(),)))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_an_original_that_gives_no_number_at_all_is_lost(number: float) -> None:
    crew = AnsweringCrew({"original": lambda tensors: (tensors[0][0] * np.float32(number),)})
    with np.errstate(invalid="ignore"):
        assert score(scorer(prepared()), crew) == {}
    assert crew.lost["original"] == (
        "no number in its output 'scores' for any sample: the model or its precision is broken for these inputs"
    )


def masked(number: float) -> Model:
    """Like the original, but that the last score is no number."""
    return lambda tensors: (np.append(tensors[0][0][:-1], np.float32(number)),)


@pytest.mark.parametrize(
    ("number", "word"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "minus infinity")], ids=str
)
def test_what_is_no_number_in_the_original_too_is_no_fault_and_what_is_new_loses_the_arm(
    number: float, word: str
) -> None:
    data = prepared(metrics=(metric_named("top1"), metric_named("cosine")))
    crew = AnsweringCrew({"original": masked(number), "same": masked(number), "number": identity})
    made = scorer(data)
    found = [score(made, crew, name) for name in crew.models]
    assert crew.lost == {}
    assert [one["cosine"].value for one in found] == [pytest.approx(1), pytest.approx(1), 0]
    assert made.doubts[0] == (
        f"output 'scores' of the original holds {word} for 30 samples, for example set#0: equal ones are no fault of a "
        "candidate"
    )
    crew = AnsweringCrew({"original": identity, "broken": masked(number)})
    made = scorer(data)
    assert [bool(score(made, crew, name)) for name in crew.models] == [True, False]
    assert re.fullmatch(
        rf"{word} in its output 'scores' for set#\d+, where the original has a number: the model or its precision is "
        "broken for this input",
        crew.lost["broken"],
    )


# Several outputs


def two_heads(second: Callable[[Array], Array] = lambda row: row[:2]) -> Model:
    return lambda tensors: (tensors[0][0], second(tensors[0][0]))


def both(metrics: Sequence[str], *models: Model, **recipe: Any) -> tuple[Scorer, list[dict[str, Quality]]]:
    """Scores of models with both outputs, of which the recipe chooses none."""
    data = prepared(output=None, metrics=tuple(map(metric_named, metrics)), **recipe)
    crew = AnsweringCrew(dict(zip(("original", "other"), models, strict=False)))
    made = scorer(data)
    found = [score(made, crew, name) for name in crew.models]
    assert crew.lost == {}
    return made, found


def test_without_a_choice_every_output_is_judged_and_the_worst_counts() -> None:
    made, (first, second) = both(
        ["cosine", "top1_agreement"], two_heads(), two_heads(lambda row: -row[:2]), labels=None
    )
    assert {name: one.value for name, one in second["cosine"].outputs.items()} == {
        "scores": pytest.approx(1),
        "more": pytest.approx(-1),
    }
    assert (second["cosine"].value, second["cosine"].output) == (pytest.approx(-1), "more")
    delta = made.deltas(first, second, 0)["cosine"]
    assert (delta.delta, delta.output) == (pytest.approx(-2), "more")
    assert made.deltas(first, second, 0)["top1_agreement"].candidate == 0
    assert made.unjudged == {}


def test_a_recipes_choice_is_judged_alone_and_the_others_are_named() -> None:
    data = prepared(labels=None, metrics=(metric_named("cosine"),), output="scores")
    crew, made = AnsweringCrew({"original": identity, "other": identity}), scorer(data)
    assert [score(made, crew, name)["cosine"].output for name in crew.models] == [None, None]
    assert made.unjudged == {"more": "the recipe chooses scores"}


def test_beside_labels_the_outputs_that_they_do_not_look_at_are_held_against_the_originals() -> None:
    made, (first, second) = both(["top1"], two_heads(), two_heads(lambda row: -row[:2]))
    assert list(second) == ["top1", "cosine"]
    assert second["top1"] == first["top1"]
    assert (second["cosine"].value, second["cosine"].output) == (pytest.approx(-1), "more")
    delta = made.deltas(first, second, 0)["cosine"]
    assert (delta.beside, delta.output) == (True, "more")


def test_a_model_alone_is_judged_by_its_labels_and_the_rest_is_named() -> None:
    made = scorer(prepared(output=None), alone=True)
    assert made.labels == ["top1"]
    assert made.unjudged == {"more": "labels judge scores alone"}


def test_an_output_that_a_model_lacks_is_judged_in_none_and_named() -> None:
    made = scorer(prepared(labels=None, metrics=(metric_named("cosine"),), output=None), lacking={"more": "it is gone"})
    assert [port.name for port in made.judged] == ["scores"]
    assert made.unjudged == {"more": "it is gone"}


def test_sorted_values_and_outputs_that_stay_empty_are_named_and_not_judged() -> None:
    data = prepared(labels=None, metrics=(metric_named("cosine"),), output=None)
    for second, kinds, why in (
        (
            lambda row: np.sort(row)[:2],
            {"more": "sorted"},
            "its values are sorted, so that they agree whatever the model ",
        ),
        (lambda row: row[:0], {}, "it is empty for every sample"),
    ):
        crew, made = (
            AnsweringCrew({"original": two_heads(second), "other": two_heads(second)}),
            scorer(data, kinds=kinds),
        )
        assert [score(made, crew, name)["cosine"].outputs for name in crew.models] == [{}, {}]
        assert made.unjudged["more"].startswith(why)


def test_outputs_that_are_empty_for_some_samples_agree_there() -> None:
    def found(row: Array) -> Array:
        return np.tile(row, (2, 1)) if row[0] > 0 else np.empty((0, CLASSES), np.float32)

    _, (_, second) = both(["cosine"], two_heads(found), two_heads(lambda row: found(row)[:1]), labels=None)
    wanted = np.where(ROWS[:, 0] > 0, np.sqrt(0.5), 1)
    np.testing.assert_allclose(np.ravel(second["cosine"].outputs["more"].rows), wanted, rtol=1e-5)


def test_pixels_cannot_hide_what_becomes_of_scores_in_the_same_output() -> None:
    def head(scores: float) -> Model:
        def model(tensors: Tensors) -> Tensors:
            row = tensors[0][0]
            cells = np.outer(np.arange(1, 17), row / np.abs(row).max()).astype(np.float32)
            return (np.concatenate([40 * cells[:, :2] + 300, scores / (1 + np.exp(-cells[:, 2:]))], 1),)

        return model

    data = prepared(labels=None, metrics=(metric_named("cosine"), metric_named("top1_agreement")))
    crew, made = AnsweringCrew({"original": head(1), "other": head(0)}), scorer(data)
    _, other = (score(made, crew, name) for name in crew.models)
    assert {name: round(one.value, 3) for name, one in other["cosine"].outputs.items()} == {
        "scores[0-1]": 1,
        "scores[2-3]": 0,
    }
    assert other["cosine"].output == other["top1_agreement"].output == "scores[2-3]"
    assert made.doubts == ["other: channels 2-3 of output 'scores' became constant: they no longer tell samples apart"]


def test_one_figure_is_held_against_its_spread_and_has_no_highest_place() -> None:
    def single(row: Array) -> Array:
        return 100 + row[:1]

    made, (_, second) = both(
        ["cosine", "top1_agreement"], two_heads(single), two_heads(lambda row: 0 * row[:1] + 100), labels=None
    )
    assert second["cosine"].outputs["more"].value < 0.9
    assert "more" not in second["top1_agreement"].outputs
    assert "other: channel 0 of output 'more' became constant: they no longer tell samples apart" in made.doubts


def test_a_direction_that_an_offset_keeps_cannot_hide_that_samples_no_longer_matter() -> None:
    made, (_, second) = both(
        ["cosine"], two_heads(lambda row: 1000 + row[:2]), two_heads(lambda row: 1000 + 0 * row[:2]), labels=None
    )
    assert {name: one.value for name, one in second["cosine"].outputs.items()} == {
        "scores": pytest.approx(1),
        "more": 0,
    }
    assert made.doubts == ["other: channels 0-1 of output 'more' became constant: they no longer tell samples apart"]


def test_sorted_values_alone_are_said_to_tell_nothing() -> None:
    data = prepared(labels=None, metrics=(metric_named("cosine"), metric_named("top1_agreement")))
    crew, made = AnsweringCrew({"original": identity, "other": identity}), scorer(data, kinds={"scores": "sorted"})
    assert [list(score(made, crew, name)) for name in crew.models] == [["cosine"], ["cosine"]]
    assert made.doubts == [
        "top1_agreement: left out, because it would be full whatever a model answered",
        "output 'scores' holds sorted values: its agreement tells nothing, whatever a model answers",
    ]


def test_what_is_the_same_for_every_sample_is_said_to_tell_little() -> None:
    made, _ = both(["cosine"], two_heads(lambda row: np.ones(2, np.float32)), labels=None)
    assert made.doubts == ["output 'more' of the original is the same for every sample: its agreement tells little"]


def test_without_a_baseline_labels_still_judge() -> None:
    crew = AnsweringCrew({"original": identity, "other": identity}, lost={"original": "gone"})
    assert set(score(scorer(prepared()), crew, "other")) == {"top1"}


# Doubts


def test_shifted_labels_are_doubted_once_for_the_baseline() -> None:
    rows = np.eye(CLASSES, dtype=np.float32)[[(i % 3) + 1 for i in range(N)]]
    data = prepared(list(rows), labels=[i % 3 for i in range(N)])
    crew, made = AnsweringCrew({"original": identity, "other": identity}), scorer(data)
    for name in crew.models:
        score(made, crew, name)
    assert made.doubts == [
        "1 of the model's 4 classes have no sample in the data: 3",
        "the labels look shifted: on 30 of 30 samples the likeliest class is the label +1; --set data.first_label=-1 "
        "counts them so",
    ]


# Labels as people have them


def test_labels_that_count_from_one_judge_alike_and_that_is_said() -> None:
    data, shifted = prepared(), prepared(labels=[label + 1 for label in LABELS])
    made = scorer(shifted)
    found = score(made, AnsweringCrew({"original": identity}))
    assert found["top1"].rows == scored(data)["top1"].rows
    assert made.doubts[0] == "the labels 1 to 4 are taken as the model's 4 classes, counted from 1"


def test_the_recipe_may_say_where_labels_begin() -> None:
    data = prepared(labels=[label + 5 for label in LABELS])
    said = "set#0: class {label} is outside the 4 classes of output 'scores' f32[1,4]"
    with pytest.raises(DataError, match=re.escape(said.format(label=LABELS[0] + 5))):
        scorer(data)
    assert scored(data.with_first_label(5))["top1"].rows == scored(prepared())["top1"].rows
    assert not any("counted from 1" in doubt for doubt in scorer(data.with_first_label(5)).doubts)


@pytest.mark.parametrize(
    ("nothing", "why"),
    [
        (-1, "the label -1 stands for no class"),
        (float("nan"), "the label nan stands for no class"),
        (None, "has no label, which top1 needs"),
    ],
)
def test_a_label_that_stands_for_none_is_a_bad_sample(nothing: Any, why: str) -> None:
    labels = [nothing, *LABELS[1:]]
    with pytest.raises(DataError, match=exactly(f"set#0: {why}; --on-bad-sample skip leaves such samples out")):
        scorer(prepared(labels=labels))
    data = prepared(labels=labels, on_bad_sample="skip")
    assert scored(data)["top1"].n == N - 1
    assert set(data.left_out) == {0}


def test_a_guess_that_is_as_good_is_said() -> None:
    made = scorer(prepared(labels=[2] * 24 + [0, 1, 3, 0, 1, 3]))
    score(made, AnsweringCrew({"original": lambda tensors: (np.eye(4)[2],)}))
    assert made.doubts == [
        "top1 is 80.0 %, no better than a guess (80.0 %): the order of the classes, `preprocess` or `postprocess` is "
        "probably not the model's"
    ]


class Odd(Metric):
    """A metric of another package, as its makers did not mean it."""

    name: ClassVar[str] = "odd"
    unit: ClassVar[str] = ""
    gives: Any = None

    def row(self, output: Any, target: Any) -> Row:
        return 0.0

    def value(self, rows: Array) -> Any:
        return super().value(rows) if self.gives == "its own" else self.gives


@pytest.mark.parametrize("gives", [None, "abc", [1.0], 1j, 10**400])
def test_a_metric_whose_value_is_no_number_is_named(gives: Any) -> None:
    with pytest.raises(DataError, match=r"\Aodd: the metric's value must be a number, not "):
        value_of(Odd(gives=gives), np.zeros(3))


def test_a_metric_whose_rows_are_no_numbers_is_named() -> None:
    odd = Odd(gives="its own")
    with pytest.raises(DataError, match=exactly("odd: a row must be a number or a list of numbers, not 'a'")):
        table_of(odd, [1.0, "a"])
    with pytest.raises(
        DataError, match=exactly("odd: its rows differ in length, and it does not say how a value comes of them")
    ):
        value_of(odd, table_of(odd, [[1.0], [2.0, 3.0]]))
    assert value_of(odd, table_of(odd, [1.0, True])) == 1
