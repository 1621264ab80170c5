"""Which source `--data PATH` means."""

import pytest

from ovopt.contracts import DataSource, plugins
from ovopt.locate import shipped
from tests.data.pictures import picture


def recognised(path):
    """The kinds that know this path, the most specific first."""
    known = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.recognises(str(path))]
    return [kind.name for kind in sorted(known, key=lambda kind: -kind.priority)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["images/a.png", "annotations.json"], ["coco", "files"]),
        (["images/a.png", "masks/a.png", "annotations/instances_val.json"], ["coco", "masks", "files"]),
        (["images/a.png", "labels/a.txt"], ["yolo", "files"]),
        (["images/train/a.png", "labels/train/a.txt", "masks/a.png"], ["yolo", "masks", "files"]),
        (["images/a.png", "labels/a.json"], ["files"]),
        (["images/a.png", "masks/a.png"], ["masks", "files"]),
        (["a.wav", "events.csv"], ["events", "files"]),
        (["a.png", "settings.json", "labels.csv"], ["files"]),
    ],
)
def test_a_folder_is_known_by_what_it_holds(tmp_path, names, expected):
    for name in names:
        picture(tmp_path / name)
    assert recognised(tmp_path) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.npz", ["npz"]),
        ("t.csv", ["hf"]),
        ("t.json", ["hf"]),
        ("annotations.json", ["coco", "hf"]),
        ("instances_val2017.json", ["coco", "hf"]),
        ("t.txt", ["text"]),
        ("t.zip", ["archive"]),
        ("t.tar", ["archive"]),
        ("t.xyz", []),
    ],
)
def test_a_file_is_known_by_its_name(tmp_path, name, expected):
    (tmp_path / name).write_text("{}")
    assert recognised(tmp_path / name) == expected


def test_no_two_kinds_that_know_the_same_path_are_equally_specific():
    kinds = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.priority]
    assert len({kind.priority for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shapes", "coco"),
        ("chords", "events"),
        ("text_lines", "files"),
        ("magika/files", "files"),
        ("digits/digits.npz", "npz"),
        ("sentences/pairs.csv", "hf"),
    ],
)
def test_what_ovopt_ships_is_recognised(name, expected):
    assert recognised(shipped("calibration_data") / name)[0] == expected
