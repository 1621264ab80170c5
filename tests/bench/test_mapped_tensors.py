"""Samples and outputs on disk."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ovopt.bench.mapped_tensors import ALIGNMENT, OutputFile, SampleFile, write_samples

DTYPES = ["float64", "float32", "float16", "int64", "int32", "uint8", "bool"]
tensors = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
samples = st.lists(st.lists(tensors, min_size=1, max_size=3).map(tuple), max_size=4)
on_disk = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


def same(read, written):
    assert (read.dtype, read.shape) == (written.dtype, written.shape)
    np.testing.assert_array_equal(read, written)


@given(written=samples)
@on_disk
def test_samples_come_back_as_they_were(tmp_path, written):
    write_samples(tmp_path / "s", iter(written))
    read = SampleFile(tmp_path / "s")
    assert len(read) == len(written)
    for mine, theirs in zip(read, written, strict=True):
        assert len(mine) == len(theirs)
        for pair in zip(mine, theirs, strict=True):
            same(*pair)


def test_every_tensor_is_aligned(tmp_path):
    write_samples(tmp_path / "s", [(np.ones(3, np.uint8), np.ones(5)), (np.ones(7, np.int16),)])
    for sample in SampleFile(tmp_path / "s"):
        assert all(tensor.ctypes.data % ALIGNMENT == 0 for tensor in sample)


def test_writing_to_a_sample_does_not_reach_the_file(tmp_path):
    write_samples(tmp_path / "s", [(np.zeros(3),)])
    SampleFile(tmp_path / "s")[0][0][:] = 9
    same(SampleFile(tmp_path / "s")[0][0], np.zeros(3))


def test_a_view_that_is_not_contiguous_is_written_in_its_own_order(tmp_path):
    turned = np.arange(12).reshape(3, 4).T[::2]
    write_samples(tmp_path / "s", [(turned,)])
    same(SampleFile(tmp_path / "s")[0][0], turned)


def test_samples_are_a_sequence_with_slices_and_an_end(tmp_path):
    write_samples(tmp_path / "s", ((np.array([i]),) for i in range(5)))
    read = SampleFile(tmp_path / "s")
    assert [int(sample[0][0]) for sample in read[1:4]] == [1, 2, 3]
    assert int(read[-1][0][0]) == 4
    with pytest.raises(IndexError):
        read[5]


@given(st.lists(st.lists(tensors, max_size=3), min_size=1, max_size=5), st.randoms())
@settings(deadline=None, max_examples=50)
def test_outputs_are_put_in_any_order_and_got_by_index(written, random):
    outputs = OutputFile()
    order = list(range(len(written)))
    random.shuffle(order)
    for index in order:
        outputs.put(index, written[index])
    for index, arrays_of_it in enumerate(written):
        read = outputs.get(index)
        assert len(read) == len(arrays_of_it)
        for pair in zip(read, arrays_of_it, strict=True):
            same(*pair)


def test_outputs_can_be_put_after_one_was_read():
    outputs = OutputFile()
    outputs.put(0, [np.arange(3)])
    same(*outputs.get(0), np.arange(3))
    outputs.put(1, [np.arange(5), np.ones((2, 2), np.float32)])
    same(*outputs.get(0), np.arange(3))
    first, second = outputs.get(1)
    same(first, np.arange(5))
    same(second, np.ones((2, 2), np.float32))
