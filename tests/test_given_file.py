"""Files that a user names."""

import os
import socket

import pytest

from ovopt.errors import DataError, ModelError, quoted, shortened
from ovopt.given_file import check_file, check_path, open_file, read_file
from tests.factories import exactly


def _opened(file):
    with open_file(file, DataError) as stream:
        return stream.read(1)


READERS = (
    lambda file: check_file(file, "data file", DataError),
    lambda file: check_path(file, DataError),
    lambda file: read_file(file, DataError),
    _opened,
)


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_a_socket_and_a_device_are_refused_for_what_they_are(tmp_path, read):
    pipe, place = tmp_path / "pipe", tmp_path / "socket"
    os.mkfifo(pipe)
    with pytest.raises(
        DataError, match=exactly(f"{pipe}: a pipe, not a file; write what comes out of it to a file, and give that")
    ):
        read(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        with pytest.raises(DataError, match=exactly(f"{place}: a socket, not a file; give a regular file")):
            read(place)
    device = tmp_path / "device"
    device.symlink_to("/dev/zero")
    with pytest.raises(DataError, match=exactly(f"{device}: a device, not a file; give a regular file")):
        read(device)


@pytest.mark.parametrize("read", READERS)
def test_what_can_be_no_name_is_refused_in_short(tmp_path, read):
    file = tmp_path / ("x" * 10_000)
    with pytest.raises(DataError, match=exactly(f"{shortened(str(file))}: cannot be read: File name too long")):
        read(file)
    zero = tmp_path / "a\0b"
    with pytest.raises(DataError, match=exactly(f"{quoted(str(zero))}: holds a zero byte, as no file's name does")):
        read(zero)


def test_a_file_and_a_folder_are_told_apart(tmp_path):
    file = tmp_path / "x"
    assert check_path(file, ModelError) == file
    with pytest.raises(ModelError, match=exactly(f"{file}: no such model file")):
        check_file(file, "model file", ModelError)
    file.write_bytes(b"ab")
    assert check_file(file, "model file", ModelError) == check_path(file, ModelError) == file
    assert check_path(tmp_path, ModelError) == tmp_path
    with pytest.raises(ModelError, match=exactly(f"{tmp_path}: a folder, not a file; name a file")):
        check_file(tmp_path, "model file", ModelError)


def test_a_file_larger_than_the_limit_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "x"
    with file.open("wb") as stream:
        stream.truncate(40_000_000_000)  # of which the disk holds nothing
    message = f"{file}: 40,000,000,000 bytes, data.source.max_bytes is 1,073,741,824; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(message)):
        read_file(file, DataError, key="data.source.max_bytes")
    file.write_bytes(b"abc")
    assert read_file(file, DataError, 3) == b"abc"
    with pytest.raises(DataError, match=exactly(f"{file}: 3 bytes, at most 2 are read")):
        read_file(file, DataError, 2)
