"""The bundle: its manifest, what each step says of itself, and the bundle held against the one that was made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from ovopt.records.model import Count, DataFacts, Machine, ModelFile, Port, Positive, Record, Whole

Bounds = tuple[float, float]


class Standing(Record):
    """Quality, size and speed of the model behind a step, as far as few samples and a short measurement tell."""

    size_bytes: Positive
    agreement: dict[str, float] = Field(description="of the outputs, at the precision that runs, by metric")
    samples: Count = Field(description="calibration samples that the agreement is taken on")
    worst: dict[str, str] = Field(default={}, description="metric -> the output that its agreement is of, of several")
    speedup: float | None = Field(description="of one inference, per sample; null where it was not measured")
    speedup_bounds: Bounds | None = Field(default=None, description="of what the speed-up may be; null: not known")


class MadeBy(Record):
    """Exact arguments of the call that made a model, where a search or a measurement chose them."""

    name: str = Field(description="what people call it; nothing depends on it")
    step: str | None = Field(description="the step that was called; null: none, it is the model as it came in")
    settings: dict[str, Any] = Field(default={}, description="all settings of that step, defaults included")
    reverted: tuple[str, ...] = Field(
        default=(), description="operations that were put back as they were before the call"
    )


class Judged(Record):
    """A search's winner on the tuning samples, against the original. `drop` is the loss of quality, positive is
    worse."""

    metric: str
    unit: str
    drop: float
    low: float
    high: float
    limit: float = Field(description="the largest drop that was allowed")
    samples: int
    kept: bool = Field(description="the interval is within the budget; false: it leaves that open")
    tried: int = Field(description="candidates up to the winner, which is the last of them")


class StepReport(Record):
    """Account of one optimization: settings, effect, and what whoever uses or repeats it has to know."""

    name: str
    parameters: dict[str, Any] = Field(description="what was asked for: the step's settings that are no defaults")
    made_by: MadeBy | None = Field(
        default=None, description="what made the model, where the parameters leave that to a search or a measurement"
    )
    changed: bool = Field(default=True, description="false: the model is as it was, and the notes say why")
    done: str = Field(default="", description="what took effect, in a phrase for people")
    effect: dict[str, Any] = Field(description="what took effect, counted on the model itself, to be read by people")
    judged: Judged | None = Field(default=None, description="a search's winner; null where nothing was searched")
    speedup: float | None = Field(
        default=None, description="of one inference, roughly: against the model before; a winner's: the original"
    )
    speedup_bounds: Bounds | None = Field(default=None, description="of what the speed-up may be; null: not known")
    quantized: bool = Field(default=False, description="whether the step computes in integers of 8 bits")
    samples_per_inference: Positive | None = Field(default=None, description="null where the step left that as it was")
    notes: tuple[str, ...] = ()
    seconds: float
    embedded: Count = Field(default=0, description="so many of the host's last transforms moved into the model")
    decoded: Count = Field(default=0, description="so many of the host's first decoders moved into the model")
    one_sample: dict[str, tuple[Whole | str, ...]] = Field(
        default={}, description="the inputs' shapes for one sample, where the model takes several at a time"
    )
    properties: dict[str, str] = Field(default={}, description="runtime settings that the model is to be used with")
    standing: Standing | None = Field(
        default=None, description="where the model stood behind it, if that was looked at"
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


def _with_sections(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe's plain values whose sections are mappings and lists: what is in them is checked where it is used, with
    the plug-ins that it names. Raises ValueError for others."""
    for kind, names in ((dict, ("data", "model", "runtime", "budgets")), (list, ("preprocess", "postprocess"))):
        for name in names:
            if not isinstance(recipe.get(name, kind()), kind):
                raise PydanticCustomError("section", "{name} is of another kind", {"name": name})
    if not isinstance(recipe.get("data", {}).get("source"), dict | None):
        raise PydanticCustomError("section", "data.source is of another kind")
    return recipe


class Manifest(Record):
    """`ovopt.json`: what was done to make this bundle, with what, and what took effect."""

    schema_: Literal["ovopt.bundle/2"] = Field("ovopt.bundle/2", alias="schema")
    ovopt: str
    created: str
    source: ModelFile
    model: ModelFile
    recipe: Annotated[dict[str, Any], AfterValidator(_with_sections)]
    data: DataFacts | None
    calibrated: tuple[str, ...] = Field(
        default=(), description="digests of the calibration samples, as the original takes them"
    )
    tuned: tuple[str, ...] = Field(
        default=(), description="digests of the tuning samples that decided something, as the original takes them"
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

    def __eq__(self, other: object) -> bool:
        """Two manifests are equal where their files are, whatever data their makers still hold."""
        return isinstance(other, Manifest) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash(self.model)


MANIFEST_1 = "ovopt.bundle/1"
"""The format of the versions before this one."""


def upgraded_manifest(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A manifest's keys in today's format; as they are where they are in it, or in none that is known.

    The first format kept figures that code reads among those that are for people, and of most searches' winners no more
    than a name, so that these cannot be made again.
    """
    if raw.get("schema") != MANIFEST_1:
        return raw
    return {**raw, "schema": "ovopt.bundle/2", "steps": [_step(step) for step in raw.get("steps", ())]}


def _step(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    effect, parameters = dict(raw["effect"]), dict(raw["parameters"])
    settings = parameters.pop("settings", None)
    name = parameters.pop("candidate", None) if settings is not None else None
    return {
        **raw,
        "parameters": parameters,
        "made_by": {"name": name, "step": raw["name"], "settings": settings} if settings is not None else None,
        "changed": bool(effect),
        "speedup": effect.pop("speedup", None) or None,
        "quantized": bool(effect.get("fake_quantize") or effect.get("int8_constant_bytes")),
        "samples_per_inference": effect.pop("samples_per_inference", None),
        "effect": effect,
    }


class Versions(Record):
    """One thing that a result may depend on: as it was, and as it is now."""

    name: str
    then: str | None
    now: str | None


class Rebuilt(Record):
    """A bundle, and the one that was made as its manifest says."""

    schema_: Literal["ovopt.rebuilt/1"] = Field("ovopt.rebuilt/1", alias="schema")
    bundle: str
    output: str
    weights_identical: bool = Field(description="the .bin files, byte for byte")
    graph: Literal["identical", "renumbered", "different"] = Field(
        description="the .xml files; renumbered: equal but for the numbers in names that a process counts"
    )
    versions: tuple[Versions, ...] = Field(description="that differ: of packages, ovopt and the processor")
    labels: tuple[str, ...] = Field(description="what was not as the manifest says, and --force let pass")

    @property
    def same(self) -> bool:
        """True where the bundle was made again."""
        return self.weights_identical and self.graph != "different"
