"""From a recipe's data to tensors and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from ovopt.contracts import Boxes, Parts, Samples, Transform
from ovopt.errors import DataError, UsageError
from ovopt.preparing.prepared import SEEN, Prepared, digest, prepare
from ovopt.recipe import DataSection, ModelSection, Recipe
from ovopt.records import LeftOutSample, Port
from ovopt.transforms.numbers import Scale
from tests.factories import exactly, metric_named

X = Port(name="x", shape=(1, 2), dtype="f32")
NAMES = ("ant", "bee", "cow")


def prepared(
    contents: Sequence[Any] = (),
    labels: Sequence[Any] | None = None,
    inputs: Sequence[Port] = (X,),
    source_classes: Sequence[str] = (),
    data: dict[str, Any] | None = None,
    model: dict[str, Any] | None = None,
    **recipe: Any,
) -> Prepared:
    made = Recipe(
        ovopt=1, family="example", data=DataSection(**data or {}), model=ModelSection(**model or {}), **recipe
    )

    def load(index: int) -> Any:
        if isinstance(contents[index], Exception):
            raise contents[index]
        return contents[index]

    count = len(contents) or len(labels or ())
    samples = Samples(
        "set", tuple(f"set#{i}" for i in range(count)), None if labels is None else tuple(labels), load, "0" * 64,
        tuple(source_classes),
    )  # fmt: skip
    return Prepared(samples, {"gate": tuple(range(count))}, 0, made, inputs)


def rows(count: int) -> list[np.ndarray]:
    return [np.array([i, -i], np.float32) for i in range(count)]


def test_samples_come_in_the_order_that_they_are_asked_for() -> None:
    indices = [17, 3, 99, 0, 3]
    found = list(prepared(rows(100)).prepare_each(indices))
    assert [index for index, _ in found] == indices
    for index, ((tensor,),) in found:
        np.testing.assert_array_equal(tensor, [[index, -index]])


def test_a_sample_is_prepared_once_where_it_fits_into_memory() -> None:
    calls: list[int] = []

    class Counting(Transform):
        """Counts."""

        name: ClassVar[str] = "counting"

        def __call__(self, content: Any) -> Any:
            calls.append(int(content[0]))
            return content

    data = prepared(rows(20), preprocess=(Counting(),))
    for _ in range(3):
        assert len(list(data.prepare_each(range(20)))) == 20
    assert sorted(calls) == list(range(20))
    once = data.without_cache()
    for _ in range(2):
        assert len(list(once.prepare_each(range(20)))) == 20
    assert sorted(calls) == sorted([*range(20)] * 3), "nothing is kept where each is met once"


def test_parts_are_inferences_one_behind_the_other() -> None:
    contents = [Parts(np.array([i, part], np.float32) for part in range(i)) for i in range(1, 4)]
    data = prepared(contents)
    assert [len(parts) for _, parts in data.prepare_each(range(3))] == [1, 2, 3]
    found = [tensor[0].tolist() for (tensor,) in data.prepare_tensors(range(3))]
    assert found == [[i, part] for i in range(1, 4) for part in range(i)]


@pytest.mark.parametrize("fault", [DataError("torn"), DataError("set#2: torn")], ids=["without its id", "with its id"])
def test_a_bad_sample_is_named_once(fault: DataError) -> None:
    contents = [*rows(2), fault, *rows(2)]
    with pytest.raises(DataError, match=exactly("set#2: torn; --on-bad-sample skip leaves such samples out")):
        list(prepared(contents).prepare_each(range(5)))
    data = prepared(contents, data={"on_bad_sample": "skip"})
    assert [index for index, _ in data.prepare_each(range(5))] == [0, 1, 3, 4]
    assert data.facts.left_out == {"set#2": LeftOutSample(kind="unreadable", why="set#2: torn")}


def test_a_fault_that_is_not_the_datas_is_not_left_out() -> None:
    data = prepared([*rows(1), ZeroDivisionError("a bug")], data={"on_bad_sample": "skip"})
    with pytest.raises(ZeroDivisionError):
        list(data.prepare_each(range(2)))


# Inputs that are the same for every sample


H = Port(name="h", shape=(2, None), dtype="f32")


def test_constants_and_zeros_for_a_state_stand_beside_the_sample() -> None:
    inputs = (Port(name="rate", shape=(), dtype="i64"), X, H)
    data = prepared(rows(2), inputs=inputs, model={"inputs": {"rate": 16000}, "state": {"h": "h_next"}})
    ((rate, row, state),) = list(data.prepare_tensors([1]))
    assert (rate.tolist(), rate.dtype) == (16000, np.int64)
    assert row.tolist() == [[1, -1]]
    assert (state.tolist(), state.dtype) == ([[0.0], [0.0]], np.float32)


def test_what_a_sample_brings_itself_wins_over_a_constant() -> None:
    content = {"x": np.zeros(2, np.float32), "h": np.ones((2, 3), np.float32)}
    ((_, state),) = list(prepared([content], inputs=(X, H), model={"state": {"h": "h_next"}}).prepare_tensors([0]))
    assert state.tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize("model", [{"inputs": {"xx": 1}}, {"state": {"xx": "y"}}])
def test_an_input_that_the_model_has_not_is_named(model: dict[str, Any]) -> None:
    with pytest.raises(
        UsageError, match=r"\Amodel\.(inputs|state)\.xx: the model has no such input; did you mean 'x'\?\Z"
    ):
        list(prepared(rows(1), model=model).prepare_each([0]))


# Labels


@pytest.mark.parametrize(
    ("label", "classes", "source_classes", "found"),
    [
        (2, (), (), 2),
        (2, NAMES, (), 2),
        ("bee", NAMES, (), 1),
        ("7", (), (), 7),
        ("-1", (), (), -1),
        (0, ("cow", "bee", "ant"), NAMES, 2),
        (0, (), NAMES, 0),
        (0.5, NAMES, (), 0.5),
        ([1, 2], NAMES, (), [1, 2]),
    ],
)
def test_a_label_is_what_metrics_take(
    label: Any, classes: Sequence[str], source_classes: Sequence[str], found: Any
) -> None:
    data = prepared(labels=[label], source_classes=source_classes, data={"classes": tuple(classes)})
    assert data.labels.read(0) == found


@pytest.mark.parametrize("task", ["recognition", "transcription"])
def test_a_text_is_a_label_of_its_own_where_the_task_is_about_text(task: Any) -> None:
    assert prepared(labels=["17 bees"], task=task).labels.read(0) == "17 bees"


UNORDERED = "the labels are names, which have no order of their own; list them in the order of the model's outputs"


@pytest.mark.parametrize(
    ("label", "classes", "source_classes", "said"),
    [
        ("beee", NAMES, (), "unknown class 'beee'; did you mean 'bee'?"),
        ("bee", (), (), f"unknown class 'bee'; {UNORDERED}, as in --set \"data.classes=[bee]\""),
        (1, ("ant", "cow"), NAMES, "unknown class 'bee'; known: ant, cow"),
    ],
)
def test_a_class_that_the_recipe_does_not_list_is_named(
    label: Any, classes: Sequence[str], source_classes: Sequence[str], said: str
) -> None:
    data = prepared(labels=[label], source_classes=source_classes, data={"classes": tuple(classes)})
    with pytest.raises(DataError, match=exactly(f"set#0: {said}")):
        data.labels.read(0)


class Halved(Transform):
    """An image at half its size, without its right half."""

    name: ClassVar[str] = "halved"

    def __call__(self, content: Any) -> Any:
        return content

    def moved(self, points: Any, size: tuple[int, int]) -> tuple[Any, tuple[int, int]]:
        return points / 2, (size[0] // 4, size[1] // 2)


def test_boxes_move_as_their_image_does_and_those_that_it_loses_are_gone() -> None:
    corners = np.array([[0, 0, 40, 20], [60, 0, 100, 40], [20, 10, 90, 30]], float)
    boxes = Boxes(corners, np.array([0, 1, 2]), np.array([False, False, True]), (100, 40))
    data = prepared(
        labels=[boxes], preprocess=(Halved(),), source_classes=NAMES, data={"classes": ("cow", "bee", "ant")}
    )
    found = data.labels.read(0)
    assert found.corners.tolist() == [[0, 0, 20, 10], [10, 5, 25, 15]]
    assert found.classes.tolist() == [2, 0]
    assert found.crowd.tolist() == [False, True]


TIMES_TWO, PLUS_ONE = Scale(divisor=0.5), Scale(divisor=1, offset=-1)


def test_a_model_that_does_the_rest_itself_gets_what_is_left_to_the_host() -> None:
    whole = prepared(rows(3), preprocess=(TIMES_TWO, PLUS_ONE))
    part = whole.with_transforms((TIMES_TWO,), (X,))
    assert [tensors[0].tolist() for tensors in part.prepare_tensors([2, 1])] == [[[4, -4]], [[2, -2]]]
    assert [tensors[0].tolist() for tensors in whole.prepare_tensors([2, 1])] == [[[5, -3]], [[3, -1]]]
    assert part.facts == whole.facts


def test_what_was_prepared_in_one_way_is_not_taken_for_the_other() -> None:
    whole = prepared(rows(3), preprocess=(TIMES_TWO, PLUS_ONE))
    list(whole.prepare_tensors([0, 1, 2]))
    assert next(whole.with_transforms((TIMES_TWO,), (X,)).prepare_tensors([1]))[0].tolist() == [[2, -2]]


def test_decoders_see_the_inputs_that_the_whole_of_preprocess_gives() -> None:
    whole = prepared(rows(3), preprocess=(TIMES_TWO, PLUS_ONE))
    part = whole.with_transforms((TIMES_TWO,), (X,))
    for data, given in ((whole, [[3, -1]]), (part, [[2, -2]])):
        ((index, parts),) = data.prepare_each([1])
        assert parts[0][0].tolist() == given
        assert data.prepare_for_decoders(index, parts)[0][0].tolist() == [[3, -1]]


def test_boxes_move_as_their_image_does_wherever_that_is() -> None:
    corners = np.array([[0, 0, 40, 20]], float)
    boxes = Boxes(corners, np.array([0]), np.array([False]), (100, 40))
    whole = prepared(labels=[boxes], preprocess=(Halved(),))
    assert (
        whole.with_transforms((), (X,)).labels.read(0).corners.tolist()
        == whole.labels.read(0).corners.tolist()
        == [[0, 0, 20, 10]]
    )


def test_a_bad_sample_is_noted_whichever_way_it_is_prepared() -> None:
    whole = prepared(
        [np.zeros(2, np.float32), DataError("broken")], preprocess=(TIMES_TWO,), data={"on_bad_sample": "skip"}
    )
    part = whole.with_transforms((), (X,))
    assert [index for index, _ in part.prepare_each([0, 1])] == [0]
    assert whole.facts.left_out == {"set#1": LeftOutSample(kind="unreadable", why="set#1: broken")}


# What a model was calibrated with


def test_what_was_calibrated_with_is_left_out_however_it_is_prepared() -> None:
    whole = prepared(rows(4), preprocess=(TIMES_TWO,))
    ((_, (tensors,)),) = whole.prepare_each([2])
    judging = whole.without_seen({"calibrated": {digest(tensors), "another"}})
    candidate = judging.with_transforms((), (X,))
    for data in (judging, candidate, judging):
        assert [index for index, _ in data.prepare_each(range(4))] == [0, 1, 3]
    assert judging.facts.left_out == {"set#2": LeftOutSample(kind="calibrated", why=f"set#2: {SEEN['calibrated']}")}


def test_a_model_that_prepares_by_itself_and_alone_does_not_meet_again_what_it_was_calibrated_with() -> None:
    whole = prepared(rows(4), preprocess=(TIMES_TWO,))
    ((_, (tensors,)),) = whole.prepare_each([2])
    alone = whole.without_seen({"calibrated": {digest(tensors)}}).with_transforms((), (X,))
    assert [index for index, _ in alone.prepare_each(range(4))] == [0, 1, 3]


def test_what_was_calibrated_with_judges_where_it_is_asked_for_and_is_noted() -> None:
    whole = prepared(rows(4))
    ((_, (tensors,)),) = whole.prepare_each([2])
    asked = whole.without_seen({"calibrated": {digest(tensors)}}, judge=True)
    assert [index for index, _ in asked.prepare_each(range(4))] == [0, 1, 2, 3]
    assert (asked.met, asked.left_out) == ({0: None, 1: None, 2: "calibrated", 3: None}, {})


def test_a_copy_of_a_tuning_sample_is_told_from_one_that_was_calibrated_with() -> None:
    whole = prepared(rows(3))
    digests = [digest(tensors) for _, (tensors,) in whole.prepare_each(range(2))]
    judging = whole.without_seen({"calibrated": {digests[0]}, "tuned": {digests[1]}})
    assert [index for index, _ in judging.prepare_each(range(3))] == [2]
    assert [sample.kind for sample in judging.left_out.values()] == ["calibrated", "tuned"]


@pytest.mark.parametrize(
    ("splits", "own", "advice"),
    [
        ({"tuning": 0}, None, "its size is 0, which --set data.splits.tuning=... changes"),
        ({}, None, "lower the other splits, or raise it with --set data.splits.tuning=..."),
        (
            {},
            ("train", "test"),
            'the data come as train and test: --set "data.splits.tuning={train: 0.2}" takes a part of one',
        ),
    ],
)
def test_a_split_that_is_empty_is_told_with_what_gives_it_samples(splits: Any, own: Any, advice: str) -> None:
    data = prepared(rows(2), data={"splits": splits})
    data = replace(data, samples=replace(data.samples, splits=own))
    assert str(data.empty_split("tuning", "to choose by")) == (
        f"data.splits.tuning: holds no samples to choose by; {advice}"
    )


def test_parts_in_memory_are_samples_of_their_splits(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", x=np.zeros((5, 2), np.float32))
    made = Recipe(ovopt=1, family="example")
    given = {"train": tmp_path / "train.npz", "gate": (rows(3), [0, 1, 2])}
    found = prepare(made, [X], 0, given)
    assert found.facts.drawn_from == {"calibration": {"train": 2}, "tuning": {"train": 3}, "gate": {"gate": 3}}
    assert found.facts.sizes == {"calibration": "2 (train)", "tuning": "3 (train)", "gate": "3 (gate)"}
    assert [found.labels.read(index) for index in found.judging] == [0, 1, 2]
    with pytest.raises(
        DataError,
        match=exactly(
            "data.source: the part 'tarin' has neither a usual name nor one that "
            "data.splits names; did you mean 'train'?"
        ),
    ):
        prepare(made, [X], 0, {"tarin": tmp_path / "train.npz", "gate": (rows(3), [0, 1, 2])})


def test_a_sample_of_several_inferences_is_known_where_all_of_them_are() -> None:
    pairs = [Parts([np.array([a, 0], np.float32), np.array([b, 0], np.float32)]) for a, b in ((1, 2), (1, 3), (2, 1))]
    data = prepared(pairs)
    ((_, known),) = data.prepare_each([0])
    judging = data.without_seen({"calibrated": set(map(digest, known))})
    assert [index for index, _ in judging.prepare_each(range(3))] == [1]


def test_a_digest_tells_values_types_and_shapes_apart() -> None:
    one = np.arange(6, dtype=np.float32)
    others = [one + 1, one.astype(np.float64), one.reshape(2, 3), one[:0], one[::-1]]
    assert len({digest((each,)) for each in [one, *others]}) == 6
    assert digest((one, one)) != digest((one,))
    assert digest((one.copy(),)) == digest((np.repeat(one, 2)[::2],)) == digest((one,))


# Labels as people have them


def test_labels_of_a_classification_are_indices_whatever_their_form_and_divide_the_samples_alike() -> None:
    samples, labels = rows(40), np.arange(40) % 4
    made = Recipe(ovopt=1, family="example", metrics=(metric_named("top1"),))
    plain = prepare(made, [X], 0, (samples, labels))
    for form in (labels[:, None], labels.astype(float), np.eye(4)[labels]):
        found = prepare(made, [X], 0, (samples, form))
        assert [found.labels.read(index) for index in range(40)] == labels.tolist()
        assert found.splits == plain.splits


def test_rows_of_numbers_are_what_they_are_where_no_metric_is_about_one_class() -> None:
    made = Recipe(ovopt=1, family="example", metrics=(metric_named("mae"),))
    assert prepare(made, [X], 0, (rows(2), [[0.0, 1.0], [1.0, 0.0]])).labels.read(0) == [0.0, 1.0]


def test_more_names_than_a_message_holds_are_counted() -> None:
    names = [f"class {number}" for number in range(1000)]
    said = (
        "set#0: unknown class 'class 0'; the labels are names, which have no order of their own; list them in the "
        "order of the model's outputs under `data.classes`, or give there a text file with one of the 1,000 on each "
        "line"
    )
    with pytest.raises(DataError, match=exactly(said)):
        prepared(rows(1000), labels=names).labels.read(0)
