"""What a device executes for each layer of some models, and how long it takes: execution graphs and profiling counters,
in turns.

A device fuses layers, and not the same ones in every model. Layers that one of the models executes together make a
unit, whose times can be held against each other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.inspect.execution import NOT_WORK, SHORT
from ovopt.model.inspect.layer_errors import Arm
from ovopt.model.inspect.layers import by_name
from ovopt.model.native import core
from ovopt.model.ports.sequence import Tensors

if TYPE_CHECKING:
    import openvino

REPLICAS = 4
TURNS = 3
TURN_S = 0.05
LEAST = 3
LEAST_MS = 1e-6
MOVING = ("Reorder", "Convert")
PASSING = ("FakeQuantize", "FakeConvert", "Convert")
"""Operations between two layers."""
ADDED = re.compile(r"(/fq_(output|weights)_\d+|/Dequantization\w+|_original)(/.*)?$")
"""What quantization puts behind the name of the layer whose output or weights it is about."""


@dataclass(frozen=True)
class Node:
    """An operation of the execution graph."""

    name: str
    layers: tuple[str, ...]
    """The layers of the model that it computes, those that were fused into it too."""
    kind: str
    primitive: str
    precision: str
    us: float
    """Microseconds of one inference."""
    readers: tuple[str, ...]

    @property
    def moves(self) -> bool:
        """Whether it only changes a layout or an element type, on the device's own account."""
        return self.kind in MOVING and not self.layers


@dataclass(frozen=True)
class Profile:
    """One model as it was executed."""

    nodes: tuple[Node, ...]
    wall_ms: float
    """The median time of one inference, with profiling counters on."""
    precision: str
    """The inference precision that the compiled model reports."""


@dataclass(frozen=True)
class Work:
    """What the layers of a unit take in one model."""

    precision: str
    primitive: str
    us: float
    reorders: int
    reorders_us: float


@dataclass(frozen=True)
class Unit:
    """Layers that are executed together, with what they take in each model."""

    layers: tuple[str, ...]
    work: tuple[Work | None, ...]


def profiles(
    arms: Sequence[Arm], tensors: Tensors, known: Collection[str], replica_done: Callable[[], None] = lambda: None
) -> list[Profile]:
    """Each model's nodes, with the median of several compiled instances that ran in turns. RuntimeError where a model
    does not run."""
    found: list[list[Profile]] = [[] for _ in arms]
    for replica in range(REPLICAS):
        order = range(len(arms))
        for place, profile in _replica(arms, tensors, known, order if replica % 2 else order[::-1]):
            found[place].append(profile)
        replica_done()
    return [_median(several) for several in found]


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


def _replica(
    arms: Sequence[Arm], tensors: Tensors, known: Collection[str], order: Sequence[int]
) -> Iterator[tuple[int, Profile]]:
    compiled = {i: core().compile_model(arms[i].model, arms[i].device, _profiling(arms[i])) for i in order}
    requests = {i: compiled[i].create_infer_request() for i in order}
    times: dict[int, list[float]] = {i: [] for i in order}
    for _ in range(TURNS):
        for i in order:
            times[i] += _turn(requests[i], tensors)
    for i in order:
        wall_ms = max(LEAST_MS, float(np.median(times[i])))
        yield i, Profile(tuple(_nodes(compiled[i], known)), wall_ms, _precision(compiled[i]))


def _precision(compiled: openvino.CompiledModel) -> str:
    try:
        return str(compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())
    except RuntimeError:
        return "not readable"


def _profiling(arm: Arm) -> dict[str, str]:
    one_stream = {"NUM_STREAMS": "1"} if arm.device == "CPU" else {}
    return {"PERFORMANCE_HINT": "LATENCY", **arm.properties, "PERF_COUNT": "YES", **one_stream}


def _turn(request: openvino.InferRequest, tensors: Tensors) -> list[float]:
    """The first inference comes behind those of another model, and does not count."""
    request.infer(list(tensors))
    times: list[float] = []
    until = time.perf_counter() + TURN_S
    while len(times) < LEAST or time.perf_counter() < until:
        request.infer(share_outputs=True)
        times.append(request.latency)
    return times


def _nodes(compiled: openvino.CompiledModel, known: Collection[str]) -> Iterator[Node]:
    for op in compiled.get_runtime_model().get_ordered_ops():
        info = {key: value.astype(str) for key, value in op.get_rt_info().items()}
        if info["layerType"] in NOT_WORK:
            continue
        spent = info["execTimeMcs"]
        readers = {target.get_node().get_friendly_name() for out in op.outputs() for target in out.get_target_inputs()}
        precision = info["runtimePrecision"]
        yield Node(
            name=op.get_friendly_name(),
            layers=tuple(_layers(info.get("originalLayersNames", ""), known)),
            kind=info["layerType"],
            primitive=info["primitiveType"],
            precision=SHORT.get(precision, precision),
            us=float(spent) if spent.isdigit() else 0.0,
            readers=tuple(sorted(readers)),
        )


def _layers(said: str, known: Collection[str]) -> Iterator[str]:
    """The known layers in a list with commas between, which names may hold too."""
    seen = set[str]()
    left = said.split(",") if said else []
    while left:
        length = next((n for n in range(len(left), 0, -1) if _layer(",".join(left[:n]), known)), 0)
        name = _layer(",".join(left[:length]), known) if length else None
        if name and name not in seen:
            seen.add(name)
            yield name
        left = left[length or 1 :]


def _layer(name: str, known: Collection[str]) -> str | None:
    if name in known:
        return name
    shorter = ADDED.sub("", name)
    return shorter if shorter in known else None


def _median(several: Sequence[Profile]) -> Profile:
    """Names that the device gives out differ from one compiled instance to the next, the order of nodes does not."""
    last = several[-1]
    same = [one for one in several if [node.kind for node in one.nodes] == [node.kind for node in last.nodes]]
    spent = np.median([[node.us for node in one.nodes] for one in same], axis=0)
    nodes = tuple(
        Node(node.name, node.layers, node.kind, node.primitive, node.precision, float(us), node.readers)
        for node, us in zip(last.nodes, spent, strict=True)
    )
    return Profile(nodes, float(np.median([one.wall_ms for one in several])), last.precision)


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


def _work(profile: Profile, together: _Together) -> dict[str, Work]:
    """By unit: its nodes, and those without a layer that feed them."""
    owners = _owners(profile.nodes, together)
    nodes: dict[str, list[Node]] = {}
    for node in profile.nodes:
        if node.name in owners:
            nodes.setdefault(owners[node.name], []).append(node)
    return {head: _sum(several) for head, several in nodes.items()}


def _owners(nodes: Sequence[Node], together: _Together) -> Mapping[str, str]:
    owners: dict[str, str] = {}
    for node in reversed(nodes):
        of_readers = [owners[name] for name in node.readers if name in owners]
        if node.layers:
            owners[node.name] = together.head(node.layers[0])
        elif of_readers:
            owners[node.name] = of_readers[0]
    return owners


def _sum(nodes: Sequence[Node]) -> Work:
    computing = [node for node in nodes if not node.moves] or list(nodes)
    main = max(computing, key=lambda node: (bool(node.layers), node.us))
    moving = [node for node in nodes if node.moves]
    return Work(
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
        """Of each set, by its head."""
        found: dict[str, list[str]] = {}
        for name in self._place:
            found.setdefault(self.head(name), []).append(name)
        return {head: tuple(names) for head, names in found.items()}
