"""Profiles: the operations that a device executes for models, and the time of each, by execution graphs and profiling
counters; and units, in which profiles of several models can be held against each other.

A device fuses layers, and not the same ones in every model: a unit is layers that it executes together in one of some.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.inspect.layer_errors import DeviceModel
from ovopt.model.inspect.layers import by_name
from ovopt.model.native import core
from ovopt.model.ports.inputs import Tensors
from ovopt.records import Execution
from ovopt.turns import TURN, alternated, creation_order, repeated

if TYPE_CHECKING:
    import openvino

REPLICAS = 4
"""Compiled instances of each model: times of one are a few percent off."""
ROUNDS = 3
"""Turns of each instance."""
LEAST_MS = 1e-6
"""Below the runtime's clock: a ratio of times must have no zero in it."""
NOT_WORK = {"Input", "Output", "Const", "Parameter", "Result", "Constant"}
MOVING = ("Reorder", "Convert")
"""Kinds that change a layout or an element type."""
SHORT = {"i8": "int8", "u8": "int8", "i4": "int4", "u4": "int4"}
CONDITIONAL = {"If", "Loop", "TensorIterator", "Select"}
"""Kinds whose first input is a condition or a count; the runtime takes their precision from that: a boolean is u8."""
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
    executed: bool = True
    """Whether it ran: what was folded away did not."""

    @property
    def moves(self) -> bool:
        """Tells a mere change of layout or element type, on the device's own account."""
        return self.kind in MOVING and not self.layers


@dataclass(frozen=True)
class Profile:
    """One model as it was executed."""

    nodes: tuple[Node, ...]
    wall_ms: float
    """The median time of one inference, with profiling counters on."""
    precision: str
    """The inference precision that the compiled model reports."""


def profiled(device: str, properties: Mapping[str, str]) -> dict[str, str]:
    """These properties with profiling counters, and on one stream: with several, the execution graph is that of a
    stream which may not have run."""
    return {**properties, "PERF_COUNT": "YES", **({"NUM_STREAMS": "1"} if device == "CPU" else {})}


def profiles(
    arms: Sequence[DeviceModel],
    tensors: Tensors,
    known: Collection[str],
    replica_done: Callable[[], None] = lambda: None,
    replicas: int | None = None,
) -> list[Profile]:
    """Each model's nodes, with the median of several compiled instances (`replicas`, else 4) that ran in turns; `known`
    are the names of layers, `tensors` one inference of shapes [batch, ...]. Raises RuntimeError where a model does not
    run."""
    found: list[list[Profile]] = [[] for _ in arms]
    for replica in range(replicas or REPLICAS):
        order = creation_order(range(len(arms)), replica)
        for place, profile in _replica(arms, tensors, known, order):
            found[place].append(profile)
        replica_done()
    return [_median(several) for several in found]


def operation_times(
    models: Sequence[openvino.Model], tensors: Tensors, device: str, properties: Mapping[str, str]
) -> list[dict[str, float]]:
    """For each model, microseconds by the name of each of its operations: what the executed operation takes that it is
    a part of. What a conversion or a change of layout takes that the device put in is added to the operations that read
    it. `tensors`: one inference, shapes [batch, ...]. Raises RuntimeError where a model does not run."""
    known = {op.get_friendly_name() for model in models for op in model.get_ops()}
    arms = [DeviceModel(model, device, properties) for model in models]
    return [_by_layer(profile) for profile in profiles(arms, tensors, known, replicas=1)]


def execution(compiled: openvino.CompiledModel, wall_us: float) -> Execution:
    """Operations and time by executed precision. Times need `PERF_COUNT` and at least one inference.

    Operations that were folded away (not executed) do not count. `wall_us` is the time that one of the profiled
    inferences took as a whole, so that time outside the operations shows.
    """
    times: Counter[str] = Counter()
    primitive_times: Counter[str] = Counter()
    nodes = [node for node in _nodes(compiled, ()) if node.executed]
    for node in nodes:
        times[node.precision] += node.us  # type: ignore[assignment]  # a Counter adds up whatever is a number
        primitive_times[f"{node.kind}|{node.primitive}"] += node.us  # type: ignore[assignment]
    ops = Counter(node.precision for node in nodes)
    primitives = Counter(f"{node.kind}|{node.primitive}" for node in nodes)
    kinds = Counter(node.kind for node in nodes)
    return Execution(
        ops_by_precision=dict(ops.most_common()),
        time_by_precision=dict(times.most_common()),
        ops_by_primitive={name: primitives[name] for name, _ in primitive_times.most_common()},
        time_by_primitive=dict(primitive_times.most_common()),
        reorders=kinds["Reorder"],
        conversions=kinds["Convert"],
        ops_us=float(sum(times.values())),
        wall_us=wall_us,
    )


def layers_served(nodes: Sequence[Node]) -> list[tuple[Node, tuple[str, ...]]]:
    """Each node with its layers; one without, with those of the nodes that read it."""
    served: dict[str, tuple[str, ...]] = {}
    for node in reversed(nodes):
        behind = (layer for reader in node.readers for layer in served.get(reader, ()))
        served[node.name] = node.layers or tuple(dict.fromkeys(behind))
    return [(node, served[node.name]) for node in nodes]


def _by_layer(profile: Profile) -> dict[str, float]:
    spent: dict[str, float] = defaultdict(float)
    for node, layers in layers_served(profile.nodes):
        for layer in layers:
            spent[layer] += node.us
    return dict(spent)


def _replica(
    arms: Sequence[DeviceModel], tensors: Tensors, known: Collection[str], order: Sequence[int]
) -> Iterator[tuple[int, Profile]]:
    compiled = {i: _compiled(arms[i]) for i in order}
    takes = {i: partial(_turn, compiled[i].create_infer_request(), tensors) for i in order}
    for i, turns in alternated(takes, ROUNDS).items():
        wall_ms = max(LEAST_MS, float(np.median(np.concatenate(turns))))
        yield i, Profile(tuple(_nodes(compiled[i], known)), wall_ms, _precision(compiled[i]))


def _compiled(arm: DeviceModel) -> openvino.CompiledModel:
    properties = {"PERFORMANCE_HINT": "LATENCY", **arm.properties}
    return core().compile_model(arm.model, arm.device, profiled(arm.device, properties))


def _turn(request: openvino.InferRequest, tensors: Tensors, _: int) -> list[float]:
    """Milliseconds; the first inference comes behind those of another model, and does not count."""
    request.infer(list(tensors))

    def take(_: int) -> float:
        request.infer(share_outputs=True)
        return float(request.latency)

    return repeated(take, TURN)


def _precision(compiled: openvino.CompiledModel) -> str:
    try:
        return str(compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())
    except RuntimeError:
        return "not readable"


def _nodes(compiled: openvino.CompiledModel, known: Collection[str]) -> Iterator[Node]:
    """The operations of an execution graph in their order; the counters are averages over all inferences so far."""
    for op in compiled.get_runtime_model().get_ordered_ops():
        info = {key: value.astype(str) for key, value in op.get_rt_info().items()}
        if info["layerType"] in NOT_WORK:
            continue
        spent, precision = info["execTimeMcs"], info["runtimePrecision"]
        if info["layerType"] in CONDITIONAL:
            precision = info.get("outputPrecisions", precision).partition(",")[0] or precision
        readers = {target.get_node().get_friendly_name() for out in op.outputs() for target in out.get_target_inputs()}
        yield Node(
            name=op.get_friendly_name(),
            layers=tuple(_layers(info.get("originalLayersNames", ""), known)),
            kind=info["layerType"],
            primitive=info["primitiveType"],
            precision=SHORT.get(precision, precision),
            us=float(spent) if spent.isdigit() else 0.0,
            readers=tuple(sorted(readers)),
            executed=spent.isdigit(),
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
    nodes = tuple(replace(node, us=float(us)) for node, us in zip(last.nodes, spent, strict=True))
    return Profile(nodes, float(np.median([one.wall_ms for one in several])), last.precision)


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
