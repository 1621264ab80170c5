"""Tables through `datasets`, from local files and memory."""

import json

import datasets
import numpy as np
import pytest

from ovopt.data.hf import HuggingFace
from ovopt.data.table import Columns, samples_of
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

ONE = [Port(name="x", shape=(None, 2), dtype="f32")]
TWO = [Port(name="a", shape=(None, 1), dtype="f32"), Port(name="b", shape=(None, 1), dtype="f32")]
ROWS = [{"a": 1.0, "b": 2.0, "label": 0}, {"a": 3.0, "b": 4.0, "label": 1}]


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def table(**columns):
    return datasets.Dataset.from_dict(columns)


def _write(file):
    columns = {key: [row[key] for row in ROWS] for key in ROWS[0]}
    match file.suffix:
        case ".csv" | ".tsv":
            mark = "," if file.suffix == ".csv" else "\t"
            file.write_text(
                "\n".join(mark.join(map(str, line)) for line in (ROWS[0], *(r.values() for r in ROWS))) + "\n"
            )
        case ".json" | ".jsonl":
            file.write_text("\n".join(map(json.dumps, ROWS)))
        case ".parquet":
            table(**columns).to_parquet(file)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_a_local_table_is_read_by_its_suffix(tmp_path, suffix):
    file = tmp_path / f"t{suffix}"
    _write(file)
    samples = HuggingFace(path=str(file)).open(ONE, seed=0)
    assert samples.labels == (0, 1)
    assert samples.ids == (f"t{suffix}#0", f"t{suffix}#1")
    assert samples.load(1).tolist() == [3.0, 4.0]


def test_columns_become_one_vector_or_one_input_each():
    data = table(a=[1.0, 3.0], b=[2.0, 4.0], label=[0, 1])
    assert samples_of(data, "t", "f", ONE).load(0).tolist() == [1.0, 2.0]
    assert samples_of(data, "t", "f", TWO).load(0) == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("column", ["inputs", "image", "text", "x"])
def test_an_input_column_is_found_by_its_usual_name_or_the_models(column):
    data = table(**{column: [[1.0, 2.0]], "other": [9], "label": [0]})
    assert samples_of(data, "t", "f", ONE).load(0) == [1.0, 2.0]


def test_columns_can_be_named():
    data = table(u=[1.0], v=[2.0], w=[3.0], cls=[7])
    samples = samples_of(data, "t", "f", ONE, Columns(("w", "u"), "cls"))
    assert samples.load(0).tolist() == [3.0, 1.0]
    assert samples.labels == (7,)
    assert samples_of(data, "t", "f", ONE, Columns("v")).load(0) == 2.0


@pytest.mark.parametrize("column", ["label", "labels", "y", "target"])
def test_a_label_column_is_found_by_its_usual_name(column):
    assert samples_of(table(x=[1.0], **{column: [5]}), "t", "f", ONE).labels == (5,)


def test_a_table_without_labels_has_none():
    assert samples_of(table(x=[1.0]), "t", "f", ONE).labels is None


@pytest.mark.parametrize(
    ("columns", "keys", "message"),
    [
        ({"image": [1], "label": [0]}, {"inputs": "imge"}, "t: no column 'imge'; did you mean 'image'?"),
        ({"image": [1], "class": [0]}, {"label": "klass"}, "t: no column 'klass'; did you mean 'class'?"),
        ({"image": [1]}, {"inputs": ("image", "zz")}, "t: no column 'zz'; known: image"),
        ({"label": [0]}, {}, "t: holds no input columns"),
        ({"image": [], "label": []}, {}, "t: holds no samples"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error(columns, keys, message):
    with pytest.raises(DataError, match=exactly(message)):
        samples_of(table(**columns), "t", "f", ONE, Columns(**keys))


def test_a_missing_file_is_an_error(tmp_path):
    file = tmp_path / "t.csv"
    with pytest.raises(DataError, match=exactly(f"{file}: no such data file")):
        HuggingFace(path=str(file)).open(ONE, seed=0)


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
def test_a_file_that_cannot_be_loaded_is_an_error(tmp_path, suffix):
    file = tmp_path / f"t{suffix}"
    file.write_bytes(b"{junk")
    with pytest.raises(DataError, match=rf"\At\{suffix}: cannot be loaded: .+"):
        HuggingFace(path=str(file)).open(ONE, seed=0)


def test_the_fingerprint_is_that_of_the_file(tmp_path):
    for name in ("t.csv", "u.csv"):
        _write(tmp_path / name)
    first, second = (HuggingFace(path=str(tmp_path / name)).open(ONE, 0).fingerprint for name in ("t.csv", "u.csv"))
    assert first == second
    assert len(first) == 64


def test_images_are_arrays_to_numpy():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    data = datasets.Dataset.from_dict({"image": [pixels.tolist()], "label": [0]})
    np.testing.assert_array_equal(samples_of(data, "t", "f", ONE).load(0), pixels)
