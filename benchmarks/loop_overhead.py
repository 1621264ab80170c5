"""What the measuring loop adds to a bare `infer()` call, on a model of about one millisecond.

Both run on the same compiled model in short alternating slices; every slice is timed as a whole from outside, so the
loop's own bookkeeping counts. Prints the ratio of the time per inference, loop over bare, and its spread.

    python benchmarks/loop_overhead.py
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import ovopt  # noqa: F401 (keeps openvino's telemetry off)
from ovopt.bench.engines.openvino import OpenVino, OpenVinoSession
from ovopt.bench.worker import latency_turn

PAIRS = 600
BLOCK = 20
TARGET_MS = 1.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.xml"
        channels = save_model_of_about(file, TARGET_MS)
        sample = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)
        session = OpenVino(file, {}, 0, "CPU").open({"PERFORMANCE_HINT": "LATENCY"}, [(sample,)], 1)
        inference_s = looped(session, 0.5)
        taken = {"bare": [], "loop": []}
        for i in range(PAIRS):
            for which in ("bare", "loop") if i % 2 else ("loop", "bare"):
                run = bare if which == "bare" else looped
                taken[which].append(run(session, BLOCK * inference_s))
    ratios = [loop / plain for loop, plain in zip(taken["loop"], taken["bare"], strict=True)]
    low, middle, high = (statistics.quantiles(ratios, n=4)[i] for i in range(3))
    error = 1.25 * statistics.stdev(r for r in ratios if abs(r - middle) < 3 * (high - low)) / len(ratios) ** 0.5
    print(
        f"{channels} channels, {inference_s * 1e3:.2f} ms; loop over bare infer(): median {middle:.4f} +- {error:.4f}"
    )
    sys.exit(middle - error > 1.01)


def bare(session: OpenVinoSession, seconds: float) -> float:
    """Seconds per inference of `infer()` and nothing else."""
    infer, count = session.request.infer, round(seconds / 1e-3)
    started = time.perf_counter()
    for _ in range(count):
        infer(share_outputs=True)
    return (time.perf_counter() - started) / count


def looped(session: OpenVinoSession, seconds: float) -> float:
    """Seconds per inference of a latency turn, its discarded inference and bookkeeping included."""
    started = time.perf_counter()
    times = latency_turn(session, seconds, 0)
    return (time.perf_counter() - started) / (len(times) + 1)


def save_model_of_about(file: Path, milliseconds: float) -> int:
    """A convolution network, widened until one inference takes the wanted time; its number of channels."""
    import openvino
    from openvino import opset13 as op

    for channels in (8, 16, 24, 32, 48, 64, 96, 128):
        rng = np.random.default_rng(0)
        node = image = op.parameter([1, 3, 32, 32], np.float32, name="image")
        for width in (3, channels, channels):
            kernel = op.constant((rng.standard_normal((channels, width, 3, 3)) * 0.1).astype(np.float32))
            node = op.relu(op.convolution(node, kernel, [1, 1], [1, 1], [1, 1], [1, 1]))
        openvino.save_model(openvino.Model([node], [image], "net"), file, compress_to_fp16=False)
        sample = np.zeros((1, 3, 32, 32), np.float32)
        session = OpenVino(file, {}, 0, "CPU").open({"PERFORMANCE_HINT": "LATENCY"}, [(sample,)], 1)
        if statistics.median(latency_turn(session, 0.3, 0)) / 1e6 >= milliseconds:
            return channels
    return channels


if __name__ == "__main__":
    main()
