"""Metadata inside a TFLite file: how its input is normalized, and files of labels in the archive at its end.

Source: https://ai.google.dev/edge/litert/models/metadata, and the schemas `schema.fbs` of TensorFlow Lite and
`metadata_schema.fbs` of TFLite Support.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import ModelError
from ovopt.given_file import read_file
from ovopt.model.described.flatbuffer import BrokenBufferError, Table
from ovopt.model.described.pictures import Preparation, preparation_facts
from ovopt.model.described.record import Doubt, Fact
from ovopt.model.described.subject import Document, Subject
from ovopt.model.described.ultralytics import AUTHOR, document_facts

SUFFIX, SECTION = ".tflite", "TFLITE_METADATA"
SAID = "the model's metadata"
LARGEST_FILE, LARGEST_MODEL = 4 << 20, 1 << 30
NORMALIZATION = 1
"""`ProcessUnitOptions`: NormalizationOptions."""
AXIS_LABELS, VALUE_LABELS = 2, 3
"""`AssociatedFileType`: names of an output's places, or of its values."""
ULTRALYTICS = "metadata.json"


def tflite_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of the metadata; none where the file has none."""
    place = subject.model.location
    if place.suffix.lower() != SUFFIX:
        return
    try:
        content = read_file(place, ModelError, LARGEST_MODEL)
        files = _files(content)
        yield from _of_ultralytics(subject, files)
        metadata = _metadata(content)
        if metadata is not None:
            yield from _facts(subject, metadata, files)
    except (BrokenBufferError, ModelError) as error:
        yield Doubt(f"{SAID}: {error}; they are not used")


def _files(content: bytes) -> Mapping[str, bytes]:
    """Small files of the archive behind the model."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            small = [one for one in archive.infolist() if one.file_size <= LARGEST_FILE]
            return {one.filename: archive.read(one) for one in small}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return {}


def _of_ultralytics(subject: Subject, files: Mapping[str, bytes]) -> Iterator[Fact | Doubt]:
    if ULTRALYTICS not in files:
        return
    try:
        found = parse_json(files[ULTRALYTICS], any_number=True)
    except UnreadableError as error:
        yield Doubt(f"{ULTRALYTICS} in the model: {error}; it is not used")
        return
    if isinstance(found, dict) and found.get("author") == AUTHOR:
        yield from document_facts(subject, Document(f"{ULTRALYTICS} in the model", found))


def _metadata(content: bytes) -> Table | None:
    """The root of the metadata, a buffer of its own within the model's."""
    model = Table.root(content)
    buffers = model.tables(4)
    for entry in model.tables(6):
        place = entry.number(1, "I")
        if entry.text(0) == SECTION and 0 <= place < len(buffers):
            return Table.root(bytes(buffers[place].numbers(0, "B")))
    return None


def _facts(subject: Subject, metadata: Table, files: Mapping[str, bytes]) -> Iterator[Fact | Doubt]:
    for graph in metadata.tables(3)[:1]:
        for tensor in graph.tables(2)[:1]:
            yield from _normalization(subject, tensor)
        for tensor in graph.tables(3):
            yield from _labels(tensor, files)


def _normalization(subject: Subject, tensor: Table) -> Iterator[Fact | Doubt]:
    """Mean and deviation of the first input, in values from 0 to 255; the whole image is resized to its size."""
    picture = subject.picture
    units = [unit for unit in tensor.tables(4) if unit.number(0, "B") == NORMALIZATION]
    if picture is None or picture.height is None or picture.width is None or not units:
        return
    options = units[0].table(1)
    mean, std = (list(options.numbers(place, "f")) if options else [] for place in (0, 1))
    if not mean or not std or not all(std):
        yield Doubt(f"{SAID}: NormalizationOptions: mean {mean} and std {std} are not understood")
        return
    channels = max(len(mean), len(std))
    mean, std = (_rounded(values * channels if len(values) == 1 else values) for values in (mean, std))
    resize = {"size": (picture.height, picture.width), "antialias": False}
    made = Preparation(resize, mean=mean, std=std, order="L" if picture.channels == 1 else "RGB")
    if not any(mean) and len({*std}) == 1:
        made = Preparation(resize, divisor=std[0], order=made.order)
    yield from preparation_facts(subject, made, f"{SAID}: NormalizationOptions")


def _rounded(values: Sequence[float]) -> list[float]:
    """float32 as it was meant: 127.5, and 0.485 in place of 0.48500001430511475."""
    return [float(f"{value:.7g}") for value in values]


def _labels(tensor: Table, files: Mapping[str, bytes]) -> Iterator[Fact | Doubt]:
    for entry in tensor.tables(6):
        name = entry.text(0)
        if entry.number(2, "B") not in (AXIS_LABELS, VALUE_LABELS):
            continue
        if name not in files:
            yield Doubt(f"{SAID}: the file {name!r} is missing in the model")
            continue
        lines = files[name].decode("utf-8", "replace").strip().splitlines()
        if lines:
            yield Fact("classes", tuple(line.strip() for line in lines), f"{name} in the model")
