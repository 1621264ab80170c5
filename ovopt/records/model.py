"""The base of all records, and what several of them hold: a model, a machine, data."""

from __future__ import annotations

from functools import singledispatch
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

BEYOND = 1 << 63
"""Whole numbers stay below: NumPy and SQLite know no larger ones."""
Whole = Annotated[int, Field(ge=-BEYOND, lt=BEYOND)]
Count = Annotated[int, Field(ge=0, lt=BEYOND)]
Positive = Annotated[int, Field(gt=0, lt=BEYOND)]


class Record(BaseModel):
    """A frozen record that refuses unknown keys. What checks it is built at its first use: no process uses them all."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    def _repr_html_(self) -> str | None:
        """The record as a notebook shows it; None where its plain text does."""
        return notebook_html(self)


@singledispatch
def notebook_html(record: Record) -> str | None:
    """HTML of a record for a notebook. Reports, which records do not know, register theirs here."""
    return None


class Port(Record):
    """One input or output of a model. A dimension is None where it is dynamic."""

    name: str
    shape: tuple[Whole | None, ...] | None = Field(description="None where even the rank is dynamic")
    dtype: str = Field(description="OpenVINO's name of the element type: f32, i64, u8 ...")

    def __str__(self) -> str:
        dims = "..." if self.shape is None else ",".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.name!r} {self.dtype}[{dims}]"


class ModelFacts(Record):
    """Facts of a model that is not run."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parameters: Count = Field(description="elements of all constants")
    operations: dict[str, Count] = Field(description="how many operations of each type")
    precisions: dict[str, Count] = Field(description="constant bytes by element type")
    quantization: str | None = Field(default=None, description="how it is quantized already, if it is")
    output_kinds: dict[str, Literal["sorted", "indices"]] = Field(
        default={}, description="outputs that hold sorted values, or the indices of some, as the graph tells"
    )

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
    size_bytes: Positive


class Machine(Record):
    """The facts of the machine that a measurement depends on."""

    processor: str
    cores: Positive
    isa: tuple[str, ...] = Field(description="instruction sets that inference uses")
    memory_bytes: Positive
    system: str
    virtual: bool
    versions: dict[str, str]


LeftOutKind = Literal["unreadable", "unfit", "label", "calibrated", "tuned", "group"]


class LeftOutSample(Record):
    """A sample that was left out."""

    kind: LeftOutKind | None = Field(
        default=None,
        description="the file cannot be read, or its content does not fit the transforms or the model's inputs; the "
        "label cannot be used; the sample is the same as one that was calibrated or tuned with; or others of its group "
        "judge. None in a file of an older version",
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
    seed: Whole
    splits: dict[str, tuple[str, ...]] = Field(description="sample ids of every split")
    drawn_from: dict[str, dict[str, int]] = Field(
        default={}, description="where the data bring splits of their own: split -> own split -> samples from it"
    )
    left_out: Annotated[dict[str, LeftOutSample], BeforeValidator(_with_kinds)] = Field(
        default={}, description="samples that were left out, by id"
    )

    @property
    def sizes(self) -> dict[str, str]:
        """Samples of each split, and the data's own splits that they are from: `1,200 (train, extra)`."""
        own = {name: f" ({', '.join(found)})" for name, found in self.drawn_from.items()}
        return {name: f"{len(ids):,}{own.get(name, '')}" for name, ids in self.splits.items()}
