"""Tiny models of the families of computer vision, with weights chosen so that they do their task on plainly coloured
pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

CLASSES = 3
"""One for each colour: mostly red, mostly green, mostly blue."""
WIDTH = 8
HEADS = 2

Node = ov.Node


def resnet(side: int) -> ov.Model:
    """A stem, two residual blocks, the mean of each channel, scores."""
    given, node = _picture((1, 3, side, side)), _Draw()
    stem = ops.relu(_convolution(given, node.stem()))
    for _ in range(2):
        inner = ops.relu(_convolution(stem, node.small(WIDTH, WIDTH, 3, 3)))
        stem = ops.relu(ops.add(stem, _convolution(inner, node.small(WIDTH, WIDTH, 3, 3))))
    return _classifier(given, stem)


def mobilenet(side: int) -> ov.Model:
    """Depthwise and pointwise convolutions with hard-swish."""
    given, node = _picture((1, 3, side, side)), _Draw()
    stem = ops.hswish(_convolution(given, node.stem()))
    for _ in range(2):
        stem = ops.hswish(_depthwise(stem, node))
        stem = ops.hswish(_convolution(stem, node.near_identity()))
    return _classifier(given, stem)


def efficientnet_lite(side: int) -> ov.Model:
    """An inverted bottleneck with ReLU6 and a linear projection; channels last at the input, as in TFLite."""
    given, node = _picture((1, side, side, 3)), _Draw()
    first = ops.transpose(given, np.array([0, 3, 1, 2]))
    stem = ops.clamp(_convolution(first, node.stem()), 0, 6)
    inner = ops.clamp(_depthwise(stem, node), 0, 6)
    return _classifier(given, ops.add(stem, _convolution(inner, node.small(WIDTH, WIDTH, 1, 1))))


def vision_transformer(side: int, patch: int = 8) -> ov.Model:
    """Patches, their positions, two blocks of attention with two heads and of a perceptron, the mean of all tokens,
    scores."""
    given, node = _picture((1, 3, side, side)), _Draw()
    embedding = np.repeat(node.stem()[:, :, 1:2, 1:2] / patch**2, patch, axis=2).repeat(patch, axis=3)
    patches = ops.convolution(given, embedding.astype(np.float32), [patch] * 2, [0, 0], [0, 0], [1, 1])
    count = (side // patch) ** 2
    tokens = ops.transpose(ops.reshape(patches, np.array([1, WIDTH, count]), False), np.array([0, 2, 1]))
    tokens = ops.add(tokens, node.small(1, count, WIDTH))
    for _ in range(2):
        normal = _layer_norm(tokens)
        query, key, value = (_heads(ops.matmul(normal, node.small(WIDTH, WIDTH), False, False)) for _ in range(3))
        likeness = ops.multiply(ops.matmul(query, key, False, True), np.float32((WIDTH / HEADS) ** -0.5))
        seen = ops.transpose(ops.matmul(ops.softmax(likeness, -1), value, False, False), np.array([0, 2, 1, 3]))
        joined = ops.reshape(seen, np.array([1, count, WIDTH]), False)
        tokens = ops.add(tokens, ops.matmul(joined, node.small(WIDTH, WIDTH), False, False))
        inner = ops.gelu(ops.matmul(_layer_norm(tokens), node.small(WIDTH, 2 * WIDTH), False, False), "erf")
        tokens = ops.add(tokens, ops.matmul(inner, node.small(2 * WIDTH, WIDTH), False, False))
    pooled = ops.reduce_mean(tokens, np.array([1]), keep_dims=False)
    return _model([_named(ops.matmul(pooled, _head(), False, False), "logits")], given)


def yolo(side: int) -> ov.Model:
    """Finds one object of each colour, with an output as YOLOv8 has it, padded to its 8400 boxes."""
    given = _picture((1, 3, side, side))
    rows, scores, _ = _found_by_colour(_convolution(given, _Draw.unit()))
    return _model([_named(_padded([*rows, scores], side), "output0")], given)


def yolo_seg(side: int) -> ov.Model:
    """The same with masks: a prototype for each colour, which is above 0 where there is most of it."""
    given = _picture((1, 3, side, side))
    colours = _convolution(given, _Draw.unit())
    rows, scores, _ = _found_by_colour(colours)
    head = _padded([*rows, scores, ops.constant(np.eye(CLASSES, dtype=np.float32)[None])], side)
    quarter = ops.avg_pool(colours, [4, 4], [0, 0], [0, 0], [4, 4], False)
    prototypes = ops.subtract(quarter, np.float32(0.5))
    return _model([_named(head, "output0"), _named(prototypes, "output1")], given)


def yolo_pose(side: int) -> ov.Model:
    """The same with two key points of each object, the first and the last corner of its box."""
    given = _picture((1, 3, side, side))
    rows, scores, (left, top, right, bottom) = _found_by_colour(_convolution(given, _Draw.unit()))
    shown = ops.add(ops.multiply(left, np.float32(0)), np.float32(1))
    points = [ops.unsqueeze(each, np.array(1)) for each in (left, top, shown, right, bottom, shown)]
    return _model([_named(_padded([*rows, scores, *points], side), "output0")], given)


def yolo_obb(side: int) -> ov.Model:
    """The same with an angle: width and height change places, turned by a quarter."""
    given = _picture((1, 3, side, side))
    (x, y, width, height), scores, _ = _found_by_colour(_convolution(given, _Draw.unit()))
    angle = ops.add(ops.multiply(x, np.float32(0)), np.float32(np.pi / 2))
    return _model([_named(_padded([x, y, height, width, scores, angle], side), "output0")], given)


def _found_by_colour(colours: Node) -> tuple[list[Node], Node, list[Node]]:
    """Centre and size of the object of each colour [1, 1, C] each, its scores [1, C, C], and its edges [1, C]."""
    edges, found = _edges(colours, threshold=0.5, axes=(2, 3))
    left, top, right, bottom = edges
    half = np.float32(0.5)
    centres = [ops.multiply(ops.add(left, right), half), ops.multiply(ops.add(top, bottom), half)]
    rows = [*centres, ops.subtract(right, left), ops.subtract(bottom, top)]
    scores = ops.multiply(ops.unsqueeze(found, np.array(1)), np.eye(CLASSES, dtype=np.float32)[None])
    return [ops.unsqueeze(row, np.array(1)) for row in rows], scores, edges


def _padded(rows: Sequence[Node], side: int) -> Node:
    """Rows [1, n, C] one under the other, and columns of zeros up to YOLOv8's number of boxes on so many pixels."""
    count = sum((side // stride) ** 2 for stride in (8, 16, 32))
    behind = np.array([0, 0, count - CLASSES])
    return ops.pad(ops.concat(list(rows), 1), np.zeros(3, np.int64), behind, "constant", np.float32(0))


def ssd(side: int) -> ov.Model:
    """Finds one object of each colour, with the outputs of the TensorFlow Object Detection API: bytes go in, classes
    count from 1. The number of detections comes first, as in the exports to ONNX."""
    given = _named(ops.parameter([1, side, side, 3], np.uint8, name="image_tensor"), "image_tensor")
    scaled = ops.divide(ops.convert(given, "f32"), np.float32(255))
    colours = _convolution(ops.transpose(scaled, np.array([0, 3, 1, 2])), _Draw.unit())
    (left, top, right, bottom), found = _edges(colours, threshold=0.5, axes=(2, 3))
    rows = [ops.divide(edge, np.float32(side)) for edge in (top, left, bottom, right)]
    boxes = ops.concat([ops.unsqueeze(row, np.array(2)) for row in rows], 2)
    none = ops.multiply(found, np.float32(0))
    classes = ops.add(none, np.arange(1, CLASSES + 1, dtype=np.float32)[None])
    number = ops.add(ops.reduce_sum(none, np.array([1]), keep_dims=False), np.float32(CLASSES))
    outputs = {"boxes": boxes, "classes": classes, "scores": found}
    named = [_named(node, f"detection_{name}:0") for name, node in outputs.items()]
    return _model([_named(number, "num_detections:0"), *named], given)


def segmenter(side: int, palette: np.ndarray, mean: Sequence[float], std: Sequence[float]) -> ov.Model:
    """A 1x1 convolution that gives each pixel the class whose colour in the palette [classes, 3], of 0 to 1, is the
    nearest: -|x - p|^2 without the term that is the same for all. `mean` and `std` undo the normalisation."""
    given = _picture((1, 3, side, side))
    weights = 2 * palette * np.asarray(std)
    bias = 2 * palette @ np.asarray(mean) - (palette**2).sum(1)
    scores = ops.convolution(given, weights[:, :, None, None].astype(np.float32), [1, 1], [0, 0], [0, 0], [1, 1])
    scores = ops.add(scores, bias.reshape(1, -1, 1, 1).astype(np.float32))
    return _model([_named(scores, "out")], given)


def super_resolution() -> ov.Model:
    """Doubles pictures of any size, bilinearly, behind a sharpening convolution."""
    given = _picture((1, 3, -1, -1))
    kernel = np.array([[0, -0.05, 0], [-0.05, 1.2, -0.05], [0, -0.05, 0]], np.float32)
    weights = np.eye(3, dtype=np.float32)[:, :, None, None] * kernel
    doubled = ops.interpolate(
        _convolution(given, weights), np.array([2, 2], np.float32), "linear", "scales", axes=np.array([2, 3])
    )
    return _model([_named(doubled, "image2x")], given)


class _Draw:
    """Weights, the same in each run."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)

    def small(self, *dims: int) -> np.ndarray:
        """Noise that changes scores but decides nothing."""
        return (0.02 * self._rng.standard_normal(dims)).astype(np.float32)

    def stem(self) -> np.ndarray:
        """Three channels to eight: each colour and its opposite, in the middle of the kernel."""
        weights = self.small(WIDTH, 3, 3, 3)
        weights[: 2 * CLASSES, :, 1, 1] += np.vstack([np.eye(3), -np.eye(3)]).astype(np.float32)
        return weights

    def near_identity(self) -> np.ndarray:
        return self.small(WIDTH, WIDTH, 1, 1) + np.eye(WIDTH, dtype=np.float32)[:, :, None, None]

    @staticmethod
    def unit() -> np.ndarray:
        return np.eye(CLASSES, dtype=np.float32)[:, :, None, None]


def _picture(shape: Sequence[int]) -> Node:
    return _named(ops.parameter(list(shape), np.float32, name="image"), "image")


def _named(node: Node, name: str) -> Node:
    node.output(0).set_names({name})
    return node


def _model(outputs: Sequence[Node], given: Node) -> ov.Model:
    return ov.Model(list(outputs), [given], "tiny")


def _convolution(node: Node, weights: np.ndarray) -> Node:
    """Of the same height and width."""
    reach = [weights.shape[-1] // 2] * 2
    return ops.convolution(node, weights, [1, 1], reach, reach, [1, 1])


def _depthwise(node: Node, draw: _Draw) -> Node:
    weights = draw.small(WIDTH, 1, 1, 3, 3)
    weights[..., 1, 1] += 1
    return ops.group_convolution(node, weights, [1, 1], [1, 1], [1, 1], [1, 1])


def _heads(node: Node) -> Node:
    """[1, tokens, width] to [1, heads, tokens, width / heads]."""
    parted = ops.reshape(node, np.array([1, -1, HEADS, WIDTH // HEADS]), False)
    return ops.transpose(parted, np.array([0, 2, 1, 3]))


def _layer_norm(node: Node) -> Node:
    return ops.mvn(node, np.array([-1]), True, 1e-5, "inside_sqrt")


def _head() -> np.ndarray:
    """The score of a class: its colour's channel less the opposite one."""
    one = np.eye(CLASSES, dtype=np.float32)
    return np.vstack([one, -one, np.zeros((WIDTH - 2 * CLASSES, CLASSES), np.float32)])


def _classifier(given: Node, node: Node) -> ov.Model:
    pooled = ops.reduce_mean(node, np.array([2, 3]), keep_dims=False)
    return _model([_named(ops.matmul(pooled, _head(), False, False), "scores")], given)


def _edges(colours: Node, threshold: float, axes: tuple[int, int]) -> tuple[list[Node], Node]:
    """Where the pixels of each channel [1, C, H, W] above a threshold begin and end: left, top, right, bottom [1, C]
    each, and 1 where there are any [1, C]."""
    bright = ops.convert(ops.greater(colours, np.float32(threshold)), "f32")
    side = colours.get_output_partial_shape(0)[axes[0]].get_length()
    along = np.arange(side, dtype=np.float32)
    across, down = along.reshape(1, 1, 1, -1), along.reshape(1, 1, -1, 1)

    def highest(node: Node) -> Node:
        return ops.reduce_max(node, np.array(axes), keep_dims=False)

    def first(places: np.ndarray) -> Node:
        return ops.subtract(np.float32(side), highest(ops.multiply(bright, side - places)))

    def last(places: np.ndarray) -> Node:
        return highest(ops.multiply(bright, places + 1))

    return [first(across), first(down), last(across), last(down)], highest(bright)
