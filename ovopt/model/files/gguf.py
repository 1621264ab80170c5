"""GGUF files of llama.cpp, through transformers: the model, whose weights are brought back to floating point, and the
tokenizer."""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.errors import ModelError
from ovopt.given_file import open_file
from ovopt.model.files.huggingface import installed, trace
from ovopt.model.native import first_line, quiet, require_torch
from ovopt.model.ports.facts import STORED_AS

if TYPE_CHECKING:
    import openvino

MAGIC = b"GGUF"
NEEDED = ("transformers", "gguf", "accelerate")
FLOATING = ("F64", "F32", "F16", "BF16")
STRING, ARRAY = 8, 9
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value by the number of its type, beside strings and arrays:
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#file-structure."""
WITH_BEGINNING = "llama"
"""The kind of tokenizer that puts a token before each text where the file does not say whether to."""


def convert_gguf(file: Path) -> openvino.Model:
    """The language model in a file, which says in its rt_info how its weights were stored.

    Raises ModelError for a file that is damaged, or of an architecture that transformers does not read from GGUF.
    """
    stored = _stored_types(_opened(file))
    import torch
    import transformers

    try:
        with quiet():
            model = transformers.AutoModelForCausalLM.from_pretrained(
                file.parent, gguf_file=file.name, local_files_only=True, dtype=torch.float32
            )
    except Exception as error:
        raise ModelError(f"{file}: transformers cannot load it: {first_line(error)}") from None
    converted = trace(file, model)
    if stored:
        converted.set_rt_info(f"{' and '.join(stored)} weights (GGUF, computed in floating point)", STORED_AS)
    return converted


def tokenizer_of(file: Path) -> Any:
    """The tokenizer in a file, of the library `tokenizers`, with the special tokens around a text that the file asks
    for.

    Raises ModelError where transformers cannot load it.
    """
    reader = _opened(file)
    import transformers

    try:
        found = transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
    except Exception as error:
        raise ModelError(f"{file}: transformers cannot load its tokenizer: {first_line(error)}") from None
    tokenizer = found.backend_tokenizer
    try:
        tokenizer.post_processor = _around(reader, tokenizer)
    except Exception as error:  # fields of other types than they should be
        raise ModelError(f"{file}: says nothing that makes sense of its tokenizer: {first_line(error)}") from None
    return tokenizer


def _around(reader: Any, tokenizer: Any) -> Any:
    """The tokens at a text's beginning and end, as the file says: versions of transformers differ in them."""
    from tokenizers import processors

    def said(key: str, default: Any) -> Any:
        entry = reader.get_field(f"tokenizer.ggml.{key}")
        return default if entry is None else entry.contents()

    asked = {"bos": said("add_bos_token", said("model", "") == WITH_BEGINNING), "eos": said("add_eos_token", False)}
    ids = {end: int(said(f"{end}_token_id", -1)) for end, wanted in asked.items() if wanted}
    tokens = {end: tokenizer.id_to_token(number) for end, number in ids.items() if number >= 0}
    single = [token for token in (tokens.get("bos"), "$A", tokens.get("eos")) if token]
    return processors.TemplateProcessing(single, special_tokens=[(token, ids[end]) for end, token in tokens.items()])


def _opened(file: Path) -> Any:
    """A reader of the file's fields and tensors. Raises ModelError where a package is missing, or the file is
    damaged."""
    for package in NEEDED:
        if not installed(package):
            raise ModelError(f"{file}: {package} is needed to read it: pip install 'ovopt[hf]'")
    require_torch(file)
    import gguf

    with open_file(file, ModelError) as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise ModelError(f"{file}: not a GGUF file, whatever its suffix says; download or copy it again")
    try:
        _check_lengths(file)
        return gguf.GGUFReader(file)
    except Exception:  # numpy's own errors, about shapes that do not fit
        raise ModelError(f"{file}: damaged or cut off; download or copy it again") from None


def _check_lengths(file: Path) -> None:
    """Raises ValueError where the header says that a value is longer than the file, which the reader would believe."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        order = "<" if content[4:6] != b"\0\0" else ">"
        header = _Header(content, order)
        entries = header.number("Q", 16)
        place = 24
        for _ in range(entries):
            place = header.end_of_string(place)
            place = header.end_of_value(place + 4, header.number("I", place))


@dataclass(frozen=True)
class _Header:
    """Keys and values at the beginning of a file, in its byte order."""

    content: mmap.mmap
    order: str

    def number(self, kind: str, place: int) -> int:
        """One of the `struct` kind. Raises struct.error behind the file's end."""
        return int(struct.unpack_from(f"{self.order}{kind}", self.content, place)[0])

    def end_of_string(self, place: int) -> int:
        """The place behind a string. Raises ValueError where that is behind the file's end."""
        return self._within(place + 8 + self.number("Q", place))

    def end_of_value(self, place: int, kind: int) -> int:
        """The place behind a value of the type of this number. Raises ValueError as `end_of_string`, KeyError for no
        type."""
        if kind == STRING:
            return self.end_of_string(place)
        if kind != ARRAY:
            return self._within(place + WIDTHS[kind])
        kind, count, place = self.number("I", place), self.number("Q", place + 4), place + 12
        if kind in WIDTHS:
            return self._within(place + count * WIDTHS[kind])
        for _ in range(count):
            place = self.end_of_value(place, kind)
        return place

    def _within(self, place: int) -> int:
        if place > len(self.content):
            raise ValueError(f"{place} is behind the end of {len(self.content)} bytes")
        return place


def _stored_types(reader: Any) -> list[str]:
    """The kinds of quantized weights, that of the most bytes first."""
    sizes: Counter[str] = Counter()
    for tensor in reader.tensors:
        sizes[tensor.tensor_type.name] += int(tensor.n_bytes)
    return [name for name, _ in sizes.most_common() if name not in FLOATING]
