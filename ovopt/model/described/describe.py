"""A model as its publisher describes it: all that is known about files beside it and notes inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ovopt.model.described.huggingface import hugging_face_facts
from ovopt.model.described.labels import label_facts
from ovopt.model.described.model_api import model_api_facts
from ovopt.model.described.paddle import paddle_facts
from ovopt.model.described.record import Described, Doubt, Fact, gathered
from ovopt.model.described.subject import Subject
from ovopt.model.described.tflite import tflite_facts
from ovopt.model.described.timm import timm_facts, torchvision_facts
from ovopt.model.described.ultralytics import ultralytics_facts
from ovopt.model.described.usual_data import card_facts, usual_data
from ovopt.model.files.opened import OpenedModel

READERS: Sequence[Callable[[Subject], Iterator[Fact | Doubt]]] = (
    ultralytics_facts,
    tflite_facts,
    model_api_facts,
    hugging_face_facts,
    paddle_facts,
    timm_facts,
    torchvision_facts,
    card_facts,
    label_facts,
)
"""Those whose facts count first: what stands inside the model, then what tools write, then what people do."""


def described(model: OpenedModel) -> Described:
    """The use of a model as its publisher wrote it down; empty where nobody did. What cannot be read is a doubt.

    Raises ModelError where the model itself cannot be read.
    """
    subject = Subject(model)
    found = gathered(one for reader in READERS for one in reader(subject))
    return found if found.data else replace(found, data=usual_data(subject, found))
