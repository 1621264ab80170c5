"""Group normalization, spelled out."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.normalizations import GroupNorm
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

CHANNELS, GROUPS, EPS = 8, 4, 1e-3
SHAPE = (2, CHANNELS, 3, 5)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2, shape).astype(np.float32)


def normalized(x, target=(0, GROUPS, -1), axes=(2,), variance=True, mode="inside_sqrt", special=True):
    return ops.mvn(ops.reshape(x, np.array(target), special), np.array(axes), variance, EPS, mode)


def affine(x, shape=(1, CHANNELS, 1, 1)):
    return ops.add(ops.multiply(x, numbers(*shape)), numbers(*shape, seed=1))


def back(x, like, special=False):
    return ops.reshape(x, ops.shape_of(like), special)


SPELLINGS = {
    "zero in the target": lambda x: affine(back(normalized(x), x)),
    "the batch in the target": lambda x: affine(back(normalized(x, (2, GROUPS, 30)), x)),
    "the batch left open": lambda x: affine(back(normalized(x, (-1, GROUPS, 30)), x)),
    "five dimensions": lambda x: affine(back(normalized(x, (0, GROUPS, 2, 3, 5), (2, 3, 4)), x)),
    "negative axes": lambda x: affine(back(normalized(x, (0, GROUPS, 2, -1), (-1, -2)), x)),
    "constant shape": lambda x: affine(ops.reshape(normalized(x), np.array(SHAPE), False)),
    "scale of three dimensions": lambda x: affine(back(normalized(x), x), (CHANNELS, 1, 1)),
    "one scale for all": lambda x: affine(back(normalized(x), x), (1,)),
    "each group's own scale": lambda x: affine(back(affine(normalized(x), (1, GROUPS, 1)), x)),
    "each group's own scale of two dimensions": lambda x: affine(back(affine(normalized(x), (GROUPS, 1)), x)),
    "one scale for all groups": lambda x: affine(back(affine(normalized(x), (1, 1, 1)), x)),
}


@pytest.mark.parametrize("build", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_becomes_one_group_normalization(build):
    model = graph(build, SHAPE)
    changed = rewritten(GroupNorm(), model)
    assert kinds(changed)["GroupNormalization"] == 1
    assert not set(kinds(changed)) & {"MVN", "Reshape", "Add", "Multiply"}
    assert_same(model, changed, values(SHAPE))


@pytest.mark.parametrize("special", [True, False])
def test_dynamic_batches_and_pictures_are_rewritten(special):
    model = graph(lambda x: affine(back(affine(normalized(x), (1, GROUPS, 1)), x, special)), (-1, CHANNELS, -1, -1))
    changed = rewritten(GroupNorm(), model)
    assert kinds(changed)["GroupNormalization"] == 1
    assert_same(model, changed, values(SHAPE))


def test_a_sequence_is_rewritten():
    model = graph(lambda x: affine(back(normalized(x), x), (1, CHANNELS, 1)), (2, CHANNELS, 6))
    changed = rewritten(GroupNorm(), model)
    assert kinds(changed)["GroupNormalization"] == 1
    assert_same(model, changed, values((2, CHANNELS, 6)))


LOOK_ALIKES = {
    "groups over samples": lambda x: affine(back(normalized(x, (GROUPS, 2, -1)), x)),
    "one group of axes": lambda x: affine(back(normalized(x, (0, GROUPS, 2, -1), (3,)), x)),
    "over the groups too": lambda x: affine(back(normalized(x, axes=(1, 2)), x)),
    "without variance": lambda x: affine(back(normalized(x, variance=False), x)),
    "epsilon outside the root": lambda x: affine(back(normalized(x, mode="outside_sqrt"), x)),
    "scale of each column": lambda x: affine(back(normalized(x), x), (1, 1, 1, 5)),
    "scale of each group column": lambda x: affine(back(affine(normalized(x), (1, 1, 30)), x)),
    "another shape": lambda x: affine(ops.reshape(normalized(x), np.array([2, CHANNELS, 5, 3]), False)),
    "groups that split channels": lambda x: affine(back(normalized(x, (0, 3, -1)), x)),
    "no scale": lambda x: back(normalized(x), x),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(GroupNorm(), graph(build, SHAPE))


def test_a_batch_that_cannot_be_proven_is_left_alone():
    model = graph(lambda x: affine(back(normalized(x, (-1, GROUPS, 30)), x)), (-1, CHANNELS, -1, -1))
    assert_untouched(GroupNorm(), model)


def test_dynamic_channels_are_left_alone():
    assert_untouched(GroupNorm(), graph(SPELLINGS["zero in the target"], (2, -1, 3, 5)))


def test_a_normalized_value_that_others_use_is_left_alone():
    def build(x):
        inner = normalized(x)
        return affine(back(inner, x)), inner

    assert_untouched(GroupNorm(), graph(build, SHAPE))
