"""Random inputs."""

import numpy as np
import pytest

from ovopt.data.synthetic import Synthetic
from ovopt.errors import DataError
from ovopt.model.ports.inputs import DTYPES, bind
from ovopt.records import Port
from tests.factories import exactly

PORTS = (Port(name="x", shape=(None, 3, 4), dtype="f32"), Port(name="ids", shape=(1, 7), dtype="i64"))


def test_samples_have_the_shapes_and_types_of_the_model():
    samples = Synthetic(count=5).open(PORTS, seed=0)
    assert len(samples) == 5
    assert samples.labels is None
    assert samples.random, "so that nobody calibrates with them"
    for index in range(5):
        x, ids = bind(samples.load(index), PORTS, "s")
        assert (x.shape, x.dtype) == ((1, 3, 4), np.float32)
        assert (ids.shape, ids.dtype) == ((1, 7), np.int64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_element_type_can_be_drawn(dtype):
    port = Port(name="x", shape=(1, 1000), dtype=dtype)
    (drawn,) = bind(Synthetic().open([port], 0).load(0), [port], "s")
    assert drawn.dtype == DTYPES[dtype]
    if drawn.dtype.kind == "f":
        assert abs(drawn.astype(float).mean()) < 0.2
        assert 0.9 < drawn.astype(float).std() < 1.1
    else:
        assert set(drawn.ravel().tolist()) == {0, 1}


def test_a_sample_follows_from_the_seed_and_its_place():
    def drawn(seed, index):
        return Synthetic().open(PORTS, seed).load(index)["x"]

    np.testing.assert_array_equal(drawn(1, 2), drawn(1, 2))
    assert not np.array_equal(drawn(1, 2), drawn(1, 3))
    assert not np.array_equal(drawn(1, 2), drawn(2, 2))
    assert Synthetic().open(PORTS, 1).fingerprint != Synthetic().open(PORTS, 2).fingerprint


def test_what_a_decoder_remembers_is_not_drawn():
    ports = [
        Port(name="input_ids", shape=(1, 4), dtype="i64"),
        Port(name="past_key_values.0.key", shape=(1, 2, None, 4), dtype="f32"),
    ]
    assert list(Synthetic().open(ports, 0).load(0)) == ["input_ids"]


@pytest.mark.parametrize(("shape", "said"), [(None, "'x' f32[...]"), ((1, None), "'x' f32[1,?]")])
def test_an_input_of_unknown_shape_is_an_error(shape, said):
    message = (
        f"the model's input {said} has a dynamic shape: fix it with --shape x=1,..., or give real samples with --data"
    )
    with pytest.raises(DataError, match=exactly(message)):
        Synthetic().open([Port(name="x", shape=shape, dtype="f32")], 0)
