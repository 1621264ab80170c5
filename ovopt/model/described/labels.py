"""Lists of class names beside a model: `labels.txt`, `classes.txt` and their like, a name on each line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ovopt.documents import ordinal
from ovopt.errors import ModelError
from ovopt.given_file import read_file
from ovopt.model.described.record import Doubt, Fact
from ovopt.model.described.subject import Subject

FILES = (
    "labels.txt", "label.txt", "classes.txt", "class_names.txt", "classnames.txt", "imagenet_classes.txt",
    "imagenet_labels.txt", "synset.txt", "coco.names", "obj.names", "labelmap.txt",
)  # fmt: skip
LARGEST = 4 << 20
NUMBERED = re.compile(r"(\d+)\s*[:,\s]\s*(\S.*)")
"""`0 cat`, `0: cat` or `0, cat`."""
SYNSET = re.compile(r"(n\d{8})\b.*")
"""A line that begins with the id of a class of ImageNet, by which its folders are called."""
BOX_COLUMNS = (4, 5)
"""Numbers of a box that may stand before a detector's scores."""


def label_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Class names of the first such file, where an output has as many scores."""
    stem = subject.model.location.stem
    file = subject.file(f"{stem}.labels.txt", f"{stem}_labels.txt", f"{stem}.names", *FILES)
    if file is None:
        return
    said = subject.said(file)
    try:
        text = read_file(file, ModelError, LARGEST).decode("utf-8-sig")
    except (ModelError, UnicodeDecodeError) as error:
        why = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        yield Doubt(f"{said}: {why.removeprefix(f'{file}: ')}; it is not used")
        return
    names = _names([line.strip() for line in text.strip().splitlines()])
    widths = {size for port in subject.facts.outputs for size in (port.shape or ())[1:] if size is not None}
    if not names:
        yield Doubt(f"{said}: holds no names")
    elif len(names) in widths or widths & {len(names) + columns for columns in BOX_COLUMNS}:
        yield Fact("classes", names, said)
    elif len(names) + 1 in widths:
        yield Fact("classes", ("background", *names), said)
        yield Doubt(f"{said}: {len(names)} names, and a score more, the first of which is taken for the background")
    else:
        yield Doubt(f"{said}: {len(names)} names, and no output of the model has as many scores; it is not used")


def _names(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines without numbers that count them, and of ImageNet's classes the ids."""
    numbered = [NUMBERED.fullmatch(line) for line in lines]
    if all(numbered) and [ordinal(found[1]) for found in numbered if found] == list(range(len(lines))):
        return tuple(found[2] for found in numbered if found)
    synsets = [SYNSET.fullmatch(line) for line in lines]
    return tuple(found[1] for found in synsets if found) if lines and all(synsets) else tuple(lines)
