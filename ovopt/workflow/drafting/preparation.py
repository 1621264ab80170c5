"""Ways from the data's content to the model's inputs, by the kind of content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovopt.locate import expand
from ovopt.model.described.record import Described
from ovopt.transforms.sniff import seems
from ovopt.workflow.drafting import arrays, pictures, recordings, texts
from ovopt.workflow.drafting.answer import Answer
from ovopt.workflow.drafting.choices import Choice
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.start import Asked
from ovopt.workflow.drafting.subject import Subject, kind_of


@dataclass(frozen=True)
class Preparation:
    """Choices of `preprocess`, in the order of its entries, and what else follows from the content."""

    choices: Sequence[Choice] = ()
    said: Sequence[str] = ()
    model: dict[str, Any] = field(default_factory=dict)
    """Keys of the section `model`."""
    task: str | None = None
    """Where the content tells more of it than labels do."""
    decoders: Choice | None = None


def preparation_of(subject: Subject, answer: Answer, asked: Asked, known: Described) -> Preparation:
    """The ways that may be tried. Raises DataError where no input takes such content, and UsageError, which asks."""
    if asked.sets("preprocess"):
        return Preparation()
    match kind_of(subject.content):
        case "image":
            picture, choices = pictures.of_files(subject, answer.whole, answer.task)
            return Preparation(choices, [f"The model takes {picture.port}."])
        case "recording":
            return Preparation(recordings.of_recordings(subject, known.rate), [f"The model takes {subject.inputs[0]}."])
        case "text" | "texts":
            return _of_texts(subject, asked, known)
        case "file" if texts.is_text(subject.content) and texts.takes_tokens(subject.inputs):
            return _of_texts(subject, asked, known)
        case "file":
            raise question(
                f"{subject.samples.ids[0]} is {seems(bytes(subject.content))}: how does it become numbers",
                [option("--set", "preprocess=[npy]"), option("--set", "preprocess=[decode_text, {tokenize: FILE}]")],
            )
    choices, model = arrays.of_arrays(subject, answer.whole, answer.task)
    return Preparation(choices, [], model)


def _of_texts(subject: Subject, asked: Asked, known: Described) -> Preparation:
    choices = texts.of_texts(subject, _folder(asked), known.max_length)
    said = ["Texts become tokens by the model's own tokenizer; longer ones are cut to `max_length`."]
    if texts.is_pair_of_embeddings(subject) and asked.task in (None, "similarity"):
        return Preparation(choices, said, {}, "similarity", texts.embedding(subject))
    return Preparation(choices, said)


def _folder(asked: Asked) -> Path | None:
    return expand(str(asked.data)) if isinstance(asked.data, str | Path) else None
