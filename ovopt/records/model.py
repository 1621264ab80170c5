"""A model, a machine, data, and the bundle's manifest."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from ovopt.records.base import Record


class Port(Record):
    """One input or output of a model. A dimension is None where it is dynamic."""

    name: str
    shape: tuple[int | None, ...] | None = Field(description="None where even the rank is dynamic")
    dtype: str = Field(description="OpenVINO's name of the element type: f32, i64, u8 ...")

    def __str__(self) -> str:
        dims = "..." if self.shape is None else ",".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.name!r} {self.dtype}[{dims}]"


class ModelFacts(Record):
    """Facts of a model that is not run."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parameters: int = Field(description="elements of all constants")
    operations: dict[str, int] = Field(description="how many operations of each type")
    precisions: dict[str, int] = Field(description="constant bytes by element type")
    quantization: str | None = Field(default=None, description="how it is quantized already, if it is")

    @property
    def fake_quantize(self) -> int:
        """FakeQuantize operations: above zero, the model is already quantized."""
        return self.operations.get("FakeQuantize", 0)

    @property
    def quantizers(self) -> int:
        """FakeQuantize and, in FP8, FakeConvert operations."""
        return self.fake_quantize + self.operations.get("FakeConvert", 0)


class ModelFile(Record):
    """A model on disk."""

    path: str
    sha256: str = Field(description="over the model file and, for an IR, its weights")
    size_bytes: int


class Machine(Record):
    """The facts of the machine that a measurement depends on."""

    processor: str
    cores: int
    isa: tuple[str, ...] = Field(description="instruction sets that inference uses")
    memory_bytes: int
    system: str
    virtual: bool
    versions: dict[str, str]


class Standing(Record):
    """Quality, size and speed of the model behind a step, as far as few samples and a short measurement tell."""

    size_bytes: int
    agreement: dict[str, float] = Field(description="of the outputs, at the precision that runs, by metric")
    samples: int = Field(description="calibration samples that the agreement is taken on")
    speedup: float | None = Field(description="of one inference, per sample; null where it was not measured")


class MadeBy(Record):
    """Exact arguments of the call that made a model, where a search or a measurement chose them."""

    name: str = Field(description="what people call it; nothing depends on it")
    step: str | None = Field(description="the step that was called; null: none, it is the model as it came in")
    settings: dict[str, Any] = Field(default={}, description="all settings of that step, defaults included")
    reverted: tuple[str, ...] = Field(
        default=(), description="operations that were put back as they were before the call"
    )


class StepReport(Record):
    """Account of one optimization: settings, effect, and what whoever uses or repeats it has to know."""

    name: str
    parameters: dict[str, Any] = Field(description="what was asked for: the step's settings that are no defaults")
    made_by: MadeBy | None = Field(
        default=None, description="what made the model, where the parameters leave that to a search or a measurement"
    )
    changed: bool = Field(default=True, description="false: the model is as it was, and the notes say why")
    effect: dict[str, Any] = Field(description="what took effect, counted on the model itself, to be read by people")
    speedup: float | None = Field(
        default=None, description="of one inference, roughly: against the model before; a winner's: the original"
    )
    quantized: bool = Field(default=False, description="whether the step computes in integers of 8 bits")
    samples_per_inference: int | None = Field(default=None, description="null where the step left that as it was")
    notes: tuple[str, ...] = ()
    seconds: float
    embedded: int = Field(default=0, description="so many of the host's last transforms moved into the model")
    decoded: int = Field(default=0, description="so many of the host's first decoders moved into the model")
    one_sample: dict[str, tuple[int | str, ...]] = Field(
        default={}, description="the inputs' shapes for one sample, where the model takes several at a time"
    )
    properties: dict[str, str] = Field(default={}, description="runtime settings that the model is to be used with")
    standing: Standing | None = Field(
        default=None, description="where the model stood behind it, if that was looked at"
    )


LeftOutKind = Literal["unreadable", "unfit", "label", "calibrated"]


class LeftOutSample(Record):
    """A sample that was left out."""

    kind: LeftOutKind | None = Field(
        default=None,
        description="the file cannot be read, or its content does not fit the transforms or the model's inputs; the "
        "label cannot be used; or the sample is the same as a calibration sample. None in a file of an older version",
    )
    why: str


def _with_kinds(left_out: Any) -> Any:
    """Older versions wrote the reason alone."""
    if not isinstance(left_out, dict):
        return left_out
    return {sample: {"why": said} if isinstance(said, str) else said for sample, said in left_out.items()}


class DataFacts(Record):
    """Samples that were used, and those that were left out."""

    source: str
    fingerprint: str
    seed: int
    splits: dict[str, tuple[str, ...]] = Field(description="sample ids of every split")
    left_out: Annotated[dict[str, LeftOutSample], BeforeValidator(_with_kinds)] = Field(
        default={}, description="samples that were left out, by id"
    )


class Preprocessing(Record):
    """The recipe's `preprocess`, where the model does a part of it."""

    host: tuple[dict[str, Any], ...] = Field(description="what the caller still does to a sample, in this order")
    embedded: tuple[dict[str, Any], ...] = Field(description="what follows, and the model does itself")
    inputs: tuple[Port, ...] = Field(description="what the caller hands over: the bundle's own inputs")
    layout: str | None = Field(default=None, description="the axes of an image that is handed over: NHWC, NCHW")
    colours: str | None = Field(default=None, description="the order of its channels: RGB, BGR, L, RGBA")
    whole: tuple[Port, ...] = Field(description="what all of `preprocess` leads to: the original's inputs")


class Postprocessing(Record):
    """The recipe's `postprocess`, where the model does a part of it."""

    embedded: tuple[dict[str, Any], ...] = Field(description="what the model does itself, in this order")
    host: tuple[dict[str, Any], ...] = Field(description="what the caller still does to the output")
    output: Port = Field(description="what the caller is given")


class Manifest(Record):
    """`ovopt.json`: what was done to make this bundle, with what, and what took effect."""

    schema_: Literal["ovopt.bundle/2"] = Field("ovopt.bundle/2", alias="schema")
    ovopt: str
    created: str
    source: ModelFile
    model: ModelFile
    recipe: dict[str, Any]
    data: DataFacts | None
    calibrated: tuple[str, ...] = Field(
        default=(), description="digests of the calibration samples, as the original takes them"
    )
    preprocess: Preprocessing | None = Field(default=None, description="null: the host does all of it")
    postprocess: Postprocessing | None = Field(default=None, description="null: the host does all of it")
    steps: tuple[StepReport, ...]
    machine: Machine
    _held: Any = PrivateAttr(None)

    @property
    def held(self) -> Any:
        """The data set in memory that the bundle was made with, as long as its maker's process keeps this record."""
        return self._held

    def holding(self, data: Any) -> Manifest:
        """The same record, with a data set in memory for those that judge the bundle."""
        self._held = data
        return self
