"""Memory and open files that a process still may have. Native libraries hang or break where they get none, so it is
looked before they are loaded."""

from __future__ import annotations

import errno
import mmap
import os
import resource
import sys

from ovopt.errors import UsageError

FILES = 64
"""A comparison of a few models has half of them open."""
MEMORY_BYTES = 1 << 30
"""Addresses that quantization of a small model takes. With less, native code ends the process somewhere, or hangs."""
PER_PROCESSOR_BYTES = 64 << 20
"""Twice the 32 MiB that OpenBLAS, which comes with NumPy and with SciPy, takes for a thread. It asks for them again and
again, without end, where it gets none."""
UNRESERVED = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)
"""The constant is younger than Python 3.11."""
MORE_FILES = "raise it, for example with `ulimit -n 1024`, or close files"
MORE_MEMORY = "allow more, for example with `ulimit -v unlimited`, or end other programs"


def check_room() -> None:
    """Raises UsageError where this process cannot open the files, or have the memory, that any model takes."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    size = MEMORY_BYTES + processors * PER_PROCESSOR_BYTES
    if not _has_files(FILES):
        raise UsageError(
            f"a run opens up to {FILES} files, too many for this process ({_limit_of_files()}): {MORE_FILES}"
        )
    if not _has_memory(size):
        needed = f"a run takes {size >> 20} MiB of memory at least"
        raise UsageError(f"{needed}, too much for this process{_limit_of_memory()}: {MORE_MEMORY}")


def exhausted(error: Exception) -> str | None:
    """The message on an error that says that files or memory have run out; None for any other."""
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EMFILE, errno.ENFILE):
        return f"no more files can be opened ({_limit_of_files()}): {MORE_FILES}"
    if number == errno.ENOMEM or isinstance(error, MemoryError):
        return f"out of memory{_limit_of_memory()}: {MORE_MEMORY}"
    return None


def _has_files(count: int) -> bool:
    opened = list[int]()
    try:
        for _ in range(count):
            opened.append(os.dup(opened[0]) if opened else os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return True


def _has_memory(size: int) -> bool:
    """The limits of the process are asked: what the machine has is only taken where it is written to."""
    try:
        mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | UNRESERVED).close()
    except OSError:
        return False
    return True


def _limit_of_files() -> str:
    return f"the limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}"


def _limit_of_memory() -> str:
    limit = min(
        (soft for soft, _ in map(resource.getrlimit, (resource.RLIMIT_AS, resource.RLIMIT_DATA)) if soft >= 0),
        default=None,
    )
    return "" if limit is None else f" (the limit is {limit >> 20} MiB)"
