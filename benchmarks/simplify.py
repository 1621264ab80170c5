"""What simplification buys before quantization, on Magika: every way beside the original, in one comparison.

The gate's samples are files of this machine that no step has seen. Needs the extra `demo`, for the model.

    python benchmarks/simplify.py [SECONDS]
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import ovopt
from ovopt import units
from ovopt.records import Comparison

PLAIN, TRANSFORMER = "optimize.quantize={}", "optimize.quantize={model_type: transformer}"
WAYS = {
    "nncf-plain": (PLAIN, False),
    "nncf-transformer": (TRANSFORMER, False),
    "simplified-plain": (PLAIN, True),
    "simplified-transformer": (TRANSFORMER, True),
}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 150.0
    package = find_spec("magika")
    if package is None:
        sys.exit("Magika's model is not installed: pip install 'ovopt[demo]'")
    model = Path(package.submodule_search_locations[0]) / "models" / "standard_v3_3" / "model.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        bundles = [Path(scratch) / "simplified"]
        ovopt.simplify(model, bundles[0], recipe="magika")
        for name, (setting, simplify) in WAYS.items():
            bundles.append(Path(scratch) / name)
            options = (setting,)
            ovopt.quantize(model, bundles[-1], recipe="magika", settings=options, simplify=simplify)
        plan = ovopt.Plan(scenarios=("latency",), time_budget_s=seconds)
        comparison = ovopt.compare(model, bundles, recipe="magika", plan=plan)
    report(comparison)


def report(comparison: Comparison) -> None:
    baseline = comparison.arms[0]
    precision = next(iter(baseline.effective.values())).inference_precision
    top1 = baseline.accuracy["top1"]
    print(f"original ({precision}): top1 {units.share(top1.value)} of {top1.n} files")
    for pair in comparison.pairs:
        delta, speed = pair.accuracy["top1"], pair.latency
        print(
            f"{pair.candidate:23} top1 {units.share(delta.candidate)} ({units.points(delta.delta, delta.unit)} "
            f"{units.quality_interval(delta.low, delta.high, delta.unit)}), latency {units.factor(speed.estimate)} "
            f"{units.factor_interval(speed.low, speed.high)}"
        )


if __name__ == "__main__":
    main()
