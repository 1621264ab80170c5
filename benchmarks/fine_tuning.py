"""What training gives back to a model of which single weights are zero, on the classifier of `pruning.py`.

For each share of zeros: agreement (top-1) with the original on scans that nothing was fitted to, where the weights of
the smallest magnitude are zero (NNCF), where those of the smallest magnitude times the loudness of their input are
(Wanda), and where the others have been trained on the original's answers. Needs torch and scikit-learn.

    python benchmarks/fine_tuning.py FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from pruning import CALIBRATED, answered, share

from ovopt import units
from ovopt.contracts import Materials, Origin, Tensors
from ovopt.model.files.read import read_model
from ovopt.steps.prune import Prune
from ovopt.steps.prune_torch import PruneTorch
from ovopt.workflow.beginning.options import Silent

RATIOS = (0.5, 0.7, 0.8)


def main() -> None:
    folder = Path(sys.argv[1])
    if not (folder / "model.pt2").is_file():
        subprocess.run([sys.executable, Path(__file__).with_name("pruning_network.py"), folder], check=True)
    scans = np.load(folder / "data.npz")["inputs"]
    samples: list[Tensors] = [(scans[i : i + 1],) for i in range(len(scans))]
    calibration, unseen = samples[:CALIBRATED], samples[CALIBRATED:]
    origin = Origin(folder / "model.pt2", {}, False, "classification")
    materials = Materials(calibration, 0, Silent(), origin=origin)
    original = read_model(origin.path)
    answers = answered(original, unseen)
    print(f"agreement with the original on {len(unseen)} unseen scans, top-1, by the share of zeros:")
    print("zeros   magnitude  Wanda    trained  seconds of training")
    for ratio in RATIOS:
        plain = PruneTorch(ratio=ratio, epochs=0).apply(original, materials).model
        loud = Prune(kind="unstructured", ratio=ratio).apply(original, materials).model
        started = time.perf_counter()
        trained = PruneTorch(ratio=ratio).apply(original, materials).model
        seconds = time.perf_counter() - started
        cells = [share(answered(model, unseen) == answers).ljust(8) for model in (plain, loud, trained)]
        print(f"{units.share(ratio):7} {cells[0]}   {' '.join(cells[1:])} {seconds:.0f}", flush=True)


if __name__ == "__main__":
    main()
