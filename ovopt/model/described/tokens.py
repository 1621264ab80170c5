"""Tokenizers beside a model: the file, the longest text, the side of the padding, and how sentences are pooled."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from ovopt.model.described.record import Doubt, Entry, Fact
from ovopt.model.described.subject import Document, Schema, Subject

TOKENIZERS = ("tokenizer.json", "vocab.txt")
OTHERS = ("sentencepiece.bpe.model", "spiece.model", "tokenizer.model", "vocab.json")
"""Files of tokenizers that need transformers to be read."""
NO_LIMIT = 1 << 20
"""From this length on, a tokenizer's file says nothing: transformers writes 1e30 there."""
QUESTION, WINDOW, OVERLAP = ("question", "context"), 384, 128
"""The columns of SQuAD, and windows and overlaps of long texts as transformers' pipeline of questions has them."""
IDS = ("input_ids", "ids", "tokens")
POOLINGS = {"pooling_mode_mean_tokens": "mean_pool", "pooling_mode_cls_token": "cls_pool"}


class TokenizerConfig(Schema):
    """The keys of `tokenizer_config.json` that a recipe has a word for; tokens themselves stand in the tokenizer."""

    model_config: ClassVar[Any] = {**Schema.model_config, "extra": "ignore"}
    model_max_length: float | None = None
    padding_side: str = "right"
    truncation_side: str = "right"


class SentenceConfig(Schema):
    """The keys of `sentence_bert_config.json`."""

    max_seq_length: int | None = Field(default=None, gt=0)
    do_lower_case: bool = False


class Pooling(Schema):
    """The keys of `1_Pooling/config.json`."""

    idle: ClassVar[frozenset[str]] = frozenset({"word_embedding_dimension", "embedding_dimension", "include_prompt"})
    pooling_mode: str | None = None
    pooling_mode_cls_token: bool = False
    pooling_mode_mean_tokens: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False


def token_facts(
    subject: Subject, positions: int | None, pad_id: int | None, answers: bool = False
) -> Iterator[Fact | Doubt]:
    """Facts of the files of a tokenizer, for a model that takes tokens. `positions` is the number of its position
    embeddings, as far as its configuration says; `answers` tells that it looks for answers in a text."""
    if not _takes_tokens(subject):
        return
    said, source = TokenizerConfig(), ""
    for document in subject.opened("tokenizer_config.json"):
        if isinstance(document, Doubt):
            yield document
            continue
        said, doubts = document.read(TokenizerConfig)
        source = document.said
        yield from doubts
    limits = {}
    if said.model_max_length is not None and 1 < said.model_max_length < NO_LIMIT:
        limits[f"{source}: model_max_length"] = int(said.model_max_length)
    elif positions:
        limits["config.json: max_position_embeddings"] = positions - _positions_before(subject, positions, pad_id)
    lower = False
    for document in subject.opened("sentence_bert_config.json"):
        if isinstance(document, Doubt):
            yield document
            continue
        sentence, doubts = document.read(SentenceConfig)
        yield from doubts
        lower = sentence.do_lower_case
        if sentence.max_seq_length:
            limits[document.source("max_seq_length")] = sentence.max_seq_length
    yield from _tokenizer(subject, said, limits, lower, answers)
    yield from _pooling(subject)


def _takes_tokens(subject: Subject) -> bool:
    return any(
        port.name in IDS or (port.dtype in ("i64", "i32") and port.shape is not None and len(port.shape) == 2)
        for port in subject.facts.inputs
    )


def _positions_before(subject: Subject, positions: int, pad_id: int | None) -> int:
    """RoBERTa's kin count positions from behind the padding token, and have as many embeddings more: 514 for 512."""
    spare = (pad_id or 0) + 1
    return spare if pad_id and positions & (positions - 1) and not (positions - spare) % 32 else 0


def _tokenizer(
    subject: Subject, said: TokenizerConfig, limits: dict[str, int], lower: bool, answers: bool
) -> Iterator[Fact | Doubt]:
    file = subject.file(*TOKENIZERS)
    if file is None:
        other = subject.file(*OTHERS)
        if other:
            yield Doubt(
                f"{subject.said(other)}: a tokenizer of a kind that only transformers reads; let it write the "
                f"tokenizer.json: AutoTokenizer.from_pretrained({str(other.parent)!r}).save_pretrained(FOLDER)"
            )
        return
    name = subject.said(file)
    yield Fact("tokenizer", file, name)
    source = min(limits, key=limits.__getitem__, default="")
    length, fixed = max(1, limits[source]) if source else None, _fixed_length(subject)
    if fixed:
        length, source = fixed, "the model's input"
    if answers and not fixed:
        length = min(length or WINDOW, WINDOW)
    if length:
        yield Fact("max_length", length, source or name)
    if said.truncation_side != "right":
        yield Doubt(f"{name}: truncation_side: {said.truncation_side}; long texts lose their end here")
    fields = {
        "tokenizer": _place(subject, file),
        **({"max_length": length} if length else {}),
        **({"pad": "max_length"} if fixed else {}),
        **({"columns": [*QUESTION], "stride": min((length or 2) // 2, OVERLAP), "offsets": True} if answers else {}),
        **({"pad_side": "left"} if said.padding_side == "left" and fixed else {}),
    }
    entries: tuple[Entry, ...] = (*(("lowercase",) if lower else ()), {"tokenize": fields})
    yield Fact("preprocess", entries, f"{name}, {source}" if source else name)


def _place(subject: Subject, file: Any) -> str:
    """The tokenizer's folder as a recipe names it: by the model's own. A vocab.txt beside others by its own name."""
    folder = os.path.relpath(file.parent, subject.base)
    return "{model}" if folder == "." else "{model}/" + folder.replace(os.sep, "/")


def _fixed_length(subject: Subject) -> int | None:
    """The number of tokens that a model of fixed shape takes."""
    ports = [port for port in subject.facts.inputs if port.name in IDS] or subject.facts.inputs
    shape = ports[0].shape
    return shape[1] if shape and len(shape) == 2 and (shape[1] or 0) > 1 else None


def _pooling(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of sentence-transformers' files: which vector stands for a sentence."""
    for document in subject.opened("1_Pooling/config.json"):
        if isinstance(document, Doubt):
            yield document
            continue
        said, doubts = document.read(Pooling)
        yield from doubts
        yield Fact("task", "similarity", document.said)
        yield from _pooled(subject, document, said)


def _pooled(subject: Subject, document: Document, said: Pooling) -> Iterator[Fact | Doubt]:
    outputs = subject.facts.outputs
    whole = next((port.name for port in outputs if port.name == "sentence_embedding"), None)
    if whole or (outputs[0].shape and len(outputs[0].shape) == 2):
        if whole:
            yield Fact("output", whole, "the model's outputs")
        yield Fact("postprocess", ("cosine_of_parts",), document.said)
        return
    modes: Mapping[str, Any] = said.model_dump()
    chosen = [key for key in modes if modes[key] is True] or [f"pooling_mode_{said.pooling_mode}_tokens"]
    pool = POOLINGS.get(chosen[0].replace("_cls_tokens", "_cls_token"))
    if len(chosen) > 1 or pool is None:
        yield Doubt(f"{document.said}: {', '.join(chosen)}: no decoder pools like this")
        return
    yield Fact("postprocess", (pool, "cosine_of_parts"), document.source(chosen[0], "pooling_mode"))
