"""A model with what stands beside it: documents read within limits, as records of the keys that are understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ovopt.documents import UnreadableError, parse_json, parse_yaml
from ovopt.errors import ModelError, quoted
from ovopt.given_file import read_file
from ovopt.model.described.record import Doubt
from ovopt.model.files.opened import OpenedModel
from ovopt.records import ModelFacts, Port

LARGEST = 32 << 20
"""Bytes of a document: tokenizers have tens of thousands of tokens."""
CHANNELS = (1, 3)
SHOWN = 8
"""Keys that a doubt names."""


class Schema(BaseModel):
    """The keys of a document that are understood. What else it holds is kept, and named in a doubt unless `idle`."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    idle: ClassVar[frozenset[str]] = frozenset()
    """Keys that do not change what the model is fed, or what its outputs mean."""


S = TypeVar("S", bound=Schema)


@dataclass(frozen=True)
class Document:
    """A document beside a model, or a part of one: `said` names it in messages."""

    said: str
    values: Mapping[str, Any]

    def part(self, key: str) -> Document | None:
        """The mapping under a key; None where there is none."""
        found = self.values.get(key)
        return Document(f"{self.said}: {key}", found) if isinstance(found, Mapping) else None

    def source(self, *keys: str) -> str:
        """The document with those of the keys that it holds."""
        held = [key for key in keys if self.values.get(key) not in (None, "")]
        return f"{self.said}: {', '.join(held)}" if held else self.said

    def read(self, kind: type[S], defaults: Mapping[str, Any] | None = None) -> tuple[S, list[Doubt]]:
        """The record of a kind, with doubts about keys whose values cannot be used, and about unknown keys."""
        given = {str(key): value for key, value in self.values.items() if value is not None}
        doubts = []
        try:
            made = kind.model_validate({**(defaults or {}), **given})
        except ValidationError as error:
            wrong = {str(fault["loc"][0]) for fault in error.errors(include_url=False)}
            doubts += [Doubt(f"{self.said}: {key}: {quoted(given[key])} is not understood") for key in sorted(wrong)]
            made = kind.model_validate({**(defaults or {}), **{k: v for k, v in given.items() if k not in wrong}})
        unknown = [key for key in made.model_extra or {} if key not in kind.idle and not key.startswith("_")]
        if unknown:
            named = ", ".join(unknown[:SHOWN]) + (f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else "")
            doubts.append(Doubt(f"{self.said}: not understood: {named}"))
        return made, doubts


@dataclass(frozen=True)
class Picture:
    """The input of a model that takes images. A size is None where it is open."""

    port: Port
    channels: int | None
    height: int | None
    width: int | None
    first: bool
    """Channels come before height and width."""

    @property
    def floats(self) -> bool:
        """False where bytes go in."""
        return "f" in self.port.dtype


@dataclass(frozen=True)
class Subject:
    """A model that is to be described."""

    model: OpenedModel

    @property
    def facts(self) -> ModelFacts:
        """Inputs and outputs."""
        return self.model.facts

    @cached_property
    def folders(self) -> Sequence[Path]:
        """The model's folder; of an export in a folder `onnx` or `openvino` the one above it as well."""
        place = self.model.location
        folder = place if place.is_dir() else place.parent
        return [folder, folder.parent] if folder.name in ("onnx", "openvino") else [folder]

    @cached_property
    def base(self) -> Path:
        """The folder that `{model}` means in a recipe."""
        given, place = Path(self.model.path), self.model.location
        return given if given.is_dir() else place if place.is_dir() else place.parent

    @cached_property
    def notes(self) -> Mapping[str, Any]:
        """The model's rt_info as plain values: an ONNX file's metadata stand under `framework`."""
        return {str(key): _plain(value) for key, value in self.model.model.get_rt_info().items()}

    @cached_property
    def picture(self) -> Picture | None:
        """The first input of four dimensions, one of them 1 or 3 channels."""
        return next((found for port in self.facts.inputs if (found := _picture(port))), None)

    def file(self, *names: str) -> Path | None:
        """The first file of these names beside the model."""
        places = (folder / name for name in names for folder in self.folders)
        return next((place for place in places if place.is_file()), None)

    def document(self, *names: str) -> Document | Doubt | None:
        """The mapping that the first file of these names holds, JSON or YAML; a doubt where it cannot be read."""
        file = self.file(*names)
        if file is None:
            return None
        try:
            content = read_file(file, ModelError, LARGEST)
            found = parse_json(content, any_number=True) if file.suffix == ".json" else parse_yaml(content)
        except UnreadableError as error:
            return Doubt(f"{error.at(file)}; it is not used")
        except ModelError as error:
            return Doubt(f"{error}; it is not used")
        if not isinstance(found, Mapping):
            return Doubt(f"{file}: holds no mapping; it is not used")
        return Document(self.said(file), found)

    def said(self, file: Path) -> str:
        """A file beside the model as messages name it."""
        return str(file.relative_to(self.folders[-1]))

    def opened(self, *names: str) -> Iterator[Document | Doubt]:
        """`document`, where there is one."""
        found = self.document(*names)
        if found is not None:
            yield found


def _plain(value: Any) -> Any:
    """A value of rt_info as plain ones; what is no text is an empty one."""
    try:
        inner = getattr(value, "value", value)
    except UnicodeDecodeError:
        return ""
    if isinstance(inner, Mapping):
        return {str(key): _plain(one) for key, one in inner.items()}
    return inner


def _picture(port: Port) -> Picture | None:
    if port.shape is None or len(port.shape) != 4:
        return None
    _, *dims = port.shape
    if dims[0] in CHANNELS or (dims[0] is None and dims[2] not in CHANNELS):
        return Picture(port, dims[0], dims[1], dims[2], True)
    return Picture(port, dims[2], dims[0], dims[1], False) if dims[2] in CHANNELS else None
