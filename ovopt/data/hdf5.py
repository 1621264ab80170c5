"""Arrays of an HDF5 file, through h5py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from ovopt.contracts import Samples
from ovopt.data.array_file import ArrayFile, Entry, StoredArray, readable
from ovopt.data.content import file_at, hash_of
from ovopt.data.named_arrays import ArraySource
from ovopt.errors import shortened
from ovopt.locate import expand, optional
from ovopt.records import Port

KIND, SUFFIXES = "HDF5 file", (".h5", ".hdf5", ".he5")
CHUNKS_BYTES = 64 << 20
"""Memory for unpacked chunks of each array."""
T = TypeVar("T")


class Hdf5(ArraySource):
    """An HDF5 file with one array per model input (first axis: samples) and, optionally, one of labels.

    Arrays inside groups are called `group/array`. Splits of its own are what names of arrays or groups tell (`x_train`,
    `test/x` ...), an array `split` of names, or one of truth values (`is_train`). Samples are read one at a time. Links
    to other files are not followed. Needs the extra `arrays`.
    """

    name: ClassVar[str] = "hdf5"

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes of HDF5."""
        return path.lower().endswith(SUFFIXES)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the arrays' entries along their first axis. Raises DataError where an array is missing or broken,
        or the arrays differ in length, SettingsError where h5py is missing."""
        file = file_at(expand(self.path), "data file")
        h5py = optional("h5py", f"{file}: reading it needs h5py", "arrays")
        opened = _checked(file, lambda: h5py.File(file, "r", rdcc_nbytes=CHUNKS_BYTES))
        members = _checked(file, lambda: dict(_arrays(opened, h5py)))
        find = cache(lambda key: _checked(file, lambda: _entry(file, members[key], h5py)))
        found = ArrayFile(str(file), file.name, [*members], find, lambda: hash_of(file))
        return self.samples_of(found, inputs)


def _arrays(group: Any, h5py: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Arrays by name, those of groups too. What links lead to is left out."""
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.HardLink):
            member = group[name]
            if isinstance(member, h5py.Group):
                yield from _arrays(member, h5py, f"{before}{name}/")
            elif isinstance(member, h5py.Dataset):
                yield f"{before}{name}", member


def _entry(file: Path, array: Any, h5py: Any) -> Entry:
    """Raises ValueError where the values lie in another file, or are neither numbers nor texts."""
    if array.external or array.is_virtual:
        raise ValueError(f"{array.name!r} lies in other files")
    if h5py.check_string_dtype(array.dtype):
        return Entry(array.shape, np.dtype("U16"), lambda: _checked(file, lambda: array.asstr()[...].astype(str)))
    varying = h5py.check_vlen_dtype(array.dtype)
    dtype = np.dtype(varying or array.dtype)
    if dtype.kind not in "biuf":
        raise ValueError(f"{array.name!r} is an array of {shortened(str(dtype))}, neither numbers nor texts")
    place = None if varying or array.chunks else array.id.get_offset()
    if place is not None and array.size:
        return Entry(array.shape, dtype, partial(np.memmap, file, dtype, "r", place, array.shape))
    return Entry(array.shape, dtype, lambda: StoredArray(file, KIND, array))


def _checked(file: Path, call: Callable[[], T]) -> T:
    return readable(file, KIND, call)
