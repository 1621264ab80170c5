"""A first recipe for a model and its data, to be looked through: every guess is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from ovopt.caller import untouched_caller
from ovopt.contracts import BadLabel, Boxes, LabelFile, Samples
from ovopt.errors import DataError, OvoptError
from ovopt.locate import expand
from ovopt.metrics.class_labels import scores_of
from ovopt.model.files.opened import opened
from ovopt.model.native import core
from ovopt.preparing.prepared import prepare
from ovopt.recipe import Recipe, parse_recipe, with_data
from ovopt.recipe.match import best_match
from ovopt.records import ModelFacts, Port

if TYPE_CHECKING:
    import openvino

    from ovopt.model.files.opened import ModelLike

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm")
RECORDINGS = (".wav", ".flac", ".ogg", ".mp3")
SIDE = 224
"""Of an image where the model takes any."""
CROPPED = 0.875
TRIED = 48
"""So many labelled samples decide between ways to normalize."""
NORMALIZATIONS: Mapping[str, Sequence[dict[str, Any]]] = {
    "ImageNet's mean and deviation": [
        {"scale": 255},
        {"normalize": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "axis": -1}},
    ],
    "0 to 1": [{"scale": 255}],
    "-1 to 1": [{"normalize": {"mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5], "axis": -1}}],
    "0 to 255": [{"cast": "float32"}],
}


@dataclass(frozen=True)
class Draft:
    """Sections of a recipe in the order of the file, each with the comments that stand above it."""

    sections: Mapping[str, Any]
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def with_section(self, name: str, value: Any, *comments: str) -> Draft:
        """One section more, or another value for one."""
        return replace(self, sections={**self.sections, name: value}, comments={**self.comments, name: tuple(comments)})

    @property
    def text(self) -> str:
        """As YAML."""
        blocks = []
        for name, value in self.sections.items():
            comments = "".join(f"# {line}\n" for line in self.comments.get(name, ()))
            blocks.append(comments + yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=100))
        return "".join(blocks)

    def recipe(self) -> Recipe:
        """As ovopt reads it."""
        return parse_recipe(dict(self.sections), "the new recipe")


@dataclass(frozen=True)
class _Subject:
    """A model and the samples that a recipe is written for."""

    model: openvino.Model
    facts: ModelFacts
    samples: Samples

    @property
    def label(self) -> Any:
        """The first that can be used; None without labels."""
        return next((label for label in self.samples.labels or () if not isinstance(label, BadLabel)), None)

    @property
    def scores(self) -> int | None:
        """Scores of a sample in the first output; None where their number is open."""
        return scores_of(self.facts.outputs[0])

    def are(self, suffixes: tuple[str, ...]) -> bool:
        """Tells whether the samples are files of such a kind."""
        return self.samples.ids[0].lower().endswith(suffixes)


@untouched_caller()
def draft_recipe(model: ModelLike, data: str | Path, *, trust: bool = False) -> Draft:
    """A recipe that runs at once. Labelled images of classes try the usual normalizations and keep the best.

    Raises ModelError where the model cannot be read, DataError where the data cannot go into it.
    """
    with opened([model], trust) as (one,):
        started = _started(Path(one.name if one.label else one.path), one.facts, str(data))
        source = started.recipe().data.source
        assert source is not None, "with_data has put one there"
        made = _for_task(started, _Subject(one.model, one.facts, source.open(one.facts.inputs, 0)))
        prepared = prepare(made.recipe(), one.facts.inputs, 0)
        next(prepared.prepare_each([0]), None)  # a recipe that does not run must not be written
        return made


def _started(model: Path, found: ModelFacts, data: str) -> Draft:
    matched = best_match(model, found)
    hint = [f"The recipe {matched.name!r} fits this model too: {matched.why}."] if matched else []
    family = (model.resolve().name if model.is_dir() else model.stem).lower().replace("_", "-")
    source = with_data({}, data)["data"]["source"]
    if source["kind"] == "files":
        source = {**source, **_labels_in(expand(source["path"]))}
    help_said = "`ovopt recipes check` explains what is wrong with it, `ovopt recipes schema` helps editors."
    sections = {
        "ovopt": 1,
        "family": family,
        "description": f"Written for {model.name}; say here what it does.",
        "data": {"source": source, "splits": {"calibration": 0.25, "tuning": 0.25, "gate": "rest"}},
    }
    splits_said = "Calibration gathers statistics, tuning decides between candidates, the gate judges."
    return Draft(sections, {"ovopt": (help_said, *hint), "data": (splits_said,)})


def _labels_in(folder: Path) -> dict[str, str]:
    """Settings that find the labels of a folder of files, if not in the names of its folders."""
    if (folder / "labels.csv").is_file():
        return {"labels": "labels.csv"}
    return {} if any(place.is_dir() for place in folder.iterdir()) else {"label": "none"}


def _for_task(started: Draft, subject: _Subject) -> Draft:
    label = subject.label
    if subject.are(IMAGES):
        return _pictures(started, subject)
    if subject.are(RECORDINGS):
        started = _with_recordings(started, subject)
    if label is None:
        return _unlabelled(started)
    if isinstance(label, float) or (isinstance(label, list) and label and isinstance(label[0], float)):
        return _closed(started.with_section("task", "regression"))
    if not isinstance(label, int | str):
        return _unlabelled(
            started, "The labels are no classes: name the task. Until then, agreement with the original."
        )
    return _closed(_with_classes(started.with_section("task", "classification"), subject.samples, subject.scores))


def _pictures(started: Draft, subject: _Subject) -> Draft:
    decoder: dict[str, Any]
    match subject.label:
        case None:
            return _unlabelled(_with_images(started, subject))
        case Boxes():
            return _detection(started, subject)
        case LabelFile(kind="mask"):
            task, decoder = "segmentation", {"argmax": {"axis": 0}}
        case LabelFile():
            task, decoder = "image-to-image", {"image": {"layout": "chw"}}
        case _:
            return _classification(started, subject)
    made = _with_images(started.with_section("task", task), subject, whole=True)
    return _closed(made.with_section("postprocess", [decoder], "From the output to what the metrics look at."))


def _classification(started: Draft, subject: _Subject) -> Draft:
    started = _with_classes(started.with_section("task", "classification"), subject.samples, subject.scores)
    tried = {name: _closed(_with_images(started, subject, name)) for name in _normalizations(subject.facts)}
    if len(tried) == 1:
        return next(iter(tried.values()))
    rights = {name: _right(one, subject) for name, one in tried.items()}
    best = tried[max(rights, key=rights.__getitem__)]
    said = ", ".join(f"{name}: {share:.0%}" for name, share in rights.items())
    comment = f"Right on up to {TRIED} tuning samples, by the range of the pixels: {said}."
    return best.with_section("preprocess", best.sections["preprocess"], *best.comments["preprocess"], comment)


def _with_images(started: Draft, subject: _Subject, normalization: str | None = None, whole: bool = False) -> Draft:
    """Decode, resize, normalize, bring into the model's layout; the `whole` image, or its middle."""
    port = _image_input(subject.facts)
    channels, height, width, first = _image_shape(port)
    shorter = round(min(height, width) / CROPPED)
    cropped: list[Any] = [{"resize": {"shorter_side": shorter}}, {"center_crop": [height, width]}]
    chosen = normalization or _normalizations(subject.facts)[0]
    steps = [
        {"decode_image": {"mode": "L" if channels == 1 else "RGB"}},
        *([{"resize": {"size": [height, width]}}] if whole else cropped),
        *(NORMALIZATIONS[chosen] if port.dtype.startswith("f") else ()),
        *([{"layout": "chw"}] if first else ()),
    ]
    return started.with_section(
        "preprocess",
        steps,
        f"The model takes {port}.",
        f"Pixels: {chosen}. Check how it was trained: a wrong range costs accuracy in silence.",
    )


def _detection(started: Draft, subject: _Subject) -> Draft:
    port = _image_input(subject.facts)
    _, height, width, first = _image_shape(port)
    head = detection_head(subject.facts.outputs)
    floats = port.dtype.startswith("f")
    steps: list[Any] = [
        "decode_image",
        {"resize": {"letterbox": [height, width]}},
        *([{"scale": 255}] if floats else []),
        *([{"layout": "chw"}] if first else []),
    ]
    trained = (
        "Letterboxed and scaled to 0 ... 1, as YOLO models are trained." if floats else "Letterboxed; bytes go in."
    )
    made = _with_classes(started.with_section("task", "detection"), subject.samples)
    made = made.with_section("model", {"output": head.outputs}, head.said)
    made = made.with_section("preprocess", steps, f"The model takes {port}. {trained}")
    return _closed(made.with_section("postprocess", [head.decoder]))


def _with_recordings(started: Draft, subject: _Subject) -> Draft:
    port = subject.facts.inputs[0]
    length = port.shape[-1] if port.shape else None
    steps: list[Any] = ["decode_audio", "mono", {"resample": 16000}]
    steps += [{"fix_length": {"samples": length}}] if length and length > 1 else []
    return started.with_section("preprocess", steps, f"The model takes {port}. 16 kHz is a guess.")


def _with_classes(started: Draft, samples: Samples, scores: int | None = None) -> Draft:
    """Class names, where labels are names; a model of another number of `scores` lacks some, or has more."""
    names = samples.classes or tuple(sorted({label for label in samples.labels or () if isinstance(label, str)}))
    if not names or all(name.lstrip("-").isdigit() for name in names):
        return started
    misfit = f"The data has {len(names)} classes, the model {scores} scores: name every class, at its place."
    return started.with_section(
        "data",
        {**started.sections["data"], "classes": list(names)},
        *started.comments["data"],
        "`classes` must stand in the order of the model's outputs; this order is the data's.",
        *([misfit] if scores not in (None, 1, len(names)) else []),
    )


def _closed(started: Draft) -> Draft:
    """The sections that every recipe ends with."""
    return started.with_section(
        "optimize",
        [{"quantize": {"model_type": "transformer"}}],
        "The transformer model type keeps more accuracy than NNCF's default, on many convolutional networks too.",
    ).with_section("budgets", {}, "Limits that make a comparison a gate, for example {size: {max_ratio: 0.5}}.")


def _unlabelled(started: Draft, said: str = "No labels: agreement with the original stands in for accuracy.") -> Draft:
    return _closed(started.with_section("task", "any", said))


def _image_input(found: ModelFacts) -> Port:
    for port in found.inputs:
        if port.shape and len(port.shape) == 4:
            return port
    raise DataError(f"the data are images, but no input of the model takes one: {', '.join(map(str, found.inputs))}")


def _image_shape(port: Port) -> tuple[int, int, int, bool]:
    """Channels, height, width, and whether channels come first."""
    assert port.shape is not None, "chosen for its rank"
    _, *dims = port.shape
    first = dims[0] in (1, 3)
    channels, height, width = dims if first else (dims[2], dims[0], dims[1])
    return channels or 3, height or SIDE, width or SIDE, first


def _normalizations(found: ModelFacts) -> list[str]:
    port = _image_input(found)
    if not port.dtype.startswith("f"):
        return ["0 to 255"]
    return list(NORMALIZATIONS) if _image_shape(port)[0] == 3 else ["0 to 1", "0 to 255"]


def _right(tried: Draft, subject: _Subject) -> float:
    """Share of tuning samples whose likeliest class is the label; 0 where they cannot be run."""
    try:
        prepared = prepare(tried.recipe(), subject.facts.inputs, 0)
        compiled = core().compile_model(subject.model, "CPU")
        rights = [
            int(np.argmax(compiled(list(parts[0]))[0])) == prepared.labels.read(index)
            for index, parts in prepared.prepare_each(prepared.splits["tuning"][:TRIED])
        ]
    except OvoptError:
        return 0.0
    return float(np.mean(rights)) if rights else 0.0


LEAST_ANCHORS, MANY_ROWS = 100, 1001
"""A dimension of so many is anchors, not classes; of `MANY_ROWS`, anchors before suppression."""

TF_OUTPUTS = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")


@dataclass(frozen=True)
class Head:
    """The outputs that it takes, the entry of `postprocess`, and why."""

    outputs: int | list[int | str]
    decoder: Any
    said: str


def detection_head(outputs: Sequence[Port]) -> Head:
    """The head by the outputs' shapes; the YOLOv8 layout where nothing tells."""
    shapes = [port.shape or () for port in outputs]
    first = shapes[0]
    if len(shapes) == 1 and first[-1:] == (7,) and len(first) == 4:
        return Head(0, "detection_output", "Rows of 7 numbers: OpenVINO's DetectionOutput.")
    if len(shapes) == 1 and first[-1:] == (6,) and (first[-2] or 0) < MANY_ROWS:
        return Head(0, "yolo_end_to_end", "Rows of 6 numbers: boxes after suppression, as YOLOv10 gives them.")
    if len(shapes) == 1 and len(first) == 3 and _many(first[1]) and not _many(first[2]):
        return Head(0, "yolo_v5", "Anchors before numbers: the layout of YOLOv5 to v7.")
    if len(shapes) == 2 and any(shape[-1:] == (4,) for shape in shapes):
        boxes = next((i for i, shape in enumerate(shapes) if shape[-1] == 4), 0)
        said = "Two outputs, one of them with rows of 4 numbers: boxes and scores."
        return Head([boxes, 1 - boxes], "yolo_nas", said)
    if len(shapes) == 4:
        return _four(outputs)
    return Head(0, "yolo_v8", "Numbers before anchors: the layout of YOLOv8 and later.")


def _four(outputs: Sequence[Port]) -> Head:
    names = [port.name.split(":")[0] for port in outputs]
    if sorted(names) == sorted(TF_OUTPUTS):
        order: list[int | str] = [names.index(name) for name in TF_OUTPUTS]
        said = "Four outputs, called as those of the TensorFlow detection API; its exports count classes from 1."
        return Head(order, {"tf_detections": {"label_offset": 1}}, said)
    said = "Four outputs: those of the TensorFlow detection API; see to their order."
    return Head([0, 1, 2, 3], "tf_detections", said)


def _many(dim: int | None) -> bool:
    return dim is None or dim >= LEAST_ANCHORS
