"""The layers of a diagnosis, in the order and the words of every report. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ovopt.records.diagnosis import LayerDiagnosis

LEAST_GAIN = -10.0


def worst_first(layers: Sequence[LayerDiagnosis]) -> list[LayerDiagnosis]:
    """By what a layer does to the outputs, then by its own error, then by the time that it loses; where there are no
    errors, by its time."""
    known = any(layer.error for layer in layers)

    def badness(layer: LayerDiagnosis) -> tuple[float, float, float]:
        alone = layer.blame.alone if layer.blame else 0.0
        own = (layer.error.own or 0.0) if layer.error else 0.0
        before, after = (one.us if one else 0.0 for one in (layer.original, layer.optimized))
        return alone, own, after - before if known else after

    return sorted(layers, key=badness, reverse=True)


def share(value: float) -> str:
    """A share of the mean square as per cent, small ones with one digit."""
    if value < LEAST_GAIN:
        return f"< {100 * LEAST_GAIN:,.0f} %"
    if 0 < abs(value) < 0.0005:
        return f"{100 * value:.1g} %"
    return f"{100 * value:,.1f} %"
