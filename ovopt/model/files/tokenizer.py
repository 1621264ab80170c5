"""Tokenizers as publishers lay them beside a model: `tokenizer.json`, a BERT `vocab.txt`, a `.gguf` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import ModelError, RecipeError
from ovopt.given_file import read_file
from ovopt.locate import expand, optional
from ovopt.model.files.gguf import tokenizer_of

GGUF = ".gguf"


def read_tokenizer(path: str, lowercase: bool | None = None) -> Any:
    """The tokenizer, of the library `tokenizers`, of a file or folder. `lowercase`: for a vocab.txt, by default as the
    file beside it says. Raises RecipeError where it is none, SettingsError where the library is missing."""
    tokenizers = optional("tokenizers", "tokens need tokenizers", "text")
    file = _file(expand(path))
    try:
        if file.suffix == ".json":
            return tokenizers.Tokenizer.from_file(str(file))
        if file.suffix == GGUF:
            return tokenizer_of(file)
        lower = _lowercase_beside(file) if lowercase is None else lowercase
        vocabulary = {token: i for i, token in enumerate(file.read_text(encoding="utf-8").splitlines())}
        return tokenizers.BertWordPieceTokenizer(vocabulary, lowercase=lower)
    except ModelError:
        raise
    except Exception as error:  # the tokenizers of Hugging Face raise plain exceptions
        raise RecipeError(f"{file}: not a tokenizer: {error}") from None


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in ("tokenizer.json", "vocab.txt"):
        if (path / name).is_file():
            return path / name
    quantized = sorted(path.glob(f"*{GGUF}"))
    if quantized:
        return quantized[0]
    held = "a folder without tokenizer.json or vocab.txt" if path.is_dir() else "no such tokenizer"
    raise RecipeError(f"{path}: {held}; the model's publisher keeps it beside the model")


def _lowercase_beside(vocabulary: Path) -> bool:
    config = vocabulary.parent / "tokenizer_config.json"
    if not config.is_file():
        return True
    try:
        found = parse_json(read_file(config, RecipeError))
    except UnreadableError as error:
        raise RecipeError(error.at(config)) from None
    return bool(found.get("do_lower_case", True)) if isinstance(found, dict) else True
