"""Padding as an operation of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ovopt.model.graph.nodes import Rewrite, constant, producer, scalar

if TYPE_CHECKING:
    import openvino

CONVOLUTIONS = frozenset({"Convolution", "GroupConvolution"})
POOLS = frozenset({"MaxPool", "AvgPool"})
NON_NEGATIVE = frozenset({"Relu", "Sigmoid", "HardSigmoid", "HSigmoid", "Softmax", "Abs", "Exp", "SoftPlus"})
TRANSPARENT = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Transpose", "MaxPool", "AvgPool"})
LOWEST = float(np.finfo(np.float32).min)


class PadIntoConvolution(Rewrite):
    """conv(pad(x, p), q) = conv(x, p + q) for padding with zeros, and the same for pooling: the average with the
    padding counted, the maximum where the padding is never larger than the values.

    OpenVINO merges one Pad with the convolution or average after it; two in a row, and a Pad before a maximum, are
    executed otherwise.
    """

    name: ClassVar[str] = "pad_into_convolution"

    def apply(self, model: openvino.Model) -> int:
        """Take the Pad before each convolution and pooling over."""
        places = 0
        for node in model.get_ordered_ops():
            while _takes(node):
                _take(node)
                places += 1
        return places


def _takes(node: openvino.Node) -> bool:
    kind = node.get_type_name()
    if kind not in CONVOLUTIONS | POOLS or producer(node).get_type_name() != "Pad":
        return False
    attributes, pad = node.get_attributes(), producer(node)
    if attributes["auto_pad"] not in ("explicit", "valid"):
        return False
    pads = _spatial(pad)
    if pads is None:
        return False
    if kind in CONVOLUTIONS:
        return _value(pad) == 0
    return _fits(attributes, pads) and (_averages(node, pad) if kind == "AvgPool" else _is_below(node, pad))


def _take(node: openvino.Node) -> None:
    pad = producer(node)
    pads, attributes = _spatial(pad), node.get_attributes()
    assert pads is not None
    for key, more in zip(("pads_begin", "pads_end"), pads, strict=True):
        own = attributes[key] if attributes["auto_pad"] == "explicit" else [0] * len(more)
        node.set_attribute(key, [mine + its for mine, its in zip(own, more, strict=True)])
    node.set_attribute("auto_pad", "explicit")
    if node.get_type_name() == "AvgPool":
        node.set_attribute("exclude-pad", False)
    node.set_argument(0, pad.input_value(0))
    node.validate_and_infer_types()


def _spatial(pad: openvino.Node) -> tuple[list[int], list[int]] | None:
    """Padding before and after each axis but the first two; None where a Pad adds to them, or takes away."""
    begin, end = (constant(producer(pad, index)) for index in (1, 2))
    if begin is None or end is None or pad.get_attributes()["pad_mode"] != "constant":
        return None
    if (begin < 0).any() or (end < 0).any() or begin[:2].any() or end[:2].any():
        return None
    return [int(size) for size in begin[2:]], [int(size) for size in end[2:]]


def _value(pad: openvino.Node) -> float | None:
    return scalar(producer(pad, 3)) if pad.get_input_size() > 3 else 0.0


def _fits(attributes: dict[str, Any], pads: tuple[list[int], list[int]]) -> bool:
    """True where every window holds a value that is not padding."""
    own = (attributes["pads_begin"], attributes["pads_end"])
    if attributes["auto_pad"] == "valid":
        own = ([0] * len(pads[0]), [0] * len(pads[1]))
    dense = all(step == 1 for step in attributes.get("dilations", []))
    return (
        dense
        and attributes["rounding_type"] == "floor"
        and all(
            mine + its < size
            for one, two in zip(own, pads, strict=True)
            for mine, its, size in zip(one, two, attributes["kernel"], strict=True)
        )
    )


def _averages(node: openvino.Node, pad: openvino.Node) -> bool:
    attributes = node.get_attributes()
    unpadded = attributes["auto_pad"] == "valid" or not any(attributes["pads_begin"] + attributes["pads_end"])
    return _value(pad) == 0 and (unpadded or not attributes["exclude-pad"])


def _is_below(node: openvino.Node, pad: openvino.Node) -> bool:
    """True where the padding cannot be the largest value of a window, unless values equal it; positions are not
    asked."""
    if node.get_output_size() > 1 and node.output(1).get_target_inputs():
        return False
    value = _value(pad)
    if value is None or not node.get_output_element_type(0).is_real():
        return False
    return value <= LOWEST or (value <= 0 and _is_non_negative(producer(pad)))


def _is_non_negative(node: openvino.Node) -> bool:
    kind = node.get_type_name()
    if kind == "Clamp":
        return bool(node.get_attributes()["min"] >= 0)
    if kind == "Pad":
        value = _value(node)
        return value is not None and value >= 0 and _is_non_negative(producer(node))
    if kind == "Concat":
        return all(_is_non_negative(value.get_node()) for value in node.input_values())
    return kind in NON_NEGATIVE or (kind in TRANSPARENT and _is_non_negative(producer(node)))
