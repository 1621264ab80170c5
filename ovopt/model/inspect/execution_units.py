"""Units: layers that a device executes together in one of some models, whose times can be held against each other.

A device fuses layers, and not the same ones in every model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovopt.model.inspect.layers import by_name
from ovopt.model.inspect.profile import Node, Profile, layers_served

if TYPE_CHECKING:
    import openvino

PASSING = ("FakeQuantize", "FakeConvert", "Convert")
"""Operations between two layers."""


@dataclass(frozen=True)
class LayerWork:
    """Time and reorders of a unit's layers in one model."""

    precision: str
    primitive: str
    us: float
    reorders: int
    reorders_us: float


@dataclass(frozen=True)
class Unit:
    """Layers that are executed together, with what they take in each model."""

    layers: tuple[str, ...]
    work: tuple[LayerWork | None, ...]


def units(models: Sequence[openvino.Model], found: Sequence[Profile], order: Sequence[str]) -> list[Unit]:
    """The layers in `order`, together where one of the models executes them together, or where what one model computes
    in several the other computes in one: layers that not all models have go with those that read them. So does a layer
    that an execution graph does not name, and that only one other reads."""
    together = _Together(order)
    shared = set(order).intersection(*(by_name(model) for model in models))
    for model, profile in zip(models, found, strict=True):
        for node in profile.nodes:
            together.join(node.layers)
        executed = {name for node in profile.nodes for name in node.layers}
        for name, readers in _readers(model, order):
            if name not in shared or (name not in executed and len(readers) == 1):
                together.join((name, *readers))
    work = [_work(profile, together) for profile in found]
    return [Unit(layers, tuple(one.get(head) for one in work)) for head, layers in together.members().items()]


def _readers(model: openvino.Model, order: Sequence[str]) -> Iterator[tuple[str, set[str]]]:
    """Each layer with the layers that read it, through operations that are none."""
    nodes, known = by_name(model), set(order)

    def behind(node: openvino.Node) -> set[str]:
        readers = [target.get_node() for output in node.outputs() for target in output.get_target_inputs()]
        layers = {reader.get_friendly_name() for reader in readers} & known
        others = [reader for reader in readers if reader.get_friendly_name() not in known]
        return layers.union(*(behind(other) for other in others if other.get_type_name() in PASSING))

    for name in order:
        if name in nodes:
            yield name, behind(nodes[name])


def _work(profile: Profile, together: _Together) -> dict[str, LayerWork]:
    """The work of each unit, by its head: that of its nodes, and of those without a layer that feed them."""
    nodes: dict[str, list[Node]] = {}
    for node, served in layers_served(profile.nodes):
        if served:
            nodes.setdefault(together.head(served[0]), []).append(node)
    return {head: _sum(several) for head, several in nodes.items()}


def _sum(nodes: Sequence[Node]) -> LayerWork:
    computing = [node for node in nodes if not node.moves] or list(nodes)
    main = max(computing, key=lambda node: (bool(node.layers), node.us))
    moving = [node for node in nodes if node.moves]
    return LayerWork(
        precision=main.precision,
        primitive=f"{main.kind}|{main.primitive}",
        us=sum(node.us for node in nodes),
        reorders=len(moving),
        reorders_us=sum(node.us for node in moving),
    )


class _Together:
    """Disjoint sets of layers; the head of each is its first one."""

    def __init__(self, order: Sequence[str]) -> None:
        self._place = {name: i for i, name in enumerate(order)}
        self._above = {name: name for name in order}

    def head(self, name: str) -> str:
        """The first layer of the set that a layer is in."""
        while self._above[name] != name:
            name = self._above[name]
        return name

    def join(self, names: Sequence[str]) -> None:
        """Make one set of those that the layers are in."""
        heads = sorted({self.head(name) for name in names}, key=self._place.__getitem__)
        for head in heads[1:]:
            self._above[head] = heads[0]

    def members(self) -> dict[str, tuple[str, ...]]:
        """The layers of each set, by its head."""
        found: dict[str, list[str]] = {}
        for name in self._place:
            found.setdefault(self.head(name), []).append(name)
        return {head: tuple(names) for head, names in found.items()}
