"""Latency and throughput against OpenVINO's own `benchmark_app`, same settings, run in turn, on three models.

Every round runs `benchmark_app` and `ovopt benchmark` one after the other, in alternating order, each in a process of
its own. Prints the ratio ovopt / benchmark_app over the rounds with its 95 % interval; 1 is wanted, within 2 %.

    python benchmarks/fidelity.py [ROUNDS]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from models import convolutions

from ovopt.stats import speedup_interval

SECONDS = 4
MODELS = {"tiny": (3, 16, 16), "small": (6, 32, 32), "medium": (16, 64, 40)}
"""Name -> layers, channels, side of the image."""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    with tempfile.TemporaryDirectory() as folder:
        for name, (layers, channels, side) in MODELS.items():
            file = convolutions(Path(folder) / f"{name}.xml", layers, channels, side)
            for scenario in ("latency", "throughput"):
                report(name, scenario, [one_round(file, scenario, i) for i in range(rounds)])


def one_round(file: Path, scenario: str, index: int) -> tuple[float, float]:
    """Milliseconds or samples per second: ovopt's, benchmark_app's."""
    runs = {"ovopt": with_ovopt, "app": with_benchmark_app}
    order = ("ovopt", "app") if index % 2 else ("app", "ovopt")
    found = {which: runs[which](file, scenario) for which in order}
    return found["ovopt"], found["app"]


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
    mine, theirs = np.array(pairs).T[..., np.newaxis]
    found = speedup_interval(mine, theirs)  # every round is a replica: processes of their own
    unit = "ms" if scenario == "latency" else "/s"
    print(
        f"{name:7} {scenario:10} {np.median(mine):10.3f} {unit}   ovopt / benchmark_app {found.estimate:.3f} "
        f"[{found.low:.3f}, {found.high:.3f}]",
        flush=True,
    )


if __name__ == "__main__":
    main()
