"""Places of images, text files and class names in YOLO's data sets: in `images` and `labels`, beside each other, or as
a `data.yaml` lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from ovopt.data.content import read_text, say
from ovopt.data.images import SUFFIXES, files_below
from ovopt.data.layout import LOOKED_AT, begins, folders_in, names_in, splits_of
from ovopt.documents import UnreadableError, parse_yaml
from ovopt.errors import DataError
from ovopt.locate import confined
from ovopt.units import a_few

YAML = (".yaml", ".yml")
LISTS = ("data.yaml", "data.yml", "classes.txt", "obj.names")
"""Where class names may be."""
SPLITS = ("train", "val", "valid", "test")
"""Keys of a `data.yaml` that list images."""
IMAGES, LABELS = "images", "labels"
FEW = 5
"""So many images of a folder are looked at to find one with a text."""


@dataclass(frozen=True)
class Folders:
    """The folder of a data set, and those of images and texts in it."""

    root: Path
    images: Path
    labels: Path
    named: bool
    """True where it is said that these two are meant."""


def usual_folders(place: Path) -> Folders:
    """`images` and `labels` of a folder, which may be one of images itself: `images/val` goes with `labels/val`."""
    if IMAGES in place.parts and not (place / IMAGES).is_dir():
        last = len(place.parts) - 1 - place.parts[::-1].index(IMAGES)
        root = Path(*place.parts[:last])
        labels = root.joinpath(LABELS, *place.parts[last + 1 :])
        if labels.is_dir():
            return Folders(root, place, labels, named=True)
    return Folders(place, place / IMAGES, place / LABELS, named=False)


@dataclass(frozen=True)
class Pairs:
    """Images, the text file of each, which need not be there, and the split of each, where the data has splits."""

    images: Sequence[Path]
    texts: Sequence[Path]
    splits: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Description:
    """The content of a `data.yaml`, or nothing; `file` names it in messages."""

    file: Path
    content: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Description:
        """Raises DataError where it is no YAML."""
        try:
            content = parse_yaml(read_text(file))
        except UnreadableError as error:
            raise DataError(error.at(file)) from None
        return cls(file, content if isinstance(content, Mapping) else {})

    @property
    def names(self) -> tuple[str, ...]:
        """Class names by their index. Raises DataError where they are of another form."""
        names: Any = self.content.get("names")
        if isinstance(names, Mapping) and sorted(names, key=str) == sorted(range(len(names)), key=str):
            names = [names[index] for index in range(len(names))]
        if not isinstance(names, list) or not all(isinstance(name, str | int) for name in names):
            raise DataError(f"{self.file}: `names` must be a list of class names, or a mapping of 0, 1, 2 ... to them")
        return tuple(str(name) for name in names)

    @property
    def key_points(self) -> tuple[int, int] | None:
        """Number of key points behind a box, and of columns of each: x, y and, of three, visibility."""
        shape: Any = self.content.get("kpt_shape")
        fits = isinstance(shape, list) and len(shape) == 2 and all(isinstance(n, int) and 0 < n < 10_000 for n in shape)
        return (shape[0], shape[1]) if fits and shape[1] in (2, 3) else None

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """Split -> the folders of images, or text files of them, as they are written."""
        entries = {name: self.content.get(name) for name in SPLITS}
        listed = {name: entry if isinstance(entry, list) else [entry] for name, entry in entries.items()}
        return {name: tuple(one for one in found if isinstance(one, str) and one) for name, found in listed.items()}


def description_in(folder: Path) -> Description:
    """That of the folder's `data.yaml`, else of the only other YAML file in it that has class names, else an empty
    one. Raises DataError where a `data.yaml` is broken."""
    for name in LISTS[:2]:
        if (folder / name).is_file():
            return Description.read(folder / name)
    named = [file for file in names_in(folder, YAML) if names_classes(file)]
    return Description.read(named[0]) if len(named) == 1 else Description(folder / LISTS[0])


def listed_pairs(description: Description, root: Path) -> Pairs | None:
    """Images that a `data.yaml` lists, as far as they lie below the folder; None where none of them does. Raises
    DataError where some of a list are missing."""
    base, found = _base(description, root), dict[str, list[Path]]()
    for split, entries in description.lists.items():
        places = [place for place in (_place(entry, (base, root)) for entry in entries) if place]
        listed = [one for p in places for one in (_from_list(p, (base, root)) if p.is_file() else files_below(p))]
        again = next((name for name in found if listed and sorted(found[name]) == sorted(listed)), None)
        if again is None:
            found[split] = listed
        else:
            judge = ", and training images judge where no others do" if again == "train" else ""
            say(f"{description.file}: `{split}` lists the images of `{again}` again; they are one split{judge}")
    images = [image for listed in found.values() for image in listed]
    splits = [split for split, listed in found.items() for _ in listed]
    _refuse_twice(images, splits, description.file)
    return Pairs(images, [text_of(image, root) for image in images], tuple(splits)) if images else None


def _base(description: Description, root: Path) -> Path:
    """The folder that `path` names, if it lies below the root; the author's own place is nowhere here."""
    path = description.content.get("path")
    return (_place(path, (root,)) if isinstance(path, str) else None) or root


def _place(entry: str, bases: Sequence[Path]) -> Path | None:
    """The place that an entry names below one of these folders; None where there is none. Exports of subsets lead one
    folder up (`../train/images`), where it is the folder itself that is meant; others begin with folders of the
    author's, which are left out."""
    name = entry.replace("\\", "/")
    while name.startswith(("./", "../")):
        name = name.partition("/")[2]
    if name in ("", ".", ".."):
        return bases[0]
    parts = PurePosixPath(name).parts
    for short in range(max(1, len(parts) - 1)):
        found = (_below(base, str(PurePosixPath(*parts[short:]))) for base in bases)
        if place := next((place for place in found if place), None):
            return place
    return None


def _below(base: Path, name: str) -> Path | None:
    try:
        place = base if Path(name) == base else confined(base, _relative(name, base), "data.yaml")
    except DataError:
        return None
    return place if place.exists() else None


def _relative(name: str, base: Path) -> str:
    place = Path(name)
    return str(place.relative_to(base)) if place.is_absolute() and place.is_relative_to(base) else name


def _from_list(file: Path, bases: Sequence[Path]) -> list[Path]:
    lines = [line.strip() for line in read_text(file).splitlines()]
    found = {line: _place(line, (*bases, file.parent)) for line in lines if line}
    missing = [line for line, place in found.items() if place is None or not place.is_file()]
    if len(missing) == len(found):
        return []  # of a split that was not downloaded
    if missing:
        raise DataError(f"{file}: {len(missing)} of its images are missing: {a_few(missing)}")
    return [place for place in found.values() if place]


def _refuse_twice(images: Sequence[Path], splits: Sequence[str], file: Path) -> None:
    split_of: dict[Path, str] = {}
    for image, split in zip(images, splits, strict=True):
        if image in split_of:
            said = " and ".join(dict.fromkeys([split_of[image], split]))
            raise DataError(f"{file}: {image} is listed twice ({said}); an image belongs to one split, and once")
        split_of[image] = split


def text_of(image: Path, root: Path) -> Path:
    """The text file of an image: below `labels` instead of the last `images` of its path, else beside it."""
    parts = list(image.relative_to(root).parts)
    if IMAGES in parts[:-1]:
        parts[len(parts) - 2 - parts[-2::-1].index(IMAGES)] = LABELS
    return root.joinpath(*parts).with_suffix(".txt")


def pairs_in(images: Path, labels: Path) -> Pairs:
    """Images below one folder with their texts below another. Folders inside that are called like splits are such.
    Raises DataError for a text without an image."""
    files = files_below(images)
    inside = [file.relative_to(images) for file in files]
    texts = [labels / place.with_suffix(".txt") for place in inside]
    refuse_lone(texts, labels, images)
    return Pairs(files, texts, splits_of(place.parts[0] for place in inside))


def pairs_anywhere(root: Path) -> Pairs | None:
    """Images below a folder with their texts, wherever they are; None where no image has one."""
    files = files_below(root)
    texts = [text_of(file, root) for file in files]
    if not any(text.is_file() for text in texts):
        return None
    return Pairs(files, texts, splits_of(file.relative_to(root).parts[0] for file in files))


def refuse_lone(texts: Iterable[Path], labels: Path, images: Path) -> None:
    """Raises DataError where other texts than these lie in the folder of labels, unless the images of a whole folder
    are not there."""
    others = set(files_below(labels, frozenset({".txt"}))) - set(texts) - {labels / "classes.txt"}
    lone = sorted(text.relative_to(labels) for text in others if (images / text.relative_to(labels)).parent.is_dir())
    if lone:
        raise DataError(f"{labels}: no image in {images} belongs to {a_few(lone)}")


def class_names(folders: Folders, described: Description) -> tuple[str, ...]:
    """From the first list there is: in the folder, with the labels, or one folder up, where exports of several subsets
    keep it. Raises DataError where it is broken."""
    if described.content:
        return described.names
    root = folders.root
    for folder in (root, folders.labels, root.parent):
        for name in LISTS if folder != root.parent else LISTS[:2]:
            file = folder / name
            if file.is_file():
                return Description.read(file).names if file.suffix in YAML else _lines(file)
    return ()


def _lines(file: Path) -> tuple[str, ...]:
    return tuple(line.strip() for line in read_text(file).splitlines() if line.strip())


def is_text_of_boxes(file: Path) -> bool:
    """Tells whether the first line of a text file has a class and at least four numbers."""
    first = begins(file, 400).decode(errors="replace").removeprefix("\ufeff").strip().partition("\n")[0].split()
    try:
        return len(first) >= 5 and all(float(column) >= 0 for column in first)
    except ValueError:
        return False


def has_texts(folders: Folders) -> bool:
    """Tells whether images with texts of boxes lie in a folder: in `images` and `labels`, in these two of each split,
    or beside each other."""
    if folders.images.is_dir():
        return any(is_text_of_boxes(text) for text in islice(folders.labels.rglob("*.txt"), LOOKED_AT))
    images = (image for folder in folders_in(folders.root) for image in names_in(folder, SUFFIXES, FEW))
    return any(is_text_of_boxes(text_of(image, folders.root)) for image in images)


def names_classes(file: Path) -> bool:
    """Tells whether a YAML file lists images and names their classes."""
    lines = {line.partition(b":")[0] for line in begins(file, 1 << 16).splitlines()}
    return b"names" in lines and not lines.isdisjoint(name.encode() for name in SPLITS)
