"""Which source `--data PATH` means."""

import re
from collections import Counter
from pathlib import Path

import pytest

from ovopt.contracts import DataSource, plugins
from ovopt.data.recognition import fitting, other_layouts, settings_of
from ovopt.data.splits import OwnSplits
from ovopt.errors import DataError
from ovopt.locate import shipped
from ovopt.recipe import load_recipe
from tests.data.pictures import picture
from tests.factories import exactly

CONTENTS = {
    ".json": '{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": []}',
    ".txt": "0 0.5 0.5 0.1 0.1",
    ".csv": "a,b",
    ".xml": "<annotation/>",
    ".yaml": "names: [cat]",
    ".names": "cat",
}
ROW = re.compile(r"^\| (`[^|]+`) \| `(\w+)` \| [^|]+ \|$", re.MULTILINE)
"""Of the table of layouts: the files, and the kind."""


def recognised(path):
    """The kinds that know this path, the likeliest first."""
    return [kind.name for kind in fitting(str(path))]


def lay(root, names):
    for name in names:
        picture(root / name)
        if content := CONTENTS.get((root / name).suffix):
            (root / name).write_text(content)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["images/a.png", "annotations.json"], ["coco", "files"]),
        (["images/a.png", "masks/a.png", "annotations/instances_val.json"], ["coco", "masks", "files"]),
        (["images/a.png", "labels/a.txt"], ["yolo", "files"]),
        (["images/train/a.png", "labels/train/a.txt", "masks/train/a.png"], ["yolo", "masks", "files"]),
        (["images/a.png", "labels/a.json"], ["files"]),
        (["images/a.png", "masks/a.png"], ["masks", "files"]),
        (["a.wav", "events.csv"], ["events", "files"]),
        (["a.png", "labels.csv"], ["files"]),
        (["train/images/a.png", "train/labels/a.txt", "test/images/b.png"], ["yolo", "splits", "files"]),
        (["train/_annotations.coco.json", "train/a.png", "valid/_annotations.coco.json"], ["splits", "files"]),
        (["train/a.png", "val/a.png", "annotations/train.json"], ["coco", "splits", "files"]),
        (["a.png", "a.txt"], ["yolo", "files"]),
    ],
)
def test_a_folder_is_known_by_what_it_holds(tmp_path, names, expected):
    lay(tmp_path, names)
    assert recognised(tmp_path) == expected


def layouts():
    text = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    table = text.partition("| in the folder D |")[2].partition("\n\n")[0]
    return [(re.findall("`([^`]+)`", names), kind) for names, kind in ROW.findall(table)]


@pytest.mark.parametrize(("names", "kind"), layouts())
def test_each_layout_of_the_docs_is_known_for_what_it_is(tmp_path, names, kind):
    lay(tmp_path, names)
    if kind == "labelme":
        (tmp_path / "a.json").write_text('{"version": "5.4.1", "shapes": []}')
    if kind == "cvat":
        (tmp_path / "annotations.xml").write_text("<?xml version='1.0'?><annotations/>")
    assert recognised(tmp_path)[0] == kind


def test_the_file_of_cvat_beside_its_images_is_none_of_pascal_voc(tmp_path):
    lay(tmp_path, ["a.jpg"])
    (tmp_path / "annotations.xml").write_text("<?xml version='1.0'?><annotations><image name='a.jpg'/></annotations>")
    assert recognised(tmp_path) == ["cvat", "files"]


def test_json_with_shapes_of_something_else_is_none_of_labelme(tmp_path):
    lay(tmp_path, ["a.jpg"])
    (tmp_path / "model.json").write_text('{"shapes": {"x": [1, 3]}}')
    assert recognised(tmp_path) == ["files"]


def test_the_docs_tell_of_layouts():
    assert len(layouts()) > 12


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.npz", ["npz"]),
        ("t.csv", ["hf"]),
        ("t.json", ["coco", "hf"]),
        ("t.txt", ["text"]),
        ("t.zip", ["archive"]),
        ("t.tar", ["archive"]),
        ("t.xyz", []),
    ],
)
def test_a_file_is_known_by_its_name_or_content(tmp_path, name, expected):
    lay(tmp_path, [name])
    assert recognised(tmp_path / name) == expected


def test_kinds_that_fit_equally_say_what_they_take():
    kinds = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.priority]
    equal = Counter(kind.priority for kind in kinds)
    assert all(kind.layout for kind in kinds if equal[kind.priority] > 1)


TWO = (
    "{0}: 2 layouts fit: images and annotations in COCO's format (coco), images and texts of boxes as shares (yolo); "
    "say which with --set {1}=coco or --set {1}=yolo"
)


def test_of_two_layouts_that_fit_equally_one_must_be_named(tmp_path):
    lay(tmp_path, ["images/a.png", "labels/a.txt", "annotations.json"])
    with pytest.raises(DataError, match=exactly(TWO.format(tmp_path, "data.source.kind"))):
        settings_of(str(tmp_path), {})
    with pytest.raises(DataError, match=exactly(TWO.format(tmp_path, "data.source.kind"))):
        load_recipe("generic", tmp_path)
    for kind in ("coco", "yolo", "files"):
        assert settings_of(str(tmp_path), {"kind": kind}) == {"kind": kind, "path": str(tmp_path)}
        source = load_recipe("generic", tmp_path, [f"data.source.kind={kind}"]).data.source
        assert (source.name, source.path) == (kind, str(tmp_path))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "coco",
            "Read as images and annotations in COCO's format (coco). What lies there can be read as images and masks "
            "of the same names (--set data.source.kind=masks), too.",
        ),
        ("files", ""),
    ],
)
def test_what_else_the_data_can_be_read_as_is_said(kind, said):
    assert other_layouts(str(shipped("calibration_data") / "shapes"), kind) == said


def test_nothing_is_said_of_a_single_layout(tmp_path):
    lay(tmp_path, ["images/a.png", "labels/a.txt"])
    assert other_layouts(str(tmp_path), "yolo") == ""


def test_of_two_layouts_in_a_part_one_must_be_named_for_each(tmp_path):
    lay(tmp_path, [f"{split}/{name}" for split in ("train", "test") for name in ("a.png", "a.txt", "annotations.json")])
    with pytest.raises(DataError, match=exactly(TWO.format(tmp_path / "test", "data.source.each"))):
        OwnSplits(path=str(tmp_path)).open((), seed=0)
    assert len(OwnSplits(path=str(tmp_path), each="yolo").open((), seed=0)) == 2


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


def test_a_file_that_no_kind_knows_by_its_name_is_read_by_the_kind_that_is_named(tmp_path):
    file = tmp_path / "samples.bin"
    file.write_bytes(b"PK")
    assert settings_of(str(file), {"kind": "npz"}) == {"kind": "npz", "path": str(file)}
