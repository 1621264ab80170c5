"""Sizes of tensors against the machine's memory."""

import pytest

from ovopt.data.synthetic import Synthetic
from ovopt.errors import DataError, ModelError
from ovopt.model.ports import extent
from ovopt.model.ports.batch import with_batch
from ovopt.model.ports.extent import check_extent, check_fits, physical_bytes
from ovopt.model.ports.shapes import reshape
from ovopt.records import Port
from tests.factories import exactly
from tests.models import conv_model

LARGEST = "the model's largest tensor would take {}, more than half of this machine's memory; make it smaller"


def test_the_machine_has_memory():
    assert physical_bytes() > 1 << 28


def test_bytes_are_held_against_half_of_the_memory(monkeypatch):
    monkeypatch.setattr(extent, "physical_bytes", lambda: 4 << 30)
    check_fits(2 << 30, "x", ModelError)
    message = "x would take 2.00 GiB, more than half of this machine's memory; make it smaller"
    with pytest.raises(ModelError, match=exactly(message)):
        check_fits((2 << 30) + 1, "x", ModelError)


def test_the_largest_tensor_counts_in_its_element_type(monkeypatch):
    model = conv_model((1, 3, 8, 8), channels=4)  # the convolutions give [1, 4, 8, 8] of f32
    monkeypatch.setattr(extent, "physical_bytes", lambda: 2 * 4 * 4 * 8 * 8)
    check_extent(model, "x", ModelError)
    monkeypatch.setattr(extent, "physical_bytes", lambda: 2 * 4 * 4 * 8 * 8 - 1)
    with pytest.raises(ModelError, match=r"\Ax: the model's largest tensor would take "):
        check_extent(model, "x", ModelError)


def test_a_shape_that_asks_for_terabytes_is_refused():
    # 4 channels of f32 behind the convolution
    with pytest.raises(ModelError, match=exactly(f"m: {LARGEST.format('14,901 GiB')}")):
        reshape(conv_model((-1, 3, -1, -1)), {"picture": (1, 3, 1_000_000, 1_000_000)}, "m")


def test_a_dimension_of_thousands_of_digits_is_none():
    with pytest.raises(ModelError, match=r"\Am: the shape of input 'picture': '9{20,}.*9' is no dimension: it is too"):
        reshape(conv_model((-1, 3, -1, -1)), {"picture": (1, 3, "9" * 5000, 8)}, "m")


def test_a_batch_that_asks_for_terabytes_is_refused():
    with pytest.raises(ModelError, match=exactly(f"--batch 1000000000: {LARGEST.format('954 GiB')}")):
        with_batch(conv_model((-1, 3, 8, 8)), 1_000_000_000)


def test_no_sample_of_terabytes_is_drawn():
    port = Port(name="x", shape=(1, 1 << 20, 1 << 20), dtype="u8")
    message = f"the model's input {port}: a sample would take 8,192 GiB, more than half of this machine's memory; "
    with pytest.raises(DataError, match=exactly(f"{message}make it smaller")):
        Synthetic().open([port], seed=0)
