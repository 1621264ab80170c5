"""The shippable speed-up: ovopt's search beside NNCF's own ways, same data, same budget, one comparison per model.

A way's shippable speed-up is what it measures against the original at the device's default precision if its loss on the
gate's samples, which no way has seen, is within MAX_DROP (default: 0.01) of the recipe's first metric, in the metric's
own unit, else 1; never below 1. Each way runs in a process of its own, for its time and its peak of resident memory;
accuracy control gets twice the search's time budget.

    python benchmarks/shippable.py [-o FOLDER] [--seconds 120] [--budget 600] [--scenario latency]
        [NAME=MODEL,RECIPE[,DATA[,MAX_DROP]] ...]

Without models: those of the packages magika, basic_pitch and rapidocr_onnxruntime that are installed, and the digits.
FOLDER keeps the bundles, the comparisons with their raw values, and a table for the scenario with the medians of every
turn; what it holds is not made again. `benchmarks/results/` has the tables that the documents speak of.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import ovopt
from ovopt.bench.machine import machine, peak_bytes
from ovopt.bundle import read_manifest
from ovopt.errors import BudgetMissedError
from ovopt.records import Comparison

MAX_DROP = 0.01
TURNS = re.compile(r"\[[-\d.,\s]+\]")
"""Lists of numbers, which are one line each."""
OURS, CONTROL = "ovopt", "nncf-accuracy-control"
NNCF = {"nncf-plain": "{}", "nncf-mixed": "{preset: mixed}", "nncf-transformer": "{model_type: transformer}"}
WAYS = (*NNCF, CONTROL, OURS)
PACKAGED = {
    "magika": ("magika", "models/standard_v3_3/model.onnx", "magika"),
    "basic-pitch": ("basic_pitch", "saved_models/icassp_2022/nmp.onnx", "basic-pitch"),
    "ocr": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", "ocr-recognition"),
}


@dataclass(frozen=True)
class Case:
    """A model with what judges it."""

    name: str
    model: str
    recipe: str
    data: str | None = None
    max_drop: float = MAX_DROP


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", metavar="NAME=MODEL,RECIPE[,DATA[,MAX_DROP]]")
    parser.add_argument("-o", "--output", type=Path, default=Path("shippable"))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument(
        "--budget", type=float, default=600, help="seconds of ovopt's search; NNCF's control gets twice that"
    )
    parser.add_argument("--scenario", default="latency", choices=["latency", "throughput"])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    cases = [case_of(text) for text in given.models] or list(installed())
    if given.one:
        print(json.dumps(made(cases[0], given.one[0], Path(given.one[1]), given.budget)))
        return
    rows: list[Mapping[str, Any]] = []
    for case in cases:
        rows += measured(case, given.output / case.name, given)
        table = {"machine": machine().model_dump(), "scenario": given.scenario, "rows": rows}
        file = given.output / f"shippable-{given.scenario}.json"
        file.write_text(TURNS.sub(lambda found: " ".join(found[0].split()), json.dumps(table, indent=1)), "utf-8")
    summary(rows)


def case_of(text: str) -> Case:
    name, _, rest = text.partition("=")
    model, recipe, *data = rest.split(",")
    return Case(name, model, recipe, *data[:1], *map(float, data[1:]))


def installed() -> Sequence[Case]:
    digits = Path(__file__).parent.parent / "calibration_data" / "digits" / "model.xml"
    found = [Case("digits", str(digits), "digits")]
    for name, (package, file, recipe) in PACKAGED.items():
        spec = find_spec(package)
        model = Path(spec.submodule_search_locations[0]) / file if spec and spec.submodule_search_locations else None
        if model and model.is_file():
            found.append(Case(name, str(model), recipe))
    return found


def measured(case: Case, folder: Path, given: argparse.Namespace) -> Sequence[Mapping[str, Any]]:
    """Every way's bundle, then all of them against the original in one comparison."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {way: known_or_made(case, way, folder / way, given.budget) for way in WAYS}
    scenario = given.scenario
    comparison = known_or_compared(case, folder, given)
    rows = [row(case, way, facts[way], comparison, scenario) for way in WAYS]
    for one in rows:
        print(
            f"{case.name:14} {one['way']:22} {one['seconds']:7.1f} s {one['peak_mib'] or 0:7.0f} MiB  {said(one)}",
            flush=True,
        )
    return rows


def known_or_compared(case: Case, folder: Path, given: argparse.Namespace) -> Comparison | None:
    """All bundles against the original, as an earlier run measured it or as it is now."""
    kept = folder / f"{given.scenario}.json"
    bundles = [folder / way for way in WAYS if (folder / way).is_dir()]
    if not bundles:
        return None
    found = Comparison.model_validate_json(kept.read_text(encoding="utf-8")) if kept.is_file() else None
    if found is None or not of_these(found, bundles):
        plan = ovopt.Plan(scenarios=(given.scenario,), time_budget_s=given.seconds)
        found = ovopt.compare(case.model, bundles, recipe=case.recipe, data=case.data, plan=plan)
        kept.write_text(found.model_dump_json(by_alias=True), encoding="utf-8")
    return found


def of_these(comparison: Comparison, bundles: Sequence[Path]) -> bool:
    """Whether it is about these bundles as they are now."""
    compared = {arm.model.sha256 for arm in comparison.arms}
    return all(manifest.model.sha256 in compared for manifest in map(read_manifest, bundles) if manifest)


def turns(comparison: Comparison, arm: str, scenario: str) -> list[list[float]]:
    """[replica][round]: the median latency of a turn in ms, or its samples per second."""
    found = next(one for one in comparison.arms if one.name == arm)
    if scenario == "latency":
        return [[round(median(turn) / 1e6, 4) for turn in rounds] for rounds in found.latency.raw_ns]
    return [[round(turn.samples / turn.elapsed_ns * 1e9, 2) for turn in rounds] for rounds in found.throughput.raw]


def said(one: Mapping[str, Any]) -> str:
    if one["speedup"] is None:
        return one["fault"]
    low, high = one["interval"]
    return (
        f"{one['speedup']:.2f}x [{low:.2f}, {high:.2f}]  {one['metric']} {one['delta']:+.4f}  ships {one['ships']:.2f}x"
    )


def known_or_made(case: Case, way: str, output: Path, budget: float) -> Mapping[str, Any]:
    """What a way took, as an earlier run wrote it down or as it takes now."""
    note = output.with_name(f"{way}.json")
    if not note.is_file():
        note.write_text(json.dumps(in_a_process(case, way, output, budget)), encoding="utf-8")
    return json.loads(note.read_text(encoding="utf-8"))


def in_a_process(case: Case, way: str, output: Path, budget: float) -> Mapping[str, Any]:
    data = [case.data, f"{case.max_drop:g}"] if case.data else []
    text = ",".join([f"{case.name}={case.model}", case.recipe, *data])
    began = time.perf_counter()
    try:
        ran = subprocess.run(
            [sys.executable, __file__, text, "--budget", str(budget), "--one", way, str(output)],
            capture_output=True,
            text=True,
            timeout=2 * budget,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"seconds": 2 * budget, "peak_mib": None, "fault": "took too long"}
    if ran.returncode:
        fault = (ran.stderr.strip().splitlines() or ["died"])[-1]
        return {"seconds": time.perf_counter() - began, "peak_mib": None, "fault": fault[:100]}
    return json.loads(ran.stdout.splitlines()[-1])


def made(case: Case, way: str, output: Path, budget: float) -> Mapping[str, Any]:
    """Make one bundle, and say what it took."""
    began, fault = time.perf_counter(), ""
    if way == OURS:
        try:
            ovopt.quantize(
                case.model,
                output,
                recipe=case.recipe,
                data=case.data,
                force=True,
                max_drop=case.max_drop,
                time_budget_s=budget,
            )
        except BudgetMissedError:
            fault = "says: ship the original"
    elif way == CONTROL:
        accuracy_control(case, output)
    else:
        ovopt.quantize(
            case.model,
            output,
            recipe=case.recipe,
            data=case.data,
            settings=[f"optimize.quantize={NNCF[way]}"],
            force=True,
            simplify=False,
        )
    return {
        "seconds": time.perf_counter() - began,
        "peak_mib": peak_bytes() / 2**20,
        "fault": fault,
    }


def accuracy_control(case: Case, output: Path) -> None:
    """NNCF's own search on the same calibration and tuning samples, under the same budget."""
    import nncf
    import openvino

    from ovopt.bench.protocol import Output
    from ovopt.model.files.locate import MANIFEST
    from ovopt.model.ports.facts import facts, output_indices
    from ovopt.output import new_folder
    from ovopt.records import StepReport
    from ovopt.steps.nncf_calls import Calibration
    from ovopt.steps.quantize import Quantize
    from ovopt.workflow.applying.work import Work
    from ovopt.workflow.beginning.options import Options
    from ovopt.workflow.beginning.run import begin
    from ovopt.workflow.comparing.scoring import Pass, Scorer

    with begin([case.model], case.recipe, case.data, Options(force=True)) as run:
        work = Work.begin(run, [Quantize()])
    outputs = facts(work.original).outputs
    tuning = list(work.prepared.splits["tuning"])
    metric = work.prepared.recipe.metrics[0]
    scorer = Scorer.of(work.prepared, outputs, tuning, metrics=(metric,))
    wanted = output_indices(outputs, work.prepared.recipe.model.output)

    def rows_of(compiled: openvino.CompiledModel, indices: Sequence[int]) -> list[Any]:
        taken = Pass(scorer, "candidate", "the candidate", keeps=False)
        request = compiled.create_infer_request()
        for item in taken.inputs(indices):
            request.infer(list(item.tensors))
            values = [request.get_output_tensor(i).data.copy() for i in wanted]
            taken.take(Output(item.index, item.part, tuple(v[0] if v.shape[:1] == (1,) else v for v in values)))
        return [taken.rows[metric.label][index] for index in indices]

    def validate(compiled: openvino.CompiledModel, indices: Any) -> tuple[float, Any]:
        rows = rows_of(compiled, [int(index) for index in indices])
        value = scorer.quality(metric, dict(enumerate_rows(indices, rows))).value
        signed = value if metric.higher_is_better else -value
        return signed, rows if all(isinstance(row, float) for row in rows) else None

    def first_part(index: int) -> list[Any]:
        """What NNCF ranks operations on, where a metric has no value for one sample."""
        return list(next(iter(Pass(scorer, "candidate", "the candidate", keeps=False).inputs([index]))).tensors)

    with new_folder(output, True, MANIFEST) as folder:
        began = time.perf_counter()
        model = nncf.quantize_with_accuracy_control(
            work.original.clone(),
            nncf.Dataset(Calibration(work.materials.calibration, work.original, lambda amount=1, note="": None)),
            nncf.Dataset(tuning, first_part),
            validate,
            max_drop=case.max_drop,
        )
        report = StepReport(name="quantize", parameters={}, effect={}, seconds=time.perf_counter() - began)
        work.write(folder, output, model, [report])


def enumerate_rows(indices: Any, rows: Sequence[Any]) -> Sequence[tuple[int, Any]]:
    return [(int(index), row) for index, row in zip(indices, rows, strict=True)]


def row(
    case: Case, way: str, fact: Mapping[str, Any], comparison: Comparison | None, scenario: str
) -> Mapping[str, Any]:
    pair = next((p for p in comparison.pairs if p.candidate == way), None) if comparison else None
    speed = getattr(pair, scenario) if pair else None
    found = {"case": case.name, "way": way, **fact, "speedup": None, "ships": 1.0}
    if pair is None or speed is None or not pair.accuracy:
        return {**found, "fault": fact["fault"] or "was lost"}
    metric, delta = next(iter(pair.accuracy.items()))
    kept = delta.drop[0] <= case.max_drop
    return {
        **found,
        "speedup": speed.estimate,
        "interval": (speed.low, speed.high),
        "metric": metric,
        "delta": delta.delta,
        "ships": max(1.0, speed.estimate) if kept else 1.0,
        "missed": not kept,
        "turns": turns(comparison, way, scenario),
        "original_turns": turns(comparison, "original", scenario),
    }


def summary(rows: Sequence[Mapping[str, Any]]) -> None:
    """Geometric means over the models; the best of NNCF's three ways per model stands for a choice by hand."""

    def of(way: str) -> list[Mapping[str, Any]]:
        return [one for one in rows if one["way"] == way]

    def line(name: str, ships: Sequence[float], more: str) -> None:
        print(f"{name:24} ships {geometric_mean(ships):.3f}x in the geometric mean{more}")

    print()
    for way in WAYS:
        missed = sum(bool(one.get("missed")) for one in of(way))
        seconds = median(one["seconds"] for one in of(way))
        line(way, [one["ships"] for one in of(way)], f", {missed} of {len(of(way))} miss the budget, {seconds:.0f} s")
    by_hand = [max(one["ships"] for one in found) for found in zip(*map(of, NNCF), strict=True)]
    line("best of NNCF's by hand", by_hand, "")
    for key, way in (("seconds", CONTROL), ("seconds", "nncf-plain"), ("peak_mib", "nncf-plain")):
        pairs = [(mine[key], theirs[key]) for mine, theirs in zip(of(OURS), of(way), strict=True)]
        ratio = median(mine / theirs for mine, theirs in pairs if mine and theirs)
        print(f"{key} of {OURS} over {way}: {ratio:.2f} (median over models)")


if __name__ == "__main__":
    main()
