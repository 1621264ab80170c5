"""Frames of a film's file, found by their number without decoding all that come before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ovopt.contracts import Array
from ovopt.data.content import file_at
from ovopt.errors import DataError
from ovopt.locate import optional
from ovopt.model.ports.extent import check_fits

FILMS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm", ".wmv"})
TIMES_KEPT, COUNTS_KEPT = 64, 100_000
"""Films whose times of frames are remembered, and whose number of frames is."""


@lru_cache(COUNTS_KEPT)
def frame_count(file: Path) -> int:
    """Number of frames: as the file says, else by looking at all its packets. Raises DataError where it is no film,
    SettingsError where PyAV is missing."""
    with _Opened(file) as (container, stream):
        return int(stream.frames) or sum(1 for _ in _packets(container, stream))


def frames_of(file: Path, numbers: Sequence[int]) -> list[Array]:
    """Frames by their ascending numbers, counted from 0: uint8 [height, width, 3], RGB, upright. Raises DataError where
    there is no such frame, or it cannot be decoded."""
    wanted = list(dict.fromkeys(numbers))
    found = _sought(file, wanted)
    if len(found) < len(wanted):  # times that are missing or told wrongly: count from the first
        found = _counted(file, wanted)
    if missing := [number for number in wanted if number not in found]:
        raise DataError(f"{file}: frame {missing[0]} cannot be decoded; the film is cut off, or shorter than it says")
    return [found[number] for number in numbers]


def _sought(file: Path, wanted: Sequence[int]) -> dict[int, Array]:
    """Frames from the last key frame before the first on; as many as their times lead to."""
    times = _times(file)
    if not times or wanted[-1] >= len(times):
        return {}
    number_of = {times[number]: number for number in wanted}
    with _Opened(file) as (container, stream):
        container.seek(times[wanted[0]], stream=stream, backward=True)
        found: dict[int, Array] = {}
        for frame in container.decode(stream):
            if frame.pts in number_of:
                found[number_of[frame.pts]] = _pixels(frame, file)
            if frame.pts is None or frame.pts >= times[wanted[-1]]:
                break
        return found


def _counted(file: Path, wanted: Sequence[int]) -> dict[int, Array]:
    chosen = set(wanted)
    with _Opened(file) as (container, stream):
        found: dict[int, Array] = {}
        for number, frame in enumerate(container.decode(stream)):
            if number in chosen:
                found[number] = _pixels(frame, file)
            if number >= wanted[-1]:
                break
        return found


@lru_cache(TIMES_KEPT)
def _times(file: Path) -> tuple[int, ...]:
    """The time of each frame, in the stream's own unit, as they are shown; none where they are not told apart."""
    with _Opened(file) as (container, stream):
        times = [packet.pts for packet in _packets(container, stream)]
    known = [time for time in times if time is not None]
    return tuple(sorted(known)) if len(set(known)) == len(times) else ()


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    return (packet for packet in container.demux(stream) if packet.size and not packet.is_discard)


def _pixels(frame: Any, file: Path) -> Array:
    check_fits(frame.width * frame.height * 3, f"{file}: a frame", DataError)
    pixels: Array = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90 % 4)) if frame.rotation else pixels


class _Opened:
    """A film that is open, and its first stream of pictures. What PyAV raises meanwhile becomes a DataError."""

    def __init__(self, file: Path) -> None:
        self._file = file_at(file, "film")
        self._av = optional("av", f"{file}: reading it needs PyAV", "video")

    def __enter__(self) -> tuple[Any, Any]:
        try:
            self._container = self._av.open(str(self._file))
        except (OSError, ValueError, self._av.error.FFmpegError) as error:
            raise self._refused(error) from None
        if not self._container.streams.video:
            self._container.close()
            raise DataError(f"{self._file}: holds no pictures")
        return self._container, self._container.streams.video[0]

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._container.close()
        if isinstance(error, OSError | ValueError | self._av.error.FFmpegError):
            raise self._refused(error) from None

    def _refused(self, error: BaseException) -> DataError:
        said = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), "")
        return DataError(f"{self._file}: not a readable film: {said}")
