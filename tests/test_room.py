"""Limits of a process that a run would founder on."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from ovopt.errors import UsageError
from ovopt.room import check_room, exhausted
from tests.factories import exactly

FILES_ADVICE = "raise it, for example with `ulimit -n 1024`, or close files"
MEMORY_ADVICE = "allow more, for example with `ulimit -v unlimited`, or end other programs"


@contextmanager
def limited(kind: int, soft: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def test_a_process_with_room_is_left_as_it_is() -> None:
    files, size = os.listdir("/proc/self/fd"), psutil.Process().memory_info().vms
    check_room()
    assert os.listdir("/proc/self/fd") == files
    assert psutil.Process().memory_info().vms <= size


def test_too_few_files_are_told_before_a_run() -> None:
    message = f"a run opens up to 64 files, too many for this process (the limit is 60): {FILES_ADVICE}"
    with limited(resource.RLIMIT_NOFILE, 60), pytest.raises(UsageError, match=exactly(message)):
        check_room()


def test_too_little_memory_is_told_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SciPy is loaded with too little, OpenBLAS asks again and again without end."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    little = psutil.Process().memory_info().vms + (1200 << 20)
    message = (
        "a run takes 1216 MiB of memory at least, too much for this process "
        f"(the limit is {little >> 20} MiB): {MEMORY_ADVICE}"
    )
    with limited(resource.RLIMIT_AS, little), pytest.raises(UsageError, match=exactly(message)):
        check_room()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_files_that_run_out_later_are_no_internal_error(number: int) -> None:
    with limited(resource.RLIMIT_NOFILE, 900):
        told = exhausted(OSError(number, os.strerror(number), "data.npz"))
    assert told == f"no more files can be opened (the limit is 900): {FILES_ADVICE}"


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory")])
def test_memory_that_runs_out_later_is_no_internal_error(error: Exception) -> None:
    assert exhausted(error) == f"out of memory: {MEMORY_ADVICE}"


def test_other_errors_are_not_about_room() -> None:
    assert exhausted(FileNotFoundError(errno.ENOENT, "No such file")) is None
    assert exhausted(ValueError("x")) is None
