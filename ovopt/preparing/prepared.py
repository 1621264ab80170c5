"""From a recipe's data to tensors that fit a model: sources, splits, labels, preprocessing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Array, BadLabel, Boxes, LabelFile, Preparation, Samples, Tensors, Transform
from ovopt.data.images import image_size
from ovopt.data.split import split
from ovopt.data.table import samples_of
from ovopt.errors import DataError, RecipeError, SettingsError, did_you_mean
from ovopt.model.ports.inputs import at_first, starts_empty
from ovopt.preparing.ahead import Cache, ahead
from ovopt.preparing.host import HostPreparation
from ovopt.recipe import Recipe
from ovopt.records import DataFacts, Port

if TYPE_CHECKING:
    from PIL.Image import Image

CACHE_BYTES = 256 << 20
SEEN = "the same as a calibration sample"
TEXT_TASKS = ("recognition", "transcription")


@dataclass(frozen=True)
class Prepared:
    """The samples of a recipe, divided, and ready to be fitted to a model's inputs."""

    samples: Samples
    splits: dict[str, tuple[int, ...]]
    seed: int
    recipe: Recipe
    inputs: Sequence[Port]
    """What the whole of `preprocess` leads to: the inputs of a model that has none of it inside."""
    own: Preparation | None = None
    """What makes the inputs of a model that does a part of `preprocess` itself."""
    inside: int = 0
    """So many of the decoders of `postprocess` the model does itself."""
    bad: dict[int, str] = field(default_factory=dict)
    """Samples that were left out, and why: filled as they are met."""
    calibrated: Set[str] = frozenset()
    """Digests of what models have been calibrated with, which cannot judge them: such samples are left out."""
    _cache: Cache = field(default_factory=lambda: Cache(CACHE_BYTES))

    @property
    def facts(self) -> DataFacts:
        """What a manifest or comparison says about the data."""
        ids = self.samples.ids
        return DataFacts(
            source=self.samples.source,
            fingerprint=self.samples.fingerprint,
            seed=self.seed,
            splits={name: tuple(ids[i] for i in chosen) for name, chosen in self.splits.items()},
            left_out={ids[i]: why for i, why in sorted(self.bad.items())},
        )

    def each(self, indices: Sequence[int]) -> Iterator[tuple[int, tuple[Tensors, ...]]]:
        """These samples' indices and model inputs, one set for each inference, prepared ahead by several threads.

        A sample that cannot be read or does not fit raises DataError, or is left out and noted where the recipe says
        `on_bad_sample: skip`. One that was calibrated with is left out in any case.
        """
        left = [index for index in indices if index not in self.bad]
        for index, call in ahead(lambda i: self._cache.get(i, self._load), left):
            try:
                parts = call.result()
            except DataError as error:
                self.leave_out(index, error)
            except _SeenError:
                self.bad[index] = f"{self.samples.ids[index]}: {SEEN}"
            else:
                yield index, parts

    def leave_out(self, index: int, error: DataError) -> None:
        """Note a sample that cannot be used. Raises DataError unless the recipe says `on_bad_sample: skip`."""
        known = str(error).startswith(self.samples.ids[index])
        said = str(error) if known else f"{self.samples.ids[index]}: {error}"
        if self.recipe.data.on_bad_sample == "refuse":
            raise DataError(f"{said}; --on-bad-sample skip leaves such samples out") from None
        self.bad[index] = said

    def none_left(self, use: str) -> DataError:
        """What to raise where all samples were left out; the first of them says why."""
        why = [f"; {reason}" for reason in self.bad.values()]
        return DataError(f"{self.samples.source}: no sample is left to {use}{''.join(why[:1])}")

    def tensors(self, indices: Sequence[int]) -> Iterator[Tensors]:
        """The model inputs of these samples, inference by inference."""
        for _, parts in self.each(indices):
            yield from parts

    @property
    def preparation(self) -> Preparation:
        """What turns a sample's content into the model's inputs."""
        return self.own or self.whole

    @cached_property
    def whole(self) -> HostPreparation:
        """All of the recipe's `preprocess`, on the host."""
        return self.prepared_by(self.recipe.preprocess, self.inputs)

    def behind(self, transforms: Sequence[Transform], inputs: Sequence[Port]) -> Prepared:
        """The same samples for a model with these inputs, which does itself what follows these transforms."""
        return self.made_by(self.prepared_by(transforms, inputs))

    def made_by(self, preparation: Preparation) -> Prepared:
        """The same samples, prepared in this way."""
        return self if preparation is self.preparation else replace(self, own=preparation, _cache=Cache(CACHE_BYTES))

    def judging(self, calibrated: Set[str]) -> Prepared:
        """The same samples without those of these digests."""
        return replace(self, calibrated=calibrated, _cache=Cache(CACHE_BYTES))

    def met_once(self) -> Prepared:
        """The same samples for a use that meets each of them once: to keep them would cost it memory, and time."""
        return replace(self, _cache=Cache(0))

    def answered(self, inside: int) -> Prepared:
        """The same samples for a model that does so many of the decoders itself."""
        return self if inside == self.inside else replace(self, inside=inside)

    def prepared_by(self, transforms: Sequence[Transform], inputs: Sequence[Port]) -> HostPreparation:
        """These transforms, and the fit to these inputs."""
        begins = [port for port in inputs if port.name in self.recipe.model.state or starts_empty(port)]
        zeros = {port.name: at_first(port) for port in begins}
        return HostPreparation(tuple(transforms), tuple(inputs), {**zeros, **self._constants})

    def seen(self, index: int, parts: tuple[Tensors, ...]) -> tuple[Tensors, ...]:
        """What decoders take for a sample's inputs, whose sizes and tokens they look at: what the whole of `preprocess`
        gives. `parts` is what the model is given."""
        return parts if self.own is None else self._made(self.whole, index)

    def label(self, index: int) -> Any:
        """The label as metrics take it: a class index where the recipe lists the classes, boxes in the pixels of the
        model's input, a mask moved as its image is."""
        assert self.samples.labels is not None, "asked for labels of unlabelled data"
        label = self.samples.labels[index]
        match label:
            case Boxes():
                return self._boxes(label, index)
            case LabelFile(path=path, kind=kind):
                image = _read_image(path, kind)
                return self._mask(image, path, index) if kind == "mask" else image
            case str():
                return self._class_or_text(label, index)
            case int() if self.samples.classes and self.recipe.data.classes:
                return self._class_or_text(self.samples.classes[label], index)
        return label

    def labelled_by_file(self, index: int) -> bool:
        """Whether the label takes reading, or moving as its image is."""
        labels = self.samples.labels
        return labels is not None and isinstance(labels[index], LabelFile | Boxes | BadLabel)

    @property
    def _constants(self) -> Mapping[str, Array]:
        known = {port.name for port in self.inputs}
        for section in ("inputs", "state"):
            for name in getattr(self.recipe.model, section):
                if name not in known:
                    raise RecipeError(
                        f"model.{section}.{name}: the model has no such input; {did_you_mean(name, known)}"
                    )
        return {name: np.asarray(value) for name, value in self.recipe.model.inputs.items()}

    def _load(self, index: int) -> tuple[Tensors, ...]:
        parts = self._made(self.preparation, index)
        if self.calibrated and all(digest(part) in self.calibrated for part in parts):
            raise _SeenError
        return parts

    def _made(self, preparation: Preparation, index: int) -> tuple[Tensors, ...]:
        content = preparation.decode(self.samples.load(index))
        return preparation.preprocess(content, sample_id=self.samples.ids[index])

    def _mask(self, mask: Array, path: Path, index: int) -> Array:
        content, own = self.samples.load(index), (mask.shape[1], mask.shape[0])
        size = image_size(self.samples.ids[index], content) if isinstance(content, bytes) else own
        if size != own:
            raise DataError(f"{path}: {own[0]}x{own[1]} pixels, but its image has {size[0]}x{size[1]}")
        return self.whole.mask(mask)

    def _boxes(self, boxes: Boxes, index: int) -> Boxes:
        corners = self.whole.boxes(boxes.corners, boxes.size)
        seen = (corners[:, 2] > corners[:, 0]) & (corners[:, 3] > corners[:, 1])  # cropping may leave nothing of a box
        corners, classes, crowd = corners[seen], boxes.classes[seen], boxes.crowd[seen]
        if self.samples.classes and self.recipe.data.classes:
            classes = np.array([self._class_or_text(self.samples.classes[c], index) for c in classes], dtype=np.int64)
        return Boxes(corners, classes, crowd, boxes.size)

    def _class_or_text(self, label: str, index: int) -> int | str:
        classes = self.recipe.data.classes
        if label in classes:
            return classes.index(label)
        if self.recipe.task in TEXT_TASKS:
            return label
        if not classes and label.lstrip("-").isdigit():
            return int(label)
        hint = did_you_mean(label, classes) if classes else "the recipe lists no class names under `data.classes`"
        raise DataError(f"{self.samples.ids[index]}: unknown class {label!r}; {hint}")


class _SeenError(Exception):
    """A calibration sample."""


def digest(tensors: Tensors) -> str:
    """Of one inference's inputs: the same for the same values."""
    hashed = hashlib.blake2b(digest_size=8)
    for tensor in tensors:
        hashed.update(f"{tensor.dtype}{tensor.shape}".encode())
        hashed.update(np.ascontiguousarray(tensor).data.cast("B") if tensor.size else b"")
    return hashed.hexdigest()


def prepare(recipe: Recipe, inputs: Sequence[Port], seed: int, table: Any = None) -> Prepared:
    """Open the recipe's data (or a `datasets.Dataset` in memory) and divide it."""
    if table is not None:
        samples = samples_of(table, "a data set in memory", str(table._fingerprint), inputs)
    elif recipe.data.source is None:
        raise DataError("no data: give --data, or a recipe with a data source")
    else:
        samples = recipe.data.source.open(inputs, seed)
    splits = split(samples.ids, recipe.data.splits, seed, samples.labels)
    prepared = Prepared(samples, splits, seed, recipe, inputs)
    for index, label in enumerate(samples.labels or ()):
        if isinstance(label, BadLabel):
            prepared.leave_out(index, DataError(label.why))
    return prepared


def _read_image(path: Path, kind: str) -> Array:
    try:
        from PIL import Image
    except ImportError:
        raise SettingsError(f"{path}: reading it needs Pillow: pip install 'ovopt[vision]'") from None
    try:
        with Image.open(path) as image:
            return _class_ids(image, path) if kind == "mask" else np.asarray(image.convert("RGB"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable image: {error}") from None


def _class_ids(mask: Image, path: Path) -> Array:
    """A palette's indices are the class ids; converting would make colours of them."""
    if mask.mode.startswith("I;16"):
        return np.asarray(mask).astype(np.int32)
    if mask.mode not in ("L", "P", "I", "1"):
        raise DataError(
            f"{path}: a mask of colours ({mask.mode}), where class ids are needed: one channel, or a palette"
        )
    return np.asarray(mask)
