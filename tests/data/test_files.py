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
        "dogs/empty.md": "",
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
            {"cats/tom_1.txt": 3, "cats/tom_2.TXT": 3, "dogs/rex1.md": "dog"},
        ),
        ({"label": "folder", "min_bytes": 5}, {"cats/tom_2.TXT": "cats"}),
    ],
)
def test_a_label_comes_from_where_the_recipe_says(folder, keys, expected):
    assert labelled(folder, **keys) == expected


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
