"""What the device executes, read from the execution graph of a compiled model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ovopt.records import Execution

if TYPE_CHECKING:
    import openvino

NOT_WORK = {"Input", "Output", "Const", "Parameter", "Result", "Constant"}
SHORT = {"i8": "int8", "u8": "int8", "i4": "int4", "u4": "int4"}


def execution(compiled: openvino.CompiledModel, wall_us: float) -> Execution:
    """Operations and time by executed precision. Times need `PERF_COUNT` and at least one inference.

    Operations that were folded away (not executed) do not count. `wall_us` is the time that one of the profiled
    inferences took as a whole, so that time outside the operations shows.
    """
    ops: Counter[str] = Counter()
    times: Counter[str] = Counter()
    primitives: Counter[str] = Counter()
    primitive_times: Counter[str] = Counter()
    layers: Counter[str] = Counter()
    for op in compiled.get_runtime_model().get_ordered_ops():
        info = op.get_rt_info()
        if info["layerType"].astype(str) in NOT_WORK:
            continue
        spent = info["execTimeMcs"].astype(str)
        if not spent.isdigit():
            continue
        precision = info["runtimePrecision"].astype(str)
        ops[SHORT.get(precision, precision)] += 1
        times[SHORT.get(precision, precision)] += int(spent)
        primitive = f"{info['layerType'].astype(str)}|{info['primitiveType'].astype(str)}"
        primitives[primitive] += 1
        primitive_times[primitive] += int(spent)
        layers[info["layerType"].astype(str)] += 1
    return Execution(
        ops_by_precision=dict(ops.most_common()),
        time_by_precision={precision: float(spent) for precision, spent in times.most_common()},
        ops_by_primitive={name: primitives[name] for name, _ in primitive_times.most_common()},
        time_by_primitive={name: float(spent) for name, spent in primitive_times.most_common()},
        reorders=layers["Reorder"],
        conversions=layers["Convert"],
        ops_us=float(sum(times.values())),
        wall_us=wall_us,
    )
