"""A folder of files."""

import os

import pytest

from ovopt.data.files import Files
from ovopt.errors import DataError
from ovopt.records import DataFacts
from tests.factories import exactly


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "cats/tom_1.txt": "tom",
        "cats/tom_2.TXT": "tom two",
        "dogs/rex1.md": "rex",
        "dogs/deep/fido.md": "fido",
        "readme": "top",
        ".hidden/a.txt": "x",
        "cats/.secret.txt": "x",
        "dogs/__pycache__/a.txt": "x",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "cats" / "link.txt").symlink_to(tmp_path / "readme")
    return tmp_path


def labelled(folder, **keys):
    samples = Files(path=str(folder), **keys).open((), seed=0)
    return dict(zip(samples.ids, samples.labels or [None] * len(samples), strict=True))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"label": "folder"},
            {"cats/tom_1.txt": "cats", "cats/tom_2.TXT": "cats", "dogs/rex1.md": "dogs", "dogs/deep/fido.md": "dogs"},
        ),
        (
            {"label": "parent"},
            {"cats/tom_1.txt": "cats", "cats/tom_2.TXT": "cats", "dogs/rex1.md": "dogs", "dogs/deep/fido.md": "deep"},
        ),
        (
            {"label": "extension"},
            {"cats/tom_1.txt": "txt", "cats/tom_2.TXT": "txt", "dogs/rex1.md": "md", "dogs/deep/fido.md": "md"},
        ),
        (
            {"label": "name"},
            {
                "cats/tom_1.txt": "tom",
                "cats/tom_2.TXT": "tom",
                "dogs/rex1.md": "rex",
                "dogs/deep/fido.md": "fido",
                "readme": "readme",
            },
        ),
        (
            {"label": "none"},
            dict.fromkeys(["cats/tom_1.txt", "cats/tom_2.TXT", "dogs/rex1.md", "dogs/deep/fido.md", "readme"]),
        ),
        (
            {"label": "folder", "rename": {"cats": 3, "dogs": "dog"}},
            {"cats/tom_1.txt": 3, "cats/tom_2.TXT": 3, "dogs/rex1.md": "dog", "dogs/deep/fido.md": "dog"},
        ),
        ({"label": "folder", "min_bytes": 5}, {"cats/tom_2.TXT": "cats"}),
    ],
)
def test_a_label_comes_from_where_the_recipe_says(folder, keys, expected):
    assert labelled(folder, **keys) == expected


def test_an_empty_file_is_a_sample_so_that_it_is_not_left_out_in_silence(folder):
    (folder / "cats" / "tom_3.txt").touch()
    assert labelled(folder)["cats/tom_3.txt"] == "cats"


def test_a_sample_is_the_bytes_of_its_file(folder):
    samples = Files(path=str(folder)).open((), seed=0)
    assert {name: samples.load(i) for i, name in enumerate(samples.ids)} == {
        "cats/tom_1.txt": b"tom",
        "cats/tom_2.TXT": b"tom two",
        "dogs/rex1.md": b"rex",
        "dogs/deep/fido.md": b"fido",
    }


def test_at_most_so_many_files_of_a_label_and_the_same_ones_when_others_are_added(folder):
    for i in range(50):
        (folder / "cats" / f"cat{i}.txt").write_text("cat")
    chosen = {name for name, label in labelled(folder, per_label=10).items() if label == "cats"}
    assert len(chosen) == 10
    (folder / "mice").mkdir()
    (folder / "mice" / "jerry").write_text("jerry")
    assert {name for name, label in labelled(folder, per_label=10).items() if label == "cats"} == chosen


def test_several_folders_are_one_source_with_whole_paths_as_ids(folder):
    paths = (str(folder / "cats"), str(folder / "dogs" / "deep"), str(folder / "nowhere"))
    samples = Files(path=paths, label="extension").open((), seed=0)
    assert sorted(samples.ids) == [
        str(folder / name) for name in ("cats/tom_1.txt", "cats/tom_2.TXT", "dogs/deep/fido.md")
    ]
    assert samples.source == f"{folder / 'cats'}, {folder / 'dogs' / 'deep'}"


def test_overlapping_folders_give_a_file_once(folder):
    samples = Files(path=(str(folder), str(folder / "cats")), label="name").open((), seed=0)
    assert len(set(samples.ids)) == len(samples.ids) == 5


def test_the_fingerprint_follows_names_and_sizes(folder):
    def fingerprint():
        return Files(path=str(folder)).open((), seed=0).fingerprint

    before = fingerprint()
    assert fingerprint() == before
    (folder / "cats" / "tom_1.txt").write_text("tom grew")
    assert fingerprint() != before


def test_a_name_that_is_no_utf8_can_still_be_written_down(folder):
    with open(os.fsencode(folder / "cats") + b"/\xff\xfe.txt", "w") as stream:
        stream.write("odd")
    samples = Files(path=str(folder)).open((), seed=0)
    facts = DataFacts(source=samples.source, fingerprint=samples.fingerprint, seed=0, splits={"gate": samples.ids})
    assert DataFacts.model_validate_json(facts.model_dump_json()) == facts


def test_no_such_folder_is_an_error(tmp_path):
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'a'}, {tmp_path / 'b'}: no such folder")):
        Files(path=(str(tmp_path / "a"), str(tmp_path / "b"))).open((), seed=0)


def test_no_file_with_a_known_label_is_an_error(folder):
    message = f"{folder}: no files with a label that the recipe knows"
    with pytest.raises(DataError, match=exactly(message)):
        Files(path=str(folder), rename={"mice": 1}).open((), seed=0)


def test_a_file_that_went_away_is_an_error(folder):
    samples = Files(path=str(folder / "dogs"), label="name").open((), seed=0)
    index = samples.ids.index("rex1.md")
    (folder / "dogs" / "rex1.md").unlink()
    message = f"{folder / 'dogs' / 'rex1.md'}: cannot be read: No such file or directory"
    with pytest.raises(DataError, match=exactly(message)):
        samples.load(index)


def test_a_label_can_be_the_text_beside_the_file(tmp_path):
    for name, text in {"a.png": "1", "a.txt": "first line\n", "sub/b.png": "2", "sub/b.txt": "second"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert labelled(tmp_path, label="file") == {"a.png": "first line", "sub/b.png": "second"}
    before = Files(path=str(tmp_path), label="file").open((), 0).fingerprint
    (tmp_path / "a.txt").write_text("other line")
    assert Files(path=str(tmp_path), label="file").open((), 0).fingerprint != before


def test_a_file_without_its_text_is_an_error(tmp_path):
    (tmp_path / "a.png").write_text("x")
    message = f"{tmp_path / 'a.png'}: no a.gt.txt beside it holds its label; choose files with data.source.suffixes"
    with pytest.raises(DataError, match=exactly(message)):
        labelled(tmp_path, label="file", sidecar=".gt.txt")


def test_text_beside_a_file_that_is_no_utf8_is_an_error(tmp_path):
    (tmp_path / "a.png").write_text("x")
    (tmp_path / "a.txt").write_bytes(b"a\xff")
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'a.txt'}: not UTF-8 text (byte 1)")):
        labelled(tmp_path, label="file")


def test_only_files_with_these_suffixes_are_samples(folder):
    assert sorted(labelled(folder, suffixes=(".TXT",))) == ["cats/tom_1.txt", "cats/tom_2.TXT"]
    assert sorted(labelled(folder, suffixes=(".md", ".tar.gz"))) == ["dogs/deep/fido.md", "dogs/rex1.md"]


@pytest.mark.parametrize("name", ["labels.csv", "labels.tsv"])
def test_labels_can_come_from_a_table(folder, name):
    mark = "," if name.endswith("csv") else "\t"
    rows = ("file", "text", "more"), ("cats/tom_1.txt", "0123"), (), ("readme", '"say ""hi"""', "x")
    (folder / name).write_text("\n".join(mark.join(row) for row in rows))
    assert labelled(folder, labels=name) == {"cats/tom_1.txt": "0123", "readme": 'say "hi"'}
    assert labelled(folder, labels=name, rename={"0123": 5}) == {"cats/tom_1.txt": 5}
    assert labelled(folder, labels=name, suffixes=(".txt",)) == {"cats/tom_1.txt": "0123"}


@pytest.fixture
def flat(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(name)
    return tmp_path


@pytest.mark.parametrize("header", ["file,label,split,who", "file,split,label,who"])
@pytest.mark.parametrize("keys", [{}, {"labels": "labels.csv"}])
def test_a_column_of_the_table_is_the_datas_own_split_and_others_are_columns(flat, header, keys):
    row = "{0}.txt,{1},{2},{3}" if header.index("label") < header.index("split") else "{0}.txt,{2},{1},{3}"
    rows = [("a", "cat", "train", "ann"), ("b", "dog", "test", "bob"), ("c", "cat", "test", "")]
    (flat / "labels.csv").write_text("\n".join([header, *(row.format(*one) for one in rows)]))
    samples = Files(path=str(flat), **keys).open((), 0)
    found = zip(samples.ids, samples.labels, samples.splits, samples.column("who"), strict=True)
    assert sorted(found) == [(f"{name}.txt", *rest) for name, *rest in rows]
    assert samples.column("split") == list(samples.splits)


def test_a_column_of_folds_is_no_split(flat):
    (flat / "labels.csv").write_text("file,label,fold\na.txt,cat,1\nb.txt,dog,2\n")
    samples = Files(path=str(flat)).open((), 0)
    assert samples.splits is None
    assert sorted(samples.column("fold")) == ["1", "2"]


def test_a_file_without_a_split_where_others_have_one_is_an_error(flat):
    (flat / "labels.csv").write_text("file,label,split\na.txt,cat,train\nb.txt,dog\n")
    message = f"{flat / 'labels.csv'}: 1 of its files have an empty split: b.txt; fill it, or remove their rows"
    with pytest.raises(DataError, match=exactly(message)):
        labelled(flat)


def test_a_table_is_not_taken_unasked_where_folders_are_labels(folder):
    (folder / "labels.csv").write_text("file,label\nreadme,x\n")
    assert "readme" not in labelled(folder)
    assert labelled(folder, labels="labels.csv") == {"readme": "x"}


def test_a_table_that_names_no_file_is_not_taken_unasked(flat):
    (flat / "labels.csv").write_text("id,label\n1,cat\n")
    with pytest.raises(DataError, match=exactly(f"{flat}: no files with a label that the recipe knows")):
        labelled(flat)
    assert labelled(flat, label="name")["a.txt"] == "a"


def test_the_fingerprint_follows_the_table(folder):
    (folder / "labels.csv").write_text("file,label\nreadme,a\n")
    before = Files(path=str(folder), labels="labels.csv").open((), 0).fingerprint
    (folder / "labels.csv").write_text("file,label\nreadme,b\n")
    assert Files(path=str(folder), labels="labels.csv").open((), 0).fingerprint != before


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("file\nreadme\n", "{0}/labels.csv:1: 1 columns, not 2 (file, label)"),
        ("file,label\nreadme\n", "{0}/labels.csv:2: 1 columns, not 2 (file, label)"),
        ("file,label\nnone,a\n", "{0}/labels.csv: 1 of its files are missing: none"),
        ("readme,a\nreadme,b\n", "{0}/labels.csv:1: the first line names a sample; write a header such as file,label"),
        ("file,label\nreadme,a\nreadme,b\n", "{0}/labels.csv:3: readme has a label already"),
        ("file,label\n../x,a\n", "{0}/labels.csv:2: '../x' leads outside {0}; give paths inside it"),
        ("file,label\n/x,a\n", "{0}/labels.csv:2: '/x' leads outside {0}; give paths inside it"),
        ('file,label\n"readme,a\n', "{0}/labels.csv:2: not readable as a table: unexpected end of data"),
        ("file,label\n", "{0}: no files with a label that the recipe knows"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error(folder, table, fault):
    (folder / "labels.csv").write_text(table)
    with pytest.raises(DataError, match=exactly(fault.format(folder))):
        labelled(folder, labels="labels.csv")


def test_a_table_that_names_a_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("x")
    (folder / "out").symlink_to(secret)
    (folder / "labels.csv").write_text("file,label\nout,a\n")
    message = f"{folder / 'labels.csv'}:2: 'out' leads outside {folder}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        labelled(folder, labels="labels.csv")


def test_a_missing_table_or_one_for_several_folders_is_an_error(folder):
    with pytest.raises(DataError, match=exactly(f"{folder / 'x.csv'}: no such table of labels")):
        labelled(folder, labels="x.csv")
    paths = (str(folder / "cats"), str(folder / "dogs"))
    message = f"data.source.labels: a table belongs to one folder, not to {paths[0]}, {paths[1]}"
    with pytest.raises(DataError, match=exactly(message)):
        Files(path=paths, labels="x.csv").open((), 0)


def test_a_pipe_and_an_image_of_40_gb_among_the_files_are_bad_samples(tmp_path):
    with (tmp_path / "a.png").open("wb") as stream:
        stream.truncate(40_000_000_000)  # of which the disk holds nothing
    os.mkfifo(tmp_path / "b.png")
    samples = Files(path=str(tmp_path), label="none").open((), seed=0)
    faults = {
        "a.png": "40,000,000,000 bytes, data.source.max_bytes is 1,073,741,824; raise it if that is meant",
        "b.png": "a pipe, not a file; write what comes out of it to a file, and give that",
    }
    for index, name in enumerate(samples.ids):
        with pytest.raises(DataError, match=exactly(f"{tmp_path / name}: {faults[name]}")):
            samples.load(index)


def lay(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")


def test_an_empty_folder_keeps_its_place_among_the_classes(tmp_path):
    lay(tmp_path, "ape/a", "cat/a", "cat/old/b", "readme")
    (tmp_path / "bee" / "old").mkdir(parents=True)
    (tmp_path / "zoo").mkdir()
    (tmp_path / ".git").mkdir()
    samples = Files(path=str(tmp_path)).open((), seed=0)
    assert samples.classes == ("ape", "bee", "cat", "zoo")
    assert dict(zip(samples.ids, samples.labels, strict=True)) == {"ape/a": "ape", "cat/a": "cat", "cat/old/b": "cat"}


@pytest.mark.parametrize(
    "keys", [{"rename": {"ape": 0}}, {"label": "parent"}, {"label": "none"}, {"label": "extension"}]
)
def test_other_labels_have_no_classes_of_their_own(tmp_path, keys):
    lay(tmp_path, "ape/a.x", "cat/a.x")
    assert Files(path=str(tmp_path), **keys).open((), seed=0).classes == ()


def test_folders_of_numbers_are_no_names_of_classes(tmp_path):
    lay(tmp_path, "10/a", "2/a")
    assert Files(path=str(tmp_path)).open((), seed=0).classes == ()


def test_a_folder_without_a_fitting_file_is_no_class(tmp_path):
    lay(tmp_path, "ape/a.png", "docs/readme.txt")
    assert Files(path=str(tmp_path), suffixes=(".png",)).open((), seed=0).classes == ("ape",)


@pytest.mark.parametrize(
    ("names", "labels", "splits"),
    [
        (("train/ape/a", "train/cat/old/b", "val/ape/c"), ("ape", "cat", "ape"), ("train", "train", "val")),
        (("train/ape/a", "train/cat/b"), ("ape", "cat"), ("train", "train")),
        (("ape/test/c", "ape/train/a", "cat/train/b"), ("ape", "ape", "cat"), ("test", "train", "train")),
        (("ape/train/a", "cat/b"), ("ape", "cat"), None),
        (("vehicle/train/a", "animal/cat/b"), ("vehicle", "animal"), None),
        (("vehicle/train/a", "ape/train/b"), ("vehicle", "ape"), None),
        (("train/a", "test/b"), ("train", "test"), None),
        (("ape/train/a", "ape/test/b", "ape/c"), ("ape", "ape", "ape"), None),
    ],
)
def test_folders_around_those_of_classes_that_are_called_like_splits_are_such(tmp_path, names, labels, splits):
    lay(tmp_path, *names)
    samples = Files(path=str(tmp_path)).open((), seed=0)
    assert dict(zip(samples.ids, samples.labels, strict=True)) == dict(zip(names, labels, strict=True))
    if splits is None:
        assert samples.splits is None
    else:
        assert dict(zip(samples.ids, samples.splits, strict=True)) == dict(zip(names, splits, strict=True))


def test_a_class_that_only_one_split_has_is_a_class_of_all(tmp_path):
    lay(tmp_path, "train/ape/a", "train/bee/a", "val/ape/c")
    (tmp_path / "val" / "cat").mkdir()
    assert Files(path=str(tmp_path)).open((), seed=0).classes == ("ape", "bee", "cat")


def test_a_folder_that_was_moved_holds_the_same_data(tmp_path):
    for name in ("ant/1.png", "ant/2.png", "ant/3.png", "bee/1.png"):
        (tmp_path / "here" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / name).write_bytes(name.encode())
    before = Files(path=str(tmp_path / "here"), per_label=2).open([], 0)
    (tmp_path / "here").rename(tmp_path / "there")
    after = Files(path=str(tmp_path / "there"), per_label=2).open([], 0)
    assert (after.ids, after.fingerprint) == (before.ids, before.fingerprint)


def commands(root, **lists):
    """Recordings of four people for each of two commands, noise beside them, and lists."""
    for name in (*(f"{word}/{place}.wav" for word in ("go", "yes") for place in range(4)), "_noise_/hum.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name, lines in lists.items():
        (root / f"{name}.txt").write_text("\n".join(lines))
    return Files(path=str(root)).open((), seed=0)


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (
            {"testing_list": ["go/0.wav", "yes/1.wav"], "validation_list": ["yes/2.wav"]},
            {"go/0.wav": "testing", "yes/1.wav": "testing", "yes/2.wav": "validation"},
        ),
        ({"test": ["go/0 1", "yes/1 2"]}, {"go/0.wav": "test", "yes/1.wav": "test"}),
        ({"val": ["x/go/0.wav", "gone/1.wav"]}, {"go/0.wav": "val"}),
    ],
)
def test_lists_beside_the_folders_are_splits_and_the_rest_is_for_training(tmp_path, lists, expected):
    samples = commands(tmp_path, **lists)
    assert dict(zip(samples.ids, samples.splits, strict=True)) == {**dict.fromkeys(samples.ids, "train"), **expected}


def test_what_no_list_names_is_not_trained_with_where_training_has_a_list(tmp_path):
    samples = commands(tmp_path, train=["go/0.wav", "yes/0.wav"], test_list=["go/1.wav", "yes/1.wav"])
    found = dict(zip(samples.ids, samples.splits, strict=True))
    assert [found[f"go/{place}.wav"] for place in range(4)] == ["train", "test", "unlisted", "unlisted"]


@pytest.mark.parametrize("lists", [{}, {"test": ["We tried this in 2017", "go is spoken"]}, {"words": ["go/0.wav"]}])
def test_other_text_files_are_no_splits(tmp_path, lists):
    assert commands(tmp_path, **lists).splits is None


def test_the_fingerprint_follows_the_lists(tmp_path):
    before = commands(tmp_path, test=["go/0.wav"]).fingerprint
    assert commands(tmp_path, test=["go/1.wav"]).fingerprint != before


def test_a_folder_with_an_underscore_is_no_class_unless_it_is_named(tmp_path, caplog):
    samples = commands(tmp_path)
    assert samples.classes == ("go", "yes")
    assert set(samples.labels) == {"go", "yes"}
    assert caplog.messages == [f"{tmp_path}: no class, by the underscore that its name begins with: _noise_"]
    assert set(labelled(tmp_path, rename={"_noise_": "noise", "go": "go"}).values()) == {"noise", "go"}


def test_folders_that_all_begin_with_an_underscore_are_classes(tmp_path):
    for name in ("_a/1", "_b/2"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    assert labelled(tmp_path) == {"_a/1": "_a", "_b/2": "_b"}


def with_table(root):
    """Recordings in one folder, their labels in another."""
    for name in ("audio/a.wav", "audio/b.wav", "audio/deep/c.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "meta").mkdir()
    (root / "meta/clips.csv").write_text("file,fold,kind\na.wav,1,dog\nb,2,rain\naudio/deep/c.wav,2,dog\n")
    return root


def test_a_table_names_files_wherever_they_lie_and_any_column_holds_the_label(tmp_path):
    found = labelled(with_table(tmp_path), labels="meta/clips.csv", column="kind")
    assert found == {"audio/a.wav": "dog", "audio/b.wav": "rain", "audio/deep/c.wav": "dog"}


def test_a_name_that_several_files_have_is_no_file_of_a_table(tmp_path):
    (with_table(tmp_path) / "audio/deep/a.wav").write_text("other")
    fault = f"{tmp_path / 'meta/clips.csv'}: 1 of its files are missing: a.wav"
    with pytest.raises(DataError, match=exactly(fault)):
        labelled(tmp_path, labels="meta/clips.csv", column="kind")


def test_a_column_that_a_table_has_not_is_an_error(tmp_path):
    table = with_table(tmp_path) / "meta/clips.csv"
    fault = f"data.source.column: {table} has no such column; did you mean 'kind'?"
    with pytest.raises(DataError, match=exactly(fault)):
        labelled(tmp_path, labels="meta/clips.csv", column="kinds")
    (tmp_path / "meta/clips.csv").write_text("file,fold,kind\na.wav,1\n")
    with pytest.raises(DataError, match=exactly(f"{table}:2: 2 columns, none of which is kind")):
        labelled(tmp_path, labels="meta/clips.csv", column="kind")
