"""GELU, spelled out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops
from scipy import special

from ovopt.model.graph.nodes import Rewrite, consumers, scalar, substitute

Numbers = NDArray[np.float64]

OPERATIONS: Mapping[str, Callable[..., Numbers]] = {
    "Add": np.add,
    "Divide": np.divide,
    "Erf": special.erf,
    "Exp": np.exp,
    "Multiply": np.multiply,
    "Negative": np.negative,
    "Power": np.power,
    "Sigmoid": special.expit,
    "Subtract": np.subtract,
    "Tanh": np.tanh,
}
LAST = ("Multiply", "Divide", "Add", "Subtract")
CURVED = {"Erf", "Exp", "Sigmoid", "Tanh"}
MOST_OPERATIONS = 16
"""Operations of the longest spelling, with room for a few more."""
POINTS: Numbers = np.linspace(-8, 8, 401)
"""Arguments at which a function is compared with GELU: beyond ±8 it is 0 or x in f32."""
FORMS: Mapping[str, Numbers] = {
    "erf": POINTS / 2 * (1 + special.erf(POINTS / np.sqrt(2))),
    "tanh": POINTS / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (POINTS + 0.044715 * POINTS**3))),
}
"""GELU in both forms at these points."""
TOLERANCE = 5e-5
"""Tolerance: what rounding the constants to half precision costs, and a tenth of what the two forms differ by."""


class Gelu(Rewrite):
    """x/2 (1 + erf(x/√2)) = Gelu(x), and x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))) = Gelu(x) in its tanh form (Hendrycks
    and Gimpel 2016), however they are factored.

    Operations on one value and scalar constants are a function of one variable: it is evaluated and compared with both.
    """

    name: ClassVar[str] = "gelu"

    def apply(self, model: openvino.Model) -> int:
        """One operation for each; the number of places."""
        operations = model.get_ordered_ops()
        order = {operation: position for position, operation in enumerate(operations)}
        places = 0
        for last in operations:
            if last.get_type_name() not in LAST or not last.get_output_element_type(0).is_real():
                continue
            for source, inside in _functions(last, order):
                form = _form(last, source, inside)
                if form:
                    substitute(last, ops.gelu(source, form))
                    places += 1
                    break
        return places


def _functions(
    last: openvino.Node, order: Mapping[openvino.Node, int]
) -> Iterator[tuple[openvino.Output, set[openvino.Node]]]:
    """Ever larger groups of operations that end in `last` and depend on one value alone, each with that value."""
    inside = {last}
    while len(inside) <= MOST_OPERATIONS:
        free = {
            value
            for operation in inside
            for value in operation.input_values()
            if value.get_node() not in inside and scalar(value.get_node()) is None
        }
        if not free:
            return
        if len(free) == 1:
            yield next(iter(free)), inside
        latest = max((value.get_node() for value in free), key=lambda node: order.get(node, -1))
        if latest.get_type_name() not in OPERATIONS:
            return
        inside.add(latest)


def _form(last: openvino.Node, source: openvino.Output, inside: set[openvino.Node]) -> str | None:
    """The form of GELU that the operations compute; None for neither, or where something else needs a part of them."""
    if CURVED.isdisjoint(operation.get_type_name() for operation in inside) or not _same_rank(last.output(0), source):
        return None
    if any(not consumers(operation.output(0)) <= inside for operation in inside if operation != last):
        return None
    with np.errstate(all="ignore"):
        found = _value(last.output(0), source)
    return next((form for form, wanted in FORMS.items() if np.allclose(found, wanted, rtol=0, atol=TOLERANCE)), None)


def _same_rank(one: openvino.Output, two: openvino.Output) -> bool:
    ranks = [output.get_partial_shape().rank for output in (one, two)]
    return all(rank.is_static for rank in ranks) and ranks[0] == ranks[1]


def _value(output: openvino.Output, source: openvino.Output) -> Numbers | float:
    """An output's value where the source's are `POINTS`."""
    if output == source:
        return POINTS
    operation = output.get_node()
    known = scalar(operation)
    if known is not None:
        return known
    return OPERATIONS[operation.get_type_name()](*(_value(value, source) for value in operation.input_values()))
