"""Text: characters, names, tags, the likelihood of tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.arrays.probabilities import log_softmax
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import Mask, array_of, counted, lines_of, misfit, tokens_of
from ovopt.errors import DataError
from ovopt.model.files.tokenizer import read_tokenizer

BLOCK = 64
"""Positions that are computed at once: a vocabulary's scores in float64 are large."""
LOADED = 8
"""Tokenizers that are kept."""


class CtcGreedy(Decoder):
    """The text of a CTC head: the best class at each step, repetitions merged, blanks left out.

    The classes are the blank and the characters, in their order; give the characters, or a file with one on each line
    (PP-OCR's dictionaries, with `space: true`). An element of a list may be empty or longer than a character, for the
    special tokens of a speech model: `["", "", "", " ", "E", "T", ...]`.
    Source: Graves et al. 2006, "Connectionist Temporal Classification", best path decoding.
    """

    name: ClassVar[str] = "ctc_greedy"
    characters: str | tuple[str, ...] | None = Field(default=None, description="a text, or a list")
    file: str | None = Field(default=None, description="instead: a file with a character on each line")
    space: bool = Field(default=False, description="whether a space follows the characters")
    blank: int | Literal["last"] = Field(default=0, description="the blank's class; the others are the characters")
    merge: bool = Field(default=True, description="whether a class that follows itself counts once")

    @model_validator(mode="after")
    def _has_one_source(self) -> CtcGreedy:
        if (self.characters is None) == (self.file is None):
            raise ValueError("give either characters or file")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> str:
        """Text of scores [steps, classes], or of classes [steps], where negative ones mean nothing. Raises DataError
        where the output does not fit the characters."""
        names = self._names()
        ids = self._ids(output, len(names))
        kept = ids[np.append(True, ids[1:] != ids[:-1])] if self.merge and len(ids) else ids
        return "".join(names[i] for i in kept if i >= 0)

    def _names(self) -> list[str]:
        """Text of each class: none, for the blank."""
        found = [*(lines_of(self.file, self.name) if self.file is not None else self.characters or ())]
        found += [" "] * self.space
        place = len(found) if self.blank == "last" else self.blank
        if not 0 <= place <= len(found):
            raise DataError(f"{self.name}: the blank {self.blank} is outside the {len(found) + 1} classes")
        return [*found[:place], "", *found[place:]]

    def _ids(self, output: Any, classes: int) -> Array:
        wants = f"scores [steps, {classes}] of the blank and the characters, or classes [steps]"
        array = array_of(output, self.name, wants)
        if array.ndim == 3 and array.shape[0] == 1:
            array = array[0]
        if array.ndim == 2 and array.shape[1] == classes:
            return np.asarray(array.argmax(1))
        if array.ndim != 1 or not np.all(array < classes):
            raise misfit(self.name, wants, output)
        return array.astype(np.int64)


class Lookup(Decoder):
    """The names of classes: of one, or of several with a separator between them. `stop` is the class that ends a text;
    it and all that follows it is left out."""

    name: ClassVar[str] = "lookup"
    sole: ClassVar[str | None] = "classes"
    classes: tuple[str, ...] | None = Field(default=None, description="the names, in the order of the classes")
    file: str | None = Field(default=None, description="instead: a file with a name on each line")
    separator: str = ""
    stop: int | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Lookup:
        if (self.classes is None) == (self.file is None):
            raise ValueError("give either classes or file")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> str:
        """Names as a text, of a class or of classes [n]. Raises DataError where one has no name."""
        names = lines_of(self.file, self.name) if self.file is not None else self.classes or ()
        wants = f"classes of 0 to {len(names) - 1}; `argmax` makes them of scores"
        array = array_of(output, self.name, wants)
        if array.ndim > 1 or array.dtype.kind not in "iu":
            raise misfit(self.name, wants, output)
        ids = array.reshape(-1).tolist()
        if self.stop is not None and self.stop in ids:
            ids = ids[: ids.index(self.stop)]
        outside = [i for i in ids if not 0 <= i < len(names)]
        if outside:
            raise DataError(f"{self.name}: wants {wants}, not {outside[0]}")
        return self.separator.join(names[i] for i in ids)


class Detokenize(Decoder):
    """The text of token ids [tokens], or of the best token at each place of scores [tokens, vocabulary], by the model's
    own tokenizer: `detokenize: tokenizer.json`. Special tokens are left out. Needs the extra `text`."""

    name: ClassVar[str] = "detokenize"
    sole: ClassVar[str | None] = "tokenizer"
    tokenizer: str = Field(description="tokenizer.json, vocab.txt, a .gguf, or the folder that holds one of them")
    stop: int | None = Field(default=None, description="the token that ends a text; what follows it is left out")

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> str:
        """The text. Raises DataError where the output holds no tokens of this tokenizer."""
        wants = "token ids [tokens], or scores [tokens, vocabulary]"
        array = array_of(output, self.name, wants)
        while array.ndim > 1 and array.shape[0] == 1:
            array = array[0]
        if array.dtype.kind == "f":
            array = array_of(array, self.name, wants, rank=2).argmax(-1)
        if array.ndim != 1 or array.dtype.kind not in "iu" or (array < 0).any():
            raise misfit(self.name, wants, output)
        ids: list[int] = array.tolist()
        ids = ids[: ids.index(self.stop)] if self.stop is not None and self.stop in ids else ids
        text: str = _tokenizer(self.tokenizer).decode(ids, skip_special_tokens=True)
        return text


@lru_cache(maxsize=LOADED)
def _tokenizer(path: str) -> Any:
    return read_tokenizer(path)


class Tags(Decoder):
    """The best class of each token, without those that the mask leaves out: token classification. Where labels are tags
    of words, the mask is `word_starts`, which `tokenize: {words: true}` gives."""

    name: ClassVar[str] = "tags"
    sole: ClassVar[str | None] = "labels"
    beside: ClassVar[bool] = True
    labels: tuple[str, ...] = Field(default=(), description="the classes' names; without any, tags are class indices")
    skip_special: bool = Field(default=False, description="leave out the first and the last token: [CLS] and [SEP]")
    mask: Mask = "attention_mask"

    def looks_beside(self, inputs: Collection[str]) -> bool:
        """True where the mask is none of the model's inputs."""
        return self.mask not in inputs

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> list[str] | list[int]:
        """Tag of each token that counts, from scores [tokens, classes]. Raises DataError where output or mask do not
        fit."""
        wants = f"scores at each token, [tokens, {len(self.labels) or 'classes'}]"
        scores = array_of(output, self.name, wants, rank=2)
        if not scores.shape[1] or len(self.labels) not in (0, scores.shape[1]):
            raise misfit(self.name, wants, output)
        best = scores.argmax(1)[counted(inputs, self.mask, len(scores), self.name)]
        ids: list[int] = (best[1:-1] if self.skip_special else best).tolist()
        return [self.labels[i] for i in ids] if self.labels else ids


class NextTokenNll(Decoder):
    """The negative log-likelihood of a text: the scores at position t judge the token at t + 1. Perplexity is
    exp(sum / count)."""

    name: ClassVar[str] = "next_token_nll"
    ids: str = Field(default="input_ids", description="the input that holds the token ids")
    mask: Mask = "attention_mask"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [2]: the sum of -ln p, and the number of tokens, from scores [tokens, vocabulary]. Raises DataError
        where an input does not fit them."""
        logits = array_of(output, self.name, "scores of the vocabulary at each token, [tokens, vocabulary]", rank=2)
        length, vocabulary = logits.shape
        ids = tokens_of(inputs, self.ids, length, self.name).astype(np.int64)
        real = counted(inputs, self.mask, length, self.name)
        positions = np.flatnonzero(real[:-1] & real[1:])
        targets = ids[positions + 1]
        if len(targets) and not 0 <= targets.min() <= targets.max() < vocabulary:
            raise DataError(
                f"{self.name}: token {targets[(targets < 0) | (targets >= vocabulary)][0]} of the input {self.ids!r} "
                f"is outside the {vocabulary} scores of the output"
            )
        blocks = (slice(start, start + BLOCK) for start in range(0, len(positions), BLOCK))
        total = 0.0
        for block in blocks:
            logs = log_softmax(logits[positions[block]])
            total -= float(np.take_along_axis(logs, targets[block, np.newaxis], axis=1).sum())
        return np.array([total, len(positions)], np.float64)
