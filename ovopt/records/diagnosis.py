"""The diagnosis: which layers are to blame for what an optimization lost, and what to do about it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ovopt.records.model import Count, DataFacts, Machine, ModelFile, Record, Whole
from ovopt.records.pairs import QualityDelta

ProblemKind = Literal["accuracy", "speed", "precision"]


class LayerError(Record):
    """Distance of a layer's values from the original's, on real samples. An error is the mean square of the difference
    over that of the original's values."""

    sqnr_db: float = Field(description="signal to noise ratio of the layer's output, 120 where nothing differs")
    cosine: float
    error: float
    own: float | None = Field(description="what is left of it when the layer reads the original's exact values")

    @property
    def inherited(self) -> float:
        """The error that the layers before it hand on."""
        return max(0.0, self.error - (self.own or 0.0))


class Blame(Record):
    """Effect of a layer on the outputs of the model, in f32: errors as shares of the outputs' mean square."""

    alone: float = Field(description="the outputs' error when this layer alone is optimized")
    gain: float | None = Field(
        description="the share of the optimized model's error that goes when this layer alone is reverted; None where "
        "it was not looked at"
    )


class Executed(Record):
    """Execution of a layer and of those it is fused with."""

    precision: str
    primitive: str
    us: float = Field(description="microseconds of one inference, reorders included")
    reorders: Count = Field(description="changes of layout or element type that the device put in front")
    reorders_us: float


class LayerDiagnosis(Record):
    """One layer of the original."""

    name: str
    kind: str
    quantized: bool = Field(description="whether it computes with quantized activations or weights")
    error: LayerError | None = None
    blame: Blame | None = None
    original: Executed | None = None
    optimized: Executed | None = None
    timed_with: str | None = Field(
        default=None, description="the layer whose figures of execution hold this one's, which is fused with it"
    )


class FixCheck(Record):
    """A model with a fix in it, measured against the one without."""

    how: Literal["reverted", "made again", "run so"] = Field(
        description="the layers of the optimized model taken back; the model made anew with the lines of the recipe; "
        "or run with the settings in them"
    )
    quality: QualityDelta | None = Field(description="against the original, on the tuning split")
    speedup: float | None = Field(description="against the model without the fix, roughly; below 1 is slower")
    cost_ms: float | None = Field(description="what the fix adds to an inference; below 0, it saves")


class Fix(Record):
    """A remedy for a problem, with checks of its effect."""

    layers: tuple[str, ...] = Field(description="what goes back to the original's arithmetic")
    recipe: str = Field(description="the lines of a recipe that do it")
    checks: tuple[FixCheck, ...]
    pays: bool = Field(description="whether the last check shows what the fix is for")


class Problem(Record):
    """Something that costs accuracy or time, and who is to blame."""

    kind: ProblemKind
    layers: tuple[str, ...]
    said: str
    fix: Fix | None = None


class Side(Record):
    """One of the two models as it was run."""

    model: ModelFile
    precision: str = Field(description="the inference precision that the compiled model reports")
    wall_ms: float = Field(description="median of one inference, profiling counters on, in turns with the other")
    ops_us: float = Field(description="of which in operations")
    reorders: Count
    reorders_us: float


class Diagnosis(Record):
    """Layer by layer, what an optimization changed, what that costs, and what to do about it."""

    schema_: Literal["ovopt.diagnosis/1"] = Field("ovopt.diagnosis/1", alias="schema")
    ovopt: str
    created: str
    machine: Machine
    recipe: dict[str, Any]
    data: DataFacts
    device: str
    properties: dict[str, str]
    seed: Whole
    time_budget_s: float
    original: Side
    optimized: Side = Field(description="the original at the settings that will run, where no other model was given")
    metric: str | None = Field(description="the recipe's first metric")
    quality: QualityDelta | None = Field(description="optimized against original on the tuning split")
    output_error: float | None = Field(description="of the model's outputs, in f32; None where it was not looked at")
    samples: Count = Field(description="whose values were looked at")
    quantizers: Count = Field(description="FakeQuantize operations in the optimized model")
    layers: tuple[LayerDiagnosis, ...]
    reshaped: tuple[str, ...] = Field(description="layers whose outputs have another shape now")
    gone: tuple[str, ...] = Field(description="layers that only the original has")
    new: tuple[str, ...] = Field(description="layers that only the optimized model has")
    problems: tuple[Problem, ...]
    together: Fix | None = Field(default=None, description="the fixes of all problems at once")
    notes: tuple[str, ...] = ()
