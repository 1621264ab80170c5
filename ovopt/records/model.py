"""A model, a machine, data, and the bundle's manifest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

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
    """What a model is, without running it."""

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


class StepReport(Record):
    """What one optimization did."""

    name: str
    parameters: dict[str, Any]
    effect: dict[str, Any] = Field(description="what took effect, counted on the model itself")
    notes: tuple[str, ...] = ()
    seconds: float


class DataFacts(Record):
    """Which samples were used."""

    source: str
    fingerprint: str
    seed: int
    splits: dict[str, tuple[str, ...]] = Field(description="sample ids of every split")
    left_out: dict[str, str] = Field(default={}, description="samples that could not be used, and why")


class Manifest(Record):
    """`ovopt.json`: what was done to make this bundle, with what, and what took effect."""

    schema_: Literal["ovopt.bundle/1"] = Field("ovopt.bundle/1", alias="schema")
    ovopt: str
    created: str
    source: ModelFile
    model: ModelFile
    recipe: dict[str, Any]
    data: DataFacts | None
    steps: tuple[StepReport, ...]
    machine: Machine
