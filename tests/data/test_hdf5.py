"""Arrays of an HDF5 file."""

import hashlib

import numpy as np
import pytest

from ovopt.data.hdf5 import Hdf5
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

h5py = pytest.importorskip("h5py")
PORT = [Port(name="x", shape=(None, 3), dtype="f32")]
X, Y = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([0, 1, 2, 1])


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data.h5"


def opened(file, **keys):
    return Hdf5(path=str(file), **keys).open(PORT, seed=0)


@pytest.mark.parametrize("options", [{}, {"chunks": (2, 3)}, {"chunks": (3, 2), "compression": "gzip"}])
def test_arrays_are_read_by_name_however_they_are_stored(file, options):
    with h5py.File(file, "w") as stored:
        stored.create_dataset("images", data=X, **options)
        stored["label"] = Y
    samples = opened(file)
    assert (samples.labels, samples.splits, samples.ids[3]) == ((0, 1, 2, 1), None, "data.h5#3")
    np.testing.assert_array_equal([samples.load(i) for i in (3, 0, 1, 2)], X[[3, 0, 1, 2]])
    assert samples.fingerprint == hashlib.sha256(file.read_bytes()).hexdigest()
    assert Hdf5.recognises(str(file))


def test_groups_an_array_of_names_and_one_of_truth_values_are_splits(file):
    with h5py.File(file, "w") as stored:
        for split, count in (("train", 4), ("test", 2)):
            stored[f"{split}/x"], stored[f"{split}/y"] = X[:count], Y[:count]
    samples = opened(file)
    assert (samples.splits, samples.labels) == (("test",) * 2 + ("train",) * 4, (0, 1, 0, 1, 2, 1))
    np.testing.assert_array_equal(samples.load(5), X[3])
    for name, values in (
        ("split", np.array(["train", "val"] * 2, dtype="S5")),
        ("is_train", np.array([1, 0] * 2, bool)),
    ):
        with h5py.File(file.with_name(f"{name}.h5"), "w") as stored:
            stored["x"], stored[name] = X, values
    assert opened(file.with_name("split.h5")).splits == ("train", "val") * 2
    assert opened(file.with_name("is_train.h5")).splits == ("train", "test") * 2


def test_texts_and_samples_of_several_lengths_are_read(file):
    with h5py.File(file, "w") as stored:
        sound = stored.create_dataset("x", (3,), dtype=h5py.vlen_dtype("f4"))
        for place in range(3):
            sound[place] = np.arange(place + 1)
        stored["label"] = np.array(["ü", "b", "c"], dtype=h5py.string_dtype())
        stored["speaker"] = np.array([1, 1, 2])
    samples = opened(file)
    assert (samples.labels, samples.load(2).tolist()) == (("ü", "b", "c"), [0.0, 1.0, 2.0])
    assert samples.column("speaker") == [1, 1, 2]


def _link(stored):
    stored["x"] = h5py.ExternalLink("other.h5", "x")


def _external(stored):
    stored.create_dataset("x", (2, 3), "f4", external=[("/etc/passwd", 0, 24)])


def _fields(stored):
    stored["x"] = np.zeros(2, dtype=[("a", "i4")])


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_link, "holds no array of inputs, only nothing"),
        (_external, "not a readable HDF5 file: '/x' lies in other files"),
        (_fields, "not a readable HDF5 file: '/x' is an array of [('a', '<i4')], neither numbers nor texts"),
    ],
)
def test_what_lies_elsewhere_or_is_no_array_of_numbers_is_not_read(file, spoil, fault):
    with h5py.File(file, "w") as stored:
        spoil(stored)
    with pytest.raises(DataError, match=exactly(f"{file}: {fault}")):
        opened(file)


def test_what_is_no_such_file_is_an_error(file):
    file.write_bytes(b"junk")
    with pytest.raises(DataError, match=rf"\A{file}: not a readable HDF5 file: ."):
        opened(file)
