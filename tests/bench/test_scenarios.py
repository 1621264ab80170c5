"""What the raw values mean: every figure recomputed in plain NumPy."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ovopt.bench import protocol
from ovopt.bench.request_loops import Demand, Served
from ovopt.bench.scenario import Effort
from ovopt.bench.scenarios.end_to_end import EndToEndScenario
from ovopt.bench.scenarios.first_inference import FirstInferenceScenario
from ovopt.bench.scenarios.latency import LatencyScenario
from ovopt.bench.scenarios.memory import MemoryScenario
from ovopt.bench.scenarios.processor_time import ProcessorTimeScenario
from ovopt.bench.scenarios.served_load import ServedLoadScenario
from ovopt.bench.scenarios.throughput import ThroughputScenario
from ovopt.contracts import Started
from ovopt.records import EndToEndTurn, Speedup, Turn
from tests.bench.crews import FakeCrew, Watcher, plan
from tests.cli import run

RNG = np.random.default_rng(11)
MS = 1e6


def t_interval(ratios: np.ndarray) -> tuple[float, float, float]:
    """Of ratios [replica, round]: medians of the rounds, then Student's t over the replicas, trimmed from ten on."""
    logs = np.sort(np.median(np.log(ratios), axis=1))
    cut = len(logs) // 5 if len(logs) >= 10 else 0
    kept = logs[cut : len(logs) - cut]
    scale = np.clip(logs, kept[0], kept[-1]).std(ddof=1) * len(logs) ** 0.5 / len(kept)
    low, high = stats.t.interval(0.95, len(kept) - 1, loc=kept.mean(), scale=scale)
    return math.exp(kept.mean()), math.exp(low), math.exp(high)


def check_speedup(found: Speedup | dict[str, Any], ratios: np.ndarray) -> None:
    said = found.model_dump() if isinstance(found, Speedup) else found
    assert (said["estimate"], said["low"], said["high"]) == pytest.approx(t_interval(ratios))


def latency_raw(ms: float) -> np.ndarray:
    """[replica, round, inference]"""
    return (ms * MS * RNG.lognormal(0, 0.05, (6, 5, 12))).astype(int)


def test_latency_is_over_all_inferences() -> None:
    raw = latency_raw(2.0)
    found, values = LatencyScenario().figures(raw.tolist()), raw.ravel() / MS
    assert (found.n, found.min_ms, found.max_ms) == (360, values.min(), values.max())
    assert found.mean_ms == pytest.approx(values.mean())
    for name, share in (("p50_ms", 50), ("p90_ms", 90), ("p95_ms", 95), ("p99_ms", 99)):
        assert getattr(found, name) == pytest.approx(np.percentile(values, share))
    np.testing.assert_array_equal(found.raw_ns, raw)


def test_a_percentile_that_too_few_inferences_support_is_absent() -> None:
    found = LatencyScenario().figures(latency_raw(2.0)[:1].tolist())
    assert found.n == 60
    assert None not in (found.p90_ms, found.p95_ms)
    assert found.p99_ms is None


def test_latencies_are_compared_by_the_medians_of_their_turns() -> None:
    before, after = latency_raw(2.0), latency_raw(1.5)
    ratios = np.median(before, axis=2) / np.median(after, axis=2)
    check_speedup(LatencyScenario().pair(before.tolist(), after.tolist(), None), ratios)


def throughput_raw(rate: float) -> list[list[Turn]]:
    ns = (1e9 * 100 / rate * RNG.lognormal(0, 0.05, (6, 5))).astype(int)
    return [[Turn(samples=100, elapsed_ns=value) for value in rounds] for rounds in ns.tolist()]


def elapsed(raw: list[list[Turn]]) -> np.ndarray:
    return np.array([[turn.elapsed_ns for turn in rounds] for rounds in raw])


def test_throughput_is_the_median_turns() -> None:
    raw = throughput_raw(500)
    found = ThroughputScenario().figures(raw)
    assert found.samples_per_s == pytest.approx(np.median(100 / (elapsed(raw) / 1e9)))
    assert found.n == 3000


def test_throughputs_are_compared_turn_by_turn() -> None:
    before, after = throughput_raw(500), throughput_raw(800)
    check_speedup(ThroughputScenario().pair(before, after, None), elapsed(before) / elapsed(after))


def test_processor_time_is_that_of_the_median_turn() -> None:
    raw = throughput_raw(500)
    found = ProcessorTimeScenario().figures(raw)
    assert found.per_inference_ms == pytest.approx(np.median(elapsed(raw) / 100) / MS)
    assert found.n == 3000
    assert [list(rounds) for rounds in found.raw] == raw


def test_processor_time_counts_inferences_and_not_turns() -> None:
    turns = [[Turn(samples=n, elapsed_ns=n * ns) for n, ns in ((1, 5), (9, 3), (2, 8))]]
    assert ProcessorTimeScenario().figures(turns).per_inference_ms == pytest.approx(5 / MS)


def test_processor_times_are_compared_turn_by_turn() -> None:
    before, after = throughput_raw(500), throughput_raw(800)
    check_speedup(ProcessorTimeScenario().pair(before, after, None), elapsed(before) / elapsed(after))


def test_a_processor_time_that_the_control_has_too_is_no_difference() -> None:
    before, after = throughput_raw(500), throughput_raw(520)
    alone = ProcessorTimeScenario().pair(before, after, None)
    beside = ProcessorTimeScenario().pair(before, after, throughput_raw(800))
    assert (alone.estimate, alone.low, alone.high) == (beside.estimate, beside.low, beside.high)
    assert beside.verdict == "no clear difference"


def test_processor_time_is_measured_on_one_thread_of_every_arm() -> None:
    slow, fast = lambda _: 0.010, lambda _: 0.002
    crew = FakeCrew([plan("original", properties={"NUM_STREAMS": "4"}), plan("int8")], {"original": slow, "int8": fast})
    found = ProcessorTimeScenario().measure(crew, Effort(2, 0.02, 0), Watcher())  # type: ignore[arg-type]
    for name in ("original", "int8"):
        asked = {tuple(sorted(opened.properties.items())) for opened in crew.opens(name)}
        assert asked == {(("INFERENCE_NUM_THREADS", "1"), ("NUM_STREAMS", "1"), ("PERFORMANCE_HINT", "LATENCY"))}
    assert {type(what) for _, what in crew.log} == {protocol.Open, protocol.TakeProcessorTime}
    figures = ProcessorTimeScenario().figures(found.raw["int8"])
    assert figures.per_inference_ms == pytest.approx(2)
    assert ProcessorTimeScenario().pair(found.raw["original"], found.raw["int8"], None).estimate == pytest.approx(5)


def end_to_end_raw(factor: float) -> tuple[np.ndarray, list[list[Turn]], list[list[EndToEndTurn]]]:
    """Stages [replica, round, sample, stage], pipelined turns, and both as records."""
    stages = (factor * np.array([5, 2, 9, 1]) * 1e5 * RNG.lognormal(0, 0.1, (6, 5, 7, 4))).astype(int)
    pipelined = throughput_raw(900 / factor)
    pairs = [zip(*both, strict=True) for both in zip(stages.tolist(), pipelined, strict=True)]
    return stages, pipelined, [[EndToEndTurn(stages_ns=s, pipelined=p) for s, p in pair] for pair in pairs]


def test_end_to_end_tells_the_medians_of_every_stage_and_of_the_whole() -> None:
    stages, pipelined, raw = end_to_end_raw(1)
    found = EndToEndScenario().figures(raw)
    names = ("decode_ms", "preprocess_ms", "inference_ms", "postprocess_ms")
    for index, name in enumerate(names):
        assert getattr(found, name) == pytest.approx(np.median(stages[..., index]) / MS)
    assert found.total_ms == pytest.approx(np.median(stages.sum(axis=-1)) / MS)
    assert found.pipelined_samples_per_s == pytest.approx(np.median(100e9 / elapsed(pipelined)))
    assert found.n == 210


def test_both_ways_of_running_end_to_end_are_compared() -> None:
    (before, before_piped, before_raw), (after, after_piped, after_raw) = end_to_end_raw(1.0), end_to_end_raw(0.7)
    found = EndToEndScenario().pair(before_raw, after_raw, None)
    medians = [np.median(stages.sum(axis=-1), axis=2) for stages in (before, after)]
    check_speedup(found.sequential, medians[0] / medians[1])
    check_speedup(found.pipelined, elapsed(before_piped) / elapsed(after_piped))


def starts(count: int, factor: float, from_cache: bool = False, peak: int = 3000) -> list[Started]:
    times = (factor * np.array([1, 20, 2]) * MS * RNG.lognormal(0, 0.1, (count, 3))).astype(int).tolist()
    return [Started(*row, 1000 + i, 2000 + i, peak + i, from_cache) for i, row in enumerate(times)]


def stages_of(made: list[Started]) -> np.ndarray:
    return np.array([(start.read_ns, start.compile_ns, start.infer_ns) for start in made])


def test_first_inference_is_the_median_start_cold_and_from_the_cache() -> None:
    cold, cached = starts(5, 1), starts(5, 0.2, from_cache=True)
    cached[0] = Started(1, 1, 1, 1, 1, 1, from_cache=False)
    found = FirstInferenceScenario().figures({"cold": cold, "cached": cached})
    for figures, made in ((found.cold, cold), (found.cached, cached)):
        stages = stages_of(made) / MS
        assert (figures.read_ms, figures.compile_ms, figures.infer_ms) == pytest.approx(np.median(stages, axis=0))
        assert figures.total_ms == pytest.approx(np.median(stages.sum(axis=1)))
        assert figures.n == 5
    assert (found.cold.from_cache, found.cached.from_cache) == (0, 4)


def test_first_inferences_are_compared_start_by_start() -> None:
    before, after = ({"cold": starts(5, f), "cached": starts(5, f / 4)} for f in (1, 0.8))
    found = FirstInferenceScenario().pair(before, after, None)
    for name in ("cold", "cached"):
        ratios = stages_of(before[name]).sum(axis=1) / stages_of(after[name]).sum(axis=1)
        check_speedup(getattr(found, name), ratios[:, None])


def test_an_arm_that_is_lost_early_leaves_the_caches_of_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every start of an arm with a cache is in the same folder, and no two arms share one."""
    used: dict[str, set[str]] = {}

    def start_fresh(load: protocol.Load, properties: dict[str, str], limit_s: float) -> Started:
        if "CACHE_DIR" in properties:
            used.setdefault(load.engine, set()).add(properties["CACHE_DIR"])
        return starts(1, 1)[0]

    monkeypatch.setattr("ovopt.bench.fresh_start.start_fresh", start_fresh)
    names = ("original", "lost", "first", "second")
    crew = FakeCrew([plan(name, engine=name) for name in names], {}, lost={"lost": "before"})
    FirstInferenceScenario().measure(crew, Effort(1, 0.02, 0), Watcher())  # type: ignore[arg-type]
    assert {name: len(folders) for name, folders in used.items()} == {"original": 1, "first": 1, "second": 1}
    assert len(set().union(*used.values())) == 3


def test_memory_is_that_of_the_smallest_start() -> None:
    found = MemoryScenario().figures({"latency": starts(2, 1)[::-1], "throughput": starts(2, 1, peak=9000)})
    sizes = found.by_hint["latency"]
    assert (sizes.before_bytes, sizes.compiled_bytes, sizes.peak_bytes) == (1000, 2000, 3000)
    assert sizes.raw_bytes == ((1001, 2001, 3001), (1000, 2000, 3000))
    assert found.by_hint["throughput"].peak_bytes == 9000


def test_memory_is_compared_by_its_peak() -> None:
    found = MemoryScenario().pair({"latency": starts(2, 1, peak=4000)}, {"latency": starts(2, 1)}, None)
    assert found.by_hint == {"latency": 0.75}


def test_served_load_is_told_rate_by_rate_from_the_lowest() -> None:
    raw = [(rate, (MS * RNG.exponential(3, 400)).astype(int).tolist()) for rate in (90.0, 30.0)]
    found = ServedLoadScenario().figures(Served(Demand(), raw))
    assert found.within is None
    assert [point.rate_per_s for point in found.points] == [30.0, 90.0]
    for point, (_, waits) in zip(found.points, raw[::-1], strict=True):
        expected = np.percentile(np.array(waits) / MS, [50, 90, 99, 100])
        assert (point.p50_ms, point.p90_ms, point.p99_ms, point.max_ms) == pytest.approx(tuple(expected))
        assert point.n == 400


def test_served_loads_are_compared_by_their_medians_where_both_served() -> None:
    before, after = [(10.0, [4, 6]), (20.0, [9])], [(10.0, [2]), (30.0, [1])]
    found = ServedLoadScenario().pair(Served(Demand(), before), Served(Demand(), after), None)
    assert found.by_rate == {"10": 2.5}
    assert found.highest_rate is None


def waits(*served: tuple[float, float], limit_ms: float = 5.0) -> Served:
    """At each rate, a wait of so many milliseconds."""
    demand = Demand(limit_ms=limit_ms, share=0.9)
    return Served(demand, [(rate, [int(wait * MS)]) for rate, wait in served])


@pytest.mark.parametrize(
    ("served", "highest"),
    [
        ([(30, 4), (10, 1), (20, 3)], 30),
        ([(30, 6), (10, 1), (20, 5)], 20),
        ([(30, 4), (10, 1), (20, 6)], 10),  # a lucky minute beyond a rate that misses is no promise
        ([(10, 6)], None),
    ],
)
def test_the_highest_rate_is_that_up_to_which_all_keep_the_limit(
    served: list[tuple[float, float]], highest: float | None
) -> None:
    within = ServedLoadScenario().figures(waits(*served)).within
    assert within is not None
    assert (within.percentile, within.limit_ms, within.highest_rate_per_s) == (90, 5, highest)


def test_highest_rates_are_compared_where_both_kept_the_limit() -> None:
    slow, fast, none = waits((10, 4), (20, 9)), waits((10, 1), (25, 4)), waits((10, 9))
    assert ServedLoadScenario().pair(slow, fast, None).highest_rate == 2.5
    assert ServedLoadScenario().pair(slow, none, None).highest_rate is None
    assert ServedLoadScenario().pair(none, fast, None).highest_rate is None


def serve(crew: FakeCrew, demand: Demand, seconds: float = 10) -> Any:
    return ServedLoadScenario().measure(crew, Effort(seconds, 0.02, 0, demand=demand), Watcher())  # type: ignore[arg-type]


def served_by(crew: FakeCrew, name: str) -> list[protocol.Serve]:
    return [what for who, what in crew.log if who == name and isinstance(what, protocol.Serve)]


def both(**more: Any) -> FakeCrew:
    slow, fast = lambda _: 0.010, lambda _: 0.002
    return FakeCrew([plan("original"), plan("int8")], {"original": slow, "int8": fast}, **more)


def test_given_rates_are_served_by_every_arm() -> None:
    found = serve(both(), Demand("constant", (5.0, 20.0)))
    assert {name: [rate for rate, _ in served.points] for name, served in found.raw.items()} == {
        "original": [5.0, 20.0],
        "int8": [5.0, 20.0],
    }


def test_without_rates_shares_of_the_baselines_capacity_are_served() -> None:
    found = serve(both(capacity=200), Demand())
    assert [rate for rate, _ in found.raw["int8"].points] == [60.0, 100.0, 140.0, 180.0]


def test_a_search_goes_up_while_the_limit_is_kept_and_down_where_it_is_not() -> None:
    """Waits are 10 ms and 2 ms at any rate: with a limit of 5 ms one search falls to 0, the other rises to capacity."""
    found = serve(both(capacity=64), Demand(limit_ms=5))
    assert [rate for rate, _ in found.raw["original"].points] == [32, 16, 8, 4, 2]
    assert [rate for rate, _ in found.raw["int8"].points] == [32, 48, 56, 60, 62]


def test_the_requests_asked_for_serve() -> None:
    crew = FakeCrew([plan("original", requests=3)], {"original": lambda _: 0.001})
    assert serve(crew, Demand(rates=(10.0,))).effective["original"].requests == 3


def test_where_the_runtime_picks_other_streams_all_serve_with_the_originals() -> None:
    """As in the other scenarios: otherwise the whole comparison is refused in the end."""
    crew = both(defaults={"int8": {"streams": 2, "threads": 4, "requests": 2}})
    found = serve(crew, Demand(rates=(10.0,)))
    assert {(e.streams, e.threads, e.requests) for e in found.effective.values()} == {(1, 2, 1)}


def test_a_rate_counts_samples_where_an_inference_takes_a_batch_of_them() -> None:
    crew = FakeCrew([plan("original", batch=4)], {"original": lambda _: 0.001})
    serve(crew, Demand("constant", (40.0,)))
    (served,) = served_by(crew, "original")
    np.testing.assert_allclose(np.diff(served.arrivals_s), 0.1)


# The comparison file


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("stored")
    run.write_ir(folder / "tiny.xml")
    run.write_ir(folder / "other.xml")
    ran = run.ovopt("compare", "tiny.xml", "other.xml", "--time-budget", 8, "--format", "json", "-q", cwd=folder)
    assert ran.code == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def turns_of(arm: dict[str, Any]) -> dict[str, np.ndarray]:
    """Nanoseconds per sample of each turn or start, [replica, round], by what is compared."""
    first, seconds = arm["first_inference"], {}
    seconds["latency"] = np.array([[np.median(t) for t in rounds] for rounds in arm["latency"]["raw_ns"]])
    seconds["throughput"] = np.array(
        [[t["elapsed_ns"] / t["samples"] for t in rounds] for rounds in arm["throughput"]["raw"]]
    )
    seconds["processor_time"] = np.array(
        [[t["elapsed_ns"] / t["samples"] for t in rounds] for rounds in arm["processor_time"]["raw"]]
    )
    whole = arm["end_to_end"]["raw"]
    seconds["sequential"] = np.array([[np.median(np.sum(t["stages_ns"], axis=1)) for t in r] for r in whole])
    seconds["pipelined"] = np.array(
        [[t["pipelined"]["elapsed_ns"] / t["pipelined"]["samples"] for t in r] for r in whole]
    )
    for kind in ("cold", "cached"):
        seconds[kind] = np.sum(first[kind]["raw_ns"], axis=1)[:, None]
    return seconds


def speedups_of(speeds: dict[str, Any]) -> dict[str, dict[str, Any]]:
    flat = {name: speeds[name] for name in ("latency", "throughput", "processor_time")}
    return {**flat, **speeds["end_to_end"], **speeds["first_inference"]}


def flat(nested: list[Any]) -> Iterator[Any]:
    for replica in nested:
        yield from replica


def check_arm(arm: dict[str, Any]) -> None:
    latency = arm["latency"]
    values = np.concatenate([np.array(turn) for turn in flat(latency["raw_ns"])]) / MS
    assert latency["n"] == len(values)
    for name, share in (("p50_ms", 50), ("p90_ms", 90), ("p95_ms", 95), ("p99_ms", 99)):
        if latency[name] is not None:
            assert latency[name] == pytest.approx(np.percentile(values, share))
    assert (latency["mean_ms"], latency["min_ms"]) == pytest.approx((values.mean(), values.min()))
    rates = [t["samples"] * 1e9 / t["elapsed_ns"] for t in flat(arm["throughput"]["raw"])]
    assert arm["throughput"]["samples_per_s"] == pytest.approx(np.median(rates))
    processor = list(flat(arm["processor_time"]["raw"]))
    spent = np.median([t["elapsed_ns"] / t["samples"] for t in processor]) / MS
    assert arm["processor_time"]["per_inference_ms"] == pytest.approx(spent)
    assert arm["processor_time"]["n"] == sum(t["samples"] for t in processor)
    if arm["engine"] == "openvino":
        assert (arm["effective"]["processor_time"]["streams"], arm["effective"]["processor_time"]["threads"]) == (1, 1)
    whole = arm["end_to_end"]
    stages = np.concatenate([t["stages_ns"] for t in flat(whole["raw"])]) / MS
    for index, name in enumerate(("decode_ms", "preprocess_ms", "inference_ms", "postprocess_ms")):
        assert whole[name] == pytest.approx(np.median(stages[:, index]))
    assert whole["total_ms"] == pytest.approx(np.median(stages.sum(axis=1)))
    piped = [t["pipelined"]["samples"] * 1e9 / t["pipelined"]["elapsed_ns"] for t in flat(whole["raw"])]
    assert whole["pipelined_samples_per_s"] == pytest.approx(np.median(piped))
    for kind in ("cold", "cached"):
        times, raw = arm["first_inference"][kind], np.array(arm["first_inference"][kind]["raw_ns"]) / MS
        assert times["total_ms"] == pytest.approx(np.median(raw.sum(axis=1)))
        assert [times[f"{stage}_ms"] for stage in ("read", "compile", "infer")] == pytest.approx(np.median(raw, axis=0))
    threads = arm["effective"]["throughput"]["threads"]
    assert arm["efficiency"]["samples_per_s_per_core"] == pytest.approx(np.median(rates) / threads)
    if arm["role"] != "control":  # its bytes would be the baseline's
        for sizes in arm["memory"]["by_hint"].values():
            least = np.min(sizes["raw_bytes"], axis=0)
            assert [sizes["before_bytes"], sizes["compiled_bytes"], sizes["peak_bytes"]] == least.tolist()
        gib = arm["memory"]["by_hint"]["throughput"]["peak_bytes"] / 2**30
        assert arm["efficiency"]["samples_per_s_per_gib"] == pytest.approx(np.median(rates) / gib)


def check_speeds(speeds: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    theirs, mine = turns_of(before), turns_of(after)
    for name, said in speedups_of(speeds).items():
        check_speedup(said, theirs[name] / mine[name])
    for hint, ratio in (speeds["memory"] or {"by_hint": {}})["by_hint"].items():
        peaks = [arm["memory"]["by_hint"][hint]["peak_bytes"] for arm in (after, before)]
        assert ratio == pytest.approx(peaks[0] / peaks[1])


def test_every_figure_of_a_stored_comparison_follows_from_its_raw_values(stored: dict[str, Any]) -> None:
    arms = {arm["name"]: arm for arm in stored["arms"]}
    original, other = arms["original"], arms["other"]
    for arm in arms.values():
        check_arm(arm)
    (pair,) = stored["pairs"]
    check_speeds(pair, original, other)
    check_speeds(stored["control"], original, arms["control"])
    assert pair["size"]["ratio"] == pytest.approx(other["model"]["size_bytes"] / original["model"]["size_bytes"])
    for name, speeds in pair["against"].items():
        check_speeds(speeds, arms[name], other)
