"""Arrays of a Zarr store."""

import json

import numpy as np
import pytest

from ovopt.data.zarr import Zarr
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

zarr = pytest.importorskip("zarr")
pytestmark = pytest.mark.filterwarnings("ignore::zarr.errors.ZarrUserWarning", "ignore::FutureWarning:zarr.*")
PORT = [Port(name="x", shape=(None, 3), dtype="f32")]
X, Y = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([0, 1, 2, 1])


def opened(root, **keys):
    return Zarr(path=str(root), **keys).open(PORT, seed=0)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("chunks", [(4, 3), (3, 2), (1, 3)])
def test_arrays_are_read_by_name_however_they_are_stored(tmp_path, version, chunks):
    stored = zarr.open_group(tmp_path / "data", mode="w", zarr_format=version)
    stored.create_array("images", data=X, chunks=chunks)
    stored.create_array("label", data=Y)
    samples = opened(tmp_path / "data")
    assert (samples.labels, samples.splits, samples.ids[3]) == ((0, 1, 2, 1), None, "data#3")
    np.testing.assert_array_equal([samples.load(i) for i in (3, 0, 1, 2)], X[[3, 0, 1, 2]])
    assert Zarr.recognises(str(tmp_path / "data"))


def test_groups_and_an_array_of_names_are_splits(tmp_path):
    stored = zarr.open_group(tmp_path / "data", mode="w")
    for split, count in (("train", 4), ("test", 2)):
        group = stored.create_group(split)
        group.create_array("x", data=X[:count])
        group.create_array("y", data=Y[:count])
    samples = opened(tmp_path / "data")
    assert (samples.splits, samples.labels) == (("test",) * 2 + ("train",) * 4, (0, 1, 0, 1, 2, 1))
    stored = zarr.open_group(tmp_path / "named", mode="w", zarr_format=2)
    stored.create_array("x", data=X)
    stored.create_array("split", data=np.array(["train", "test"] * 2))
    assert opened(tmp_path / "named").splits == ("train", "test") * 2


def test_one_array_and_a_zip_are_stores(tmp_path):
    zarr.save(str(tmp_path / "one"), X)
    np.testing.assert_array_equal(opened(tmp_path / "one").load(2), X[2])
    with zarr.storage.ZipStore(tmp_path / "data.zarr.zip", mode="w") as store:
        zarr.open_group(store, mode="w").create_array("x", data=X)
    np.testing.assert_array_equal(opened(tmp_path / "data.zarr.zip").load(1), X[1])
    assert Zarr.recognises(str(tmp_path / "data.zarr.zip"))


def test_the_fingerprint_is_that_of_the_values(tmp_path):
    for name, values in (("a", X), ("b", X), ("c", X + 1)):
        zarr.save(str(tmp_path / name), values)
    first, second, third = (opened(tmp_path / name).fingerprint for name in "abc")
    assert first == second != third


def test_objects_are_never_loaded(tmp_path):
    stored = zarr.open_group(tmp_path / "data", mode="w", zarr_format=2)
    stored.create_array("x", data=np.arange(4))
    file = tmp_path / "data" / "x" / ".zarray"
    file.write_text(json.dumps({**json.loads(file.read_text()), "compressor": {"id": "pickle"}}))
    fault = "x/.zarray tells of Python objects, and reading them would run code; store numbers"
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'data'}: {fault}")):
        opened(tmp_path / "data")


def test_a_chunk_beyond_the_limit_is_refused(tmp_path):
    zarr.save(str(tmp_path / "data"), X)
    fault = "a chunk of 'inputs' takes 48 bytes, data.source.max_bytes is 47; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'data'}: {fault}")):
        opened(tmp_path / "data", max_bytes=47)


def test_a_store_that_cannot_be_read_or_leads_elsewhere_is_an_error(tmp_path):
    zarr.save(str(tmp_path / "data"), X)
    (tmp_path / "data" / "link").symlink_to("/etc/passwd")
    with pytest.raises(DataError, match=r"\Aa symbolic link: 'link' leads outside"):
        opened(tmp_path / "data")
    (tmp_path / "data" / "link").unlink()
    (tmp_path / "data" / "zarr.json").write_text("{")
    with pytest.raises(DataError, match=rf"\A{tmp_path / 'data'}: not a readable Zarr store: ."):
        opened(tmp_path / "data")
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'no'}: no such data folder")):
        opened(tmp_path / "no")
