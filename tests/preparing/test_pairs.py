"""Pairs of samples, whose identities are on one side of a split alone."""

from collections import Counter

import numpy as np
import pytest

from ovopt.contracts import BadLabel, Parts, Samples
from ovopt.data.pairs import Pairs
from ovopt.data.split import Splits
from ovopt.errors import DataError
from ovopt.preparing.pairs import paired
from tests.factories import exactly

PEOPLE, EACH = 24, 5


def samples(people=PEOPLE, each=EACH, own=None, labels=None):
    names = [f"p{i:02}" for i in range(people) for _ in range(each)]
    ids = tuple(f"{name}/{place % each}.png" for place, name in enumerate(names))
    labels = tuple(names if labels is None else labels)
    return Samples("faces", ids, labels, lambda index: ids[index], "0" * 64, splits=own)


def identities(made, which):
    """Who is on the samples of these pairs."""
    return {part.split("/")[0] for index in which for part in made.samples.load(index)}


def of_kind(made, which):
    return Counter(made.samples.labels[index] for index in which)


def test_a_pair_has_two_different_samples_and_says_if_they_are_of_one_identity():
    made = paired(samples(), Pairs(same=60, different=100), Splits(), 0)
    assert of_kind(made, range(160)) == {1: 60, 0: 100}
    for index, (name, label) in enumerate(zip(made.samples.ids, made.samples.labels, strict=True)):
        first, second = parts = made.samples.load(index)
        assert isinstance(parts, Parts)
        assert name == f"{first} + {second}"
        assert first != second
        assert label == int(first.split("/")[0] == second.split("/")[0])
    assert len({frozenset(name.split(" + ")) for name in made.samples.ids}) == 160


def test_splits_share_no_identity_and_have_the_same_share_of_both_kinds():
    made = paired(samples(), Pairs(same=40, different=80), Splits(), 0)
    sizes = {name: len(chosen) for name, chosen in made.splits.items()}
    assert sizes == {"calibration": 30, "tuning": 30, "gate": 60}
    people = {name: identities(made, chosen) for name, chosen in made.splits.items()}
    assert sum(map(len, people.values())) == len(set().union(*people.values())) == PEOPLE
    for chosen in made.splits.values():
        assert of_kind(made, chosen)[1] * 3 == len(chosen)


def test_a_count_of_a_split_is_kept_and_a_split_of_0_needs_no_identities():
    made = paired(samples(4), Pairs(same=10, different=10), Splits(calibration=0, tuning=0), 0)
    assert {name: len(chosen) for name, chosen in made.splits.items()} == {"calibration": 0, "tuning": 0, "gate": 20}
    made = paired(samples(), Pairs(same=40, different=60), Splits(calibration=10, tuning=7), 0)
    assert {name: len(chosen) for name, chosen in made.splits.items()} == {"calibration": 10, "tuning": 7, "gate": 83}


def test_pairs_follow_from_the_seed():
    same = [paired(samples(), Pairs(same=20, different=20), Splits(), seed) for seed in (0, 0, 1)]
    assert same[0].samples.ids == same[1].samples.ids != same[2].samples.ids
    assert same[0].samples.fingerprint == same[1].samples.fingerprint != same[2].samples.fingerprint


def test_all_pairs_that_there_are_can_be_asked_for():
    made = paired(samples(3, 3), Pairs(same=9, different=27), Splits(calibration=0, tuning=0), 0)
    assert of_kind(made, range(36)) == {1: 9, 0: 27}
    assert len({frozenset(name.split(" + ")) for name in made.samples.ids}) == 36


def test_every_identity_has_about_as_many_pairs_however_many_samples_it_has():
    labels = ["big"] * 60 + [f"p{i}" for i in range(15) for _ in range(4)]
    made = paired(samples(24, 5, labels=labels), Pairs(same=64, different=400), Splits(calibration=0, tuning=0), 0)
    counted = Counter()
    for index, label in enumerate(made.samples.labels):
        if label:
            counted[labels[samples(24, 5).ids.index(made.samples.load(index)[0])]] += 1
    assert set(counted.values()) == {4}


def test_the_datas_own_splits_are_kept_each_with_so_many_pairs():
    own = tuple("train" if place < 60 else "val" if place < 80 else "test" for place in range(PEOPLE * EACH))
    made = paired(samples(own=own), Pairs(same=8, different=12), Splits(), 0)
    assert Counter(made.samples.splits) == {"train": 20, "val": 20, "test": 20}
    for name, split in (("train", "calibration"), ("val", "tuning"), ("test", "gate")):
        assert {made.samples.splits[index] for index in made.splits[split]} == {name}
    people = [identities(made, chosen) for chosen in made.splits.values()]
    assert sum(map(len, people)) == len(set().union(*people))


def test_an_identity_of_several_own_splits_is_left_to_the_one_that_judges():
    own = tuple("train" if place % EACH < 3 and place >= 25 else "test" for place in range(PEOPLE * EACH))
    own = tuple("train" if place >= 60 else name for place, name in enumerate(own))
    made = paired(samples(own=own), Pairs(same=6, different=6), Splits(), 0)
    people = {name: identities(made, chosen) for name, chosen in made.splits.items()}
    assert people["calibration"] <= {f"p{i:02}" for i in range(12, 24)}
    assert people["tuning"] | people["gate"] <= {f"p{i:02}" for i in range(12)}
    assert not people["tuning"] & people["gate"]
    trained = {f"p{i:02}/{j}.png" for i in range(5, 12) for j in range(3)}
    assert not trained & {part for i in range(len(made.samples)) for part in made.samples.load(i)}


def test_a_sample_without_a_label_is_in_no_pair():
    labels = [None if place % EACH == 0 else f"p{place // EACH:02}" for place in range(PEOPLE * EACH)]
    labels[1] = BadLabel("broken")
    made = paired(samples(labels=labels), Pairs(same=40, different=40), Splits(), 0)
    used = {part for index in range(80) for part in made.samples.load(index)}
    assert not [part for part in used if part.endswith("/0.png") or part == "p00/1.png"]


def test_a_file_of_pairs_judges_and_whom_it_does_not_name_calibrates(tmp_path):
    (tmp_path / "pairs.csv").write_text(
        "a,b,same\np00/0.png,p00/1.png,1\np00/0,p01/0,0\np02/1.png,p03/1.png,0\np02/0.png,p02/3.png,1\n"
    )
    made = paired(samples(), Pairs(file=str(tmp_path / "pairs.csv")), Splits(), 0)
    listed = [name for name, own in zip(made.samples.ids, made.samples.splits, strict=True) if own == "test"]
    assert sorted(listed) == [
        "p00/0.png + p00/1.png",
        "p00/0.png + p01/0.png",
        "p02/0.png + p02/3.png",
        "p02/1.png + p03/1.png",
    ]
    people = {name: identities(made, chosen) for name, chosen in made.splits.items()}
    assert people["calibration"] <= {f"p{i:02}" for i in range(4, PEOPLE)}
    assert {frozenset(people["tuning"]), frozenset(people["gate"])} == {
        frozenset(("p00", "p01")),
        frozenset(("p02", "p03")),
    }


def test_pairs_that_all_hang_together_are_divided_one_by_one(tmp_path):
    lines = [f"p{i % 3:02}/{i % 5}.png p{(i + 1) % 3:02}/{i // 5}.png 0" for i in range(12)]
    (tmp_path / "pairs.txt").write_text("\n".join(lines))
    made = paired(samples(3), Pairs(file=str(tmp_path / "pairs.txt")), Splits(), 0)
    assert {name: len(chosen) for name, chosen in made.splits.items()} == {"calibration": 3, "tuning": 3, "gate": 6}
    assert sorted(index for chosen in made.splits.values() for index in chosen) == list(range(12))
    assert made.samples.splits is None


@pytest.mark.parametrize(
    ("given", "keys", "fault"),
    [
        (
            {"people": 1},
            {"same": 1, "different": 1},
            "faces: data.pairs needs samples whose labels say who or what is on them; these name 1 alone",
        ),
        (
            {"labels": [None] * PEOPLE * EACH},
            {"same": 1, "different": 1},
            "faces: data.pairs needs samples whose labels say who or what is on them; these name nobody",
        ),
        (
            {"each": 1},
            {"same": 4, "different": 4},
            "data.pairs.same: 1 asked for of the 6 identities of calibration, of which 0 can be made; ask for fewer "
            "with --set data.pairs.same=..., or give that split more of all samples (data.splits)",
        ),
        (
            {"people": 4, "each": 2},
            {"same": 0, "different": 4000},
            "data.pairs.different: 1,000 asked for of the 1 identities of calibration, of which 0 can be made; ask for "
            "fewer with --set data.pairs.different=..., or give that split more of all samples (data.splits)",
        ),
    ],
)
def test_too_few_identities_are_an_error(given, keys, fault):
    with pytest.raises(DataError, match=exactly(fault)):
        paired(samples(**given), Pairs(**keys), Splits(), 0)


def test_more_pairs_in_splits_than_are_made_are_an_error():
    fault = "data.splits: calibration 300 pairs asked for, data.pairs makes 40; lower them, or make more"
    with pytest.raises(DataError, match=exactly(fault)):
        paired(samples(), Pairs(same=20, different=20), Splits(calibration=300), 0)


def test_a_name_in_the_file_that_no_sample_has_is_an_error(tmp_path):
    (tmp_path / "pairs.csv").write_text("a,b,same\np00/0.png,x.png,1\n")
    fault = f"{tmp_path}/pairs.csv:2: no single sample is called 'x.png'; ids are as 'p00/0.png'"
    with pytest.raises(DataError, match=exactly(fault)):
        paired(samples(), Pairs(file=str(tmp_path / "pairs.csv")), Splits(), 0)


def test_many_samples_of_one_identity_cost_no_table_of_all_their_pairs():
    labels = ["one"] * 50_000 + ["two"] * 50_000
    made = paired(samples(2, 50_000, labels=labels), Pairs(same=100, different=100), Splits(calibration=0, tuning=0), 0)
    assert np.bincount(made.samples.labels).tolist() == [100, 100]
