"""Outputs that are whole or absent: claimed before the work, written beside their place, then renamed; what is no file,
such as a device or a pipe, is written into."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from ovopt.claim import ClaimError, claimed, take_place
from ovopt.errors import OutputError
from ovopt.scratch import scratch_folder

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The disk is, the quota, or the largest size that a file may have."""
OPTION = "-o/--output"
DESCRIPTORS = ("/dev/fd", "/proc/self/fd")
"""Folders of this process's open files, to one of which /dev/stdout leads."""
UNREAD = "nobody reads this pipe yet"
LINKS = 40
"""Symbolic links, one leading to the next, that a path may have."""


class Output:
    """A folder's name that this run has claimed."""

    def __init__(self, target: Path, place: Path, scratch: Path) -> None:
        self.target = target
        """As the user wrote it."""
        self._place, self._scratch = place, scratch

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A temporary folder that becomes the output when the block ends well, in place of what stands there."""
        folder = self._scratch / self._place.name
        with _blaming(self.target, OPTION):
            folder.mkdir()
        yield folder
        with _blaming(self.target, OPTION):
            take_place(folder, self._place, self._scratch)


@contextmanager
def claimed_folder(target: Path, force: bool, mark: str) -> Iterator[Output]:
    """A claim on a folder's name, from the start of the work.

    With `force`, an existing folder is replaced, but only one that is empty or holds the file `mark`, so that a
    mistyped path costs nothing. Raises OutputError where it must not be replaced, another run writes it, or nothing can
    be written there.
    """
    place = _free_folder(target, force, mark)
    with _beside(target, place, OPTION) as scratch:
        _free_folder(target, force, mark)  # by now the run before may have ended
        yield Output(target, place, scratch)


@contextmanager
def claimed_name(target: Path) -> Iterator[None]:
    """A claim on a name alone: of work that writes beside it as it goes. Raises OutputError where another run has
    claimed it, or nothing can be written there."""
    with _beside(target, target, OPTION):
        yield


@contextmanager
def new_folder(target: Path, force: bool, mark: str) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and is removed when it does not; claimed as
    `claimed_folder` does."""
    with claimed_folder(target, force, mark) as output, output.new() as folder:
        yield folder


def new_file(target: Path, force: bool, mark: str, option: str = OPTION) -> AbstractContextManager[Path]:
    """A temporary file that becomes `target` when the block ends well, and is removed when it does not. What is no
    regular file, such as a device, a pipe or /dev/stdout, gets its content instead.

    With `force`, an existing file is replaced, but only one that is empty or holds the text `mark` in its beginning.
    Raises OutputError where it must not be replaced, another run writes it, or nothing can be written there: `option`
    names it.
    """
    with _blaming(target, option):
        stream = _stream(target)
    return _regular(target, force, mark, option) if stream is None else _into(stream, target, option)


def write_text(file: Path, text: str, errors: str = "strict") -> None:
    """Write a file in UTF-8. An OSError names the file, also where there is no room for it."""
    try:
        file.write_text(text, encoding="utf-8", errors=errors)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None


@contextmanager
def _regular(target: Path, force: bool, mark: str, option: str) -> Iterator[Path]:
    place = _free_file(target, force, mark, option)
    with _beside(target, place, option) as scratch:
        _free_file(target, force, mark, option)
        file = scratch / place.name
        yield file
        with _blaming(target, option):
            os.replace(file, place)


@contextmanager
def _into(stream: int, target: Path, option: str) -> Iterator[Path]:
    with os.fdopen(stream, "wb", buffering=0), scratch_folder() as scratch:
        file = scratch / "content"
        yield file
        left = memoryview(file.read_bytes())
        with _blaming(target, option):
            sys.stdout.flush()  # in front of it, where it is the same
            while left:
                left = left[os.write(stream, left) :]


def _stream(target: Path) -> int | None:
    """An open descriptor of a device, a pipe, or a file that this process was given open; None for what is a regular
    file, a folder, or not there yet. Raises OSError, with what to do, where it can take no content."""
    own = _descriptor(target)
    if own is not None:
        return os.dup(own)
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        raise OSError(errno.EINVAL, "it is a disk" if stat.S_ISBLK(mode) else "it is a socket")
    try:
        stream = os.open(target, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(mode):
            raise OSError(errno.EPIPE, UNREAD) from None
        raise
    os.set_blocking(stream, True)
    return stream


def _descriptor(target: Path) -> int | None:
    """The number of the open file of this process that a path, or a link, stands for."""
    folders = {os.path.realpath(folder) for folder in DESCRIPTORS}
    for _ in range(LINKS):
        if target.name.isdecimal() and os.path.realpath(target.parent) in folders:
            return int(target.name)
        if not target.is_symlink():
            return None
        target = target.parent / os.readlink(target)
    return None


def _free_folder(target: Path, force: bool, mark: str) -> Path:
    """The path that is written. Raises OutputError where that must not be done."""
    if target.name in ("", ".."):
        raise OutputError(f"{target}: name a folder of its own")
    with _blaming(target, OPTION):
        place, there = _followed(target)
        if there and not target.is_dir():
            raise OutputError(f"{target}: is a file; name a folder")
        if target.is_mount():
            raise OutputError(f"{target}: is a mount point, which cannot be replaced; name a folder in it")
        if there and any(target.iterdir()) and not (target / mark).is_file():
            raise OutputError(f"{target}: not an ovopt bundle (no {mark} in it), so --force does not replace it")
    if there and not force:
        raise OutputError(_taken(target, OPTION))
    return place


def _free_file(target: Path, force: bool, mark: str, option: str) -> Path:
    """The path that is written. Raises OutputError where that must not be done."""
    with _blaming(target, option):
        place, there = _followed(target)
        if target.is_dir():
            raise OutputError(f"{target}: is a folder; name a file")
        if there and target.stat().st_size and mark.encode() not in _beginning(target):
            raise OutputError(f"{target}: not a file that ovopt wrote, so --force does not replace it")
    if there and not force:
        raise OutputError(_taken(target, option))
    return place


def _followed(target: Path) -> tuple[Path, bool]:
    """The path that a symbolic link leads to, which stays, and True where something is there."""
    try:
        target.stat()
        there = True
    except FileNotFoundError:
        there = False
    return (target.resolve() if target.is_symlink() else target), there


def _taken(target: Path, option: str) -> str:
    return f"{target}: exists already; {_another(option)}, or --force to replace it"


def _another(option: str) -> str:
    return f"choose another {option}"


def _beginning(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(256)


@contextmanager
def _beside(target: Path, place: Path, option: str) -> Iterator[Path]:
    """A claim on the place: a scratch folder beside it. What the system says of that folder is said of the output."""
    with ExitStack() as stack:
        try:
            with _blaming(target, option):
                scratch = stack.enter_context(claimed(place))
        except ClaimError as error:
            raise OutputError(f"{target}: {error}, or {_another(option)}") from None
        try:
            yield scratch
        except OSError as error:
            if scratch in Path(str(error.filename)).parents:
                raise OutputError(_told(target, error, option)) from None
            raise


@contextmanager
def _blaming(target: Path, option: str) -> Iterator[None]:
    """Errors of the system are said of the output."""
    try:
        yield
    except OSError as error:
        raise OutputError(_told(target, error, option)) from None


def _told(target: Path, error: OSError, option: str) -> str:
    why = os.strerror(errno.ENOTDIR) if isinstance(error, FileExistsError) else error.strerror
    hints = {errno.EPIPE: "start its reader first, or ", **dict.fromkeys(FULL, "make room there, or ")}
    return f"{target}: cannot be written: {why}; {hints.get(error.errno or 0, '')}{_another(option)}"
