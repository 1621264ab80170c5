"""Disjoint splits."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.data.own_splits import NAMES
from ovopt.data.split import Splits, split, torn
from ovopt.errors import DataError
from tests.factories import exactly

IDS = [f"sample#{i}" for i in range(200)]
shares = st.tuples(*[st.floats(0, 0.33)] * 2).map(lambda pair: Splits(calibration=pair[0], tuning=pair[1]))


def ids_of(ids, splits, seed=0):
    return {name: {ids[i] for i in chosen} for name, chosen in split(ids, splits, seed).items()}


@given(st.integers(0, 300), shares, st.integers(0, 2**32))
def test_splits_are_disjoint_and_hold_every_sample(n, splits, seed):
    found = split([f"s{i}" for i in range(n)], splits, seed)
    assert tuple(found) == NAMES
    assert Counter(i for chosen in found.values() for i in chosen) == Counter(range(n))
    assert len(found["calibration"]) == int(splits.calibration * n)
    assert len(found["tuning"]) == int(splits.tuning * n)


@pytest.mark.parametrize(
    ("given_", "sizes"),
    [
        ({"calibration": 20, "tuning": 30}, (20, 30, 150)),
        ({"calibration": 20, "tuning": 30, "gate": 50}, (20, 30, 50)),
        ({"calibration": "rest", "tuning": 0, "gate": 0.5}, (100, 0, 100)),
        ({"calibration": 0.25, "tuning": 0.25, "gate": 0.5}, (50, 50, 100)),
        ({"calibration": 0, "tuning": 0, "gate": 1.0}, (0, 0, 200)),
        ({"calibration": 0, "tuning": 0, "gate": 1}, (0, 0, 1)),
    ],
)
def test_counts_shares_and_the_rest_are_what_they_say(given_, sizes):
    assert tuple(map(len, split(IDS, Splits(**given_), 0).values())) == sizes


def test_a_seed_gives_the_same_splits_again_and_another_seed_others():
    assert split(IDS, Splits(), 1) == split(IDS, Splits(), 1) != split(IDS, Splits(), 2)


def test_a_split_mixes_the_order_of_the_data():
    chosen = split(IDS, Splits(calibration=100), 0)["calibration"]
    assert sorted(chosen) != list(chosen)
    assert 30 < sum(i < 100 for i in chosen) < 70


@given(st.integers(30, 200), st.integers(0, 40), st.integers(0, 100))
def test_samples_that_are_added_move_no_more_samples_than_they_are(n, added, seed):
    splits = Splits(calibration=10, tuning=10)
    before, after = (ids_of([f"s{i}" for i in range(count)], splits, seed) for count in (n, n + added))
    assert len(before["calibration"] - after["calibration"]) <= added
    assert len((before["calibration"] | before["tuning"]) - (after["calibration"] | after["tuning"])) <= added


@given(st.permutations(IDS[:40]))
def test_the_order_of_the_samples_does_not_matter(shuffled):
    assert ids_of(shuffled, Splits()) == ids_of(IDS[:40], Splits())


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"tuning": "rest"}, "data.splits: tuning and gate cannot both be `rest`"),
        (
            {"calibration": 150, "tuning": 100},
            "data.splits: calibration 150 + tuning 100 = 250 samples asked for, the data holds 200; lower them in the "
            "recipe or with --set data.splits.calibration=...",
        ),
        (
            {"calibration": 1.5},
            "data.splits.calibration: 1.5 is no share; give a count or a share from 0.0 to 1.0",
        ),
        ({"tuning": -0.1}, "data.splits.tuning: -0.1 is no share; give a count or a share from 0.0 to 1.0"),
        ({"gate": -5}, "data.splits.gate: -5 is no count of samples"),
    ],
)
def test_splits_that_cannot_be_are_an_error(given_, message):
    with pytest.raises(DataError, match=exactly(message)):
        split(IDS, Splits(**given_), 0)


def by_class(labels, chosen):
    return Counter(labels[i] for i in chosen)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), shares, st.integers(0, 2**32))
def test_every_split_holds_about_the_same_share_of_each_class(labels, splits, seed):
    n, classes = len(labels), Counter(labels)
    found = split([f"s{i}" for i in range(n)], splits, seed, labels)
    assert Counter(i for chosen in found.values() for i in chosen) == Counter(range(n))
    assert [len(found[name]) for name in NAMES[:2]] == [int(splits.calibration * n), int(splits.tuning * n)]
    for chosen in found.values():
        for label, count in classes.items():
            share = len(chosen) * count / n
            # Within one sample at either end of the split, whose ends lie within one sample per class of their places.
            slack = 2 * (1 + count * len(classes) / n)
            assert abs(by_class(labels, chosen)[label] - share) <= slack


def test_balanced_classes_stay_balanced():
    labels = [f"c{i % 10}" for i in range(200)]
    for chosen in split(IDS, Splits(calibration=50, tuning=50), 3, labels).values():
        counts = by_class(labels, chosen)
        assert len(counts) == 10
        assert max(counts.values()) - min(counts.values()) <= 2


def test_rare_classes_are_in_all_splits_alike_over_many_seeds():
    labels = ["common"] * 150 + [f"rare{i}" for i in range(50)]
    rare = [sum(i >= 150 for i in split(IDS, Splits(), seed, labels)["calibration"]) for seed in range(200)]
    assert 11.5 < sum(rare) / len(rare) < 13.5


@pytest.mark.parametrize("labels", [None, ["a"] * 200])
def test_a_single_class_change_nothing(labels):
    plain = split(IDS, Splits(calibration=20, tuning=0.3), 5)
    assert {k: set(v) for k, v in split(IDS, Splits(calibration=20, tuning=0.3), 5, labels).items()} == {
        k: set(v) for k, v in plain.items()
    }


@given(st.lists(st.integers(0, 3), min_size=30, max_size=120), st.integers(0, 40), st.integers(0, 100))
def test_samples_that_are_added_move_no_more_labelled_samples_than_they_are(labels, added, seed):
    splits = Splits(calibration=10, tuning=10)
    ids = [f"s{i}" for i in range(len(labels) + added)]
    more = [*labels, *(i % 4 for i in range(added))]
    before, after = (
        {name: {ids[i] for i in chosen} for name, chosen in split(ids[:n], splits, seed, more[:n]).items()}
        for n in (len(labels), len(ids))
    )
    assert len(before["calibration"] - after["calibration"]) <= added
    assert len((before["calibration"] | before["tuning"]) - (after["calibration"] | after["tuning"])) <= added


@given(st.permutations(range(40)))
def test_the_order_of_labelled_samples_does_not_matter(order):
    labels = {f"s{i}": i % 3 for i in range(40)}
    ids = [f"s{i}" for i in order]
    found = split(ids, Splits(), 0, [labels[name] for name in ids])
    plain = split(list(labels), Splits(), 0, list(labels.values()))
    assert {k: [ids[i] for i in v] for k, v in found.items()} == {k: [f"s{i}" for i in v] for k, v in plain.items()}


GROUPED = [f"g{i // 7}" for i in range(200)]


def sides(groups, chosen):
    return [{groups[i] for i in indices} for indices in chosen.values()]


@given(st.lists(st.integers(0, 12), min_size=40, max_size=200), st.integers(0, 2**32))
def test_a_group_is_in_one_split_and_sizes_are_off_by_less_than_the_largest(members, seed):
    groups = [f"g{member}" for member in members]
    if len(set(groups)) < 3:
        return
    found = split([f"s{i}" for i in range(len(groups))], Splits(), seed, groups=groups)
    calibration, tuning, gate = sides(groups, found)
    assert not calibration & tuning | tuning & gate | calibration & gate
    assert Counter(i for chosen in found.values() for i in chosen) == Counter(range(len(groups)))
    assert all(found.values())
    largest = max(Counter(groups).values())
    assert abs(len(found["calibration"]) - len(groups) // 4) <= largest


def test_groups_of_one_are_divided_as_samples_are():
    found = split(IDS, Splits(), 3, groups=[None] * 200)
    assert {name: set(chosen) for name, chosen in found.items()} == {
        name: set(chosen) for name, chosen in split(IDS, Splits(), 3).items()
    }


def test_sizes_are_as_near_as_whole_groups_come():
    groups = ["large"] * 100 + [f"g{i}" for i in range(100)]
    found = split(IDS, Splits(calibration=50, tuning=50), 1, groups=groups)
    assert tuple(map(len, found.values())) == (50, 50, 100)
    assert {groups[i] for i in found["gate"]} == {"large"}


def test_each_split_has_a_group_where_there_are_enough():
    groups = ["a"] * 198 + ["b", "c"]
    assert all(split(IDS, Splits(calibration=0.4, tuning=0.4), 0, groups=groups).values())


def test_groups_that_are_too_few_are_counted_with_the_largest():
    message = (
        "data.group: 2 groups cannot fill 3 splits (calibration, tuning, gate): the largest holds 150 of 200 samples; "
        "a split of 0 is left out, as with --set data.splits.calibration=0"
    )
    with pytest.raises(DataError, match=exactly(message)):
        split(IDS, Splits(), 0, groups=["a"] * 150 + ["b"] * 50)
    found = split(IDS, Splits(calibration=0), 0, groups=["a"] * 150 + ["b"] * 50)
    assert tuple(map(len, found.values())) == (0, 50, 150)


def test_groups_are_spread_by_the_class_that_they_have_most_of():
    groups = [f"g{i // 4}" for i in range(200)]
    labels = [i // 4 % 2 for i in range(200)]
    for chosen in split(IDS, Splits(), 5, labels, groups=groups).values():
        counts = by_class(labels, chosen)
        assert abs(counts[0] - counts[1]) <= 8


def test_a_group_in_two_of_the_datas_own_splits_is_found():
    own = ["train"] * 100 + ["test"] * 100
    groups = [f"g{i % 100}" if i in (5, 105) else None for i in range(200)]
    found = split(IDS, Splits(calibration="train", tuning=0, gate="test"), 0, own=own, groups=groups)
    assert torn(found, groups) == {"g5": {"calibration": [5], "gate": [105]}}


def test_a_place_is_drawn_by_the_key_and_not_by_the_id():
    keys = [str(i) for i in range(200)]
    renamed = split([f"other#{i}" for i in range(200)], Splits(), 0, keys=keys)
    assert split(IDS, Splits(), 0, keys=keys) == renamed != split(IDS, Splits(), 0)
