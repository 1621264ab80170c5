"""What NNCF's weight compression costs and gains: its modes and algorithms beside the original, in one comparison.

Every way is made on the calibration split and judged on the gate split, which no way has seen. A line gives the size of
the weights, the recipe's first metric with its change, the speed-up (of latency, or of processor time at one thread),
and how long it took to make.

    python benchmarks/compression.py MODEL --recipe language-model --data text.txt --seconds 300 --ways int8_asym,nf4
    python benchmarks/compression.py MODEL --recipe text-embedding --set model.output=3 --scenario processor_time
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ovopt
from ovopt import units
from ovopt.records import Comparison, Manifest, Pair

GROUP = {"group_size": 64, "advanced_parameters": {"group_size_fallback_mode": "adjust"}}
INT4: Mapping[str, Any] = {"mode": "int4_asym", **GROUP}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "int8_asym": {},
    "int8_sym": {"mode": "int8_sym"},
    "int4_sym": {"mode": "int4_sym", **GROUP},
    "int4_asym": INT4,
    "int4_asym-g32": {**INT4, "group_size": 32},
    "int4_asym-g128": {**INT4, "group_size": 128},
    "int4_asym-all": {**INT4, "all_layers": True},
    "int4_asym-ratio0.6": {**INT4, "ratio": 0.6},
    "int4_asym-awq": {**INT4, "awq": True},
    "int4_asym-se": {**INT4, "scale_estimation": True},
    "int4_asym-awq-se": {**INT4, "awq": True, "scale_estimation": True},
    "int4_asym-gptq": {**INT4, "gptq": True},
    "int4_asym-lora": {**INT4, "lora_correction": True},
    "nf4": {"mode": "nf4", **GROUP},
    "cb4": {"mode": "cb4", **GROUP},
    "mxfp4": {"mode": "mxfp4"},
    "nvfp4": {"mode": "nvfp4"},
    "fp8_e4m3": {"mode": "fp8_e4m3", **GROUP},
    "mxfp8_e4m3": {"mode": "mxfp8_e4m3"},
    "int3_sym": {"mode": "int3_sym", **GROUP},
    "int2_sym": {"mode": "int2_sym", **GROUP},
}


def main() -> None:
    """Make, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--recipe", default="language-model")
    parser.add_argument("--data")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--set", action="append", default=[], dest="sets")
    parser.add_argument("--scenario", choices=("latency", "processor_time"), default="latency")
    parser.add_argument("--ways", type=lambda text: text.split(","), default=list(WAYS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        made = dict(compressed(given, Path(scratch)))
        plan = ovopt.Plan(scenarios=(given.scenario,), time_budget_s=given.seconds)
        bundles = [Path(scratch) / way for way in made]
        options = tuple(given.sets)
        compared = ovopt.compare(
            given.model, bundles, recipe=given.recipe, data=given.data, settings=options, plan=plan
        )
        report(compared, made, given.scenario)


def compressed(given: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Manifest]]:
    """A bundle of each way that NNCF can make, with its manifest."""
    for way in given.ways:
        settings = (*given.sets, "optimize=[]", f"optimize.compress={dict(WAYS[way])}")
        options = settings
        try:
            yield (
                way,
                ovopt.compress(
                    given.model, folder / way, recipe=given.recipe, data=given.data, settings=options, simplify=False
                ),
            )
        except ovopt.OvoptError as error:
            print(f"{way:19} not made: {error}", flush=True)


def report(comparison: Comparison, made: Mapping[str, Manifest], scenario: str) -> None:
    """A line for each way."""
    baseline = comparison.arms[0]
    metric, quality = next(iter(baseline.accuracy.items()))
    effective = next(iter(baseline.effective.values()))
    print(f"original: {metric} {quality.value:.4g} on {quality.n} samples, at {effective.inference_precision}")
    for pair in comparison.pairs:
        manifest = made.get(pair.candidate)
        if manifest:
            print(line(pair, manifest, scenario))


def line(pair: Pair, manifest: Manifest, scenario: str) -> str:
    """Size, quality, speed, seconds to make, and what NNCF left out."""
    step, delta, speed = manifest.steps[-1], next(iter(pair.accuracy.values())), getattr(pair, scenario)
    size = step.effect["constant_bytes"] / step.effect["constant_bytes_before"]
    timed = f"{units.factor(speed.estimate)} {units.factor_interval(speed.low, speed.high)}" if speed else "not timed"
    notes = f" ({'; '.join(step.notes)})" if step.notes else ""
    return (
        f"{pair.candidate:19} size {size:.3f}x, {delta.candidate:.4g} ({delta.delta:+.3g} [{delta.low:+.3g}, "
        f"{delta.high:+.3g}]), {scenario.replace('_', ' ')} {timed}, made in {step.seconds:.0f} s{notes}"
    )


if __name__ == "__main__":
    main()
