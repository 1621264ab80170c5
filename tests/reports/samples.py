"""Comparisons to render: a full one, as a run of all scenarios leaves it, and random valid ones with hostile names."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from ovopt.bench.scenarios.end_to_end import EndToEndScenario
from ovopt.records import (
    Arm,
    Budgets,
    Check,
    Comparison,
    DataFacts,
    Decision,
    Effective,
    Efficiency,
    EndToEnd,
    EndToEndSpeedup,
    EndToEndTurn,
    Execution,
    FirstInference,
    FirstInferenceSpeedup,
    Flips,
    Footprint,
    Gate,
    Ground,
    Latency,
    LoadLimit,
    LoadPoint,
    Machine,
    Measured,
    Memory,
    MemoryRatio,
    ModelFile,
    Pair,
    Preview,
    ProcessorTime,
    Quality,
    QualityDelta,
    Reference,
    ScenarioFigure,
    ScenarioFigures,
    ScenarioSpeedups,
    ServedLoad,
    Settings,
    SizeRatio,
    Speeds,
    Speedup,
    StartTimes,
    Throughput,
    Turn,
)
from tests.factories import comparison, speed
from tests.reports.diagnosed import PROBLEM, diagnosis, layer

BUDGETS = Budgets.model_validate(
    {"accuracy": {"top1": {"max_drop": 0.01}}, "latency": {"min_speedup": 1.5}, "size": {"max_ratio": 0.5}}
)
JITTER = ScenarioFigure(value=0.25, low=0.2, high=0.3, n=9, unit="ms", label="jitter p50", meaning="from turn to turn")
"""A figure of a scenario that another package brings."""
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"'><b>quoted</b>",
    "two\nlines\r\nand\ttabs",
    "🚀🧪 emoji",
    "نموذج\u202eevil\u202c",
    "pipe | `tick` **bold** [link](https://example.com) @someone #1",
    "=HYPERLINK(1)",
    "{{ 7*7 }}{% raw %}",
    "\x00\x1b[31mred\x07\ud800",
    "a" * 3000,
    "- list",
    "1. list",
    "]]>&amp;<!--",
    "",
    " ",
)


def full(budgets: Budgets = BUDGETS, **more: Any) -> Comparison:
    """Two candidates in every scenario; the first is slow to load, the second loses accuracy."""
    whole = comparison({"int8": 0.55, "int4": 0.4}, budgets, **more)
    arms = tuple(_with_everything(arm, place) for place, arm in enumerate(whole.arms))
    jitter = ScenarioSpeedups(speedups={"p50": speed(1.3)})
    pairs = tuple(
        pair.model_copy(
            update={
                "scenarios": {"jitter": jitter},
                "end_to_end": EndToEndSpeedup(sequential=speed(1.4), pipelined=speed(1.6)),
                "first_inference": FirstInferenceSpeedup(cold=speed(0.8), cached=speed(1.2)),
                "memory": MemoryRatio(by_hint={"latency": 0.9}),
                "processor_time": speed(1.7),
            }
        )
        for pair in whole.pairs
    )
    ids = tuple(f"photos/{index:04}.jpg" for index in range(1000))
    data = DataFacts(source="photos", fingerprint="0" * 64, seed=0, splits={"calibration": ("a", "b"), "gate": ids})
    shown = {ids[0]: Preview(image=DOT), ids[60]: Preview(text="the beginning of a text")}
    blamed = {"int4": diagnosis(layer("a", 0.02, alone=0.5), layer("b", 0.01), problems=(PROBLEM,))}
    more_facts = {"arms": arms, "pairs": pairs, "data": data, "previews": shown, "diagnoses": blamed}
    return whole.model_copy(update=more_facts)


def _with_everything(arm: Arm, place: int) -> Arm:
    def starts(ms: float) -> StartTimes:
        return StartTimes(
            total_ms=ms, read_ms=ms / 5, compile_ms=ms / 2, infer_ms=ms / 4, from_cache=3, n=3, raw_ns=((1, 2, 3),) * 3
        )

    turn = EndToEndTurn(stages_ns=((10**5, 4 * 10**5, 10**6, 5 * 10**4),), pipelined=Turn(samples=20, elapsed_ns=10**7))
    footprint = Footprint(before_bytes=60 << 20, compiled_bytes=100 << 20, peak_bytes=120 << 20, raw_bytes=((1, 2, 3),))
    point = {"p50_ms": 2.0, "p90_ms": 3.0, "p99_ms": None, "max_ms": 9.0, "n": 3, "raw_ns": (1, 2, 3)}
    limit = LoadLimit(percentile=90, limit_ms=5.0, searched=True, highest_rate_per_s=200.0 if place else None)
    times = {"Convolution|jit_I8": 600.0, "Eltwise|jit_f32": 300.0, "Reorder|ref": 100.0}
    qualities = {
        name: quality.model_copy(
            update={"by_class": {"cat": 0.9, "dog": 0.8 - place / 10, "zebra": 1.0}, "worst": {"photos/0001.jpg": 0.0}}
        )
        for name, quality in arm.accuracy.items()
    }
    return arm.model_copy(
        update={
            "end_to_end": EndToEndScenario().figures([[turn]]),
            "first_inference": FirstInference(cold=starts(300.0 + place), cached=starts(90.0)),
            "memory": Memory(by_hint={"latency": footprint, "throughput": footprint}),
            "scenarios": {"jitter": ScenarioFigures(figures={"p50": JITTER}, raw=[1, 2, 3])},
            "processor_time": ProcessorTime(per_inference_ms=0.9, n=1, raw=((Turn(samples=1, elapsed_ns=900_000),),)),
            "served_load": ServedLoad(
                points=tuple(LoadPoint(rate_per_s=rate, **point) for rate in (100.0, 200.0)), within=limit
            ),
            "efficiency": Efficiency(
                samples_per_s_per_core=500.0, samples_per_s_per_gib=9000.0, joules_per_sample=None, energy="no counter"
            ),
            "execution": Execution(
                ops_by_precision={"f32": 4, "int8": 12},
                time_by_precision={"f32": 400.0, "int8": 600.0},
                ops_by_primitive={"Convolution|jit_I8": 8, "Eltwise|jit_f32": 7, "Reorder|ref": 1},
                time_by_primitive=times,
                ops_us=1000,
                wall_us=1100,
            ),
            "accuracy": qualities,
        }
    )


def many_layers(count: int = 500) -> Comparison:
    """A model of so many kernels, and of as many classes, with thousands of samples and inferences."""
    whole = comparison({"int8": 0.55}, BUDGETS)
    times = {f"layer{i}/Convolution|jit_avx512_core_amx_{i}": float(count - i) for i in range(count)}
    execution = Execution(
        ops_by_precision={"int8": count},
        time_by_precision={"int8": float(sum(times.values()))},
        time_by_primitive=times,
    )
    classes = {f"class {i}": i / count for i in range(count)}
    arms = tuple(
        arm.model_copy(
            update={
                "execution": execution,
                "accuracy": {n: q.model_copy(update={"by_class": classes}) for n, q in arm.accuracy.items()},
                "latency": _many_inferences(arm) if arm.latency else None,
            }
        )
        for arm in whole.arms
    )
    return whole.model_copy(update={"arms": arms})


def _many_inferences(arm: Arm) -> Latency:
    assert arm.latency is not None
    raw = np.random.default_rng(0).integers(10**5, 10**6, (10, 10, 200)).tolist()
    return arm.latency.model_copy(update={"raw_ns": tuple(tuple(tuple(turn) for turn in rounds) for rounds in raw)})


STORED = [name.replace("\ud800", "") for name in HOSTILE]
"""What a file can hold."""
names = st.one_of(st.sampled_from(STORED), st.text(max_size=30), st.sampled_from(["int8", "model", "a/b.xml"]))
words = names | st.text(max_size=200)
positive = st.floats(1e-9, 1e12)
shares = st.floats(0, 1)
signed = st.floats(-1e6, 1e6)
counts = st.integers(0, 10**6)
sizes = st.integers(1, 10**6)
nanoseconds = st.integers(1, 10**13)
verdicts = st.sampled_from(["pass", "fail", "inconclusive"])
units = st.sampled_from(["share", "", "px", "<ms>"])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Or nothing."""
    return st.none() | strategy


def table(entry: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[Any]:
    """[replica][round], also without any of either."""
    return st.lists(st.lists(entry, max_size=most).map(tuple), max_size=most).map(tuple)


def by_name(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping from hostile names."""
    return st.dictionaries(names, value, max_size=3)


def built(record: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records of these fields."""
    return st.builds(record, **fields)


def times(record: type[Any], *fields: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records whose fields are all positive numbers."""
    return built(record, **dict.fromkeys(fields, positive), **more)


turns = built(Turn, samples=st.integers(1, 10**6), elapsed_ns=st.integers(1, 10**13))
latencies = times(
    Latency,
    "p50_ms",
    "mean_ms",
    "min_ms",
    "max_ms",
    p90_ms=maybe(positive),
    p95_ms=maybe(positive),
    p99_ms=maybe(positive),
    n=counts,
    raw_ns=table(st.lists(nanoseconds, max_size=3).map(tuple)),
)
throughputs = times(Throughput, "samples_per_s", n=counts, raw=table(turns))
processor_times = times(ProcessorTime, "per_inference_ms", n=counts, raw=table(turns))
stage_names = ("decode_ms", "preprocess_ms", "inference_ms", "postprocess_ms", "total_ms", "pipelined_samples_per_s")
start_times = times(
    StartTimes, "total_ms", "read_ms", "compile_ms", "infer_ms", from_cache=counts, n=counts, raw_ns=st.just(())
)
footprints = built(Footprint, before_bytes=counts, compiled_bytes=counts, peak_bytes=sizes, raw_bytes=st.just(()))
load_points = built(
    LoadPoint,
    rate_per_s=positive,
    p50_ms=positive,
    p90_ms=maybe(positive),
    p99_ms=maybe(positive),
    max_ms=positive,
    n=counts,
    raw_ns=st.just(()),
)
load_limits = built(
    LoadLimit,
    percentile=st.floats(1, 99.99),
    limit_ms=positive,
    searched=st.booleans(),
    highest_rate_per_s=maybe(positive),
)
executions = built(
    Execution,
    ops_by_precision=by_name(counts),
    time_by_precision=by_name(st.floats(0, 1e9)),
    ops_by_primitive=by_name(counts),
    time_by_primitive=by_name(st.floats(0, 1e9)),
    ops_us=st.floats(0, 1e9),
    wall_us=st.floats(0, 1e9),
)
effectives = built(
    Effective, device=names, inference_precision=names, streams=counts, threads=counts, requests=counts, hint=names
)
speedups = st.one_of(
    built(
        Speedup,
        estimate=positive,
        low=positive,
        high=positive,
        level=st.just(0.95),
        verdict=st.sampled_from(["faster", "slower", "no clear difference"]),
        why=words,
    ),
    st.just(
        Speedup(estimate=1.0, low=None, high=None, level=0.95, verdict="no clear difference", why="fewer than two")
    ),
)
speeds_fields = {
    "latency": maybe(speedups),
    "throughput": maybe(speedups),
    "processor_time": maybe(speedups),
    "end_to_end": maybe(built(EndToEndSpeedup, sequential=speedups, pipelined=speedups)),
    "first_inference": maybe(built(FirstInferenceSpeedup, cold=speedups, cached=speedups)),
}
row_values = st.sampled_from([0, 1, 0.0, 1.0, float("nan"), None, [1.0, 2.0]])
"""Rows are of any kind: numbers, lists, what a metric could not say."""


def qualities(unit: str, row_count: int) -> st.SearchStrategy[Any]:
    """One metric of one arm."""
    return built(
        Quality,
        value=signed,
        low=signed,
        high=signed,
        unit=st.just(unit),
        higher_is_better=st.booleans(),
        n=counts,
        rows=st.lists(row_values, min_size=row_count, max_size=row_count).map(tuple),
        by_class=by_name(signed),
        worst=by_name(signed),
    )


def deltas(unit: str) -> st.SearchStrategy[Any]:
    """One metric of a pair."""
    return built(
        QualityDelta,
        baseline=signed,
        candidate=signed,
        delta=signed,
        low=signed,
        high=signed,
        unit=st.just(unit),
        n=counts,
        higher_is_better=st.booleans(),
        kind=st.sampled_from(["accuracy", "agreement"]),
        flips=maybe(built(Flips, lost=counts, gained=counts, p_value=shares)),
        minimum_detectable_drop=maybe(shares),
        verdict=st.sampled_from(["higher", "lower", "no clear difference"]),
    )


@st.composite
def comparisons(draw: Any) -> Comparison:
    """Any comparison that could be stored: also with arms lost, scenarios missing, nothing compared."""
    labels = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    metrics = {name: draw(units) for name in draw(st.lists(names, max_size=2, unique=True))}
    row_count = draw(st.integers(0, 3))
    arms = [draw(_arms(label, place, metrics, row_count)) for place, label in enumerate(labels)]
    candidates = [arm for arm in arms if arm.role == "candidate" and not arm.lost]
    pairs = tuple(draw(_pairs(arms[0].name, arm.name, metrics)) for arm in candidates)
    return Comparison(
        ovopt="0.1.0",
        created=draw(words),
        machine=draw(
            built(
                Machine,
                processor=words,
                cores=sizes,
                isa=st.lists(names, max_size=2).map(tuple),
                memory_bytes=sizes,
                system=words,
                virtual=st.booleans(),
                versions=by_name(names),
            )
        ),
        recipe=draw(st.dictionaries(names, names | signed | st.lists(names, max_size=2), max_size=3)),
        data=draw(
            maybe(
                built(
                    DataFacts,
                    source=words,
                    fingerprint=names,
                    seed=counts,
                    splits=st.fixed_dictionaries({"gate": st.lists(names, max_size=3).map(tuple)}),
                    left_out=by_name(words),
                )
            )
        ),
        settings=draw(
            built(
                Settings,
                scenarios=st.lists(names, max_size=2).map(tuple),
                device=names,
                hint=maybe(names),
                properties=by_name(names),
                seed=counts,
                time_budget_s=positive,
                precision=shares,
                measured=by_name(
                    built(Measured, replicas=counts, rounds=counts, seconds=positive, stopped=words, drift=positive)
                ),
            )
        ),
        arms=tuple(arms),
        control=draw(maybe(built(Speeds, **speeds_fields))),
        references=draw(
            by_name(
                built(
                    Reference,
                    engine=names,
                    speeds=maybe(built(Speeds, **speeds_fields)),
                    largest_difference=maybe(shares),
                )
            )
        ),
        pairs=pairs,
        gate=draw(_gates(arms[0].name, [arm.name for arm in candidates], list(metrics))),
        notes=tuple(draw(st.lists(words, max_size=2))),
        previews=draw(by_name(built(Preview, text=maybe(words), image=st.sampled_from([None, DOT])))),
    )


@st.composite
def _arms(draw: Any, name: str, place: int, metrics: dict[str, str], row_count: int) -> Arm:
    role = "baseline" if place == 0 else draw(st.sampled_from(["candidate", "candidate", "control", "reference"]))
    lost = draw(st.sampled_from([None, None, None, "killed"]) | maybe(words))
    figures = {
        "latency": latencies,
        "throughput": throughputs,
        "processor_time": processor_times,
        "end_to_end": times(EndToEnd, *stage_names, n=counts, raw=st.just(())),
        "first_inference": built(FirstInference, cold=start_times, cached=start_times),
        "memory": built(Memory, by_hint=by_name(footprints)),
        "served_load": built(
            ServedLoad, points=st.lists(load_points, max_size=2).map(tuple), within=maybe(load_limits)
        ),
        "execution": executions,
    }
    return Arm(
        name=name,
        role=role,
        engine=draw(names),
        model=ModelFile(path=draw(names), sha256="0" * 64, size_bytes=draw(st.integers(1, 10**12))),
        properties=draw(by_name(names)),
        effective=draw(by_name(effectives)),
        accuracy={metric: draw(qualities(unit, row_count)) for metric, unit in metrics.items() if draw(st.booleans())},
        lost=lost or None,
        **{key: draw(maybe(strategy)) for key, strategy in figures.items()},
    )


@st.composite
def _pairs(draw: Any, baseline: str, candidate: str, metrics: dict[str, str]) -> Pair:
    return Pair(
        baseline=baseline,
        candidate=candidate,
        size=SizeRatio(ratio=draw(positive)),
        accuracy={metric: draw(deltas(unit)) for metric, unit in metrics.items() if draw(st.booleans())},
        against=draw(by_name(built(Speeds, **speeds_fields))),
        **{key: draw(strategy) for key, strategy in speeds_fields.items()},
    )


@st.composite
def _gates(draw: Any, baseline: str, candidates: list[str], metrics: list[str]) -> Gate:
    keys = ["latency.min_speedup", "latency.p99.max_ms", "size.max_ratio", "memory.max_bytes", "odd"]
    keys += [f"accuracy.{metric}.max_drop" for metric in metrics]
    check = built(
        Check,
        candidate=st.sampled_from(candidates or ["nobody"]),
        budget=st.sampled_from(keys),
        limit=positive,
        estimate=signed,
        low=signed,
        high=signed,
        unit=st.sampled_from(["x", "share", "ms", "/s", "bytes", "relative", "px"]),
        verdict=verdicts,
        note=words,
    )
    verdict = draw(maybe(verdicts))
    ground = built(
        Ground,
        candidate=st.sampled_from(candidates or ["nobody"]),
        kind=st.sampled_from(["worth", "agrees", "open", "missed", "lost", "no gain"]),
        checks=st.lists(st.sampled_from(keys), max_size=2).map(tuple),
        metrics=st.lists(st.sampled_from([*metrics, "odd"]), max_size=2).map(tuple),
    )
    kinds = ["ship", "keep", "open", "agreement", "nothing", "measured", "evaluated"]
    return Gate(
        verdict=verdict,
        checks=tuple(draw(st.lists(check, max_size=4))) if verdict and candidates else (),
        candidates={name: draw(verdicts) for name in candidates} if verdict else {},
        ship=draw(st.sampled_from([None, baseline, *candidates])),
        decision=draw(built(Decision, kind=st.sampled_from(kinds), grounds=st.lists(ground, max_size=3).map(tuple))),
        reason=draw(words),
    )
