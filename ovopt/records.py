"""What ovopt writes down: the comparison file and the bundle's manifest, as frozen records.

Times carry their unit in the key, sizes are bytes, a share is 0 to 1, speed-ups and ratios are factors.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["pass", "fail", "inconclusive"]
SpeedWord = Literal["faster", "slower", "no clear difference"]
QualityWord = Literal["higher", "lower", "no clear difference"]


class Record(BaseModel):
    """A frozen record that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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


class Effective(Record):
    """Settings read back from a compiled model."""

    device: str
    inference_precision: str
    streams: int
    threads: int
    requests: int
    hint: str
    properties: dict[str, str] = Field(default={}, description="every other readable property")


class Latency(Record):
    """Synchronous inference, one request. A percentile is None where `n` does not support it."""

    p50_ms: float
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    mean_ms: float
    min_ms: float
    max_ms: float
    n: int
    raw_ns: tuple[tuple[tuple[int, ...], ...], ...] = Field(description="[replica][round][inference]")


class Turn(Record):
    """What one throughput turn completed."""

    samples: int
    elapsed_ns: int
    energy_uj: int | None = Field(default=None, description="of the whole processor package, where it can be read")


class Throughput(Record):
    """Asynchronous inference with the optimal number of requests unless set."""

    samples_per_s: float
    n: int
    raw: tuple[tuple[Turn, ...], ...] = Field(description="[replica][round]")


class ProcessorTime(Record):
    """Processor time of an inference on one thread, all of it the process's own. The median turn's."""

    per_inference_ms: float
    n: int
    raw: tuple[tuple[Turn, ...], ...] = Field(description="[replica][round]; `elapsed_ns` is processor time")


class EndToEndTurn(Record):
    """One turn: the stages of each sample, then so many samples pipelined."""

    stages_ns: tuple[tuple[int, int, int, int], ...] = Field(
        description="decode, preprocess, inference, postprocess of each sample"
    )
    pipelined: Turn


class EndToEnd(Record):
    """From the content of the user's file to the answer. Medians."""

    total_ms: float
    decode_ms: float
    preprocess_ms: float
    inference_ms: float
    postprocess_ms: float
    pipelined_samples_per_s: float = Field(description="with preparation and inference overlapping")
    n: int
    raw: tuple[tuple[EndToEndTurn, ...], ...] = Field(description="[replica][round]")


class StartTimes(Record):
    """First inference in a fresh process. Medians; with a cache, compiling includes reading."""

    total_ms: float
    read_ms: float
    compile_ms: float
    infer_ms: float
    from_cache: int = Field(description="in how many of the starts the runtime says it loaded from its cache")
    n: int
    raw_ns: tuple[tuple[int, int, int], ...] = Field(description="read, compile, infer of each start")


class FirstInference(Record):
    """What a user waits for, without and with a filled model cache."""

    cold: StartTimes
    cached: StartTimes


class Footprint(Record):
    """Resident bytes of a fresh process; of several starts the smallest."""

    before_bytes: int = Field(description="engine imported, model not read")
    compiled_bytes: int = Field(description="after the first inference")
    peak_bytes: int
    raw_bytes: tuple[tuple[int, int, int], ...] = Field(description="before, compiled, peak of each start")


class Memory(Record):
    """Memory under each performance hint."""

    by_hint: dict[str, Footprint]


class LoadPoint(Record):
    """Waits at one rate, from the scheduled arrival to the answer."""

    rate_per_s: float
    p50_ms: float
    p90_ms: float | None
    p99_ms: float | None
    max_ms: float
    n: int
    raw_ns: tuple[int, ...]


class ServedLoad(Record):
    """Open-loop load at rising rates."""

    points: tuple[LoadPoint, ...]


class Efficiency(Record):
    """What a core and a GiB give. Energy is absent with its reason where no counter can be read."""

    samples_per_s_per_core: float
    samples_per_s_per_gib: float | None
    joules_per_sample: float | None
    energy: str


class Quality(Record):
    """One metric of one arm."""

    value: float
    low: float
    high: float
    unit: str
    higher_is_better: bool = True
    n: int
    rows: tuple[Any, ...] = Field(description="the metric's raw row of each sample")
    by_class: dict[str, float] = Field(default={}, description="class -> value, where the metric tells classes apart")
    worst: dict[str, float] = Field(default={}, description="sample id -> value, the worst ones first")


class Execution(Record):
    """What the device really ran, from its execution graph and profiling counters."""

    ops_by_precision: dict[str, int]
    time_by_precision: dict[str, float] = Field(description="microseconds of one inference")
    ops_by_primitive: dict[str, int] = {}
    time_by_primitive: dict[str, float] = Field(default={}, description="microseconds, the costliest first")
    reorders: int = 0
    conversions: int = 0
    ops_us: float = Field(default=0, description="sum over all operations of one inference")
    wall_us: float = Field(default=0, description="wall time of the same inferences, with profiling on")


class Arm(Record):
    """One thing that was measured: a model with its runtime settings."""

    name: str
    role: Literal["baseline", "candidate", "control", "reference"]
    engine: str = "openvino"
    model: ModelFile
    properties: dict[str, str] = Field(default={}, description="the properties asked for")
    effective: dict[str, Effective] = Field(default={}, description="per scenario")
    latency: Latency | None = None
    throughput: Throughput | None = None
    processor_time: ProcessorTime | None = None
    end_to_end: EndToEnd | None = None
    first_inference: FirstInference | None = None
    memory: Memory | None = None
    served_load: ServedLoad | None = None
    efficiency: Efficiency | None = None
    accuracy: dict[str, Quality] = {}
    execution: Execution | None = None
    lost: str | None = Field(default=None, description="why this arm has no result")


class Speedup(Record):
    """Candidate against baseline: above 1 is faster. Without bounds there were too few replicas for an interval."""

    estimate: float
    low: float | None
    high: float | None
    level: float
    verdict: SpeedWord
    why: str = Field(description="how the verdict came about")


class EndToEndSpeedup(Record):
    """Both ways of running: one sample after the other, and pipelined."""

    sequential: Speedup
    pipelined: Speedup


class FirstInferenceSpeedup(Record):
    """Whole starts, without and with a filled model cache."""

    cold: Speedup
    cached: Speedup


class MemoryRatio(Record):
    """Candidate's peak over baseline's, by hint."""

    by_hint: dict[str, float]


class ServedLoadRatio(Record):
    """Baseline's median wait over candidate's, at each rate that both served."""

    by_rate: dict[str, float]


class Speeds(Record):
    """Two arms, scenario by scenario."""

    latency: Speedup | None = None
    throughput: Speedup | None = None
    processor_time: Speedup | None = None
    end_to_end: EndToEndSpeedup | None = None
    first_inference: FirstInferenceSpeedup | None = None
    memory: MemoryRatio | None = None
    served_load: ServedLoadRatio | None = None


class Flips(Record):
    """Samples whose right-or-wrong outcome changed."""

    lost: int
    gained: int
    p_value: float = Field(description="exact McNemar, two-sided")


class QualityDelta(Record):
    """A metric of both arms on the same samples. `delta` = candidate - baseline, in the metric's own unit."""

    baseline: float
    candidate: float
    delta: float
    low: float
    high: float
    unit: str
    n: int
    higher_is_better: bool
    kind: Literal["accuracy", "agreement"]
    flips: Flips | None
    minimum_detectable_drop: float | None
    verdict: QualityWord

    @property
    def drop(self) -> tuple[float, float, float]:
        """The loss of quality as estimate, low, high: positive is worse, whatever the metric's direction."""
        return (-self.delta, -self.high, -self.low) if self.higher_is_better else (self.delta, self.low, self.high)


class SizeRatio(Record):
    """Candidate size divided by baseline size."""

    ratio: float


class Pair(Speeds):
    """One candidate against the baseline."""

    baseline: str
    candidate: str
    size: SizeRatio
    accuracy: dict[str, QualityDelta] = {}
    against: dict[str, Speeds] = Field(default={}, description="against every reference arm")


class QualityBudget(Record):
    """How much quality may be lost, in the metric's own unit."""

    max_drop: float = Field(ge=0)


class SpeedBudget(Record):
    """How much faster the optimized model must be."""

    min_speedup: float = Field(gt=0)


class SizeBudget(Record):
    """How large the optimized model may be, as a share of the original."""

    max_ratio: float = Field(gt=0)


class Budgets(Record):
    """Limits that make a comparison a gate."""

    accuracy: dict[str, QualityBudget] = {}
    latency: SpeedBudget | None = None
    throughput: SpeedBudget | None = None
    size: SizeBudget | None = None


class Reference(Record):
    """The baseline against a reference arm."""

    engine: str
    speeds: Speeds | None
    largest_difference: float | None = Field(
        description="of the outputs, as a share of the baseline's largest output; None where it was not looked at"
    )


class Check(Record):
    """One budget, judged."""

    candidate: str
    budget: str
    limit: float
    estimate: float
    low: float
    high: float
    unit: str
    verdict: Verdict
    note: str = ""


class Gate(Record):
    """The decision. With several candidates, the verdict is that of the best one."""

    verdict: Verdict | None = Field(description="None where no budget was given")
    checks: tuple[Check, ...]
    candidates: dict[str, Verdict] = Field(description="the verdict of each candidate")
    ship: str | None = Field(description="the arm to ship; None where the measurement cannot say")
    reason: str


class Measured(Record):
    """How far the measuring of one scenario went, and why it stopped."""

    replicas: int
    rounds: int
    seconds: float
    stopped: str
    disturbed: tuple[tuple[int, int, float], ...] = Field(
        default=(), description="replica, round and share of processor time that a hypervisor took away in it"
    )
    drift: float = Field(default=1.0, description="the baseline's time in its last third over that in its first")


class Settings(Record):
    """What the comparison was asked for."""

    scenarios: tuple[str, ...]
    device: str
    hint: str | None
    properties: dict[str, str]
    seed: int
    time_budget_s: float
    precision: float
    measured: dict[str, Measured] = {}


class Comparison(Record):
    """The comparison file: raw values of all arms plus the pairs and the gate that follow from them."""

    schema_: Literal["ovopt.comparison/1"] = Field("ovopt.comparison/1", alias="schema")
    ovopt: str
    created: str
    machine: Machine
    recipe: dict[str, Any] = Field(description="resolved: every override applied, budgets included")
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
    gate: Gate
    notes: tuple[str, ...] = ()
