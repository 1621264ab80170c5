"""The files of a table, by the data set's own split."""

import io
import json
import tarfile
from pathlib import PurePath

import pytest

from ovopt.data.shards import (
    holds_tables,
    is_saved,
    is_there,
    is_webdataset,
    saved_files,
    saved_parts,
    shards_of,
    split_named,
)
from ovopt.errors import DataError
from tests.factories import exactly


def made(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def found(root, shards):
    return {split: [str(file.relative_to(root)) for file in files] for split, files in shards.files.items()}


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train-00000-of-00002.parquet", "train"),
        ("data/validation-00000-of-00001.parquet", "validation"),
        ("unsupervised-00000-of-00001.parquet", "unsupervised"),
        ("default/test/0000.parquet", "test"),
        ("test.csv", "test"),
        ("my_set_dev.jsonl", "dev"),
        ("Train-000004.tar", "Train"),
        ("part-00000.parquet", ""),
        ("iris.csv", ""),
        ("contest.csv", ""),
    ],
)
def test_a_files_name_or_folder_tells_its_split(path, split):
    assert split_named(PurePath(path)) == split


def test_the_shards_of_a_folder_are_those_of_its_splits(tmp_path):
    names = (
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
        "data/test-00000-of-00001.parquet",
    )
    made(tmp_path, *names, "README.md", ".gitattributes", "dataset_infos.json")
    assert holds_tables(tmp_path)
    shards = shards_of(tmp_path)
    assert (found(tmp_path, shards), shards.suffix) == ({"test": [names[2]], "train": [*names[:2]]}, ".parquet")


def test_files_that_name_no_split_are_one_table(tmp_path):
    made(tmp_path, "a.csv", "b.csv")
    assert found(tmp_path, shards_of(tmp_path)) == {"": ["a.csv", "b.csv"]}


def test_a_file_that_names_no_split_is_left_out_among_those_that_do(tmp_path):
    made(tmp_path, "train.csv", "test.csv", "sample_submission.csv")
    shards = shards_of(tmp_path)
    assert found(tmp_path, shards) == {"test": ["test.csv"], "train": ["train.csv"]}
    assert [file.name for file in shards.left_out] == ["sample_submission.csv"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("val-*.csv", ["val-0.csv", "val-1.csv"]),
        ("val-{0..1}.csv", ["val-0.csv", "val-1.csv"]),
        ("{000..001}.csv", ["000.csv", "001.csv"]),
    ],
)
def test_a_pattern_names_several_files(tmp_path, pattern, names):
    made(tmp_path, "val-0.csv", "val-1.csv", "other.csv", "000.csv", "001.csv")
    assert [file.name for file in shards_of(tmp_path / pattern).all] == names


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ([], "holds no table ({}); other folders are read with --set data.source.kind=files"),
        (["a.csv", "b.parquet"], "holds tables of several kinds, .csv, .parquet; name those of one: {0}/*.csv"),
    ],
)
def test_a_folder_of_no_one_table_is_an_error(tmp_path, names, fault):
    made(tmp_path, *names)
    kinds = tmp_path if names else ".arrow, .csv, .json, .jsonl, .parquet, .tar, .tsv"
    with pytest.raises(DataError, match=exactly(f"{tmp_path}: {fault.format(kinds)}")):
        shards_of(tmp_path)


def test_a_pattern_is_there_where_a_file_fits_it(tmp_path):
    made(tmp_path, "val-1.csv")
    there = [is_there(tmp_path / name) for name in ("val-1.csv", "val-*.csv", "val-{0..1}.csv", "val-{2..3}.csv", "no")]
    assert there == [True, True, True, False, False]


def test_a_pattern_that_no_file_fits_is_an_error(tmp_path):
    with pytest.raises(DataError, match=exactly(f"{tmp_path}/v-*.csv: no file is called so")):
        shards_of(tmp_path / "v-*.csv")


@pytest.mark.parametrize(
    ("names", "holds"),
    [
        (["a.csv"], True),
        (["train.jsonl", "README.md", "LICENSE"], True),
        (["labels.csv", "a.png"], False),
        (["annotations.json"], False),
        (["a.txt"], False),
        ([], False),
    ],
)
def test_a_folder_holds_tables_where_nothing_else_lies_in_it(tmp_path, names, holds):
    assert holds_tables(made(tmp_path, *names)) is holds


def test_a_table_that_names_the_other_files_of_a_folder_is_the_folders(tmp_path):
    made(tmp_path, "a.png", "metadata.csv")
    assert not holds_tables(tmp_path)
    (tmp_path / "metadata.csv").write_text("file_name,label\na.png,0\n")
    assert holds_tables(tmp_path)
    assert shards_of(tmp_path).all == [tmp_path / "metadata.csv"]


def test_what_was_saved_to_disk_is_found_by_its_own_lists(tmp_path):
    for split in ("train", "test"):
        made(tmp_path, f"{split}/data-00000-of-00001.arrow")
        (tmp_path / split / "state.json").write_text(
            json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]})
        )
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    assert is_saved(tmp_path)
    assert holds_tables(tmp_path)
    assert saved_parts(tmp_path) == {"train": tmp_path / "train", "test": tmp_path / "test"}
    assert saved_parts(tmp_path / "test") == {"": tmp_path / "test"}
    assert saved_files(tmp_path / "test") == [tmp_path / "test" / "data-00000-of-00001.arrow"]


@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        (
            "state.json",
            '{"_data_files": [{"filename": "../x.arrow"}]}',
            "'../x.arrow' leads outside {0}; give paths inside it",
        ),
        ("state.json", "{}", "not what `save_to_disk` writes: '_data_files'"),
        ("dataset_dict.json", '{"splits": ["../x"]}', "'../x' leads outside {0}; give paths inside it"),
        ("dataset_dict.json", "[", "not what `save_to_disk` writes: not valid JSON: Expecting value"),
    ],
)
def test_a_list_of_saved_files_that_leads_elsewhere_or_is_none_is_an_error(tmp_path, file, content, fault):
    (tmp_path / file).write_text(content)
    with pytest.raises(DataError, match=exactly(f"{tmp_path / file}: {fault.format(tmp_path)}")):
        (saved_files if file == "state.json" else saved_parts)(tmp_path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["0.jpg", "0.cls", "1.jpg", "1.cls"], True),
        (["s/0001.jpg", "s/0001.json"], True),
        (["cat/0.jpg", "dog/1.jpg"], False),
        ([], False),
    ],
)
def test_an_archive_whose_files_stand_side_by_side_is_a_webdataset(tmp_path, names, expected):
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert is_webdataset(tmp_path / "t.tar") is expected
    (tmp_path / "u.tar").write_bytes(b"junk")
    assert not is_webdataset(tmp_path / "u.tar")
