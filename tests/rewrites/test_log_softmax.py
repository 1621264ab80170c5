"""Log-softmax, spelled out."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.softmax import LogSoftmax
from tests.rewrites.graphs import assert_same, assert_untouched, computed, graph, kinds, rewritten, values


def log_sum_exp(x, axis, keep=True):
    return ops.log(ops.reduce_sum(ops.exp(x), np.array([axis]), keep_dims=keep))


def shifted(x, axis):
    largest = ops.reduce_max(x, np.array([axis]), keep_dims=True)
    return largest, ops.subtract(x, largest)


def plain(x, axis):
    return ops.subtract(x, log_sum_exp(x, axis))


def stable(x, axis):
    _, small = shifted(x, axis)
    return ops.subtract(small, log_sum_exp(small, axis))


def stable_sum(x, axis):
    largest, small = shifted(x, axis)
    return ops.subtract(x, ops.add(log_sum_exp(small, axis), largest))


@pytest.mark.parametrize("spelling", [plain, stable, stable_sum])
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("shape", [(3, 4, 7), (-1, 4, 7)])
def test_every_spelling_becomes_one_log_softmax(spelling, axis, shape):
    model = graph(lambda x: spelling(x, axis), shape)
    changed = rewritten(LogSoftmax(), model)
    assert kinds(changed) == {"LogSoftmax": 1}
    assert_same(model, changed, values((3, 4, 7)))


def test_large_values_no_longer_overflow():
    model = graph(lambda x: plain(x, 1), (1, 3))
    large = np.array([[100, 0, 99]], np.float32)
    (after,) = computed(rewritten(LogSoftmax(), model), large)
    exact = large - (100 + np.log(1 + np.exp(-100.0) + np.exp(-1.0)))
    np.testing.assert_allclose(after, exact, rtol=1e-6)


def over_two_axes(x):
    return ops.subtract(x, ops.log(ops.reduce_sum(ops.exp(x), np.array([1, 2]), keep_dims=True)))


def over_different_axes(x):
    largest, small = shifted(x, 1)
    return ops.subtract(x, ops.add(largest, log_sum_exp(small, 2)))


def with_another_shift(x):
    small = ops.subtract(x, ops.reduce_min(x, np.array([1]), keep_dims=True))
    return ops.subtract(x, ops.add(ops.reduce_max(x, np.array([1]), keep_dims=True), log_sum_exp(small, 1)))


LOOK_ALIKES = {
    "two axes": over_two_axes,
    "different axes": over_different_axes,
    "another shift": with_another_shift,
    "log of softmax": lambda x: ops.log(ops.softmax(x, 1)),
    "log-sum-exp alone": lambda x: log_sum_exp(x, 1),
    "the other way round": lambda x: ops.subtract(log_sum_exp(x, 1), x),
    "axis not kept": lambda x: ops.subtract(x, log_sum_exp(x, 0, keep=False)),
    "mean of exp": lambda x: ops.subtract(x, ops.log(ops.reduce_mean(ops.exp(x), np.array([1]), keep_dims=True))),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(LogSoftmax(), graph(build, (4, 4, 4)))


def test_axes_that_are_an_input_are_left_alone():
    from openvino import Model

    x, axes = ops.parameter([4, 4], np.float32), ops.parameter([1], np.int64)
    total = ops.reduce_sum(ops.exp(x), axes, keep_dims=True)
    assert_untouched(LogSoftmax(), Model([ops.subtract(x, ops.log(total))], [x, axes], "graph"))


def test_a_log_sum_exp_that_others_use_is_left_alone():
    def build(x):
        total = log_sum_exp(x, 1)
        return ops.subtract(x, total), total

    assert_untouched(LogSoftmax(), graph(build, (4, 4)))
