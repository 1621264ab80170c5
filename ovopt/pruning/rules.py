"""Which operations hand channels on, and how. All others protect the channels that reach them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ovopt.pruning import rules_axes, rules_elementwise, rules_products, rules_reshape, rules_window
from ovopt.pruning.trace import Rule, Trace

if TYPE_CHECKING:
    import openvino

RULES: Mapping[str, Rule] = {
    **rules_elementwise.RULES,
    **rules_products.RULES,
    **rules_window.RULES,
    **rules_reshape.RULES,
    **rules_axes.RULES,
}


def trace(model: openvino.Model) -> Trace:
    """Follow the channels of all constants through a model. A clone keeps the order of operations, so it has the same
    units."""
    return Trace(model, RULES)
