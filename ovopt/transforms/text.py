"""Text: from files, to tokens, to ids of characters."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from ovopt.arrays.arguments import column_of
from ovopt.contracts import Array, Parts, Transform
from ovopt.errors import DataError, RecipeError
from ovopt.model.files.tokenizer import read_tokenizer
from ovopt.transforms.sniff import seems

Kind = Literal["ids", "mask", "types", "positions", "beams"]
NAMES: Mapping[Kind, str] = {
    "ids": "input_ids",
    "mask": "attention_mask",
    "types": "token_type_ids",
    "positions": "position_ids",
    "beams": "beam_idx",
}
PADDING_TOKENS = ("[PAD]", "<pad>", "<|pad|>", "<|endoftext|>", "</s>")
"""What tokenizers pad with, where their file does not say."""
STARTS = "word_starts"
"""What `words` gives beside the inputs."""
LOADED = 8
_ONE_AT_A_TIME = threading.Lock()


class DecodeText(Transform):
    """Decode a text file's bytes. Text that is already decoded passes through."""

    name: ClassVar[str] = "decode_text"
    sole: ClassVar[str | None] = "encoding"
    decodes: ClassVar[bool] = True
    encoding: str = "utf-8-sig"

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        with suppress(UnicodeError):
            try:
                b"text".decode(encoding)
            except LookupError:
                raise ValueError("unknown encoding") from None
        return encoding

    def __call__(self, content: Any) -> str:
        """The text."""
        if isinstance(content, str):
            return content
        if not isinstance(content, bytes):
            raise DataError(f"decode_text: wants a file's bytes, not a {type(content).__name__}")
        try:
            return content.decode(self.encoding)
        except UnicodeError as error:
            raise DataError(f"decode_text: {error}; it seems to be {seems(content)}") from None


class Lowercase(Transform):
    """Text in lower case."""

    name: ClassVar[str] = "lowercase"

    def __call__(self, content: Any) -> str:
        """The text in lower case."""
        return text_of(content, self.name).lower()


class Strip(Transform):
    """Text without white space at its ends."""

    name: ClassVar[str] = "strip"

    def __call__(self, content: Any) -> str:
        """The text without white space at its ends."""
        return text_of(content, self.name).strip()


class Ids(Transform):
    """Text as ids of its characters: each is its place in the vocabulary. int64; `fix_length` gives all texts the same
    length."""

    name: ClassVar[str] = "ids"
    sole: ClassVar[str | None] = "vocabulary"
    vocabulary: str | tuple[str, ...] = Field(description="all characters, as one text or as a list")
    first: int = Field(default=0, description="the id of the vocabulary's first character")
    unknown: int | None = Field(default=0, description="the id of any other character; null refuses it")

    @field_validator("vocabulary")
    @classmethod
    def _of_characters(cls, vocabulary: Sequence[str]) -> Sequence[str]:
        if not vocabulary or any(len(character) != 1 for character in vocabulary):
            raise ValueError("must hold single characters")
        if len(set(vocabulary)) != len(vocabulary):
            twice = sorted({character for character in vocabulary if list(vocabulary).count(character) > 1})
            raise ValueError(f"holds {', '.join(map(repr, twice))} twice")
        return vocabulary

    def __call__(self, content: Any) -> Array:
        """int64, shape [characters]."""
        text = text_of(content, self.name)
        known = {character: self.first + i for i, character in enumerate(self.vocabulary)}
        if self.unknown is None and not known.keys() >= set(text):
            strange = next(character for character in text if character not in known)
            raise DataError(f"ids: {strange!r} is not in the vocabulary; add it, or give `unknown`")
        return np.array([known.get(character, self.unknown) for character in text], np.int64)


class Tokenize(Transform):
    """Turn text into a model's token ids by its own tokenizer: a `tokenizer.json`, a folder that holds one, or a BERT
    `vocab.txt`. Needs the extra `text`; that of a `.gguf` file, which transformers makes from its vocabulary, the extra
    `hf`.

    Gives the inputs that transformers take, each of shape [tokens]; a model need not have them all. A row of a table is
    joined into one input: `columns: [question, context]`; without `columns` it must have one column. A pair of texts is
    a list of two.

    With a `stride`, what is too long becomes several inferences: windows of the text, of the second one of a pair, that
    overlap by so many tokens. With `offsets`, decoders are told where each token stands in that text.
    """

    name: ClassVar[str] = "tokenize"
    sole: ClassVar[str | None] = "tokenizer"
    whole: ClassVar[bool] = True
    tokenizer: str = Field(description="tokenizer.json, vocab.txt, a .gguf, or the folder that holds one of them")
    max_length: int | None = Field(default=None, gt=0, description="tokens, special ones included")
    truncate: bool = Field(default=True, description="cut longer texts to max_length; else they are refused")
    stride: int | None = Field(
        default=None, ge=0, description="tokens that two windows of a longer text share; default: it is cut"
    )
    words: bool = Field(
        default=False, description="take a list of words; give `word_starts` [tokens], 1 at the first of each, beside"
    )
    offsets: bool = Field(default=False, description="give `offsets` [tokens, 2] and `context` to decoders beside")
    pad: Literal["never", "max_length"] = Field(default="never", description="whether all inputs have max_length")
    pad_id: int | None = Field(default=None, ge=0, description="token that fills up; default: the tokenizer's own")
    pad_side: Literal["right", "left"] = "right"
    special: bool = Field(default=True, description="add the special tokens ([CLS], </s> ...) of the tokenizer")
    lowercase: bool | None = Field(
        default=None, description="for a vocab.txt; default: what tokenizer_config.json beside it says, else true"
    )
    columns: tuple[str, ...] = Field(default=(), max_length=2, description="one column, or the two of a joint input")
    names: dict[Kind, str] = Field(
        default={},
        description="how the model calls its inputs, where not input_ids, attention_mask, token_type_ids, "
        "position_ids, beam_idx",
    )
    dtype: Literal["int64", "int32"] = "int64"

    @model_validator(mode="after")
    def _fits(self) -> Tokenize:
        if self.pad == "max_length" and self.max_length is None:
            raise ValueError("`pad: max_length` needs a `max_length`")
        if self.stride is not None and (self.max_length is None or not self.truncate):
            raise ValueError("a `stride` needs a `max_length`, and `truncate: true`")
        if self.words and (self.stride is not None or self.offsets or len(self.columns) > 1):
            raise ValueError("`words` are of one text, without `stride` and `offsets`")
        return self

    def __call__(self, content: Any) -> dict[str, Any] | Parts:
        """Arrays [tokens] by input name: ids, mask, types (0, and 1 for the second text), positions; and the one beam
        that a decoder with a cache asks for, 0. With a stride, those of each window."""
        texts = self._texts(content)
        encoded = self._encoded(texts)
        if self.stride is None:
            return self._inputs(encoded, texts)
        return Parts(self._inputs(one, texts) for one in (encoded, *encoded.overflowing))

    def _inputs(self, encoded: Any, texts: tuple[str, ...]) -> dict[str, Any]:
        length = len(encoded.ids)
        if self.max_length is not None and length > self.max_length:
            raise DataError(
                f"tokenize: {length} tokens, and max_length is {self.max_length}; raise it, or set `truncate: true`"
            )
        filled = (self.max_length or 0) - length if self.pad == "max_length" else 0
        fill = self._pad_id() if filled > 0 else 0
        found: dict[Kind, Array] = {
            "ids": self._row(encoded.ids, filled, fill),
            "mask": self._row(encoded.attention_mask, filled, 0),
            "types": self._row(encoded.type_ids, filled, 0),
            "positions": self._row(range(length), filled, 0),
            "beams": np.zeros(1, self.dtype),
        }
        named: dict[str, Any] = {self.names.get(kind, NAMES[kind]): array for kind, array in found.items()}
        if self.words:
            named[STARTS] = self._row(_starts(encoded.word_ids, texts[0]), filled, 0)
        return {**named, **self._places(encoded, texts, filled)} if self.offsets else named

    def _places(self, encoded: Any, texts: tuple[str, ...], filled: int) -> dict[str, Any]:
        """First and last + 1 character of each token [tokens, 2] in the last text, -1 where it is none of its; and that
        text."""
        whole = encoded.n_sequences == len(texts)  # not that of a window that no post-processor has touched
        own = [text == len(texts) - 1 for text in (encoded.sequence_ids if whole else encoded.type_ids)]
        places = [place if inside else (-1, -1) for place, inside in zip(encoded.offsets, own, strict=True)]
        margin = [(-1, -1)] * filled
        padded = [*margin, *places] if self.pad_side == "left" else [*places, *margin]
        return {"offsets": np.array(padded, np.int64).reshape(-1, 2), "context": texts[-1]}

    def _texts(self, content: Any) -> tuple[Any, ...]:
        if self.columns:
            texts = tuple(column_of(content, column, self.name) for column in self.columns)
        elif isinstance(content, Mapping):
            if len(content) != 1:
                held = ", ".join(map(str, content))
                raise DataError(f"tokenize: a row of the columns {held or 'none'}; name one or two under `columns`")
            texts = tuple(content.values())
        elif self.words:
            texts = (content,)
        else:
            texts = tuple(content) if isinstance(content, list | tuple) and len(content) == 2 else (content,)
        if self.words:
            return (self._words_of(texts[0]),)
        return tuple(text_of(text, self.name) for text in texts)

    def _words_of(self, content: Any) -> tuple[str, ...]:
        if not isinstance(content, list | tuple):
            raise DataError(
                f"{self.name}: wants a list of words, not a {type(content).__name__}; `words: false` reads it"
            )
        return tuple(text_of(word, self.name) for word in content)

    def _encoded(self, texts: tuple[Any, ...]) -> Any:
        cut = self.max_length if self.truncate else None
        with _ONE_AT_A_TIME:  # a large one takes seconds to load: not once per thread
            tokenizer = _tokenizer(self.tokenizer, self.lowercase, cut, self.stride, len(texts), self.words)
        if self.special and cut is not None and cut <= tokenizer.num_special_tokens_to_add(len(texts) == 2):
            raise RecipeError(f"preprocess: tokenize.max_length of {cut} leaves no place beside the special tokens")
        try:
            encoded = tokenizer.encode(*texts, is_pretokenized=self.words, add_special_tokens=self.special)
        except Exception as error:  # the tokenizers of Hugging Face raise plain exceptions
            raise DataError(f"tokenize: the text cannot be encoded: {error}") from None
        return encoded

    def _row(self, values: Sequence[int], filled: int, fill: int) -> Array:
        margin = [fill] * filled
        whole = [*margin, *values] if self.pad_side == "left" else [*values, *margin]
        return np.array(whole, self.dtype)

    def _pad_id(self) -> int:
        if self.pad_id is not None:
            return self.pad_id
        found = _padding(self.tokenizer, self.lowercase)
        if found is None:
            raise RecipeError(f"{self.tokenizer}: has no token to pad with; give preprocess: tokenize.pad_id")
        return found


def text_of(content: Any, name: str) -> str:
    """A text; DataError, which begins with the transform's name, for anything else."""
    if isinstance(content, bytes):
        raise DataError(f"{name}: wants text, not bytes; put `decode_text` before")
    if not isinstance(content, str):
        raise DataError(f"{name}: wants text, not a {type(content).__name__}")
    return content


def _starts(places: Sequence[int | None], words: Sequence[str]) -> list[int]:
    """1 at the first token of each word, by the word that each token is of. Raises DataError for a word without one."""
    starts = [
        int(place is not None and place != before) for place, before in zip(places, [None, *places], strict=False)
    ]
    begun = [place for place, start in zip(places, starts, strict=True) if start]
    for place, found in enumerate(begun):
        if place != found:
            raise DataError(f"tokenize: the word {words[place]!r} has no token; remove it, and its tag")
    return starts


@lru_cache(maxsize=LOADED)
def _tokenizer(path: str, lowercase: bool | None, cut: int | None, stride: int | None, texts: int, words: bool) -> Any:
    """The tokenizer of a file or folder, without the padding and truncation that its file may ask for."""
    loaded = read_tokenizer(path, lowercase)
    loaded.no_padding()
    loaded.no_truncation()
    if cut is not None:
        way = "only_second" if stride is not None and texts > 1 else "longest_first"
        loaded.enable_truncation(cut, stride=stride or 0, strategy=way)
    if words and hasattr(loaded.pre_tokenizer, "add_prefix_space"):  # each word is one behind a space
        loaded.pre_tokenizer.add_prefix_space = True
    return loaded


@lru_cache(maxsize=LOADED)
def _padding(path: str, lowercase: bool | None) -> int | None:
    """The id that a tokenizer pads with: as its file says, or of a token that is commonly used."""
    loaded = read_tokenizer(path, lowercase)
    if loaded.padding is not None:
        return int(loaded.padding["pad_id"])
    known = (loaded.token_to_id(token) for token in PADDING_TOKENS)
    return next((found for found in known if found is not None), None)
