"""Hashes of what results depend on, and files that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ovopt.resumable import digest, replacing


def test_a_digest_tells_every_part_apart() -> None:
    found = [("a", "b"), ("ab",), ("ab", ""), ("b", "a"), ("a", 1), ("a", 2)]
    assert len({digest(*parts) for parts in found}) == len(found)
    assert digest("a", 1) == digest("a", "1")


def test_arrays_are_told_apart_by_their_values_shapes_and_types() -> None:
    one = np.arange(6, dtype=np.int32)
    found = [[], [one], [one.reshape(2, 3)], [one.view(np.float32)], [one[::-1]], [one, one]]
    assert len({digest(arrays=arrays) for arrays in found}) == len(found)
    assert digest(arrays=[one]) == digest(arrays=iter([one.copy()]))


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "state.bin"
    with replacing(file) as scratch:
        scratch.write_text("one")
        assert not file.exists()
    assert file.read_text() == "one"
    assert list(file.parent.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "state.bin"
    file.write_text("one")
    with pytest.raises(FileNotFoundError), replacing(file) as scratch:
        (scratch / "in a file").write_text("half")
    assert (file.read_text(), list(tmp_path.iterdir())) == ("one", [file])


def test_a_link_stays_and_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("state.bin")
    with replacing(tmp_path / "link") as scratch:
        scratch.write_text("one")
    assert ((tmp_path / "link").readlink(), (tmp_path / "state.bin").read_text()) == (Path("state.bin"), "one")
    with pytest.raises(OSError, match="it is no regular file"), replacing(Path("/dev/null")):
        pass
