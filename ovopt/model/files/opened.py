"""A model that was opened: its files, manifest, graph and facts, each found out once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import ModelError, UsageError, shortened
from ovopt.given_file import check_path, read_file
from ovopt.model.files.ir import save_model
from ovopt.model.files.locate import IN_MEMORY, MANIFEST, describe_located, locate
from ovopt.model.files.read import NO_TEXT, converted, needs_conversion, read_located
from ovopt.model.ports.facts import facts
from ovopt.model.ports.shapes import Dimension, Shapes, reshape
from ovopt.records import Manifest, ModelFacts, ModelFile
from ovopt.records.bundle import upgraded_manifest
from ovopt.scratch import scratch_folder

if TYPE_CHECKING:
    from typing import TypeAlias

    import openvino

    ModelLike: TypeAlias = "str | Path | openvino.Model | Manifest | OpenedModel"
    """A file, folder or `hf:NAME`, a model in memory, or a bundle as the call that wrote it returned it."""


@dataclass(frozen=True)
class OpenedModel:
    """A model on disk. `label` is what results call it in place of a path, where it came from memory; `trust` lets code
    that comes with it run."""

    path: str | Path
    trust: bool = False
    label: str | None = None
    held: Any = field(default=None, compare=False)
    """The data set in memory that a bundle was made with."""

    def __str__(self) -> str:
        return self.label or str(self.path)

    @property
    def name(self) -> str:
        """A short name: the folder's, else the file's without its ending, else that of the model in memory."""
        if self.label:
            return self.label.removeprefix(IN_MEMORY)
        path = Path(self.path)
        return path.resolve().name if path.is_dir() else path.stem

    @cached_property
    def location(self) -> Path:
        """The file or folder that is read. Raises ModelError where there is none."""
        return locate(self.path)

    @cached_property
    def file(self) -> ModelFile:
        """Path, SHA-256 over all files of the model, and size. Raises ModelError where there is no model."""
        return describe_located(self.location, str(self))

    @cached_property
    def manifest(self) -> Manifest | None:
        """The bundle's manifest, None where it is no bundle. Raises ModelError where it does not fit the model."""
        path = Path(self.path)
        file = (path.parent if path.name == "model.xml" else path) / MANIFEST
        if self.label or not check_path(file, ModelError).is_file():
            return None
        try:
            manifest = Manifest.model_validate(upgraded_manifest(parse_json(read_file(file, ModelError))))
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # of any text
            raise ModelError(
                f"{file}: not a manifest of this version of ovopt{_fault(error)}; make the bundle again"
            ) from None
        if self.file.sha256 != manifest.model.sha256:
            raise ModelError(
                f"{file.parent}: the model has changed since its manifest was written; make the bundle again"
            )
        return manifest

    @cached_property
    def model(self) -> openvino.Model:
        """The graph as the files hold it, which nobody may change. Raises ModelError where it cannot be read."""
        return self._read({})

    @cached_property
    def facts(self) -> ModelFacts:
        """Inputs, outputs and operations of the graph as the files hold it. Raises ModelError as `model` does, and
        where a name is no text."""
        try:
            return facts(self.model)
        except UnicodeDecodeError:
            raise ModelError(f"{self}: {NO_TEXT}") from None

    def shaped(self, shapes: Shapes) -> openvino.Model:
        """The graph with inputs of these shapes, which nobody may change. Raises ModelError where it takes no such."""
        key = tuple(sorted((name, tuple(shape)) for name, shape in shapes.items()))
        if key not in self._shaped:
            self._shaped[key] = self._read(shapes) if shapes else self.model
        return self._shaped[key]

    @cached_property
    def _shaped(self) -> dict[tuple[tuple[str, tuple[Dimension, ...]], ...], openvino.Model]:
        """Graphs by the shapes of their inputs: a conversion takes long, and is made once."""
        return {}

    def _read(self, shapes: Shapes) -> openvino.Model:
        if needs_conversion(self.location):
            model = converted(self.location, shapes, self.trust)
        else:
            model = self.model.clone() if shapes else read_located(self.location)
        if shapes:
            reshape(model, shapes, str(self.location))
        return model

    def readable(self, scratch: Path, shapes: Shapes) -> Path:
        """A path that any process reads quickly and without trust: the model's own, or that of an IR in the folder
        `scratch`, where a model of PyTorch or transformers is converted to (weights as they are, shapes as given)."""
        if not needs_conversion(self.location):
            return self.location
        key = hashlib.sha256(f"{self.file.sha256} {sorted(shapes.items())}".encode()).hexdigest()[:16]
        target = scratch / f"{key}.xml"
        if not target.is_file():
            save_model(self.shaped(shapes), target, {})
        return target


def _fault(error: Exception) -> str:
    """The fault of a manifest, in brackets, as far as that can be told."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return shortened(f" ({'.'.join(map(str, first['loc']))}: {first['msg'].lower()})")
    return f" ({error})" if isinstance(error, UnreadableError) else ""


def several(models: ModelLike | Sequence[ModelLike]) -> list[ModelLike]:
    """One model, or a list of them, as a list."""
    return [*models] if isinstance(models, list | tuple) else [models]  # type: ignore[list-item]


@contextmanager
def opened(models: Sequence[ModelLike], trust: bool = False) -> Iterator[tuple[OpenedModel, ...]]:
    """Models as records that open them, in this order; one that is given twice is one. Models in memory are copied to
    files that are gone behind the block, and are never written to.

    Raises UsageError for what is no model.
    """
    with scratch_folder() as scratch:
        found: dict[str, OpenedModel] = {}
        yield tuple(_opened(model, trust, scratch, found) for model in models)


def _opened(model: ModelLike, trust: bool, scratch: Path, found: dict[str, OpenedModel]) -> OpenedModel:
    if isinstance(model, OpenedModel):
        return model
    if isinstance(model, Manifest):
        return OpenedModel(model.model.path, trust, held=model.held)
    if isinstance(model, str | Path):
        return found.setdefault(str(model), OpenedModel(model, trust))
    import openvino

    if not isinstance(model, openvino.Model):
        raise UsageError(f"a model is a path, an openvino.Model or a bundle, and not a {type(model).__name__}")
    key = f"{IN_MEMORY}{id(model)}"
    if key not in found:
        file = scratch / f"model-{len(found)}.xml"
        save_model(model, file, {})
        found[key] = OpenedModel(file, trust, f"{IN_MEMORY}{model.get_friendly_name() or 'model'}")
    return found[key]
