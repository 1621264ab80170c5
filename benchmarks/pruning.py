"""What pruning without training keeps, and whether less work is less time, on an over-parameterised classifier.

For each share of the multiply-adds removed: agreement (top-1) with the original on scans that nothing was fitted to,
with channels chosen by the magnitude of their weights without reconstruction (the same share of every layer; then, from
each layer, as many as ours takes), and chosen by what the others cannot make up for, with a refit in one shot and layer
after layer. Then the measured speed-up of the last beside the work removed. `pruning_network.py` makes the classifier
where FOLDER holds none (torch).

    python benchmarks/pruning.py FOLDER [SECONDS OF MEASURING]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ovopt
from ovopt import units
from ovopt.contracts import Materials, Tensors
from ovopt.model.files.ir import save_model
from ovopt.model.native import core
from ovopt.steps.prune import Prune
from ovopt.steps.simplify import Simplify
from ovopt.workflow.beginning.options import Silent

if TYPE_CHECKING:
    import openvino

RATIOS = (0.1, 0.2, 0.4, 0.6, 0.8, 0.9)
CALIBRATED = 300
MEASURED = (0.4, 0.6, 0.8)


def main() -> None:
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    if not (folder / "model.xml").is_file():
        subprocess.run([sys.executable, Path(__file__).with_name("pruning_network.py"), folder], check=True)
    data = np.load(folder / "data.npz")
    scans = data["inputs"]  # read at every access
    samples: list[Tensors] = [(scans[i : i + 1],) for i in range(len(scans))]
    calibration, unseen, labels = samples[:CALIBRATED], samples[CALIBRATED:], data["labels"][CALIBRATED:]
    materials = Materials(calibration, 0, Silent())
    original = Simplify().apply(core().read_model(folder / "model.xml"), materials).model
    answers = answered(original, unseen)
    print(f"original: {share(answers == labels)} of {len(unseen)} unseen scans right")
    print("agreement with the original, top-1, by the share of the multiply-adds removed:")
    print("removed  uniform magnitude      magnitude      one shot       sequential")
    smaller = curves(original, materials, unseen, answers, labels)
    measure(folder / "model.xml", smaller, seconds)


def curves(
    original: openvino.Model, materials: Materials, unseen: Sequence[Tensors], answers: np.ndarray, labels: np.ndarray
) -> dict[float, openvino.Model]:
    """Print a row per ratio; the models of the last column, by the share of the work that they have lost."""
    ours, magnitude = Prune(samples=CALIBRATED), Prune(importance="magnitude", refit="none")
    same_share = magnitude.model_copy(update={"allocation": "uniform", "multiple": 1})
    everywhere = same_share.weighed(original, materials)
    weighed, by_magnitude = ours.weighed(original, materials), magnitude.weighed(original, materials)
    found = {}
    for ratio in RATIOS:
        sequential = ours.model_copy(update={"ratio": ratio})
        best = sequential.pruned(original, weighed, materials)
        shot = sequential.model_copy(update={"refit": "one_shot"}).pruned(original, weighed, materials)
        before, after = best.report.effect["channels_before"], best.report.effect["channels"]
        same = {name: 1 - after[name] / before[name] for name in after}
        every = {group.name: same.get(group.name, 0.0) for group in by_magnitude.survey.groups}
        plain = magnitude.model_copy(update={"ratios": every}).pruned(original, by_magnitude, materials)
        removed = best.report.effect["multiply_adds_removed"]
        uniform = same_share.model_copy(update={"ratio": ratio}).pruned(original, everywhere, materials)
        cells = [f"{units.share(uniform.report.effect['multiply_adds_removed']):6}"]
        for stepped in (uniform, plain, shot, best):
            now = answered(stepped.model, unseen)
            cells.append(f"{share(now == answers)} {share(now == labels)}".ljust(14))
        print(f"{units.share(removed):7}  {' '.join(cells)}", flush=True)
        found[removed] = best.model
    return {removed: model for ratio, (removed, model) in zip(RATIOS, found.items(), strict=True) if ratio in MEASURED}


def measure(original: Path, smaller: dict[float, openvino.Model], seconds: float) -> None:
    """The speed-up at the device's default precision and at f32, beside what the removed work would give."""
    with tempfile.TemporaryDirectory() as scratch:
        paths = []
        for removed, model in smaller.items():
            paths.append(Path(scratch) / f"removed-{removed:.2f}" / "model.xml")
            paths[-1].parent.mkdir()
            save_model(model, paths[-1], {})
        for name, properties in (("default precision", {}), ("f32", {"INFERENCE_PRECISION_HINT": "f32"})):
            options = [f"runtime.properties={properties}"] if properties else []
            plan = ovopt.Plan(scenarios=("latency", "processor_time"), time_budget_s=seconds)
            comparison = ovopt.compare(original, paths, plan=plan, settings=options)
            for removed, pair in zip(smaller, comparison.pairs, strict=True):
                speeds = (("latency", pair.latency), ("processor time, one thread", pair.processor_time))
                said = ", ".join(
                    f"{what} {units.factor(speed.estimate)} {units.factor_interval(speed.low, speed.high)}"
                    for what, speed in speeds
                )
                work = units.factor(1 / (1 - removed))
                print(f"{name}: {units.share(removed)} of the work removed, {work} by that; measured: {said}")


def answered(model: openvino.Model, samples: Sequence[Tensors]) -> np.ndarray:
    compiled = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array([int(compiled(list(tensors))[0].argmax()) for tensors in samples])


def share(hits: np.ndarray) -> str:
    return units.share(float(hits.mean()))


if __name__ == "__main__":
    main()
