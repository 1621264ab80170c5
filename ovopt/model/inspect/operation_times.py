"""How long each operation of a model takes, from the device's profiling counters."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.native import core

if TYPE_CHECKING:
    import openvino

RUNS = 5
INFERENCES, TURN_S, LEAST = 20, 0.03, 2
"""Of a turn: it ends after so many inferences, or after this time and so many."""
IDLE = ("Input", "Output", "Const")


def operation_times(
    models: Sequence[openvino.Model], tensors: Sequence[NDArray[Any]], device: str, properties: Mapping[str, str]
) -> list[dict[str, float]]:
    """For each model, microseconds by the name of each of its operations: the median over turns, in which the models
    alternate, of what the executed operation took that it is a part of. What a conversion or a change of layout takes
    that the device put in is added to the operations that read it.

    Raises RuntimeError where a model does not run.
    """
    profiled = {**properties, "PERF_COUNT": "YES"}
    compiled = [core().compile_model(model, device, profiled) for model in models]
    requests = [one.create_infer_request() for one in compiled]
    turns: list[list[dict[str, float]]] = [[] for _ in models]
    for _ in range(RUNS):
        for place, request in enumerate(requests):
            until = time.perf_counter() + TURN_S
            for count in range(INFERENCES):
                if count >= LEAST and time.perf_counter() > until:
                    break
                request.infer(list(tensors))
            turns[place].append(_times(compiled[place]))
    return [_median(found) for found in turns]


def _times(compiled: openvino.CompiledModel) -> dict[str, float]:
    """The counters are averages over all inferences so far."""
    nodes = compiled.get_runtime_model().get_ordered_ops()
    names = {node.get_friendly_name(): _original_names(node) for node in nodes}
    spent: dict[str, float] = defaultdict(float)
    for node in nodes:
        cost = node.get_rt_info()["execTimeMcs"].astype(str)
        if not cost.isdigit() or node.get_rt_info()["layerType"].astype(str) in IDLE:
            continue
        own = names[node.get_friendly_name()]
        readers = [
            target.get_node().get_friendly_name() for output in node.outputs() for target in output.get_target_inputs()
        ]
        for name in own or sorted({name for reader in readers for name in names.get(reader, ())}):
            spent[name] += float(cost)
    return dict(spent)


def _original_names(node: openvino.Node) -> tuple[str, ...]:
    said = node.get_rt_info()["originalLayersNames"].astype(str) if "originalLayersNames" in node.get_rt_info() else ""
    return tuple(name for name in said.split(",") if name)


def _median(turns: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.median([turn.get(name, 0.0) for turn in turns])) for name in turns[0]}
