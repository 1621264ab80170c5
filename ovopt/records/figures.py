"""Figures of one arm, with the raw values that they follow from."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ovopt.records.model import Count, ModelFile, Positive, Record, Whole


class Effective(Record):
    """Settings read back from a compiled model."""

    device: str
    inference_precision: str
    streams: Whole
    threads: Whole
    requests: Whole
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
    n: Count
    raw_ns: tuple[tuple[tuple[Positive, ...], ...], ...] = Field(description="[replica][round][inference]")


class Turn(Record):
    """Samples that one throughput turn completed, and its time."""

    samples: Positive
    elapsed_ns: Positive
    energy_uj: Count | None = Field(default=None, description="of the whole processor package, where it can be read")

    @property
    def samples_per_s(self) -> float:
        """Rate of the turn."""
        return self.samples * 1e9 / self.elapsed_ns

    @property
    def seconds_per_sample(self) -> float:
        """The rate's inverse."""
        return self.elapsed_ns / self.samples / 1e9


class Throughput(Record):
    """Asynchronous inference with the optimal number of requests unless set."""

    samples_per_s: float
    n: Count
    raw: tuple[tuple[Turn, ...], ...] = Field(description="[replica][round]")


class ProcessorTime(Record):
    """Processor time of an inference on one thread, all of it the process's own. The median turn's."""

    per_inference_ms: float
    n: Count
    raw: tuple[tuple[Turn, ...], ...] = Field(description="[replica][round]; `elapsed_ns` is processor time")


class EndToEndTurn(Record):
    """One turn: the stages of each sample, then so many samples pipelined."""

    stages_ns: tuple[tuple[Count, Count, Positive, Count], ...] = Field(
        description="decode, preprocess, inference, postprocess of each sample"
    )
    pipelined: Turn

    @property
    def totals_ns(self) -> list[int]:
        """All stages of each sample together."""
        return [sum(stages) for stages in self.stages_ns]


class EndToEnd(Record):
    """From the content of the user's file to the answer. Medians."""

    total_ms: float
    decode_ms: float
    preprocess_ms: float
    inference_ms: float
    postprocess_ms: float
    pipelined_samples_per_s: float = Field(description="with preparation and inference overlapping")
    n: Count
    raw: tuple[tuple[EndToEndTurn, ...], ...] = Field(description="[replica][round]")


class StartTimes(Record):
    """First inference in a fresh process. Medians; with a cache, compiling includes reading."""

    total_ms: float
    read_ms: float
    compile_ms: float
    infer_ms: float
    from_cache: Count = Field(description="in how many of the starts the runtime says it loaded from its cache")
    n: Count
    raw_ns: tuple[tuple[Count, Count, Positive], ...] = Field(description="read, compile, infer of each start")


class FirstInference(Record):
    """Start-up times, without and with a filled model cache."""

    cold: StartTimes
    cached: StartTimes


class Footprint(Record):
    """Resident bytes of a fresh process; of several starts the smallest."""

    before_bytes: Count = Field(description="engine imported, model not read")
    compiled_bytes: Count = Field(description="after the first inference")
    peak_bytes: Positive
    raw_bytes: tuple[tuple[Count, Count, Positive], ...] = Field(description="before, compiled, peak of each start")


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
    n: Count
    raw_ns: tuple[Positive, ...]


class LoadLimit(Record):
    """The highest rate at which a percentile of the waits is within a limit."""

    percentile: float
    limit_ms: float
    searched: bool = Field(description="whether the rates were searched for, not given")
    highest_rate_per_s: float | None = Field(description="of the rates served; absent where the lowest missed it")


class ServedLoad(Record):
    """Open-loop load at rising rates."""

    points: tuple[LoadPoint, ...]
    within: LoadLimit | None = None


class Efficiency(Record):
    """Throughput per core and per GiB, energy per sample; that is absent, with its reason, where no counter can be
    read."""

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
    n: Count
    rows: tuple[Any, ...] = Field(description="the metric's raw row of each sample")
    by_class: dict[str, float] = Field(default={}, description="class -> value, where the metric tells classes apart")
    worst: dict[str, float] = Field(default={}, description="sample id -> value, the worst ones first")
    output: str | None = Field(default=None, description="the output that it is of, the worst one, of several")
    outputs: dict[str, Quality] = Field(default={}, description="each output's, or each part's of one, of several")


class Execution(Record):
    """Operations and times as the device ran them, from its execution graph and profiling counters."""

    ops_by_precision: dict[str, Count]
    time_by_precision: dict[str, float] = Field(description="microseconds of one inference")
    ops_by_primitive: dict[str, Count] = Field(default={})
    time_by_primitive: dict[str, float] = Field(default={}, description="microseconds, the costliest first")
    reorders: Count = 0
    conversions: Count = 0
    ops_us: float = Field(default=0, description="sum over all operations of one inference")
    wall_us: float = Field(default=0, description="wall time of the same inferences, with profiling on")


class ScenarioFigure(Record):
    """One figure of a scenario from another package, with all that reports need to show it."""

    value: float
    low: float | None = None
    high: float | None = None
    n: Count | None = Field(default=None, description="how many values it rests on")
    unit: str = Field(default="", description="ms, us, /s, bytes, share, or any other word")
    better: Literal["lower", "higher"] = "lower"
    label: str = Field(description="name of its row in tables")
    meaning: str = ""


class ScenarioFigures(Record):
    """Figures of a scenario from another package, and the raw values that they follow from."""

    figures: dict[str, ScenarioFigure]
    raw: Any = Field(default=None, description="as the scenario gave them, of what JSON can hold")


class Arm(Record):
    """One thing that was measured: a model with its runtime settings."""

    name: str
    role: Literal["baseline", "candidate", "control", "reference"]
    engine: str = "openvino"
    model: ModelFile
    properties: dict[str, str] = Field(default={}, description="the properties asked for")
    embedded: tuple[str, ...] = Field(
        default=(),
        description="transforms of `preprocess` and decoders of `postprocess` that the model does itself: its "
        "inference holds more",
    )
    effective: dict[str, Effective] = Field(default={}, description="per scenario")
    latency: Latency | None = None
    throughput: Throughput | None = None
    processor_time: ProcessorTime | None = None
    end_to_end: EndToEnd | None = None
    first_inference: FirstInference | None = None
    memory: Memory | None = None
    served_load: ServedLoad | None = None
    scenarios: dict[str, ScenarioFigures] = Field(default={}, description="those of other packages, by name")
    efficiency: Efficiency | None = None
    accuracy: dict[str, Quality] = Field(default={})
    execution: Execution | None = None
    lost: str | None = Field(default=None, description="why this arm has no result")
