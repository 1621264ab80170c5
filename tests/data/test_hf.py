"""Tables through `datasets`, from local files and memory."""

import gc
import io
import json
import tarfile
import tempfile

import datasets
import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image
from pydantic import ValidationError

from ovopt.data.columns import Choice
from ovopt.data.hf import HuggingFace
from ovopt.data.table import Table, samples_of
from ovopt.errors import DataError
from ovopt.preparing.label_files import read_label_file
from ovopt.records import Port
from tests.data.pictures import picture, recording
from tests.factories import exactly

ONE = [Port(name="x", shape=(None, 2), dtype="f32")]
TWO = [Port(name="a", shape=(None, 1), dtype="f32"), Port(name="b", shape=(None, 1), dtype="f32")]
ROWS = [{"a": 1.0, "b": 2.0, "label": 0}, {"a": 3.0, "b": 4.0, "label": 1}]
CLOSED_LATE = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A reader of `datasets` that fails does not close its file."""


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


@pytest.mark.parametrize("silent", [True, False])
def test_the_progress_bars_of_datasets_are_as_they_were(tmp_path, silent):
    _write(tmp_path / "t.csv")
    (datasets.disable_progress_bars if silent else datasets.enable_progress_bars)()
    HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    assert datasets.are_progress_bars_disabled() is silent


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
    assert samples_of(Table(data, "t", "f"), ONE).load(0).tolist() == [1.0, 2.0]
    assert samples_of(Table(data, "t", "f"), TWO).load(0) == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("column", ["inputs", "image", "text", "x"])
def test_an_input_column_is_found_by_its_usual_name_or_the_models(column):
    data = table(**{column: [[1.0, 2.0]], "other": [9], "label": [0]})
    assert samples_of(Table(data, "t", "f"), ONE).load(0) == [1.0, 2.0]


def test_columns_can_be_named():
    data = table(u=[1.0], v=[2.0], w=[3.0], cls=[7])
    samples = samples_of(Table(data, "t", "f"), ONE, Choice(("w", "u"), "cls"))
    assert samples.load(0).tolist() == [3.0, 1.0]
    assert samples.labels == (7,)
    assert samples_of(Table(data, "t", "f"), ONE, Choice("v")).load(0) == 2.0


@pytest.mark.parametrize("column", ["label", "labels", "y", "target"])
def test_a_label_column_is_found_by_its_usual_name(column):
    assert samples_of(Table(table(x=[1.0], **{column: [5]}), "t", "f"), ONE).labels == (5,)


def test_a_column_of_empty_labels_is_none(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,label\n1,2,\n3,4,\n")
    assert HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0).labels is None


def test_a_table_without_labels_has_none():
    assert samples_of(Table(table(x=[1.0]), "t", "f"), ONE).labels is None


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
        samples_of(Table(table(**columns), "t", "f"), ONE, Choice(**keys))


def test_a_missing_file_is_an_error(tmp_path):
    file = tmp_path / "t.csv"
    with pytest.raises(DataError, match=exactly(f"{file}: no such data file")):
        HuggingFace(path=str(file)).open(ONE, seed=0)


def test_a_file_that_cannot_be_loaded_is_an_error(tmp_path):
    file = tmp_path / "t.jsonl"
    file.write_bytes(b"{junk}")
    with pytest.raises(DataError, match=r"\At\.jsonl: cannot be loaded: .+"):
        HuggingFace(path=str(file)).open(ONE, seed=0)


@CLOSED_LATE
@pytest.mark.parametrize("content", ["", "a,b,label\n"])
def test_a_csv_without_rows_holds_no_samples(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 't.csv'}: holds no samples")):
        HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    gc.collect()


def test_a_table_of_many_columns_is_read(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(",".join(f"c{i}" for i in range(2000)) + "\n" + ",".join(map(str, range(2000))))
    np.testing.assert_array_equal(HuggingFace(path=str(file)).open(ONE, seed=0).load(0), range(2000))


def test_a_table_larger_than_the_recipe_says_is_refused(tmp_path):
    file = tmp_path / "t.jsonl"
    file.write_text('{"x": 1}\n{"y": 2}\n')
    rows, columns = (
        f"2 {what}, data.source.max_{what} is 1; raise it if that is meant" for what in ("rows", "columns")
    )
    with pytest.raises(DataError, match=exactly(f"{file}: {rows}")):
        HuggingFace(path=str(file), max_rows=1).open(ONE, seed=0)
    with pytest.raises(DataError, match=exactly(f"{file}: {columns}")):
        HuggingFace(path=str(file), max_columns=1).open(ONE, seed=0)
    with pytest.raises(DataError, match=exactly(f"{file}: {rows}")):
        HuggingFace(path=str(file), max_rows=1, streaming=True).open(ONE, seed=0)


def test_the_fingerprint_is_that_of_the_file(tmp_path):
    for name in ("t.csv", "u.csv"):
        _write(tmp_path / name)
    first, second = (HuggingFace(path=str(tmp_path / name)).open(ONE, 0).fingerprint for name in ("t.csv", "u.csv"))
    assert first == second
    assert len(first) == 64


def test_images_are_arrays_to_numpy():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    data = datasets.Dataset.from_dict({"image": [pixels.tolist()], "label": [0]})
    np.testing.assert_array_equal(samples_of(Table(data, "t", "f"), ONE).load(0), pixels)


def test_columns_of_text_stay_a_mapping_and_inputs_can_be_mapped():
    data = table(sentence1=["a", "b"], sentence2=["c", "d"], score=[1.0, 2.0])
    pair = {"sentence1": "b", "sentence2": "d"}
    for ports in (ONE, TWO):
        columns = Choice(("sentence1", "sentence2"), "score")
        assert samples_of(Table(data, "t", "f"), ports, columns).load(1) == pair
    mapped = Choice({"query": "sentence2", "score": "score"})
    assert samples_of(Table(data, "t", "f"), ONE, mapped).load(0) == {"query": "c", "score": 1.0}


def test_one_column_of_text_is_the_text_whatever_inputs_the_model_has():
    ports = [Port(name=name, shape=(None, None), dtype="i64") for name in ("input_ids", "attention_mask")]
    data = table(text=["hello"], label=[1])
    assert samples_of(Table(data, "t", "f"), ports).load(0) == "hello"


def test_one_column_that_is_an_input_is_given_to_it():
    data = table(a=[1.0], label=[1])
    assert samples_of(Table(data, "t", "f"), TWO, Choice("a")).load(0) == {"a": 1.0}


def test_class_names_of_the_table_are_those_of_the_samples():
    names = datasets.ClassLabel(names=["neg", "pos"])
    data = table(text=["a", "b", "c"], label=[0, 1, 1]).cast_column("label", names)
    samples = samples_of(Table(data, "t", "f"), ONE)
    assert (samples.classes, samples.labels) == (("neg", "pos"), (0, 1, 1))
    renamed = samples_of(Table(data, "t", "f"), ONE, Choice(rename={"pos": "good"}))
    assert (renamed.classes, renamed.labels, renamed.ids) == ((), ("good", "good"), ("t#1", "t#2"))
    assert renamed.load(0) == "b"


def test_class_names_of_a_sequence_are_found():
    tags = datasets.List(datasets.ClassLabel(names=["O", "B"]))
    data = table(text=["a"], ner=[[0, 1]]).cast_column("ner", tags)
    samples = samples_of(Table(data, "t", "f"), ONE, Choice(label="ner"))
    assert (samples.classes, samples.labels) == (("O", "B"), ([0, 1],))


def test_labels_that_are_numbers_can_be_renamed():
    samples = samples_of(Table(table(x=[1.0, 2.0, 3.0], label=[4, 5, 4]), "t", "f"), ONE, Choice(rename={"4": 0}))
    assert (samples.labels, samples.load(1)) == ((0, 0), 3.0)


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"x": [1], "label": ["good"]}, "no row has a label that data.source.rename names; did you mean 'good'?"),
        ({"x": [1]}, "data.source.rename is about labels, and the table has none"),
    ],
)
def test_renaming_what_is_not_there_is_an_error(columns, fault):
    with pytest.raises(DataError, match=exactly(f"t: {fault}")):
        samples_of(Table(table(**columns), "t", "f"), ONE, Choice(rename={"god": 0}))


def test_a_mapping_to_a_column_that_is_not_there_is_an_error():
    with pytest.raises(DataError, match=exactly("t: no column 'tex'; did you mean 'text'?")):
        samples_of(Table(table(text=["a"]), "t", "f"), ONE, Choice({"ids": "tex"}))


def test_a_folder_of_images_gives_bytes_and_class_names(tmp_path):
    contents = {
        label: picture(tmp_path / "set" / label / f"{label}.png", value=v) for v, label in enumerate(("cat", "dog"))
    }
    samples = HuggingFace(path=str(tmp_path / "set"), builder="imagefolder").open(ONE, 0)
    assert samples.classes == ("cat", "dog")
    assert {samples.classes[label]: samples.load(i) for i, label in enumerate(samples.labels)} == contents
    assert len(samples.fingerprint) == 64


def test_a_folder_of_recordings_with_a_table_gives_bytes_and_its_columns(tmp_path):
    content = recording(tmp_path / "set" / "a.wav")
    (tmp_path / "set" / "metadata.csv").write_text("file_name,transcription\na.wav,hello there\n")
    source = HuggingFace(path=str(tmp_path / "set"), builder="audiofolder", label="transcription")
    samples = source.open(ONE, 0)
    assert (samples.labels, samples.load(0)) == (("hello there",), content)


@pytest.mark.parametrize(
    ("metadata", "fault"),
    [
        (None, "{0}: holds no metadata.csv; `kind: files` reads folders of recordings without one"),
        ("filename,text\na.wav,x\n", "{0}/metadata.csv: no column 'file_name'; did you mean 'filename'?"),
        ("file_name,text\n../a.wav,x\n", "{0}/metadata.csv: '../a.wav' leads outside {0}; give paths inside it"),
    ],
)
def test_a_folder_of_recordings_that_does_not_fit_is_an_error(tmp_path, metadata, fault):
    recording(tmp_path / "a.wav")
    if metadata:
        (tmp_path / "metadata.csv").write_text(metadata)
    with pytest.raises(DataError, match=exactly(fault.format(tmp_path))):
        HuggingFace(path=str(tmp_path), builder="audiofolder").open(ONE, 0)


@pytest.mark.parametrize("streaming", [False, True])
def test_recordings_inside_a_table_are_bytes(tmp_path, streaming):
    content = recording(tmp_path / "a.wav")
    data = table(audio=[{"bytes": content, "path": None}] * 2, label=[0, 1])
    data.cast_column("audio", datasets.Audio(decode=False)).to_parquet(tmp_path / "t.parquet")
    samples = HuggingFace(path=str(tmp_path / "t.parquet"), streaming=streaming).open(ONE, 0)
    assert [samples.load(i) for i in range(2)] == [content, content]


def test_a_text_file_is_a_table_of_lines(tmp_path):
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    samples = HuggingFace(path=str(tmp_path / "t.txt"), builder="text").open(ONE, 0)
    assert [samples.load(i) for i in range(2)] == ["one", "two"]


def test_images_inside_a_table_are_bytes(tmp_path):
    content = picture(tmp_path / "a.png")
    data = table(image=[{"bytes": content, "path": None}], label=[0]).cast_column("image", datasets.Image())
    assert samples_of(Table(data, "t", "f"), ONE).load(0) == content


def test_an_image_of_a_table_that_went_away_is_an_error(tmp_path):
    picture(tmp_path / "a.png")
    data = table(image=[str(tmp_path / "a.png")], label=[0]).cast_column("image", datasets.Image())
    samples = samples_of(Table(data, "t", "f"), ONE)
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'a.png'}: cannot be read: No such file or directory")):
        samples.load(0)


def test_an_image_that_is_nothing_is_an_error():
    data = table(image=[{"bytes": None, "path": None}], label=[0]).cast_column("image", datasets.Image(decode=False))
    with pytest.raises(DataError, match=exactly("t#0: column 'image' holds nothing; remove or mend the row")):
        samples_of(Table(data, "t", "f"), ONE).load(0)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("take", [None, 3, 100])
def test_a_stream_holds_the_same_rows_as_the_table(tmp_path, streaming, take):
    rows = [{"text": f"t{i}", "n": i, "label": i % 3} for i in range(50)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    samples = HuggingFace(path=str(tmp_path / "t.jsonl"), streaming=streaming, take=take).open(ONE, 0)
    count = min(take or 50, 50)
    assert [samples.load(i) for i in range(len(samples))] == [f"t{i}" for i in range(count)]
    assert samples.labels == tuple(i % 3 for i in range(count))


def test_a_stream_of_images_holds_their_bytes_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    contents = [picture(tmp_path / "set" / "cat" / f"{i:02d}.png", value=i) for i in range(20)]
    samples = HuggingFace(path=str(tmp_path / "set"), builder="imagefolder", streaming=True, take=18).open(ONE, 0)
    assert [samples.load(i) for i in range(18)] == contents[:18]
    assert not any((tmp_path / "tmp").glob("ovopt-*"))


def test_the_hubs_stream_is_fingerprinted_by_its_rows(monkeypatch):
    def fingerprint(*texts):
        stream = table(text=list(texts)).to_iterable_dataset()
        monkeypatch.setattr(datasets, "load_dataset", lambda **keys: stream)
        return HuggingFace(path="hf:some/set", streaming=True).open(ONE, 0).fingerprint

    assert fingerprint("a", "b") == fingerprint("a", "b") != fingerprint("a", "c")


def test_a_row_of_a_stream_that_cannot_be_read_is_an_error(monkeypatch):
    def rows():
        yield {"text": "a"}
        raise OSError("broken pipe")

    stream = datasets.IterableDataset.from_generator(rows)
    monkeypatch.setattr(datasets, "load_dataset", lambda **keys: stream)
    with pytest.raises(DataError, match=r"\Ahf:some/set: cannot be loaded: .*broken pipe"):
        HuggingFace(path="hf:some/set", streaming=True).open(ONE, 0)


def test_the_hub_is_asked_for_what_the_recipe_says(monkeypatch):
    asked = {}

    def load_dataset(**keys):
        asked.update(keys)
        return table(text=["a"])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    samples = HuggingFace(path="hf:some/set", config="en", split="test").open(ONE, 0)
    assert asked == {"path": "some/set", "name": "en", "split": "test", "streaming": False}
    assert (samples.source, samples.load(0)) == ("hf:some/set", "a")


def _failing(error, cause=None):
    def load_dataset(**keys):
        raise error from cause

    return load_dataset


UNREACHED = (
    "hf:some/set: the Hugging Face hub cannot be reached, and the local cache does not hold the data set; connect, or "
    "give a file"
)
SWITCHED_OFF = (
    "hf:some/set: not in the local cache, and the hub is switched off by HF_HUB_OFFLINE; unset it, or give a file"
)


@pytest.mark.parametrize(
    ("error", "cause", "message"),
    [
        (ConnectionError("Couldn't reach 'some/set' on the Hub"), OSError("many\nlines"), UNREACHED),
        (RuntimeError("x"), TimeoutError(), UNREACHED),
        (ValueError("bad\nworse"), KeyError("y"), "hf:some/set: cannot be loaded: bad ('y')"),
        (ValueError(), None, "hf:some/set: cannot be loaded: ValueError"),
    ],
)
def test_a_hub_that_fails_is_an_error_of_one_line(monkeypatch, error, cause, message):
    monkeypatch.setattr(datasets, "get_dataset_config_names", lambda name: ["default"])
    monkeypatch.setattr(datasets, "load_dataset", _failing(error, cause))
    with pytest.raises(DataError, match=exactly(message)):
        HuggingFace(path="hf:some/set").open(ONE, 0)


def test_a_data_set_of_several_configurations_asks_for_one(monkeypatch):
    monkeypatch.setattr(datasets, "load_dataset", _failing(ValueError("Config name is missing.")))
    monkeypatch.setattr(datasets, "get_dataset_config_names", lambda name: ["en", "de"])
    asked = "hf:some/set: has configurations; choose one, as --set data.source.config=en: en, de"
    with pytest.raises(DataError, match=exactly(asked)):
        HuggingFace(path="hf:some/set").open(ONE, 0)
    with pytest.raises(DataError, match=exactly("hf:some/set: cannot be loaded: Config name is missing.")):
        HuggingFace(path="hf:some/set", config="fr").open(ONE, 0)


def test_a_hub_that_is_switched_off_is_an_error_that_says_so(monkeypatch):
    monkeypatch.setattr(datasets, "get_dataset_config_names", lambda name: ["default"])
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match=exactly(SWITCHED_OFF)):
        HuggingFace(path="hf:some/set").open(ONE, 0)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (
            "set",
            "holds no table (.arrow, .csv, .json, .jsonl, .parquet, .tar, .tsv); other folders are read with "
            "--set data.source.kind=files",
        ),
        ("t.xyz", "unknown kind of file; known: .arrow, .csv, .json, .jsonl, .parquet, .tar, .tsv"),
    ],
)
def test_a_path_that_no_builder_reads_is_an_error(tmp_path, name, fault):
    (tmp_path / "set").mkdir()
    (tmp_path / "t.xyz").write_text("x")
    with pytest.raises(DataError, match=exactly(f"{tmp_path / name}: {fault}")):
        HuggingFace(path=str(tmp_path / name)).open(ONE, 0)


def test_all_shards_of_a_folder_are_read_and_its_splits_are_the_samples(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    for name, values in {
        "train-00000-of-00002": [0, 1],
        "train-00001-of-00002": [2],
        "test-00000-of-00001": [3],
    }.items():
        table(x=[[float(v), 0.0] for v in values], label=values).to_parquet(root / f"{name}.parquet")
    samples = HuggingFace(path=str(root)).open(ONE, 0)
    assert samples.ids == ("test#0", "train#0", "train#1", "train#2")
    assert samples.splits == ("test", "train", "train", "train")
    assert samples.labels == (3, 0, 1, 2)
    assert [samples.load(i)[0] for i in range(4)] == [3.0, 0.0, 1.0, 2.0]
    alone = HuggingFace(path=str(root), split="train", take=2).open(ONE, 0)
    assert (alone.ids, alone.splits, alone.labels) == (("train#0", "train#1"), None, (0, 1))
    both = HuggingFace(path=str(root), split=("train", "test"), streaming=True, take=1).open(ONE, 0)
    assert (both.ids, both.splits, both.labels) == (("train#0", "test#0"), ("train", "test"), (0, 3))


@pytest.mark.parametrize(
    ("names", "split", "fault"),
    [
        (["train-0", "test-0"], "tset", "no split 'tset'; did you mean 'test'?"),
        (["a", "b"], "test", "no split 'test'; it has none of its own: leave data.source.split out"),
    ],
)
def test_a_split_that_the_data_set_has_not_is_an_error_that_names_those_that_it_has(tmp_path, names, split, fault):
    root = tmp_path / "set"
    root.mkdir()
    for name in names:
        table(x=[[1.0, 2.0]], label=[0]).to_parquet(root / f"{name}.parquet")
    with pytest.raises(DataError, match=exactly(f"{root}: {fault}")):
        HuggingFace(path=str(root), split=split).open(ONE, 0)


def test_a_table_without_splits_of_its_own_is_what_datasets_calls_train(tmp_path):
    _write(tmp_path / "t.csv")
    samples = HuggingFace(path=str(tmp_path / "t.csv"), split="train").open(ONE, 0)
    assert (len(samples), samples.splits) == (2, None)


def test_shards_of_different_columns_are_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("u,v,label\n1,2,0\n")
    (tmp_path / "b.csv").write_text("u,w,label\n1,2,0\n")
    fault = "other columns than a.csv has, which differ in 'v', 'w'; give files of the same columns"
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'b.csv'}: {fault}")):
        HuggingFace(path=str(tmp_path / "*.csv")).open(ONE, 0)


def test_rows_of_json_may_leave_out_a_column_but_not_call_it_otherwise(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": 0}\n')
    (tmp_path / "b.jsonl").write_text('{"text": "b"}\n')
    assert HuggingFace(path=str(tmp_path / "*.jsonl")).open(ONE, 0).labels == (0, None)
    (tmp_path / "b.jsonl").write_text('{"text": "b", "lable": 1}\n')
    fault = "other columns than a.jsonl has, which differ in 'label', 'lable'; give files of the same columns"
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'b.jsonl'}: {fault}")):
        HuggingFace(path=str(tmp_path / "*.jsonl")).open(ONE, 0)


def test_a_split_without_labels_has_none_and_one_without_an_input_is_an_error(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    (root / "train.csv").write_text("a,b,label\n1,2,0\n3,4,1\n")
    (root / "test.csv").write_text("a,b\n5,6\n")
    assert HuggingFace(path=str(root)).open(ONE, 0).labels == (None, 0, 1)
    (root / "test.csv").write_text("a,label\n5,1\n")
    fault = "the split 'test' has no column 'b'; mend it, or read another alone, as in --set data.source.split=train"
    with pytest.raises(DataError, match=exactly(f"{root}: {fault}")):
        HuggingFace(path=str(root), inputs=("a", "b")).open(ONE, 0)
    (root / "train.csv").write_text("b,label\n1,0\n")
    with pytest.raises(DataError, match=exactly(f"{root}: {fault}")):
        HuggingFace(path=str(root), inputs=("b", "a")).open(ONE, 0)


def test_a_column_names_the_split_of_each_row(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,label,split\n1,2,0,train\n3,4,1,test\n5,6,1,train\n")
    samples = HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    assert samples.splits == ("train", "test", "train")
    assert samples.load(1).tolist() == [3.0, 4.0]
    alone = HuggingFace(path=str(tmp_path / "t.csv"), split="train").open(ONE, 0)
    assert (alone.labels, alone.ids, alone.splits) == ((0, 1), ("t.csv#0", "t.csv#2"), None)
    both = HuggingFace(path=str(tmp_path / "t.csv"), split="train", rename={"1": "one"}).open(ONE, 0)
    assert (both.labels, both.ids) == (("one",), ("t.csv#2",))
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 't.csv'}: no split 'tset'; did you mean 'test'?")):
        HuggingFace(path=str(tmp_path / "t.csv"), split="tset").open(ONE, 0)
    kept = HuggingFace(path=str(tmp_path / "t.csv"), rename={"1": "one"}).open(ONE, 0)
    assert (kept.splits, kept.keys, kept.column("a")) == (("test", "train"), ("1", "2"), [3, 5])


def test_the_place_of_a_sample_does_not_depend_on_the_files_name(tmp_path):
    for name in ("t.csv", "u.csv"):
        _write(tmp_path / name)
    first, second = (HuggingFace(path=str(tmp_path / name)).open(ONE, 0).keys for name in ("t.csv", "u.csv"))
    assert first == second == ("0", "1")


def test_what_save_to_disk_wrote_is_read_with_its_splits(tmp_path):
    one = table(x=[[1.0, 2.0], [3.0, 4.0]], label=[0, 1]).with_format("numpy")
    one.save_to_disk(tmp_path / "one")
    samples = HuggingFace(path=str(tmp_path / "one")).open(ONE, 0)
    assert (samples.splits, samples.labels, samples.load(1)) == (None, (0, 1), [3.0, 4.0])
    datasets.DatasetDict(train=one, test=one.select([1])).save_to_disk(tmp_path / "both")
    samples = HuggingFace(path=str(tmp_path / "both")).open(ONE, 0)
    assert (samples.splits, samples.labels) == (("train", "train", "test"), (0, 1, 1))
    assert HuggingFace.recognises(str(tmp_path / "both"))
    (tmp_path / "one" / "data-00000-of-00001.arrow").write_bytes(b"junk")
    with pytest.raises(DataError, match=r"data-00000-of-00001\.arrow: not a readable \.arrow file: "):
        HuggingFace(path=str(tmp_path / "one")).open(ONE, 0)


def test_a_row_with_an_empty_cell_is_a_bad_sample_and_columns_of_text_are_no_numbers(tmp_path, caplog):
    (tmp_path / "t.csv").write_text("PassengerId,Name,a,b,label\n1,x,1.5,2,0\n2,y,,4,1\n3,z,2.5,6,1\n")
    samples = HuggingFace(path=str(tmp_path / "t.csv")).open([Port(name="x", shape=(None, 2), dtype="f32")], 0)
    assert [samples.load(i).tolist() for i in (0, 2)] == [[1.5, 2.0], [2.5, 6.0]]
    with pytest.raises(DataError, match=exactly("t.csv#1: column 'a' holds nothing; remove or mend the row")):
        samples.load(1)
    assert caplog.messages == [
        f"{tmp_path / 't.csv'}: left out, as it does nothing but count the rows: the column 'PassengerId'",
        f"{tmp_path / 't.csv'}: left out, as the model takes a vector of numbers: the columns of text 'Name'",
    ]


def test_a_csv_is_read_as_it_is_written_and_that_is_said(tmp_path, caplog):
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfindex;a;b;label\r\n0;1,5;2;0\r\n1;3;4,25;1\r\n")
    samples = HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    assert [samples.load(i).tolist() for i in range(2)] == [[1.5, 2.0], [3.0, 4.25]]
    HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    assert caplog.messages == [
        f"{tmp_path / 't.csv'}: read with semicolons between columns and a decimal comma",
        f"{tmp_path / 't.csv'}: left out, as it does nothing but count the rows: the column 'index'",
    ]


def test_none_is_the_name_of_a_class_and_nothing_among_numbers(tmp_path):
    (tmp_path / "t.csv").write_text("a, b, severity\n1.5, 2, None\n1, nan, mild\n3, 4, NA\n")
    samples = HuggingFace(path=str(tmp_path / "t.csv"), label="severity").open(ONE, 0)
    assert samples.labels == ("None", "mild", "NA")
    assert samples.load(2).tolist() == [3.0, 4.0]
    with pytest.raises(DataError, match=exactly("t.csv#1: column 'b' holds nothing; remove or mend the row")):
        samples.load(1)


def test_a_csv_without_a_header_loses_no_row(tmp_path, caplog):
    for name in ("t.csv", "u.csv"):
        (tmp_path / name).write_text("5.1,3.5,a\n4.9,3.0,b\n" * 4)
    samples = HuggingFace(path=str(tmp_path / "*.csv")).open(ONE, 0)
    assert (len(samples), samples.labels[:2], samples.load(0).tolist()) == (16, ("a", "b"), [5.1, 3.5])
    said = "read without a header, with columns called column_1, column_2 and 1 more"
    assert caplog.messages == [f"{tmp_path / 't.csv'}: {said}"]


@CLOSED_LATE
def test_a_csv_that_is_not_utf_8_asks_for_its_encoding(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes("text,label\nja,0\nschön,1\n".encode("latin-1"))
    fault = "not UTF-8 text; say how it is written, as in --set data.source.encoding=latin-1"
    with pytest.raises(DataError, match=exactly(f"{file}:3: {fault}")):
        HuggingFace(path=str(file)).open(ONE, 0)
    assert HuggingFace(path=str(file), encoding="latin-1").open(ONE, 0).load(1) == "schön"
    with pytest.raises(ValidationError, match="'latn' is no encoding"):
        HuggingFace(path=str(file), encoding="latn")
    gc.collect()


def test_a_row_without_a_value_is_a_bad_sample_that_names_its_column(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,label\n1,2,0\n3,,1\n")
    samples = HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    assert samples.load(0).tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match=exactly("t.csv#1: column 'b' holds nothing; remove or mend the row")):
        samples.load(1)


@CLOSED_LATE
def test_a_column_whose_type_changes_late_is_read(tmp_path):
    rows = "".join(f"{i},{i}\n" for i in range(10_001)) + "0.5,1\n"
    (tmp_path / "t.csv").write_text(f"a,label\n{rows}")
    samples = HuggingFace(path=str(tmp_path / "t.csv")).open([Port(name="x", shape=(None, 1), dtype="f32")], 0)
    assert [samples.load(i) for i in (1, 10_001)] == [1.0, 0.5]
    gc.collect()


def test_shards_of_several_types_of_numbers_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,label\n1,2,0\n")
    (tmp_path / "b.csv").write_text("a,b,label\n1.5,2,0\n")
    samples = HuggingFace(path=str(tmp_path / "*.csv")).open(ONE, 0)
    assert [samples.load(i).tolist() for i in range(2)] == [[1.0, 2.0], [1.5, 2.0]]


def test_a_column_inside_of_another_is_an_input_or_a_label(tmp_path):
    rows = [{"image": {"bytes": b"one", "path": None}, "meta": {"label": 1}}, {"image": None, "meta": {"label": 2}}]
    pyarrow.parquet.write_table(pyarrow.table({"sample": rows}), tmp_path / "t.parquet")
    for name in ("sample.image", "sample.image.bytes"):
        samples = HuggingFace(path=str(tmp_path / "t.parquet"), inputs=name).open(ONE, 0)
        assert (samples.labels, samples.load(0), samples.column("sample.meta.label")) == ((1, 2), b"one", [1, 2])
        with pytest.raises(
            DataError, match=exactly(f"t.parquet#1: column {name!r} holds nothing; remove or mend the row")
        ):
            samples.load(1)


def test_a_column_of_paths_gives_the_files_beside_the_table(tmp_path):
    content = picture(tmp_path / "pics" / "a.png")
    places = ["pics/a.png", str(tmp_path / "pics" / "a.png"), "../a.png", "pics/b.png"]
    (tmp_path / "t.csv").write_text("image,label\n" + "".join(f"{place},0\n" for place in places))
    samples = HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0)
    assert [samples.load(0), samples.load(1)] == [content, content]
    (tmp_path / "pics" / "b.png").write_bytes(b"one")
    assert HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0).fingerprint != samples.fingerprint
    (tmp_path / "pics" / "b.png").unlink()
    outside = f"column 'image': '../a.png' leads outside {tmp_path}; give paths inside it"
    with pytest.raises(DataError, match=exactly(outside)):
        samples.load(2)
    missing = f"{tmp_path / 'pics' / 'b.png'}: cannot be read: No such file or directory"
    with pytest.raises(DataError, match=exactly(missing)):
        samples.load(3)


def test_a_folder_with_a_table_of_its_files_is_read_by_it(tmp_path):
    content = recording(tmp_path / "clips" / "a.wav")
    (tmp_path / "metadata.csv").write_text("file_name,transcription\nclips/a.wav,hello there\n")
    assert HuggingFace.recognises(str(tmp_path))
    samples = HuggingFace(path=str(tmp_path)).open(ONE, 0)
    assert (samples.labels, samples.load(0)) == (("hello there",), content)


def test_a_text_that_can_be_no_files_name_is_a_text(tmp_path):
    (tmp_path / "t.csv").write_text(f"text,label\n{'x' * 300}.png,0\n")
    assert HuggingFace(path=str(tmp_path / "t.csv")).open(ONE, 0).load(0) == "x" * 300 + ".png"


def test_a_struct_that_names_a_file_gives_it_where_it_lies_beside_the_table(tmp_path):
    content = picture(tmp_path / "a.png")
    files = [{"bytes": None, "path": "a.png"}, {"bytes": None, "path": "/etc/passwd"}, {"bytes": b"x", "path": "b.png"}]
    pyarrow.parquet.write_table(pyarrow.table({"image": files, "label": [0, 1, 2]}), tmp_path / "t.parquet")
    samples = HuggingFace(path=str(tmp_path / "t.parquet")).open(ONE, 0)
    assert [samples.load(0), samples.load(2)] == [content, b"x"]
    outside = f"column 'image': '/etc/passwd' leads outside {tmp_path}; give paths inside it"
    with pytest.raises(DataError, match=exactly(outside)):
        samples.load(1)


@pytest.mark.parametrize("column", ["mask", "annotation", "label"])
def test_labels_that_are_images_are_read_when_they_are_needed(column):
    def png(values):
        stream = io.BytesIO()
        Image.fromarray(values).save(stream, "PNG")
        return stream.getvalue()

    ids = np.array([[0, 1], [2, 255]], dtype=np.uint8)
    images = [{"bytes": png(np.zeros((2, 2, 3), np.uint8)), "path": None}] * 2
    masks = [{"bytes": png(ids), "path": None}, {"bytes": None, "path": None}]
    data = table(**{"image": images, column: masks})
    data = data.cast_column("image", datasets.Image()).cast_column(column, datasets.Image())
    samples = samples_of(Table(data, "t", "f"), ONE)
    assert samples.load(0) == images[0]["bytes"]
    first, second = samples.labels
    assert (first.kind, read_label_file(first).tolist()) == ("mask", ids.tolist())
    with pytest.raises(DataError, match=exactly(f"t#1: column {column!r} holds nothing; remove or mend the row")):
        read_label_file(second)
    grey = samples_of(Table(data, "t", "f"), ONE, Choice(target="image")).labels[0]
    assert read_label_file(grey).shape == (2, 2, 1)
    metres = samples_of(Table(data, "t", "f"), ONE, Choice(target="values", scale=0.5)).labels[0]
    np.testing.assert_array_equal(read_label_file(metres), ids * 0.5)


def test_lists_of_pixels_are_images_and_other_lists_arrays():
    pixels = np.arange(12).reshape(2, 2, 3)
    data = table(image=[pixels.tolist(), (pixels * 100).tolist(), [[[1, 2, 3]], [[4]]]], label=[0, 1, 2])
    samples = samples_of(Table(data, "t", "f"), ONE)
    assert [getattr(samples.load(i), "dtype", list) for i in range(3)] == [np.uint8, np.int64, list]


def test_the_tar_shards_of_a_webdataset_are_read(tmp_path):
    for shard in range(2):
        with tarfile.open(tmp_path / f"train-{shard:06}.tar", "w") as archive:
            for place in range(3):
                for suffix, content in (("jpg", b"image"), ("cls", b"%d" % place), ("json", b'{"who": "ann"}')):
                    member = tarfile.TarInfo(f"{shard}{place}.{suffix}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    path = str(tmp_path / "train-{000000..000001}.tar")
    assert HuggingFace.recognises(path)
    assert HuggingFace.recognises(str(tmp_path))
    samples = HuggingFace(path=path).open(ONE, 0)
    assert (samples.labels, samples.load(4)) == ((0, 1, 2, 0, 1, 2), b"image")
    assert set(samples.column("json.who")) == {"ann"}


def test_a_data_set_on_the_hub_brings_its_splits(monkeypatch):
    held = datasets.DatasetDict(train=table(text=["a", "b"], label=[0, 1]), test=table(text=["c"], label=[1]))
    monkeypatch.setattr(datasets, "load_dataset", lambda **keys: held)
    samples = HuggingFace(path="hf:some/set").open(ONE, 0)
    assert (samples.ids, samples.splits) == (("train#0", "train#1", "test#0"), ("train", "train", "test"))
