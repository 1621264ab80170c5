"""Pre- and postprocessing: transforms of a sample's content, decoders of a model's outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ovopt.contracts.samples import Parts
from ovopt.model.ports.inputs import Array, Tensors
from ovopt.records import Record

if TYPE_CHECKING:
    import openvino


class Transform(Record, ABC):
    """One step of the preparation. Its fields are the recipe's keys."""

    name: ClassVar[str]
    sole: ClassVar[str | None] = None
    """The field that a value without a key means: `cast: float32`."""
    decodes: ClassVar[bool] = False
    """True where it turns a file's bytes into an array: a stage of its own end to end."""
    whole: ClassVar[bool] = False
    """True where it takes a mapping of columns as it is, rather than each of its values."""

    @abstractmethod
    def __call__(self, content: Any) -> Any:
        """Transform the content of a sample, or one of its columns. Raises DataError where it does not fit."""

    def apply(self, content: Any) -> Any:
        """Transform a sample part by part, and column by column unless it takes them as a whole."""
        if isinstance(content, Parts):
            return Parts(self.apply(part) for part in content)
        if isinstance(content, Mapping) and not self.whole:
            return {key: self.apply(value) for key, value in content.items()}
        return self(content)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """The same on a batch of samples [n, ...], as operations of a model; None where only the host can do it to
        samples of this shape and element type."""
        return None

    def moved(self, points: Array, size: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        """Points [n, 2] (x, y) of an image of `size` (width, height) as they lie in the transformed one, or outside of
        it; and its size. Boxes, outlines and key points follow them."""
        return points, size

    def masked(self, mask: Array) -> Array:
        """A mask [height, width] of class ids, or any image that goes with the sample's, transformed as its image
        is."""
        return mask


class Decoder(Record, ABC):
    """One step from a model's outputs to what accuracy metrics look at: class scores, boxes, text ..."""

    name: ClassVar[str]
    sole: ClassVar[str | None] = None
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Short names for a recipe, each with the fields it stands for."""
    joins: ClassVar[bool] = False
    """True where it takes what all parts of a sample gave, as a list, and makes one of them."""
    beside: ClassVar[bool] = False
    """True where it looks at what `preprocess` gives beside the model's inputs, such as a text and where its tokens
    stand: its `inputs` hold that too, of each part in a list where it joins."""

    def looks_beside(self, inputs: Collection[str]) -> bool:
        """Tell if samples must be prepared for it once more, since not all that it looks at is among the model's
        `inputs`."""
        return self.beside

    @abstractmethod
    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Decode: `output` is the chosen output without its batch dimension, a tuple where several are chosen, or what
        the decoder before gave; `inputs` the model's inputs of this inference by name (of the first part where it
        joins), each with its batch dimension."""

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same on a batch of outputs [n, ...], as operations of a model with these inputs: n results, each of
        the host's shape; None where only the host can do it to outputs of this shape and element type."""
        return None


class Preparation(Protocol):
    """From a sample's content to the model's input, in the two stages that end to end tells apart."""

    def decode(self, content: Any) -> Any:
        """From a file's bytes to an array (or text); content that is no file passes through."""

    def preprocess(self, content: Any, sample_id: str = "sample") -> tuple[Tensors, ...]:
        """From the decoded content to tensors [n, ...] that fit the model, one set for each inference of the sample."""
