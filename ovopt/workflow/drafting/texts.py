"""Ways to bring texts to a model: by the tokenizer that lies beside it or beside the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import UsageError
from ovopt.given_file import read_file
from ovopt.records import Port
from ovopt.transforms.text import NAMES
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.subject import Subject, folder_of

TOKENIZERS = ("tokenizer.json", "vocab.txt")
LENGTHS = (("tokenizer_config.json", ("model_max_length", "max_len")), ("config.json", ("max_position_embeddings",)))
"""Documents that tell the length that a model was trained with, by these keys."""
LOOKED_AT, FEW_NAMES = 1000, 4
"""Values of a column, and how often each name of a class occurs among them."""
LENGTH, LONGEST = 256, 8192
"""Tokens where nobody tells; longer than the latter is no length, as tokenizers say that have none."""


def of_texts(subject: Subject, data: Path | None, length: int | None = None) -> list[Choice]:
    """Choices for texts. Raises UsageError, which asks, where there is no tokenizer, or more than two columns."""
    content, columns = subject.content, _columns(subject)
    found = _tokenizer(subject, data)
    settings: dict[str, Any] = {"tokenizer": found, **_length(subject, found, length), **_names(subject.inputs)}
    if len(columns) == 2 and not _is_joint(subject):
        return [Choice.none({"parts": list(columns)}, {"tokenize": settings})]
    named = {"columns": list(columns)} if isinstance(content, Mapping) else {}
    decode = ["decode_text"] if isinstance(content, bytes) else []
    return [Choice.none(*decode, {"tokenize": {**settings, **named}})]


def embedding(subject: Subject) -> Choice:
    """Ways from the outputs of an encoder, for each text of a pair, to their likeness."""
    options = []
    for place, port in enumerate(subject.outputs):
        sections = {"model": {"output": place}} if place else {}
        if len(port.shape or ()) == 3:
            for pool, said in (("mean_pool", "the mean of the tokens"), ("cls_pool", "the first token")):
                options.append(Option(f"{said} of {port.name}", (), (pool, "cosine_of_parts"), sections))
        elif len(port.shape or ()) == 2:
            options.append(Option(port.name, (), ("cosine_of_parts",), sections))
    return Choice("embedding", tuple(options))


def is_text(content: bytes) -> bool:
    """True for a file's bytes that are text in UTF-8."""
    try:
        return "\0" not in bytes(content).decode("utf-8-sig")
    except UnicodeDecodeError:
        return False


def takes_tokens(inputs: Sequence[Port]) -> bool:
    """True where all that a model takes are rows of whole numbers."""
    return all(port.dtype in ("i64", "i32") and len(port.shape or ()) == 2 for port in inputs)


def left_over(subject: Subject) -> list[str]:
    """Columns of numbers, or of few names, beside the two texts of a sample: one of them may be its label. That of two
    embeddings is the only column of fractions."""
    if len(_columns(subject)) != 2:
        return []
    rest = [name for name in subject.samples.columns if name not in subject.content and "." not in name]
    found = [name for name in rest if _may_label(subject.samples.column(name))]
    fractions = [name for name in found if any(isinstance(one, float) for one in subject.samples.column(name))]
    return fractions if len(fractions) == 1 and is_pair_of_embeddings(subject) else found


def _may_label(values: Sequence[Any]) -> bool:
    known = [value for value in values[:LOOKED_AT] if value is not None]
    if all(isinstance(value, int | float) for value in known):
        return len({*known}) > 1 and known != [*range(len(known))]
    return all(isinstance(value, str) for value in known) and 1 < len({*known}) <= len(known) / FEW_NAMES


def is_pair_of_embeddings(subject: Subject) -> bool:
    """True where each sample holds two texts that the model embeds one at a time."""
    return len(_columns(subject)) == 2 and not _is_joint(subject)


def _is_joint(subject: Subject) -> bool:
    """True where the model gives so few numbers that it must have read both texts at once."""
    widths = [port.shape[-1] for port in subject.outputs if port.shape and len(port.shape) == 2]
    few = max(3, subject.labels.classes if subject.labels.kind in ("class", "name") else 1)
    return any(width is not None and width <= few for width in widths)


def _columns(subject: Subject) -> tuple[str, ...]:
    content = subject.content
    if not isinstance(content, Mapping):
        return ()
    texts = tuple(column for column, value in content.items() if isinstance(value, str))
    if len(texts) > 2:
        raise question(
            f"the samples hold the texts {', '.join(texts)}: which of them does the model read",
            [option("--set", f"data.source.inputs=[{','.join(some)}]") for some in (*pairwise(texts), *zip(texts))],
        )
    return texts


def _tokenizer(subject: Subject, data: Path | None) -> str:
    folder = folder_of(subject.model.opened)
    if any((folder / name).is_file() for name in TOKENIZERS) or any(folder.glob("*.gguf")):
        return "{model}"
    beside = data.parent if data is not None and data.is_file() else data
    if beside is not None and any((beside / name).is_file() for name in TOKENIZERS):
        return str(beside.resolve())
    raise question(
        f"the data are texts, and neither {folder} nor the folder of the data holds {' or '.join(TOKENIZERS)}: which "
        "tokenizer is the model's",
        [option("--set", "preprocess=[{tokenize: FILE}]")],
    )


def _length(subject: Subject, tokenizer: str, known: int | None) -> dict[str, Any]:
    """Settings of the length: the model's own, where it is fixed, with padding; else that which it was trained with."""
    fixed = next((port.shape[-1] for port in subject.inputs if port.shape and len(port.shape) == 2), None)
    if fixed is not None:
        return {"max_length": fixed, "pad": "max_length"}
    folders = [folder_of(subject.model.opened), Path(tokenizer)]
    return {"max_length": known or _told(folders) or LENGTH}


def _told(folders: Sequence[Path]) -> int | None:
    for folder in folders:
        for name, keys in LENGTHS:
            values = _document(folder / name)
            for key in keys:
                length = values.get(key)
                if isinstance(length, int) and 0 < length <= LONGEST:
                    return length
    return None


def _document(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    try:
        found = parse_json(read_file(file, UsageError))
    except (UnreadableError, UsageError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _names(inputs: Sequence[Port]) -> dict[str, Any]:
    """Names of inputs that are not called as usual: a sole one takes the ids."""
    whole = [port for port in inputs if port.dtype in ("i64", "i32")]
    names = {"ids": whole[0].name} if len(whole) == 1 and whole[0].name not in NAMES.values() else {}
    types = {port.dtype for port in whole}
    return {**({"names": names} if names else {}), **({"dtype": "int32"} if types == {"i32"} else {})}
