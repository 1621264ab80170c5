"""Models that take several samples at a time."""

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.errors import ModelError
from ovopt.model.ports.batch import with_batch
from tests.factories import exactly
from tests.models import adding_model, conv_model


def flattening(target):
    """A model that reshapes its input [1, 3, 4] to `target`."""
    x = ops.parameter([1, 3, 4], np.float32, name="x")
    return ov.Model([ops.reshape(ops.relu(x), np.array(target), special_zero=True)], [x], "flattening")


def shapes(model):
    return [str(port.get_partial_shape()) for port in (*model.inputs, *model.outputs)]


def test_a_copy_takes_the_batch_and_the_model_stays():
    model = conv_model()
    assert shapes(with_batch(model, 4)) == ["[4,3,8,8]", "[4,5]"]
    assert shapes(model) == ["[1,3,8,8]", "[1,5]"]


def test_every_sample_of_a_batch_gets_its_own_answer():
    rng = np.random.default_rng(0)
    pictures = rng.random((3, 3, 8, 8), np.float32)
    single, batched = conv_model(), with_batch(conv_model(), 3)
    expected = [ov.compile_model(single, "CPU")(picture[None])[0][0] for picture in pictures]
    np.testing.assert_allclose(ov.compile_model(batched, "CPU")(pictures)[0], expected, rtol=1e-5)


def test_all_inputs_get_the_batch_except_those_that_have_none():
    model = adding_model(
        ("ids", [1, 8], np.int64), ("mask", [-1, 8], np.float32), ("table", [8], np.float32), ("rate", [], np.float32)
    )
    assert shapes(with_batch(model, 2)) == ["[2,8]", "[2,8]", "[8]", "[]", "[2,8]"]


def test_a_batch_at_the_second_place_of_an_output_counts():
    x = ops.parameter([1, 3, 4], np.float32)
    model = ov.Model([ops.transpose(x, np.array([1, 0, 2]))], [x], "time first")
    assert shapes(with_batch(model, 2)) == ["[2,3,4]", "[3,2,4]"]


def test_a_layout_says_where_the_batch_is():
    x = ops.parameter([3, 1, 4], np.float32)
    x.layout = ov.Layout("CNW")
    assert shapes(with_batch(ov.Model([ops.relu(x)], [x], "laid out"), 2)) == ["[3,2,4]", "[3,2,4]"]


def test_a_graph_that_fixes_the_batch_is_an_error():
    message = (
        "--batch 2: the model's graph fixes the batch: its outputs become [1,24]; export the model with a dynamic batch"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        with_batch(flattening([1, -1]), 2)
    with pytest.raises(ModelError, match="--batch 2: the model cannot take it: "):
        with_batch(flattening([1, 12]), 2)
    assert shapes(with_batch(flattening([0, -1]), 2)) == ["[2,3,4]", "[2,12]"]
    assert shapes(with_batch(flattening([-1, 4]), 2)) == ["[2,3,4]", "[6,4]"]


def test_a_model_without_a_batch_dimension_is_an_error():
    model = adding_model(("a", [3, 4], np.float32), ("b", [], np.float32))
    message = (
        "--batch 2: no input has a batch dimension of 1 or of any size ([3,4], []); export the model with a dynamic "
        "batch"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        with_batch(model, 2)
