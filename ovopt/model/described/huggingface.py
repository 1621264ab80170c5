"""Folders as transformers writes them: `config.json`, processors, tokenizers and, of sentence-transformers, pooling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from ovopt.model.described.image_processor import image_processor_facts
from ovopt.model.described.record import Doubt, Entry, Fact
from ovopt.model.described.sound import ctc_facts, sound_facts
from ovopt.model.described.subject import Document, Schema, Subject
from ovopt.model.described.tokens import token_facts

CONFIG, PROCESSORS = "config.json", ("preprocessor_config.json", "processor_config.json")
TASKS: Mapping[str, str] = {
    "ForImageClassification": "classification",
    "ForImageClassificationWithTeacher": "classification",
    "ForSequenceClassification": "classification",
    "ForAudioClassification": "classification",
    "ForSequenceAudioClassification": "classification",
    "ForTokenClassification": "token-classification",
    "ForObjectDetection": "detection",
    "ForSemanticSegmentation": "segmentation",
    "ForImageSuperResolution": "image-to-image",
    "ForDepthEstimation": "depth",
    "ForQuestionAnswering": "question-answering",
    "ForCTC": "transcription",
    "ForXVector": "verification",
    "ForCausalLM": "language-modelling",
    "LMHeadModel": "language-modelling",
}
"""The end of an architecture's name -> the recipe's task."""
SIGMOID = ("DeformableDetr", "ConditionalDetr", "RTDetr", "RtDetr", "DFine", "Deta")
"""Detectors without a class for nothing."""
DETECTORS = (*SIGMOID, "Detr", "Yolos", "TableTransformer")
DECODERS: Mapping[str, tuple[Entry, ...]] = {
    "segmentation": ({"argmax": 0},),
    "token-classification": ("tags",),
    "verification": ("cosine_of_parts",),
    "language-modelling": ("next_token_nll",),
    "question-answering": ("answer_span",),
    "image-to-image": ({"image": "chw"},),
}
"""From the outputs to what the metrics look at, by the recipe's task."""
SPAN = ("start_logits", "end_logits")
BOXES, MASK = ("logits", "pred_boxes"), "pixel_mask"
UNNAMED = re.compile(r"LABEL_\d+")
"""The class names that transformers makes up."""
MULTI_LABEL, REGRESSION = "multi_label_classification", "regression"


class Config(Schema):
    """The keys of `config.json` that tell what the outputs mean; the others make the network."""

    model_config: ClassVar[Any] = {**Schema.model_config, "extra": "ignore"}
    architectures: tuple[str, ...] = ()
    id2label: dict[int, str] = Field(default={})
    problem_type: str | None = None
    pad_token_id: int | None = None
    max_position_embeddings: int | None = None


def hugging_face_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of all the files that transformers and sentence-transformers keep beside a model."""
    config = Config()
    for document in subject.opened(CONFIG):
        if isinstance(document, Doubt):
            yield document
        elif "architectures" in document.values or "model_type" in document.values:
            config, doubts = document.read(Config)
            yield from doubts
            yield from _config_facts(subject, document, config)
    yield from _processor_facts(subject)
    answers = any(name.endswith("ForQuestionAnswering") for name in config.architectures[:1])
    yield from token_facts(subject, config.max_position_embeddings, config.pad_token_id, answers)


def _config_facts(subject: Subject, document: Document, config: Config) -> Iterator[Fact | Doubt]:
    architecture = config.architectures[0] if config.architectures else ""
    task = next((task for end, task in TASKS.items() if architecture.endswith(end)), None)
    labels = _names(config)
    if task == "classification" and (config.problem_type == REGRESSION or len(config.id2label) == 1):
        yield Fact("task", REGRESSION, document.source("problem_type", "id2label"))
        return
    if task == "classification" and config.problem_type == MULTI_LABEL:
        yield Doubt(f"{document.said}: problem_type: a sample may be of several classes, each of them judged by itself")
        yield Fact("postprocess", ("sigmoid",), document.source("problem_type"))
    elif task:
        yield Fact("task", task, document.source("architectures"))
    elif architecture:
        yield Doubt(f"{document.said}: architectures: {architecture} tells no task of a recipe")
    if labels:
        yield Fact("classes", labels, document.source("id2label"))
    source = document.source("architectures")
    if task == "detection":
        yield from _detection(subject, architecture, source)
    elif task == "transcription":
        yield from ctc_facts(subject, config.pad_token_id)
    elif task and task in DECODERS:
        yield Fact("postprocess", DECODERS[task], source)
        if {*SPAN} <= {port.name for port in subject.facts.outputs}:
            yield Fact("output", SPAN, source)


def _names(config: Config) -> tuple[str, ...]:
    """Class names in their order; none where some are missing or made up."""
    names = [config.id2label[place] for place in sorted(config.id2label)]
    whole = sorted(config.id2label) == list(range(len(names))) and len(names) > 1
    return tuple(names) if whole and not any(map(UNNAMED.fullmatch, names)) else ()


def _detection(subject: Subject, architecture: str, source: str) -> Iterator[Fact | Doubt]:
    kind = next((name for name in DETECTORS if architecture.startswith(name)), None)
    if kind is None:
        yield Doubt(f"{source}: the outputs of {architecture} are not known")
        return
    decoder: Entry = {"detr": {"activation": "sigmoid"}} if kind in SIGMOID else "detr"
    yield Fact("postprocess", (decoder,), source)
    if {*BOXES} <= {port.name for port in subject.facts.outputs}:
        yield Fact("output", BOXES, source)
    if any(port.name == MASK for port in subject.facts.inputs):
        yield Fact("inputs", {MASK: 1}, source)


def _processor_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    for document in subject.opened(*PROCESSORS):
        if isinstance(document, Doubt):
            yield document
            continue
        inner = [part for key in ("image_processor", "feature_extractor") if (part := document.part(key))]
        for one in inner or [document]:
            yield from sound_facts(subject, one) if "sampling_rate" in one.values else _of_images(subject, one)


def _of_images(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    """Facts of an image processor; none of a `processor_config.json` that holds no more than a chat's settings."""
    if subject.picture or "image_processor_type" in document.values:
        yield from image_processor_facts(subject, document)
