"""Windows of series over time."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from ovopt.contracts import BadLabel
from ovopt.data.series import Series
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

HOURS = pd.date_range("2024-01-01", periods=100, freq="h")


def table(folder, name="load.csv", **columns):
    file = folder / name
    frame = pd.DataFrame({"date": HOURS, **columns})
    frame.to_parquet(file) if name.endswith("parquet") else frame.to_csv(file, index=False)
    return file


def opened(file, context=8, horizon=4, **keys):
    return Series(path=str(file), context=context, horizon=horizon, **keys).open((), 0)


@pytest.mark.parametrize("name", ["load.csv", "load.parquet"])
def test_a_window_is_what_came_before_and_its_label_what_came_next(tmp_path, name):
    values = np.random.default_rng(0).normal(size=100)
    samples = opened(table(tmp_path, name, load=values))
    for index, moment in enumerate(range(8, 70 - 3, 4)):
        content = samples.load(index)
        assert content.dtype == np.float32
        np.testing.assert_array_equal(content, values[moment - 8 : moment].astype(np.float32))
        np.testing.assert_allclose(samples.labels[index].values, values[moment : moment + 4])
        assert samples.ids[index] == f"load@{HOURS[moment]}"


def test_the_last_times_are_for_judging_and_no_horizon_reaches_into_another_split(tmp_path):
    samples = opened(table(tmp_path, load=np.arange(100.0)), step=1)
    assert Counter(samples.splits) == {"train": 59, "val": 7, "test": 17}
    held = {"train": range(70), "val": range(70, 80), "test": range(80, 100)}
    for label, split in zip(samples.labels, samples.splits, strict=True):
        assert {int(value) for value in label.values} <= set(held[split])
    assert Counter(opened(table(tmp_path, load=np.arange(100.0)), val=0, test=12).splits) == {"train": 20, "test": 3}


@pytest.mark.parametrize(("shape", "columns"), [((1, 12), 1), ((1, 12, 1), 1), ((1, 1, 12), 1), ((None, 12, 3), 3)])
def test_the_model_tells_how_many_times_it_sees(tmp_path, shape, columns):
    file = table(tmp_path, **{f"c{i}": np.arange(100.0) for i in range(columns)})
    port = Port(name="x", shape=shape, dtype="f32")
    assert len(Series(path=str(file), horizon=4).open([port], 0).load(0)) == 12


def test_what_nothing_tells_is_asked_for(tmp_path):
    file = table(tmp_path, load=np.arange(100.0))
    fault = f"{file}: --set data.source.context=... says how many times the model sees"
    with pytest.raises(DataError, match=exactly(fault)):
        opened(file, context=None)
    fault = f"{file}: --set data.source.horizon=... says how many times the model foretells"
    with pytest.raises(DataError, match=exactly(fault)):
        opened(file, horizon=None)


def test_rows_are_brought_into_the_order_of_their_times(tmp_path):
    values = np.random.default_rng(1).normal(size=100)
    order = np.random.default_rng(2).permutation(100)
    shuffled = tmp_path / "mixed.csv"
    pd.DataFrame({"ds": HOURS[order], "y": values[order]}).to_csv(shuffled, index=False)
    np.testing.assert_allclose(opened(shuffled).load(3), values[12:20], rtol=1e-6)


def test_several_columns_are_several_series_at_once(tmp_path):
    values = np.random.default_rng(3).normal(size=(100, 3))
    file = table(tmp_path, a=values[:, 0], b=values[:, 1], note="x", c=values[:, 2])
    samples = opened(file)
    assert samples.load(0).shape == (8, 3)
    np.testing.assert_allclose(samples.labels[0].values, values[8:12])
    one = opened(file, values="b")
    np.testing.assert_allclose(one.load(0), values[:8, 1], rtol=1e-6)
    two = opened(file, values=("c", "a"))
    np.testing.assert_allclose(two.labels[0].values, values[8:12][:, [2, 0]])


def test_series_below_each_other_are_told_apart_each_with_its_own_splits(tmp_path):
    file = tmp_path / "stores.csv"
    frames = [pd.DataFrame({"unique_id": name, "ds": HOURS[:n], "y": np.arange(n) + 1000.0 * k}) for k, (name, n) in
              enumerate({"south": 60, "north": 40, "new": 9}.items())]  # fmt: skip
    pd.concat(frames).sample(frac=1, random_state=0).to_csv(file, index=False)
    samples = opened(file)
    names = samples.column("series")
    assert Counter(names) == {"south": 12, "north": 8}
    for index, name in enumerate(names):
        start = 0 if name == "south" else 1000
        assert np.ptp(samples.load(index)) == 7
        assert start <= samples.load(index)[0] < start + 60
    assert {samples.splits[index] for index, name in enumerate(names) if name == "north"} == {"train", "val", "test"}


def test_standardized_series_have_the_mean_and_deviation_of_their_training_times(tmp_path):
    values = np.random.default_rng(4).normal(50, 9, (100, 2))
    samples = opened(table(tmp_path, a=values[:, 0], b=values[:, 1]), standardize=True)
    scaled = (values - values[:70].mean(axis=0)) / values[:70].std(axis=0)
    np.testing.assert_allclose(samples.load(0), scaled[:8], rtol=1e-5)
    np.testing.assert_allclose(samples.labels[-1].values, scaled[96:100])


@pytest.mark.parametrize("season", [1, 24])
def test_a_label_knows_how_its_series_changed_from_season_to_season(tmp_path, season):
    values = np.random.default_rng(5).normal(size=100)
    samples = opened(table(tmp_path, load=values), context=30, season=season)
    for label, name in zip(samples.labels, samples.ids, strict=True):
        moment = list(map(str, HOURS)).index(name.split("@")[1])
        history = values[:moment]
        assert label.change == pytest.approx(np.abs(history[season:] - history[:-season]).mean())


def test_missing_values_make_bad_samples(tmp_path):
    values = np.arange(100.0)
    values[13] = np.nan
    samples = opened(table(tmp_path, load=values))
    why = f"load@{HOURS[12]}: a value is missing among the 4 times to be foretold"
    assert samples.labels[1] == BadLabel(why)
    fault = f"load@{HOURS[16]}: a value is missing among the 8 times before"
    with pytest.raises(DataError, match=exactly(fault)):
        samples.load(2)
    assert np.isfinite(samples.labels[2].change)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"time": "when"}, "{0}: data.source.time: no column 'when'; known: date, load, note"),
        ({"values": "lod"}, "{0}: data.source.values: no column 'lod'; did you mean 'load'?"),
        ({"values": "note"}, "{0}: the column 'note' of data.source.values holds no numbers"),
        ({"context": 99}, "{0}: no series has a window of 99 and 4 times; the longest has 100"),
        (
            {"time": "note"},
            "{0}: the column 'note' holds no times: Unknown datetime string format, unable to parse: x",
        ),
    ],
)
def test_what_does_not_fit_the_table_is_an_error(tmp_path, keys, fault):
    file = table(tmp_path, load=np.arange(100.0), note="x")
    with pytest.raises(DataError) as caught:
        opened(file, **keys)
    assert str(caught.value).startswith(fault.format(file))


def test_a_file_that_is_no_table_is_an_error(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match=exactly(f"{tmp_path}/a.xlsx: a series is read from .csv, .tsv, .parquet")):
        opened(tmp_path / "a.xlsx")
