"""Latency and throughput against OpenVINO's own `benchmark_app`, same settings, interleaved, on three models.

First the measuring loops: those of `benchmark_app` (the class that its command runs) and of ovopt's worker take turns
on one compiled model, which is compiled anew REPLICAS times, so that neither the luck of a compilation nor that of a
moment tells them apart. Then, with a number of ROUNDS, the commands: `benchmark_app` and `ovopt benchmark` one after
the other, in alternating order. Prints the median of ovopt / benchmark_app with a distribution-free 95 % interval; 1 is
wanted, within 2 %. The commands differ from run to run by 10 % on a shared machine, so they only show a gross bias.

    python benchmarks/fidelity.py [ROUNDS]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from models import convolutions
from scipy.stats import quantile_test

from ovopt.bench.engines.openvino import OpenVino
from ovopt.bench.engines.openvino_session import OpenVinoSession
from ovopt.bench.worker import latency_turn, throughput_turn
from ovopt.contracts import Placement

MODELS = {"tiny": (4, 24, 24), "small": (8, 48, 40), "large": (16, 64, 72)}
"""Name -> layers, channels, side of the image."""
REPLICAS, ROUNDS, TURNS = 6, 3, 8
"""Compilations, rounds on each, ovopt's turns in a round."""
SLICE_S, LEAST_SLICES = 0.2, 40
"""A turn's length, and its least number of inferences. `benchmark_app` measures as long as all of ovopt's turns in one
go, for it counts the time in which its last requests are waited for: 2 % of a run of half a second, nothing of its
usual minute."""
SECONDS = 4
"""That a command measures."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {name: convolutions(Path(folder) / f"{name}.xml", *size) for name, size in MODELS.items()}
        print("measuring loops")
        for name, file in files.items():
            for scenario in ("latency", "throughput"):
                report(
                    name,
                    scenario,
                    [pair for replica in range(REPLICAS) for pair in loops(name, file, scenario, replica)],
                )
        if len(sys.argv) > 1:
            print("commands")
            commands(files, int(sys.argv[1]))


def loops(name: str, file: Path, scenario: str, replica: int) -> list[tuple[float, float]]:
    """Ovopt's and benchmark_app's milliseconds or samples per second, round by round, on one compilation."""
    from openvino.tools.benchmark.benchmark import Benchmark

    _, channels, side = MODELS[name]
    sample = np.random.default_rng(0).standard_normal((1, channels, side, side), np.float32)
    session = OpenVino(Placement(file, {}, (0,), "CPU")).open({"PERFORMANCE_HINT": scenario.upper()}, [(sample,)], None)
    app = Benchmark("CPU", 0, 0, 0, "sync" if scenario == "latency" else "async", inference_only=True)
    requests = app.create_infer_requests(session._compiled)
    for request in requests:
        request.infer({0: sample})
    slice_s = max(SLICE_S, LEAST_SLICES * session.infer_once(0) / 1e9)
    app.duration_seconds = TURNS * slice_s
    ways = {
        "ovopt": lambda: mine(session, scenario, slice_s),
        "app": lambda: theirs(app, requests, scenario),
    }
    for run in ways.values():
        run()
    found = []
    for index in range(ROUNDS):
        order = list(ways) if (replica + index) % 2 else list(reversed(ways))
        taken = {which: ways[which]() for which in order}
        found.append((taken["ovopt"], taken["app"]))
    return found


def mine(session: OpenVinoSession, scenario: str, slice_s: float) -> float:
    """As `ovopt benchmark` sums up its turns: medians."""
    if scenario == "latency":
        return float(np.median([ns for turn in range(TURNS) for ns in latency_turn(session, slice_s, turn)])) / 1e6
    turns = [throughput_turn(session, slice_s, turn) for turn in range(TURNS)]
    return float(np.median([turn.samples * 1e9 / turn.elapsed_ns for turn in turns]))


def theirs(app: Any, requests: Any, scenario: str) -> float:
    """As `benchmark_app` does: the median of the latencies, the mean rate."""
    one = type("Queue", (), {"get_next_batch_size": staticmethod(lambda: 1)})()
    if scenario == "latency":
        return float(np.median(app.sync_inference(requests[0], one)[0]))
    _, elapsed_s, inferences = app.async_inference_only(requests, one)
    return float(inferences / elapsed_s)


def commands(files: dict[str, Path], rounds: int) -> None:
    """Every round runs both commands on every model, each in processes of their own."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for index in range(rounds):
        for name, file in files.items():
            for scenario in ("latency", "throughput"):
                runs = {"ovopt": with_ovopt, "app": with_benchmark_app}
                order = list(runs) if index % 2 else list(reversed(runs))
                taken = {which: runs[which](file, scenario) for which in order}
                found.setdefault((name, scenario), []).append((taken["ovopt"], taken["app"]))
    for (name, scenario), pairs in found.items():
        report(name, scenario, pairs)


def with_ovopt(file: Path, scenario: str) -> float:
    command = [sys.executable, "-m", "ovopt", "benchmark", str(file), "--scenario", scenario, "--quiet"]
    said = run([*command, "--time-budget", str(SECONDS + 2), "--precision", "0.001", "--format", "json"])
    arm = json.loads(said)["arms"][0]
    return arm["latency"]["p50_ms"] if scenario == "latency" else arm["throughput"]["samples_per_s"]


def with_benchmark_app(file: Path, scenario: str) -> float:
    command = [str(Path(sys.executable).with_name("benchmark_app")), "-m", str(file), "-t", str(SECONDS)]
    said = run([*command, "-hint", scenario, "-api", "sync" if scenario == "latency" else "async"])
    pattern = r"Median:\s+([\d.]+) (us|ms)" if scenario == "latency" else r"Throughput:\s+([\d.]+) (FPS)"
    figure, unit = re.search(pattern, said).groups()
    return float(figure) / (1000 if unit == "us" else 1)


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def report(name: str, scenario: str, pairs: list[tuple[float, float]]) -> None:
    ovopt, app = np.array(pairs).T
    ratios = ovopt / app
    low, high = quantile_test(ratios, p=0.5).confidence_interval(0.95)
    unit = "ms" if scenario == "latency" else "/s"
    print(
        f"{name:7} {scenario:10} {np.median(ovopt):10.3f} {unit}   ovopt / benchmark_app {np.median(ratios):.3f} "
        f"[{low:.3f}, {high:.3f}]",
        flush=True,
    )


if __name__ == "__main__":
    main()
