"""Anyone can compute the figures of a comparison again: the whole calculation, from the JSON alone, in plain numpy."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.cli import run

SCENARIOS = ("latency", "throughput", "processor_time", "end_to_end", "first_inference", "memory", "served_load")
Table = Callable[[Any], np.ndarray]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("recompute")
    run.write_ir(folder / "tiny.xml")
    run.write_onnx(folder / "other.onnx")
    run.write_data(folder / "data.npz")
    chosen = [word for name in SCENARIOS for word in ("--scenario", name)]
    how = ("-r", "classification", "--data", "data.npz", "--time-budget", 10, "-o", "result.json", "-q")
    fixed = ("--property", "INFERENCE_PRECISION_HINT=f32")
    done = run.ovopt("compare", "tiny.xml", "other.onnx", *how, *fixed, *chosen, cwd=folder)
    assert done.code in (0, 3, 4), done.stderr
    return json.loads((folder / "result.json").read_text())


def flat(nested: Any) -> list[Any]:
    return [item for rounds in nested for item in rounds]


def figures_of(arm: Any) -> dict[str, Any]:
    """The script of ten lines: raw values in, figures out."""
    turns = flat(arm["end_to_end"]["raw"])
    memory = (arm["memory"] or {"by_hint": {}})["by_hint"]
    return {
        "ns": np.array(flat(flat(arm["latency"]["raw_ns"]))) / 1e6,
        "rates": [t["samples"] * 1e9 / t["elapsed_ns"] for t in flat(arm["throughput"]["raw"])],
        "spent": [t["elapsed_ns"] / t["samples"] / 1e6 for t in flat(arm["processor_time"]["raw"])],
        "stages": np.array(flat(turn["stages_ns"] for turn in turns)) / 1e6,
        "piped": [t["pipelined"]["samples"] * 1e9 / t["pipelined"]["elapsed_ns"] for t in turns],
        "starts": {kind: np.array(found["raw_ns"]) / 1e6 for kind, found in arm["first_inference"].items()},
        "bytes": {hint: np.min(found["raw_bytes"], axis=0) for hint, found in memory.items()},
        "waits": [np.array(point["raw_ns"]) / 1e6 for point in arm["served_load"]["points"]],
        "right": {metric: np.array(quality["rows"]) for metric, quality in arm["accuracy"].items()},
    }


def quantile(values: Any, share: float) -> Any:
    return np.quantile(values, share) if len(values) >= np.log(0.05) / np.log(share) else None


def near(values: Any) -> Any:
    return None if values is None else pytest.approx(values, rel=1e-9)


@pytest.mark.parametrize("name", ["original", "control", "other"])
def test_every_figure_of_an_arm_follows_from_its_raw_values(result: Any, name: str) -> None:
    (arm,) = (arm for arm in result["arms"] if arm["name"] == name)
    raw = figures_of(arm)
    check_speed(arm, raw)
    check_starts(arm, raw)
    assert [point["n"] for point in arm["served_load"]["points"]] == [len(waits) for waits in raw["waits"]]
    for point, waits in zip(arm["served_load"]["points"], raw["waits"], strict=True):
        assert (point["p50_ms"], point["max_ms"]) == near((np.median(waits), waits.max()))
        assert [point["p90_ms"], point["p99_ms"]] == [near(quantile(waits, share)) for share in (0.90, 0.99)]
    for metric, rows in raw["right"].items():
        assert (arm["accuracy"][metric]["value"], arm["accuracy"][metric]["n"]) == near((rows.mean(), len(rows)))
        found = stats.binomtest(int(rows.sum()), len(rows)).proportion_ci(method="wilson")
        assert (arm["accuracy"][metric]["low"], arm["accuracy"][metric]["high"]) == near((found.low, found.high))


def check_speed(arm: Any, raw: dict[str, Any]) -> None:
    latency, ns, whole = arm["latency"], raw["ns"], arm["end_to_end"]
    found = [latency[name] for name in ("p50_ms", "mean_ms", "min_ms", "max_ms", "n")]
    assert found == near([np.median(ns), ns.mean(), ns.min(), ns.max(), len(ns)])
    for name, share in (("p90_ms", 0.90), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        assert latency[name] == near(quantile(ns, share))
    assert arm["throughput"]["samples_per_s"] == near(np.median(raw["rates"]))
    assert arm["processor_time"]["per_inference_ms"] == near(np.median(raw["spent"]))
    found = [whole[f"{stage}_ms"] for stage in ("decode", "preprocess", "inference", "postprocess")]
    assert found == near(np.median(raw["stages"], axis=0).tolist())
    assert (whole["total_ms"], whole["n"]) == near((np.median(raw["stages"].sum(axis=1)), len(raw["stages"])))
    assert whole["pipelined_samples_per_s"] == near(np.median(raw["piped"]))


def check_starts(arm: Any, raw: dict[str, Any]) -> None:
    for kind, rows in raw["starts"].items():
        found = [arm["first_inference"][kind][f"{name}_ms"] for name in ("read", "compile", "infer", "total")]
        assert found == near([*np.median(rows, axis=0), np.median(rows.sum(axis=1))])
    for hint, least in raw["bytes"].items():
        found = [arm["memory"]["by_hint"][hint][f"{name}_bytes"] for name in ("before", "compiled", "peak")]
        assert found == least.tolist()
    efficiency, rate = arm["efficiency"], np.median(raw["rates"])
    assert efficiency["samples_per_s_per_core"] == near(rate / arm["effective"]["throughput"]["threads"])
    if raw["bytes"]:  # the control's memory is the baseline's
        assert efficiency["samples_per_s_per_gib"] == near(rate / (raw["bytes"]["throughput"][2] / 2**30))


def of_turns(part: Callable[[Any], float]) -> Table:
    return lambda raw: np.array([[part(turn) for turn in rounds] for rounds in raw])


SECONDS: dict[str, tuple[Callable[[Any], Any], Table]] = {
    "latency": (lambda arm: arm["latency"]["raw_ns"], of_turns(np.median)),
    "throughput": (lambda arm: arm["throughput"]["raw"], of_turns(lambda t: t["elapsed_ns"] / t["samples"])),
    "processor_time": (lambda arm: arm["processor_time"]["raw"], of_turns(lambda t: t["elapsed_ns"] / t["samples"])),
    "end_to_end.sequential": (
        lambda arm: arm["end_to_end"]["raw"],
        of_turns(lambda t: np.median(np.sum(t["stages_ns"], axis=1))),
    ),
    "end_to_end.pipelined": (
        lambda arm: arm["end_to_end"]["raw"],
        of_turns(lambda t: t["pipelined"]["elapsed_ns"] / t["pipelined"]["samples"]),
    ),
    "first_inference.cold": (
        lambda arm: arm["first_inference"]["cold"]["raw_ns"],
        lambda rows: np.sum(rows, axis=1)[:, None],
    ),
    "first_inference.cached": (
        lambda arm: arm["first_inference"]["cached"]["raw_ns"],
        lambda rows: np.sum(rows, axis=1)[:, None],
    ),
}


def speedup(before: np.ndarray, after: np.ndarray) -> tuple[float, float, float]:
    """The other script of ten lines."""
    x = np.sort(np.median(np.log(before / after), axis=1))
    n, cut = len(x), int(0.2 * len(x)) if len(x) >= 10 else 0
    kept = x[cut : n - cut]
    s = np.clip(x, kept[0], kept[-1]).std(ddof=1)
    half = stats.t.ppf(0.975, len(kept) - 1) * s * np.sqrt(n) / len(kept)
    return tuple(np.exp([kept.mean(), kept.mean() - half, kept.mean() + half]))


@pytest.mark.parametrize("name", SECONDS)
def test_every_speed_up_follows_from_the_raw_values(result: Any, name: str) -> None:
    raw_of, table = SECONDS[name]
    arms = {arm["name"]: table(raw_of(arm)) for arm in result["arms"]}
    speeds = {candidate["candidate"]: candidate for candidate in result["pairs"]} | {"control": result["control"]}
    for candidate, speed in speeds.items():
        found = reduce(lambda part, key: part[key], name.split("."), speed)
        known = (found["estimate"], found["low"], found["high"])
        before, after = arms["original"], arms[candidate]
        if len(before) < 2:
            assert known[1:] == (None, None)
        else:
            assert known == pytest.approx(speedup(before, after), rel=1e-6)


def test_every_ratio_follows_from_the_raw_values(result: Any) -> None:
    (pair,) = result["pairs"]
    arms = {arm["name"]: arm for arm in result["arms"]}
    before, after = arms[pair["baseline"]], arms[pair["candidate"]]
    assert pair["size"]["ratio"] == near(after["model"]["size_bytes"] / before["model"]["size_bytes"])
    for hint, ratio in pair["memory"]["by_hint"].items():
        peaks = [np.min(arm["memory"]["by_hint"][hint]["raw_bytes"], axis=0)[2] for arm in (before, after)]
        assert ratio == near(peaks[1] / peaks[0])
    waits = [{p["rate_per_s"]: np.median(p["raw_ns"]) for p in arm["served_load"]["points"]} for arm in (before, after)]
    for rate, ratio in pair["served_load"]["by_rate"].items():
        assert ratio == near(waits[0][float(rate)] / waits[1][float(rate)])
    delta = pair["accuracy"]["top1"]
    rows = [np.array(arm["accuracy"]["top1"]["rows"]) for arm in (before, after)]
    assert delta["delta"] == near(rows[1].mean() - rows[0].mean())
    assert delta["flips"]["lost"] == ((rows[0] == 1) & (rows[1] == 0)).sum()
    assert delta["flips"]["gained"] == ((rows[0] == 0) & (rows[1] == 1)).sum()
