"""Ways to quantize a whole model, the most promising first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.steps.quantize import Quantize

SMOOTHING_OFF = {"smooth_quant_alphas": {"convolution": -1, "matmul": -1}}
QUANTILES = {
    "activations_range_estimator_params": {
        "min": {"statistics_type": "quantile", "aggregator_type": "mean", "quantile_outlier_prob": 0.0001},
        "max": {"statistics_type": "quantile", "aggregator_type": "mean", "quantile_outlier_prob": 0.0001},
    }
}
OWN, MOST, BARE = "recipe", "performance", "transformer, no smoothing"
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    MOST: {"preset": "performance", "model_type": None},
    BARE: {"model_type": "transformer", "advanced_parameters": SMOOTHING_OFF},
    "transformer": {"model_type": "transformer"},
    "mixed": {"preset": "mixed", "model_type": None},
    "transformer, quantiles": {"model_type": "transformer", "advanced_parameters": QUANTILES},
    "transformer, full bias correction": {"model_type": "transformer", "fast_bias_correction": False},
}
"""What changes against the recipe's own settings. Without a model type the most is quantized, which is the fastest
where it keeps the quality. The transformer model type keeps it most often, on convolutional networks too; smoothing
adds multiplications to it. Full bias correction is last because it takes the longest."""


@dataclass(frozen=True)
class Candidate:
    """A way to quantize."""

    name: str
    step: Quantize


def global_candidates(own: Quantize, attention: bool = False) -> Sequence[Candidate]:
    """What quantizes the most, then the recipe's own settings (behind those without smoothing, where it smooths), then
    the other variants; none twice. With `attention` in the model those without smoothing come first: next to none bears
    the most, and the two are nearly as fast."""
    steps = {name: own.model_copy(update={**changes, **_advanced(own, changes)}) for name, changes in VARIANTS.items()}
    first = (BARE, MOST) if attention else (MOST, BARE) if own.model_type else (MOST,)
    ordered = {**{name: steps[name] for name in first if name in steps}, OWN: own, **steps}
    found: dict[str, Candidate] = {}
    for name, step in ordered.items():
        found.setdefault(step.model_dump_json(), Candidate(OWN if step == own else name, step))
    return tuple(found.values())


def _advanced(own: Quantize, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a variant says about the advanced parameters, beside the recipe's own."""
    return {key: {**own.advanced_parameters, **changes[key]} for key in ("advanced_parameters",) if key in changes}
