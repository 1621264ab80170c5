"""Ignored scopes for NNCF that leave layers in floating point, and the lines of a recipe that say so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from ovopt.model.inspect.layers import by_name

if TYPE_CHECKING:
    import openvino

QUANTIZE_AGNOSTIC = frozenset({
    "AdaptiveMaxPool", "BatchToSpace", "Broadcast", "ConvertLike", "DepthToSpace", "Gather", "GatherElements",
    "GatherND", "MaxPool", "Pad", "ReduceMax", "Reshape", "ScatterElementsUpdate", "ScatterNDUpdate", "ScatterUpdate",
    "ShuffleChannels", "SpaceToBatch", "SpaceToDepth", "Split", "Squeeze", "StridedSlice", "Tile", "Transpose",
    "Unsqueeze", "VariadicSplit",
})  # fmt: skip
"""Operations that only hand values on: NNCF moves the quantizer of what reads them to their front
(`QUANTIZE_AGNOSTIC_OPERATIONS` in nncf/openvino/graph/metatypes/groups.py)."""


@dataclass(frozen=True)
class Scope:
    """Layers that stay in floating point."""

    reverted: frozenset[str] = frozenset()
    """Layers whose quantizers go, to try it on a model that is made already."""
    names: tuple[str, ...] = ()
    """Operations that NNCF must ignore to the same end, in the order of execution."""
    types: tuple[str, ...] = ()
    """The types of layers whose names are given out anew each time the model is made."""

    @classmethod
    def of(cls, model: openvino.Model, layers: Collection[str], lasting: Collection[str]) -> Scope:
        """The scope of some layers. One that only hands values on is quantized for the sake of what reads them, so that
        is ignored in its place. `lasting` are names that a recipe can rely on."""
        nodes = by_name(model)
        asking = {name for layer in layers for name in _asking(nodes[layer])}
        ordered = [name for name in nodes if name in asking]
        return cls(
            reverted=frozenset(layers) | asking,
            names=tuple(name for name in ordered if name in lasting),
            types=tuple(dict.fromkeys(nodes[name].get_type_name() for name in ordered if name not in lasting)),
        )


def recipe_lines(step: str, parameters: Mapping[str, Any], scope: Scope) -> str:
    """The recipe's `optimize` section with one step: its parameters, and what it must ignore as well.

    >>> print(recipe_lines("quantize", {"preset": "mixed"}, Scope(names=("conv1",))), end="")
    optimize:
    - quantize:
        preset: mixed
        ignored_scope:
          names: [conv1]
    """
    return _yaml({"optimize": [{step: with_scope(parameters, scope)}]})


def settings_lines(properties: Mapping[str, str]) -> str:
    """The recipe's `runtime` section.

    >>> print(settings_lines({"INFERENCE_PRECISION_HINT": "f32"}), end="")
    runtime:
      properties:
        INFERENCE_PRECISION_HINT: f32
    """
    return _yaml({"runtime": {"properties": dict(properties)}})


def with_scope(parameters: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """A step's parameters that ignore this as well."""
    known: Mapping[str, Any] = parameters.get("ignored_scope") or {}
    ignored = {
        **known,
        "names": [*known.get("names", ()), *(name for name in scope.names if name not in known.get("names", ()))],
        "types": [*known.get("types", ()), *(kind for kind in scope.types if kind not in known.get("types", ()))],
    }
    rest = {key: value for key, value in parameters.items() if key != "ignored_scope"}
    return {**rest, "ignored_scope": {key: value for key, value in ignored.items() if value}}


def quantized_readers(model: openvino.Model) -> dict[str, frozenset[str]]:
    """Readers of each operation's quantizers, for operations with quantizers right behind them."""
    found: dict[str, set[str]] = {}
    for op in model.get_ordered_ops():
        if op.get_type_name() == "FakeQuantize":
            readers = {target.get_node().get_friendly_name() for target in op.output(0).get_target_inputs()}
            found.setdefault(op.input_value(0).get_node().get_friendly_name(), set()).update(readers)
    return {name: frozenset(readers) for name, readers in found.items()}


def _asking(node: openvino.Node) -> set[str]:
    """Names of the operations for whose sake NNCF would quantize the values of a node."""
    if node.get_type_name() not in QUANTIZE_AGNOSTIC:
        return {node.get_friendly_name()}
    readers = [target.get_node() for output in node.outputs() for target in output.get_target_inputs()]
    return {name for reader in readers if reader.get_type_name() != "Result" for name in _asking(reader)}


class _Dumper(yaml.SafeDumper):
    """Lists of plain values in brackets, one to a line where they are long."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        """The list's node."""
        items = list(sequence)
        short = all(isinstance(one, str | int | float) for one in items) and len(str(items)) < 90
        return super().represent_sequence(tag, items, flow_style=short)


def _yaml(values: Any) -> str:
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
