"""Arrays in one file."""

import hashlib
import io
import zipfile

import numpy as np
import pytest

from ovopt.data.array_file import LABEL_KEYS
from ovopt.data.named_arrays import LENGTHS
from ovopt.data.npz import OBJECTS, Npz, _members
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

PORT = [Port(name="x", shape=(None, 3), dtype="f32")]
X, Y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 2, 1])


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data.npz"


def opened(file, **keys):
    return Npz(path=str(file), **keys).open(PORT, seed=0)


@pytest.mark.parametrize("key", LABEL_KEYS)
def test_labels_are_found_by_their_usual_names(file, key):
    np.savez(file, **{"images": X, key: Y})
    samples = opened(file)
    assert samples.labels == (0, 1, 2, 1)
    assert samples.ids == ("data.npz#0", "data.npz#1", "data.npz#2", "data.npz#3")
    np.testing.assert_array_equal(samples.load(2), X[2])


def test_inputs_and_labels_can_be_named(file):
    np.savez(file, a=X, b=X + 1, c=Y)
    samples = opened(file, inputs="b", labels="c")
    assert samples.labels == (0, 1, 2, 1)
    np.testing.assert_array_equal(samples.load(0), X[0] + 1)


def test_several_inputs_are_loaded_by_name(file):
    np.savez(file, a=X, b=X + 1, y=Y)
    loaded = opened(file).load(1)
    assert sorted(loaded) == ["a", "b"]
    np.testing.assert_array_equal(loaded["b"], X[1] + 1)


def test_labels_may_be_missing(file):
    np.savez(file, images=X)
    assert opened(file).labels is None


def test_one_array_is_inputs_alone(tmp_path):
    np.save(tmp_path / "data.npy", X)
    samples = opened(tmp_path / "data.npy")
    assert (len(samples), samples.labels) == (4, None)
    np.testing.assert_array_equal(samples.load(3), X[3])


def test_the_fingerprint_is_that_of_the_file(file):
    np.savez(file, images=X)
    assert opened(file).fingerprint == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("arrays", "keys", "fault"),
    [
        ({"images": X, "y": Y}, {"labels": "labels"}, "no array 'labels'; known: images, y"),
        ({"images": X}, {"inputs": "image"}, "no array 'image'; did you mean 'images'?"),
        ({"y": Y}, {}, "holds no array of inputs, only y"),
        ({}, {}, "holds no array of inputs, only nothing"),
        (
            {"images": X, "y": Y[:3]},
            {},
            f"the arrays differ in their number of samples (images: 4, y: 3); {LENGTHS}",
        ),
        ({"images": X[:0], "y": Y[:0]}, {}, "holds no samples"),
        ({"images": np.float32(1)}, {}, "holds no samples"),
    ],
)
def test_arrays_that_do_not_fit_are_an_error(file, arrays, keys, fault):
    np.savez(file, **arrays)
    with pytest.raises(DataError, match=exactly(f"{file}: {fault}")):
        opened(file, **keys)


def test_a_missing_file_is_an_error(file):
    with pytest.raises(DataError, match=exactly(f"{file}: no such data file")):
        opened(file)


def _junk(file):
    file.write_bytes(b"junk")


def _empty(file):
    file.write_bytes(b"")


def _truncated(file):
    np.savez(file, images=X)
    file.write_bytes(file.read_bytes()[:-40])


def _damaged(file):
    np.savez_compressed(file, images=np.random.default_rng(0).integers(9, size=(50, 3)))
    content = bytearray(file.read_bytes())
    content[80:120] = bytes(40)
    file.write_bytes(content)


@pytest.mark.parametrize("spoil", [_junk, _empty, _truncated, _damaged])
def test_a_file_that_cannot_be_read_is_an_error(file, spoil):
    spoil(file)
    with pytest.raises(DataError) as told:
        opened(file)
    assert str(told.value).startswith(f"{file}: not a readable NumPy file: ")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_are_the_same_however_they_are_stored(file, save, order):
    rng = np.random.default_rng(0)
    a = np.asarray(rng.random((5, 4, 3)), order=order)
    b, y = rng.integers(255, size=(5, 7), dtype=np.uint8), np.arange(5)
    save(file, b=b, a=a, y=y)
    samples = opened(file)
    assert samples.labels == (0, 1, 2, 3, 4)
    for i in range(5):
        loaded = samples.load(i)
        assert list(loaded) == ["b", "a"]
        np.testing.assert_array_equal(loaded["a"], a[i])
        np.testing.assert_array_equal(loaded["b"], b[i])
        assert all(
            array.flags.aligned and array.flags.writeable and type(array) is np.ndarray for array in loaded.values()
        )


def test_arrays_of_an_uncompressed_file_stay_in_it(file):
    np.savez(file, images=X, y=Y)
    assert isinstance(_members(file)["images"]().read(), np.memmap)
    np.savez_compressed(file, images=X, y=Y)
    assert not isinstance(_members(file)["images"]().read(), np.memmap)


def test_arrays_that_are_not_asked_for_are_not_read(file):
    np.savez(file, images=X, y=Y, odd=np.array([{"a": 1}]))
    assert len(opened(file, inputs="images")) == 4


def test_a_later_version_of_the_header_is_read(tmp_path):
    with (tmp_path / "data.npy").open("wb") as stream:
        np.lib.format.write_array(stream, X, version=(2, 0))
    np.testing.assert_array_equal(opened(tmp_path / "data.npy").load(1), X[1])


def test_a_member_that_is_no_array_is_an_error(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(DataError, match=exactly(f"{file}: not a NumPy file: 'readme.txt' in it is no array")):
        opened(file)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_header_that_promises_more_than_there_is_is_an_error(file, method):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"shape": (10**12, 3), "fortran_order": False, "descr": "<f8"})
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("images.npy", stream.getvalue() + bytes(100))
    with pytest.raises(DataError, match=exactly(f"{file}: not a readable NumPy file: 'images.npy' in it is cut off")):
        opened(file)


def test_a_cut_off_array_is_an_error(tmp_path):
    file = tmp_path / "data.npy"
    np.save(file, X)
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(DataError, match=exactly(f"{file}: not a readable NumPy file: it is cut off")):
        opened(file)


def test_pickled_objects_are_never_loaded(tmp_path):
    array, file, archive = np.array([{"a": 1}]), tmp_path / "data.npy", tmp_path / "data.npz"
    np.save(file, array, allow_pickle=True)
    np.savez(archive, images=array)
    for one in (file, archive):
        with pytest.raises(DataError, match=exactly(f"{one}: {OBJECTS}")):
            opened(one)


def test_labels_that_stand_the_other_way_round_are_turned(file):
    np.savez(file, images=X, y=Y[None])
    assert opened(file).labels == ([0], [1], [2], [1])
    np.savez(file, images=X, y=np.eye(3, dtype=int)[Y].T)
    assert opened(file).labels == ([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0])


@pytest.mark.parametrize("labels", [Y, Y[:, None]])
def test_the_second_of_unnamed_arrays_is_the_labels(file, labels):
    np.savez(file, X, labels)
    samples = opened(file)
    assert samples.labels == tuple(labels.tolist())
    np.testing.assert_array_equal(samples.load(1), X[1])


def test_unnamed_arrays_of_which_none_or_both_may_be_labels_are_inputs(file):
    np.savez(file, X, X)
    assert opened(file).labels is None
    np.savez(file, Y, Y)
    assert opened(file).labels is None


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("train/x", "train/y", "test/x", "test/y"),
    ],
)
def test_arrays_that_are_called_like_splits_are_splits(file, names):
    np.savez(file, **dict(zip(names, (X, Y, X[:2] + 1, Y[:2]), strict=True)))
    samples = opened(file)
    assert samples.splits == ("train",) * 4 + ("test",) * 2
    assert samples.labels == (0, 1, 2, 1, 0, 1)
    assert (samples.ids[4], samples.keys[4]) == ("test#0", "4")
    np.testing.assert_array_equal([samples.load(i) for i in range(6)], np.concatenate([X, X[:2] + 1]))


def test_one_split_can_be_chosen_by_its_keys_and_one_alone_is_divided(file):
    np.savez(file, x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2])
    chosen = opened(file, inputs="x_test", labels="y_test")
    assert (chosen.labels, chosen.splits) == ((0, 1), None)
    np.savez(file, x_test=X, y_test=Y)
    assert (opened(file).labels, opened(file).splits) == ((0, 1, 2, 1), None)


def test_a_split_may_lack_labels_but_not_samples(file):
    np.savez(file, x_train=X, x_test=X[:2], y_test=Y[:2])
    assert opened(file).labels == (None,) * 4 + (0, 1)
    np.savez(file, a_train=X, b_train=X, a_test=X, y_test=Y)
    with pytest.raises(DataError, match=exactly(f"{file}: the split 'test' has no array 'b', which others have")):
        opened(file, inputs={"a": "a", "b": "b"})


@pytest.mark.parametrize(
    ("arrays", "splits"),
    [
        ({"split": np.array(["train", "val", "test", "test"])}, ("train", "val", "test", "test")),
        ({"split": np.array([b"train", b"val", b"test", b"test"])}, ("train", "val", "test", "test")),
        ({"is_train": np.array([True, False, True, False])}, ("train", "test", "train", "test")),
        ({"test_mask": np.array([True, False, True, False])}, ("test", "train", "test", "train")),
        (
            {"train_mask": np.array([True, False, False, False]), "test_mask": np.array([False, True, True, False])},
            ("train", "test", "test", "unused"),
        ),
        ({"split": np.array(["train"] * 4)}, None),
    ],
)
def test_an_array_tells_the_split_of_each_sample(file, arrays, splits):
    np.savez(file, x=X, y=Y, **arrays)
    samples = opened(file)
    assert (samples.splits, samples.labels, len(samples)) == (splits, (0, 1, 2, 1), 4)
    np.testing.assert_array_equal(samples.load(2), X[2])


def test_the_array_of_splits_can_be_named(file):
    np.savez(file, x=X, y=Y, part=np.array(["a", "b", "a", "b"]))
    assert opened(file, split="part").splits == ("a", "b", "a", "b")
    with pytest.raises(DataError, match=exactly(f"{file}: no array 'prat'; did you mean 'part'?")):
        opened(file, split="prat")


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        (
            {"split": np.array([0, 1, 2, 2])},
            "the array 'split' is int64 [4], where the name of a split is wanted for each of 4 samples; write names, "
            "as of np.array(['train', 'test'])[split]",
        ),
        (
            {"split": np.array(["train"])},
            "the array 'split' is <U5 [1], where the name of a split is wanted for each of 4 samples; write names, "
            "as of np.array(['train', 'test'])[split]",
        ),
        ({"is_train": np.array([True, False])}, "2 values in 'is_train', and 4 samples"),
    ],
)
def test_an_array_that_tells_no_splits_is_an_error(file, arrays, fault):
    np.savez(file, x=X, y=Y, **arrays)
    with pytest.raises(DataError, match=exactly(f"{file}: {fault}")):
        opened(file)


def test_the_inputs_are_the_models_or_have_a_usual_name_where_a_file_holds_more(file):
    np.savez(file, x=X, y=Y, weight=Y)
    samples = opened(file)
    np.testing.assert_array_equal(samples.load(1), X[1])
    assert samples.column("weight") == [0, 1, 2, 1]
    with pytest.raises(
        DataError, match=exactly(f"{file}: 'x' is an array [4, 3], where one value is wanted for each of 4 samples")
    ):
        samples.column("x")
    np.savez(file, images=X, y=Y, mean=np.zeros(3), class_names=np.array(["a", "b", "c"]))
    assert opened(file).classes == ("a", "b", "c")
    np.testing.assert_array_equal(opened(file).load(1), X[1])
    np.savez(file, a=X, b=X + 1, y=Y)
    mapped = opened(file, inputs={"x": "b"})
    np.testing.assert_array_equal(mapped.load(1)["x"], X[1] + 1)


def test_numbers_of_another_order_of_bytes_are_the_machines_own(file):
    np.savez(file, x=X.astype(">f4"))
    assert opened(file).load(0).dtype == np.dtype("float32")


def _npy(header):
    """A file of this header, and nothing behind it."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"descr": "|V8", "fortran_order": False, "shape": (0,)}, "an array of |V8, neither numbers nor texts"),
        (
            {"descr": [("a", "<f4")], "fortran_order": False, "shape": (0,)},
            "an array of [('a', '<f4')], neither numbers nor texts",
        ),
        ({"descr": "<f4", "fortran_order": False, "shape": (-1, 3)}, "an array of a negative size [-1, 3]"),
        ({"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 3)}, "it is cut off"),
    ],
)
def test_an_absurd_header_is_refused(tmp_path, header, why):
    file = tmp_path / "x.npy"
    file.write_bytes(_npy(header))
    with pytest.raises(DataError, match=exactly(f"{file}: not a readable NumPy file: {why}")):
        opened(file)


def test_a_header_that_is_no_python_is_refused(tmp_path):
    file = tmp_path / "x.npy"
    for text in (b"(" * 5000, b"{'a': " * 1500, b"\0" * 64, b"{'shape': (1,), 'descr': '<f4', 'fortran_order': 1"):
        file.write_bytes(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text)
        with pytest.raises(DataError, match=rf"\A{file}: not a readable NumPy file: ."):
            opened(file)


def test_compressed_arrays_are_not_unpacked_beyond_the_limit(file):
    np.savez_compressed(file, images=np.zeros((4, 100)), y=Y)
    assert len(opened(file, max_bytes=3232)) == 4
    message = (
        f"{file}: its compressed arrays take 3,232 bytes, data.source.max_bytes is 3,231; raise it if that is meant"
    )
    with pytest.raises(DataError, match=exactly(message)):
        opened(file, max_bytes=3231)


def test_a_sample_beyond_the_limit_is_refused_before_it_is_read(file):
    np.savez(file, images=np.zeros((4, 100)))
    message = f"{file}: a sample of 'images' takes 800 bytes, data.source.max_bytes is 799; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(message)):
        opened(file, max_bytes=799)


def test_more_samples_than_the_limit_are_refused_though_they_take_no_bytes(tmp_path):
    file = tmp_path / "x.npy"
    file.write_bytes(_npy({"descr": "<f4", "fortran_order": False, "shape": (1 << 60, 0)}))
    message = (
        f"{file}: 1,152,921,504,606,846,976 samples, data.source.max_samples is 10,000,000; raise it if that is meant"
    )
    with pytest.raises(DataError, match=exactly(message)):
        opened(file)


def test_a_file_of_thousands_of_arrays_is_refused(file):
    with zipfile.ZipFile(file, "w") as archive:
        for index in range(1001):
            archive.writestr(f"{index}.npy", b"")
    message = f"{file}: not a readable NumPy file: 1,001 arrays in it, at most 1,000 are read"
    with pytest.raises(DataError, match=exactly(message)):
        opened(file)
