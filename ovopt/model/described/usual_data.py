"""Data sets by which models of a kind are usually judged: those of the model's card, else known ones of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ovopt.documents import UnreadableError, parse_yaml
from ovopt.errors import ModelError
from ovopt.given_file import read_file
from ovopt.model.described.record import Described, Doubt, Fact
from ovopt.model.described.subject import Subject
from ovopt.model.files.hub import PREFIX

CARD, LARGEST = "README.md", 1 << 20
FRONT = re.compile(r"---\s*\n(.*?\n)---\s*(\n|$)", re.DOTALL)
"""The metadata of a model's card: https://huggingface.co/docs/hub/model-cards#model-card-metadata."""
NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True)
class Usual:
    """A data set of the hub, and how many classes models have that are judged by it; none where any may be."""

    name: str
    classes: tuple[int, ...] = ()


OF_IMAGES: Mapping[str, Usual] = {
    "classification": Usual("ILSVRC/imagenet-1k", (1000, 1001)),
    "detection": Usual("detection-datasets/coco", (80, 90, 91, 92)),
    "segmentation": Usual("zhoubolei/scene_parse_150", (150, 151)),
    "image-to-image": Usual("eugenesiow/Set5"),
}
OF_TEXTS: Mapping[str, Usual] = {
    "classification": Usual("stanfordnlp/imdb", (2,)),
    "token-classification": Usual("eriktks/conll2003", (9,)),
    "similarity": Usual("sentence-transformers/stsb"),
    "question-answering": Usual("rajpurkar/squad"),
    "language-modelling": Usual("Salesforce/wikitext"),
}
OF_SOUNDS: Mapping[str, Usual] = {
    "classification": Usual("google/speech_commands", (12, 35, 36)),
    "transcription": Usual("openslr/librispeech_asr"),
}
"""A data set for each task."""
BY_CLASSES: Mapping[frozenset[str], str] = {
    frozenset(
        {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
    ): "uoft-cs/cifar10",
    frozenset("0123456789"): "ylecun/mnist",
}
"""Classes that tell a data set."""
TASKS: Mapping[str, str] = {
    "image-classification": "classification",
    "text-classification": "classification",
    "audio-classification": "classification",
    "token-classification": "token-classification",
    "object-detection": "detection",
    "image-segmentation": "segmentation",
    "sentence-similarity": "similarity",
    "text-generation": "language-modelling",
    "automatic-speech-recognition": "transcription",
    "image-to-image": "image-to-image",
    "depth-estimation": "depth",
    "question-answering": "question-answering",
    "translation": "translation",
}
"""A card's `pipeline_tag` -> the recipe's task."""


def card_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Task and data sets of a model's card."""
    file = subject.file(CARD)
    if file is None:
        return
    try:
        found = FRONT.match(read_file(file, ModelError, LARGEST).decode("utf-8-sig", "replace"))
        values = parse_yaml(found[1]) if found else {}
    except (ModelError, UnreadableError) as error:
        yield Doubt(f"{CARD}: {error}; it is not used")
        return
    if not isinstance(values, Mapping):
        return
    task = TASKS.get(str(values.get("pipeline_tag")))
    if task:
        yield Fact("task", task, f"{CARD}: pipeline_tag")
    names = _named(values.get("datasets"))
    if names:
        yield Fact("data", names, f"{CARD}: datasets")


def _named(datasets: Any) -> tuple[str, ...]:
    given = datasets if isinstance(datasets, list) else [datasets]
    return tuple(PREFIX + name for name in given if isinstance(name, str) and NAME.fullmatch(name))


def usual_data(subject: Subject, found: Described) -> tuple[str, ...]:
    """A data set of the hub for a model of this task, classes and kind of input; none where there is no usual one."""
    named = BY_CLASSES.get(frozenset(name.lower() for name in found.classes))
    if named is not None:
        return (PREFIX + named,)
    kinds = OF_IMAGES if subject.picture else OF_SOUNDS if found.rate else OF_TEXTS if found.tokenizer else {}
    usual = kinds.get(found.task or "")
    if usual is None or (usual.classes and _classes(subject, found) not in usual.classes):
        return ()
    return (PREFIX + usual.name,)


def _classes(subject: Subject, found: Described) -> int | None:
    """The number of classes that the model tells apart: those that are named, else its scores."""
    shape = subject.facts.outputs[0].shape or (None,)
    return len(found.classes) or (shape[1] if found.task == "segmentation" and len(shape) == 4 else shape[-1])
