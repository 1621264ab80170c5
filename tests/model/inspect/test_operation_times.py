"""Times by operation, from the device's counters."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovopt.model.inspect.operation_times import operation_times

IMAGE = np.random.default_rng(0).standard_normal((1, 16, 32, 32)).astype(np.float32)


def network(heavy: int = 128) -> ov.Model:
    rng = np.random.default_rng(1)
    node = image = op.parameter(IMAGE.shape, np.float32, name="image")
    for name, wide in (("light", 16), ("heavy", heavy), ("back", 16)):
        kernel = rng.standard_normal((wide, node.get_output_shape(0)[1], 3, 3)).astype(np.float32)
        node = op.relu(op.convolution(node, kernel, [1, 1], [1, 1], [1, 1], [1, 1], name=name), name=f"{name} active")
    return ov.Model([node], [image], "network")


def test_every_operation_that_runs_has_a_time_and_merged_ones_share_it() -> None:
    (times,) = operation_times([network()], [IMAGE], "CPU", {})
    assert {"light", "heavy", "back"} <= times.keys()
    assert times["heavy"] == times["heavy active"]
    assert all(time >= 0 for time in times.values())


def test_there_is_a_table_for_each_model() -> None:
    smaller = network(16)
    smaller.get_ordered_ops()[-2].set_friendly_name("last")
    one, other = operation_times([network(), smaller], [IMAGE], "CPU", {})
    assert "last" in other
    assert "last" not in one


def test_a_model_that_does_not_run_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        operation_times([network()], [IMAGE[:, :3]], "CPU", {})
