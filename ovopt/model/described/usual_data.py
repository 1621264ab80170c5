"""Data sets by which models of a kind are usually judged: those of the model's card, else known ones of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
OF_IMAGES: Mapping[str, str] = {
    "classification": "ILSVRC/imagenet-1k",
    "detection": "detection-datasets/coco",
    "segmentation": "zhoubolei/scene_parse_150",
    "image-to-image": "eugenesiow/Set5",
}
OF_TEXTS: Mapping[str, str] = {
    "classification": "stanfordnlp/imdb",
    "token-classification": "eriktks/conll2003",
    "similarity": "sentence-transformers/stsb",
    "language-modelling": "Salesforce/wikitext",
}
OF_SOUNDS: Mapping[str, str] = {
    "classification": "google/speech_commands",
    "transcription": "openslr/librispeech_asr",
}
"""A data set of the hub for each task."""
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
    if named is None:
        kinds = OF_IMAGES if subject.picture else OF_SOUNDS if found.rate else OF_TEXTS if found.tokenizer else {}
        named = kinds.get(found.task or "")
    return (PREFIX + named,) if named else ()
