"""A recipe's samples, divided."""

from typing import Any

import pytest

from ovopt.contracts import BadLabel, Samples
from ovopt.data.own_splits import SplitError
from ovopt.errors import DataError
from ovopt.preparing.dividing import check_parts, divide
from ovopt.preparing.prepared import prepare
from ovopt.recipe import DataSection, Recipe
from ovopt.records import DataFacts, LeftOutSample, Machine, Manifest, ModelFile
from tests.factories import exactly, metric_named

OWN = ("train",) * 8 + ("test",) * 8
FILE = ModelFile(path="m", sha256="0", size_bytes=1)
MACHINE = Machine(processor="p", cores=1, isa=(), memory_bytes=1, system="s", virtual=False, versions={})


def samples(count: int = 16, labels: Any = None, source: str = "set.npz", **more: Any) -> Samples:
    ids = tuple(f"{source}#{i}" for i in range(count))
    return Samples(source, ids, labels, lambda index: index, "f" * 64, **more)


def recipe(*metrics: str, **data: Any) -> Recipe:
    section = DataSection(**data)
    return Recipe(ovopt=1, family="f", data=section, metrics=tuple(map(metric_named, metrics)))


def made_with(division: dict[str, tuple[int, ...]], source: str, of: Recipe, seed: int = 0) -> Manifest:
    splits = {name: tuple(f"{source}#{i}" for i in chosen) for name, chosen in division.items()}
    facts = DataFacts(source=source, fingerprint="f" * 64, seed=seed, splits=splits)
    return Manifest(
        ovopt="1", created="now", source=FILE, model=FILE, recipe=of.resolved(), data=facts, steps=(), machine=MACHINE
    )


def test_the_name_of_a_file_does_not_change_the_division() -> None:
    assert divide(samples(), recipe(), 0).splits == divide(samples(source="other.npz"), recipe(), 0).splits


def test_a_bundle_is_judged_by_the_samples_that_its_manifest_keeps() -> None:
    then = {"calibration": (3, 1), "tuning": (0,), "gate": (2, 4, 5)}
    made = made_with(then, "old.npz", recipe())
    assert divide(samples(), recipe(), 0, [made]).splits == then
    for other in (
        divide(samples(), recipe(splits={"gate": 5}), 0, [made]),
        divide(samples(), recipe(), 1, [made]),
        divide(samples(4), recipe(), 0, [made]),
    ):
        assert other.splits != then


@pytest.mark.parametrize(
    ("labels", "metrics", "stratified"),
    [
        ([0, 1] * 8, (), True),
        (list(range(16)), (), False),
        (["ant", "bee"] * 8, ("top1",), True),
        (["a text", "another"] * 8, ("cer",), False),
        ([0.5, 1.5] * 8, (), False),
        ([None, 1] * 8, ("top1",), True),
        ([BadLabel("no"), 1] * 8, ("top1",), False),
    ],
)
def test_only_labels_that_are_classes_divide_the_samples(labels: Any, metrics: Any, stratified: bool) -> None:
    plain = divide(samples(), recipe(), 3).splits
    assert (divide(samples(labels=tuple(labels)), recipe(*metrics), 3).splits != plain) == stratified


def test_a_name_that_tells_nothing_is_remarked_or_refused_as_a_part() -> None:
    own = ("train",) * 6 + ("test",) * 6 + ("more",) * 4
    assert divide(samples(splits=own), recipe(), 0).remarks == (
        "samples of 'more' are not used: the name does not tell what for; data.splits can say it",
    )
    check_parts(["train", "more"], recipe(splits={"gate": "more"}))
    message = (
        "data.source: the part 'trian' has neither a usual name nor one that data.splits names; did you mean 'train'?"
    )
    with pytest.raises(SplitError, match=exactly(message)):
        check_parts(["trian", "gate"], recipe())


def test_two_names_for_one_split_are_remarked() -> None:
    own = ("train",) * 6 + ("val",) * 4 + ("valid",) * 2 + ("test",) * 4
    said = "tuning draws from val and valid, which are names for the same; data.splits.tuning can choose"
    assert divide(samples(splits=own), recipe(), 0).remarks == (said,)
    assert divide(samples(splits=own), recipe(splits={"tuning": ["val", "valid"]}), 0).remarks == ()


def test_a_class_that_one_split_alone_has_is_remarked() -> None:
    labels = (0, 1, 2, 0, 1, 2, 3, 3, 0, 1, 1, 1, 0, 0, 0, 0)
    found = divide(samples(labels=labels, splits=OWN, classes=("ant", "bee", "cow", "dog")), recipe("top1"), 0)
    assert found.remarks == ("of the data's own splits only train has samples of classes cow, dog",)


def grouped(**data: Any) -> Any:
    speakers = ["ann", "bob", None, "cat", "dan", "eve", "fay", "gus"] + ["hal", "ann"] + [None] * 6

    class Held:
        def __call__(self) -> Any:
            return speakers

    return samples(splits=OWN, columns={"speaker": Held()}), recipe(group="speaker", **data)


TORN = {"calibration": "train", "tuning": 0, "gate": "test"}


def test_a_group_over_two_splits_is_refused_or_left_out_where_it_trains() -> None:
    data, made = grouped(splits=TORN)
    why = (
        "data.group: a group is in several splits: 'ann' has 1 sample in calibration (train) and 1 sample in gate "
        "(test)"
    )
    with pytest.raises(DataError, match=exactly(f"{why}; --on-bad-sample skip leaves out those that do not judge")):
        prepare(_holding(made, data), [], 0)
    found = prepare(_holding(made, data, on_bad_sample="skip"), [], 0)
    left = LeftOutSample(kind="group", why="set.npz#0: others of its group, 'ann', are in gate")
    assert found.facts.left_out == {"set.npz#0": left}
    assert found.remarks == (why,)


def test_groups_that_are_the_classes_are_refused() -> None:
    data = samples(labels=tuple(i % 2 for i in range(16)), columns={"kind": lambda: [f"k{i % 2}" for i in range(16)]})
    why = "data.group: the groups are the classes themselves, which every split should hold"
    with pytest.raises(SplitError, match=exactly(why)):
        divide(data, recipe("top1", group="kind"), 0)


def _holding(made: Recipe, data: Samples, **more: Any) -> Recipe:
    from ovopt.contracts import DataSource

    class Held(DataSource):
        """Samples at hand."""

        name = "held"

        def open(self, inputs: Any, seed: int) -> Samples:
            return data

    return made.model_copy(update={"data": made.data.model_copy(update={"source": Held(), **more})})


def test_pairs_keep_identities_apart_themselves() -> None:
    with pytest.raises(
        SplitError, match=exactly("data.group: pairs share no identity with those of another split; take it out")
    ):
        divide(samples(), recipe(group="speaker"), 0, pairs={})


def test_samples_of_groups_that_judge_are_counted_as_intervals_do_not_know_them() -> None:
    data = samples(columns={"speaker": lambda: [f"s{i // 4}" for i in range(16)]})
    found = prepare(_holding(recipe(group="speaker"), data), [], 0)
    assert found.doubts_of(range(8)) == [
        "the 8 samples that judge belong to 2 groups: intervals take each sample as one of its own, and are too narrow "
        "where those of a group are answered alike"
    ]
    assert found.doubts_of([0, 4, 8]) == []
