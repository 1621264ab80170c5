"""What the measuring loop adds to a bare `infer()` call, on a model of about one millisecond.

Both run on the same compiled model, in short blocks by turns; every block is timed as a whole from outside, so the
loop's own bookkeeping counts. Prints the median ratio of the time per inference, loop over bare, with its standard
error; at most 1.01 is wanted.

    python benchmarks/loop_overhead.py
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from models import convolutions

from ovopt.bench.engines.openvino import OpenVino
from ovopt.bench.engines.openvino_session import OpenVinoSession
from ovopt.bench.worker import latency_turn
from ovopt.contracts import Placement

PAIRS = 800
BLOCK = 20
LAYERS, CHANNELS, SIDE = 8, 32, 24


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = convolutions(Path(folder) / "model.xml", LAYERS, CHANNELS, SIDE)
        sample = np.random.default_rng(0).standard_normal((1, CHANNELS, SIDE, SIDE), np.float32)
        session = OpenVino(Placement(file, {}, (0,), "CPU")).open({"PERFORMANCE_HINT": "LATENCY"}, [(sample,)], 1)
        session.run((sample,))  # the bare request holds the same input
        inference_s = looped(session, 1.0)
        taken: dict[str, list[float]] = {"bare": [], "loop": []}
        for i in range(PAIRS):
            for which in ("bare", "loop") if i % 2 else ("loop", "bare"):
                run = bare if which == "bare" else looped
                taken[which].append(run(session, BLOCK * inference_s))
    ratios = sorted(loop / plain for loop, plain in zip(taken["loop"], taken["bare"], strict=True))
    middle = statistics.median(ratios)
    spread = (ratios[round(0.84 * PAIRS)] - ratios[round(0.16 * PAIRS)]) / 2
    error = 1.25 * spread / PAIRS**0.5
    print(f"{inference_s * 1e3:.2f} ms per inference; loop over bare infer(): median {middle:.4f} +- {error:.4f}")
    sys.exit(middle - 2 * error > 1.01)


def bare(session: OpenVinoSession, seconds: float) -> float:
    """Seconds per inference of `infer()` and nothing else."""
    infer = session.request.infer
    started = time.perf_counter()
    for _ in range(BLOCK):
        infer(share_outputs=True)
    return (time.perf_counter() - started) / BLOCK


def looped(session: OpenVinoSession, seconds: float) -> float:
    """Seconds per inference of a latency turn, its discarded inference and bookkeeping included."""
    started = time.perf_counter()
    times = latency_turn(session, seconds, 0)
    return (time.perf_counter() - started) / (len(times) + 1)


if __name__ == "__main__":
    main()
