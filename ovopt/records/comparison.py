"""The comparison file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ovopt.errors import UsageError, did_you_mean
from ovopt.records.diagnosis import Diagnosis
from ovopt.records.figures import Arm
from ovopt.records.gate import Gate
from ovopt.records.model import Count, DataFacts, Machine, Record, Whole
from ovopt.records.pairs import Pair, QualityDelta, Reference, Speeds


class Measured(Record):
    """Extent of one scenario's measuring, and why it stopped."""

    replicas: Count
    rounds: Count
    seconds: float
    stopped: str
    disturbed: tuple[tuple[Count, Count, float], ...] = Field(
        default=(), description="replica, round and share of processor time that a hypervisor took away in it"
    )
    drift: float = Field(default=1.0, description="the baseline's time in its last third over that in its first")


class Settings(Record):
    """Settings that the comparison was asked for."""

    scenarios: tuple[str, ...]
    device: str
    hint: str | None
    properties: dict[str, str]
    seed: Whole
    time_budget_s: float
    precision: float
    measured: dict[str, Measured] = Field(default={})


class Preview(Record):
    """Text or picture of a sample."""

    text: str | None = None
    image: str | None = Field(default=None, pattern=r"^data:image/[a-z]+;base64,[A-Za-z0-9+/=]*$")


class RecipeFile(Record):
    """The file that a run's recipe was read from."""

    path: str
    sha256: str


class Comparison(Record):
    """The comparison file: raw values of all arms plus the pairs and the gate that follow from them."""

    schema_: Literal["ovopt.comparison/2"] = Field("ovopt.comparison/2", alias="schema")
    ovopt: str
    created: str
    machine: Machine
    recipe: dict[str, Any] = Field(description="resolved: every override applied, budgets included")
    recipe_file: RecipeFile | None = Field(default=None, description="the file that it was read from")
    data: DataFacts | None
    settings: Settings
    arms: tuple[Arm, ...]
    control: Speeds | None = Field(description="the baseline against itself (A/A): the machine's noise")
    references: dict[str, Reference] = Field(
        default={},
        description="what stands beside the comparison: the baseline forced to f32 where the device's default is less, "
        "and native frameworks",
    )
    pairs: tuple[Pair, ...]
    changes: dict[str, dict[str, QualityDelta]] = Field(
        default={}, description="of an evaluation: each other model's metrics against the first model's, by its name"
    )
    gate: Gate
    unjudged: dict[str, str] = Field(default={}, description="outputs that no metric looks at, and why")
    notes: tuple[str, ...] = ()
    previews: dict[str, Preview] = Field(default={}, description="of samples that flipped, by their id")
    diagnoses: dict[str, Diagnosis] = Field(
        default={}, description="layer by layer, of candidates that were diagnosed, by name"
    )

    def __getitem__(self, candidate: str) -> Pair:
        """A candidate against the baseline, by its name: `comparison["int8"].latency.speedup`.

        Raises UsageError where no such candidate was compared.
        """
        pairs = {pair.candidate: pair for pair in self.pairs}
        if candidate in pairs:
            return pairs[candidate]
        why = next((f"it was lost: {arm.lost}" for arm in self.arms if arm.name == candidate and arm.lost), None)
        known = did_you_mean(candidate, pairs) if pairs else "nothing was compared"
        raise UsageError(f"{candidate}: no candidate of this comparison; {why or known}")
