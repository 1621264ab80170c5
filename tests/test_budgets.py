"""Every budget: the figure that it is about, its interval, its verdict."""

import numpy as np
import pytest

from ovopt.budgets import Evidence, checks, scenarios_of
from ovopt.errors import UsageError
from ovopt.gate import decide
from ovopt.records import (
    Budgets,
    Check,
    EndToEnd,
    EndToEndSpeedup,
    EndToEndTurn,
    FirstInference,
    FirstInferenceSpeedup,
    Footprint,
    Memory,
    MemoryRatio,
    StartTimes,
    Turn,
)
from tests.factories import arm, comparison, delta, exactly, pair, speed

MIB = 1 << 20
RUN = comparison({"int8": 0.55})
INT8 = next(found for found in RUN.arms if found.name == "int8")
ORIGINAL = RUN.arms[0]


def starts(*ms: float) -> StartTimes:
    raw = tuple((0, int(one * 1e6) - 1, 1) for one in ms)
    middle = float(np.median(ms))
    return StartTimes(total_ms=middle, read_ms=0, compile_ms=middle, infer_ms=0, from_cache=0, n=len(ms), raw_ns=raw)


def way(ms: float, rate: float) -> EndToEnd:
    """Thirty turns of two samples each, all alike to within a percent."""
    rng = np.random.default_rng(0)
    turns = tuple(
        tuple(
            EndToEndTurn(
                stages_ns=tuple((0, 0, int(ms * 1e6 * rng.normal(1, 0.01)), 0) for _ in range(2)),
                pipelined=Turn(samples=100, elapsed_ns=int(1e11 / rate * rng.normal(1, 0.01))),
            )
            for _ in range(5)
        )
        for _ in range(6)
    )
    stages = {"decode_ms": 0, "preprocess_ms": 0, "inference_ms": ms, "postprocess_ms": 0}
    return EndToEnd(total_ms=ms, **stages, pipelined_samples_per_s=rate, n=60, raw=turns)


def footprint(mib: int) -> Footprint:
    return Footprint(before_bytes=0, compiled_bytes=mib * MIB, peak_bytes=mib * MIB, raw_bytes=((0, 0, mib * MIB),))


MEASURED = arm(
    "int8",
    "candidate",
    0.55,
    2_600_000,
    first_inference=FirstInference(cold=starts(99, 100, 101, 100), cached=starts(49, 50, 51, 50)),
    end_to_end=way(2.0, 900.0),
    memory=Memory(by_hint={"latency": footprint(100), "throughput": footprint(120)}),
)
PAIR = pair(
    latency=speed(2),
    throughput=speed(1.8),
    processor_time=speed(1.5),
    end_to_end=EndToEndSpeedup(sequential=speed(1.4), pipelined=speed(1.2)),
    first_inference=FirstInferenceSpeedup(cold=speed(0.8), cached=speed(1.1)),
    memory=MemoryRatio(by_hint={"latency": 0.9, "throughput": 1.1}),
    accuracy={"top1": delta(-0.02, -0.03, -0.01), "f1.macro": delta(0.05, 0.04, 0.06)},
)
EVIDENCE = Evidence({"int8": MEASURED, "original": ORIGINAL})


def nested(path: str, limit: float) -> Budgets:
    """`a.b.c` and a limit as budgets; a metric's name may hold dots."""
    first, *rest = path.split(".")
    keys = [first, ".".join(rest[:-1]), rest[-1]] if first == "accuracy" else [first, *rest]
    made: object = limit
    for key in reversed(keys):
        made = {key: made}
    return Budgets.model_validate(made)


def judged(path: str, limit: float) -> Check:
    (check,) = checks(PAIR, nested(path, limit), EVIDENCE)
    return check


@pytest.mark.parametrize(
    ("path", "kept", "missed", "unit"),
    [
        ("accuracy.top1.max_drop", 0.031, 0.009, "share"),
        ("accuracy.top1.max_relative_drop", 0.033, 0.01, "relative"),
        ("accuracy.f1.macro.max_gain", 0.061, 0.039, "share"),
        ("latency.min_speedup", 1.9, 2.1, "x"),
        ("latency.max_speedup", 2.1, 1.9, "x"),
        ("latency.p50.max_ms", 0.6, 0.5, "ms"),
        ("latency.p90.max_ms", 0.6, 0.5, "ms"),
        ("latency.p50.min_speedup", 1.8, 2.2, "x"),
        ("throughput.min_speedup", 1.7, 1.9, "x"),
        ("throughput.min_samples_per_s", 3500, 3700, "/s"),
        ("processor_time.min_speedup", 1.4, 1.6, "x"),
        ("end_to_end.min_speedup", 1.3, 1.5, "x"),
        ("end_to_end.max_ms", 2.1, 1.9, "ms"),
        ("end_to_end.pipelined.min_speedup", 1.1, 1.3, "x"),
        ("end_to_end.pipelined.min_samples_per_s", 850, 950, "/s"),
        ("first_inference.cold.max_ms", 105, 95, "ms"),
        ("first_inference.cold.min_speedup", 0.7, 0.9, "x"),
        ("first_inference.cached.max_ms", 55, 45, "ms"),
        ("first_inference.cached.min_speedup", 1.0, 1.2, "x"),
        ("memory.max_ratio", 1.1, 1.09, "x"),
        ("memory.max_bytes", 120 * MIB, 120 * MIB - 1, "bytes"),
        ("size.max_ratio", 0.26, 0.25, "x"),
        ("size.max_bytes", 2_600_000, 2_599_999, "bytes"),
    ],
)
def test_every_budget_can_be_kept_and_missed(path: str, kept: float, missed: float, unit: str) -> None:
    found = judged(path, kept), judged(path, missed)
    assert [check.verdict for check in found] == ["pass", "fail"]
    assert [(check.budget, check.limit, check.unit, check.note) for check in found] == [
        (path, kept, unit, ""),
        (path, missed, unit, ""),
    ]


def test_every_key_of_the_budgets_is_judged_above() -> None:
    """A new limit must not be forgotten by `checks`."""

    def keys(kind: type) -> set[str]:
        found = set()
        for name, field in kind.model_fields.items():
            inner = [one for one in getattr(field.annotation, "__args__", ()) if hasattr(one, "model_fields")]
            found |= {f"{name}.{key}" for one in inner for key in keys(one)} or {name}
        return found

    (mark,) = test_every_budget_can_be_kept_and_missed.pytestmark
    told = {row[0] for row in mark.args[1]}
    told = {path.replace("top1.", "").replace("f1.macro.", "") for path in told}
    alike = {f"latency.{p}.{key}" for p in ("p50", "p90", "p95", "p99") for key in ("max_ms", "min_speedup")}
    same = {f"{name}.max_speedup" for name in ("throughput", "processor_time", "end_to_end", "end_to_end.pipelined")}
    assert keys(Budgets) <= told | alike | same


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("accuracy.top1.max_drop", 0.02),
        ("accuracy.f1.macro.max_gain", 0.05),
        ("latency.min_speedup", 2.0),
        ("latency.p50.max_ms", 0.55),
        ("end_to_end.max_ms", 2.0),
        ("first_inference.cold.max_ms", 100),
    ],
)
def test_a_limit_within_the_interval_is_open(path: str, limit: float) -> None:
    check = judged(path, limit)
    assert check.verdict == "inconclusive"
    assert check.low < limit < check.high
    assert check.note


def test_a_relative_drop_is_a_share_of_the_originals_value() -> None:
    check = judged("accuracy.top1.max_relative_drop", 0.5)
    assert (check.estimate, check.low, check.high) == pytest.approx((0.02 / 0.94, 0.01 / 0.94, 0.03 / 0.94))


def test_an_original_of_zero_has_no_relative_drop() -> None:
    nothing = delta(0.0, 0.0, 0.0).model_copy(update={"baseline": 0.0})
    message = (
        "budgets.accuracy.top1.max_relative_drop: the original's top1 is 0, of which there is no share; use max_drop"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        list(checks(pair(accuracy={"top1": nothing}), nested("accuracy.top1.max_relative_drop", 0.1), EVIDENCE))


def test_a_gain_of_a_metric_where_less_is_better_is_a_fall() -> None:
    error = delta(-0.3, -0.4, -0.2, higher_is_better=False, unit="px")
    (check,) = checks(pair(accuracy={"error": error}), nested("accuracy.error.max_gain", 0.1), EVIDENCE)
    assert (check.estimate, check.low, check.high, check.verdict) == (0.3, 0.2, 0.4, "fail")


def test_the_figure_of_a_check_is_the_one_that_reports_show() -> None:
    assert judged("latency.p50.max_ms", 9).estimate == pytest.approx(MEASURED.latency.p50_ms)
    assert judged("throughput.min_samples_per_s", 9).estimate == pytest.approx(MEASURED.throughput.samples_per_s)
    long = [[[*turn, *turn, *turn] for turn in rounds] for rounds in MEASURED.latency.raw_ns]
    assert np.quantile(np.array(long), 0.9) / 1e6 == pytest.approx(judged("latency.p90.max_ms", 9).estimate, rel=1e-3)


def test_a_percentile_that_too_few_inferences_support_is_open() -> None:
    check = judged("latency.p99.max_ms", 9)
    assert (check.verdict, check.high) == ("inconclusive", None)


def test_memory_counts_under_the_hint_that_takes_more() -> None:
    assert judged("memory.max_ratio", 1).estimate == 1.1
    assert judged("memory.max_bytes", 1).estimate == 120 * MIB


@pytest.mark.parametrize(
    ("path", "scenario"),
    [
        ("latency.p99.max_ms", "latency"),
        ("throughput.min_samples_per_s", "throughput"),
        ("processor_time.min_speedup", "processor_time"),
        ("end_to_end.max_ms", "end_to_end"),
        ("first_inference.cold.max_ms", "first_inference"),
        ("memory.max_bytes", "memory"),
    ],
)
def test_a_budget_without_its_measurement_says_which_scenario_to_add(path: str, scenario: str) -> None:
    budgets = nested(path, 1)
    assert scenarios_of(budgets) == [scenario]
    message = f"budgets.{scenario}: it was not measured; add --scenario {scenario}"
    with pytest.raises(UsageError, match=exactly(message)):
        list(checks(pair(), budgets, EVIDENCE))


def test_accuracy_and_size_need_no_scenario() -> None:
    assert scenarios_of(Budgets.model_validate({"accuracy": {"a": {"max_drop": 1}}, "size": {"max_ratio": 1}})) == []


def test_missing_raw_values_are_named() -> None:
    stripped = MEASURED.model_copy(update={"latency": MEASURED.latency.model_copy(update={"raw_ns": ()})})
    message = (
        "int8: the raw values of latency are missing, and a budget of it needs them; judge the file as ovopt wrote it, "
        "or measure again"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        list(checks(PAIR, nested("latency.p99.max_ms", 1), Evidence({"int8": stripped})))


def test_a_missing_arm_is_named() -> None:
    message = "int8: this arm is missing; judge the file as ovopt wrote it, or measure again"
    with pytest.raises(UsageError, match=exactly(message)):
        list(checks(PAIR, nested("size.max_bytes", 1), Evidence()))


# what would settle it -------------------------------------------------------------------------------------------------


def open_speed(limit: float, stopped: str, seconds: float = 20.0) -> Check:
    """The latency of a comparison of 60 s, 6 replicas and 30 rounds, against a limit within its interval."""
    settings = RUN.settings
    measured = settings.measured["latency"].model_copy(
        update={"stopped": stopped, "seconds": seconds, "replicas": 6, "rounds": 30}
    )
    settings = settings.model_copy(update={"measured": {"latency": measured}})
    run = RUN.model_copy(update={"settings": settings, "pairs": (pair(latency=speed(2, 0.1)),)})
    (check,) = decide(run, Budgets.model_validate({"latency": {"min_speedup": limit}})).checks
    assert check.verdict == "inconclusive"
    return check


def test_an_open_speed_says_how_many_replicas_rounds_and_seconds_settle_it() -> None:
    check = open_speed(1.95, "time budget")
    assert check.more is not None
    seconds = 60 * (6 + check.more) / 6
    assert check.note == (
        f"about {check.more} more replicas ({5 * check.more} rounds) of latency would settle it: measure again with "
        f"--time-budget {int(np.ceil(seconds / 10) * 10)}"
    )


def test_a_run_that_ended_for_its_precision_is_asked_for_a_finer_one() -> None:
    check = open_speed(1.95, "precision reached")
    settings = check.note.partition("measure again with ")[2].split()
    assert settings[0] == "--precision"
    assert 0.001 < float(settings[1]) < 0.02
    assert settings[2:] == ["--time-budget", str(int(np.ceil(20 * (6 + check.more) / 6 / 10) * 10))]


def test_a_short_run_needs_no_more_time_for_a_finer_precision() -> None:
    assert "--time-budget" not in open_speed(1.95, "precision reached", seconds=2.0).note


def test_a_nearer_limit_needs_more() -> None:
    assert open_speed(1.94, "time budget").more < open_speed(1.95, "time budget").more


def test_a_limit_too_near_says_that_no_run_would_settle_it() -> None:
    check = open_speed(1.999, "time budget")
    assert check.more is None
    assert check.note == (
        "it lies so near the budget that the 60 replicas of the longest run would not settle it; measure on a quieter "
        "machine, or move the budget"
    )


def test_a_percentile_without_a_bound_says_how_many_replicas_give_it_one() -> None:
    (check,) = decide(RUN, nested("latency.p95.max_ms", 9)).checks
    assert check.high is None
    assert check.more is not None
    assert "more replicas" in check.note
    (check,) = decide(RUN, nested("latency.p99.max_ms", 9)).checks
    assert check.note == "even the 60 replicas of the longest run would be too few for an interval of this figure"


def test_open_starts_ask_for_starts_and_no_more_than_a_run_makes() -> None:
    measured = RUN.settings.measured["latency"].model_copy(
        update={"replicas": 4, "rounds": 4, "stopped": "time budget"}
    )
    settings = RUN.settings.model_copy(update={"measured": {"first_inference": measured}})
    evidence = Evidence({"int8": MEASURED}, settings)
    (near,) = checks(PAIR, nested("first_inference.cold.max_ms", 101), evidence)
    assert (
        near.note
        == f"about {near.more} more starts of first inference would settle it: measure again with --time-budget "
        + str(int(np.ceil(60 * (4 + near.more) / 4 / 10) * 10))
    )
    (nearer,) = checks(PAIR, nested("first_inference.cold.max_ms", 100.001), evidence)
    assert (nearer.more, "12 starts of the longest run" in nearer.note) == (None, True)
