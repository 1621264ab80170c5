"""What looking ahead saves of a quantization: `nncf.quantize` on its own engine, and on one that infers the next sample
while NNCF takes down what the last one gave. In turns; medians; the models must be the same to the bit.

    python benchmarks/calibration.py [--rounds 3] [NAME=MODEL,RECIPE[,DATA] ...]

Without models: those of the packages magika and basic_pitch that are installed, and the digits.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import nncf
import numpy as np
import openvino
from shippable import Case, case_of, installed

from ovopt.steps.nncf_calls import Calibration, calibrating, quiet
from ovopt.steps.quantize import Quantize
from ovopt.workflow.applying.work import Work
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.beginning.run import begin


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", metavar="NAME=MODEL,RECIPE[,DATA]")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for case in [case_of(text) for text in given.models] or installed():
        work = begun(case)
        pairs = [(taken(work, alone), taken(work, calibrating)) for _ in range(given.rounds)]
        same = all(identical(mine[1], theirs[1]) for theirs, mine in pairs)
        plain, ahead = (median(turn[way][0] for turn in pairs) for way in (0, 1))
        print(
            f"{case.name:14} {plain:6.2f} s alone, {ahead:6.2f} s ahead: {ahead / plain:.2f} of the time, "
            f"{'the same model' if same else 'ANOTHER MODEL'}",
            flush=True,
        )


def begun(case: Case) -> Work:
    """Model and samples at hand."""
    with begin([case.model], case.recipe, case.data, Options(force=True)) as run:
        work = Work.begin(run, [Quantize()])
    for index in range(len(work.materials.calibration)):
        work.materials.calibration[index]
    return work


@contextmanager
def alone(samples: Any, model: openvino.Model, advance: Any) -> Iterator[nncf.Dataset]:
    """As NNCF does it."""
    yield nncf.Dataset(Calibration(samples, model, advance))


def taken(work: Work, way: Any) -> tuple[float, openvino.Model]:
    model, samples = work.original.clone(), work.materials.calibration
    began = time.perf_counter()
    with quiet(), way(samples, model, lambda amount=1, note="": None) as data:
        quantized = nncf.quantize(model, data)
    return time.perf_counter() - began, quantized


def identical(one: openvino.Model, other: openvino.Model) -> bool:
    values = [[op.data for op in model.get_ordered_ops() if op.get_type_name() == "Constant"] for model in (one, other)]
    return len(values[0]) == len(values[1]) and all(map(np.array_equal, *values))


if __name__ == "__main__":
    main()
