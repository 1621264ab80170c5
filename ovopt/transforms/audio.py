"""Recordings from files: channels, rate, length, windows."""

from __future__ import annotations

import io
import struct
from math import gcd
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.arrays.arguments import holds, numbers_of
from ovopt.contracts import Array, Parts, Transform
from ovopt.errors import DataError
from ovopt.given_file import beyond
from ovopt.locate import optional
from ovopt.transforms.sniff import seems
from ovopt.transforms.sound import Sound, signal_of

MOST_UNEVEN = 10_000
"""Rates whose ratio in lowest terms has a larger number would need a filter of as many thousand taps."""
UNKNOWN_SIZES = (0, 0xFFFFFFFF)
"""What a WAV header says that was written before its length was known."""


class DecodeAudio(Transform):
    """Decode a recording (WAV, FLAC, Ogg, MP3, AIFF) to float32 samples with their rate. Recordings that are already
    decoded pass through. Needs the extra `audio`."""

    name: ClassVar[str] = "decode_audio"
    decodes: ClassVar[bool] = True
    max_bytes: int = Field(default=4 << 30, gt=0, description="a recording whose samples take more is refused")

    def __call__(self, content: Any) -> Sound:
        """The recording, all its channels."""
        if isinstance(content, Sound):
            return content
        if not isinstance(content, bytes):
            raise DataError(f"decode_audio: wants a file's bytes, not a {type(content).__name__}")
        soundfile = optional("soundfile", "recordings need soundfile", "audio")
        _refuse_cut_wav(content)
        try:
            with soundfile.SoundFile(io.BytesIO(content)) as file:
                self._check_size(file.frames * file.channels * np.dtype(np.float32).itemsize)
                if file.seekable():
                    file.seek(0)  # as `soundfile.read` does, without which MP3 has other last bits
                samples, rate = file.read(dtype="float32", always_2d=True), file.samplerate
        except DataError:
            raise
        except Exception as error:  # a broken header can also ask for more memory than there is
            raise DataError(
                f"decode_audio: not a recording that can be read; it seems to be {seems(content)} "
                f"({len(content):,} bytes): {error}"
            ) from None
        if not len(samples):
            raise DataError("decode_audio: a recording without samples")
        return Sound(samples, int(rate))

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self.max_bytes:
            raise DataError(f"decode_audio: {beyond(size_bytes, 'bytes of samples', '`max_bytes`', self.max_bytes)}")


class Mono(Transform):
    """One channel: the mean of all. Arrays of samples pass through."""

    name: ClassVar[str] = "mono"

    def __call__(self, content: Any) -> Any:
        """The recording with one channel."""
        if isinstance(content, Sound):
            return content.with_samples(content.samples.mean(axis=1, keepdims=True, dtype=np.float32))
        return signal_of(content, self.name)


class Resample(Transform):
    """Bring a recording to a rate: `resample: 16000`, by SciPy's polyphase filter (`scipy.signal.resample_poly`)."""

    name: ClassVar[str] = "resample"
    sole: ClassVar[str | None] = "rate"
    rate: int = Field(gt=0, le=1_000_000, description="samples a second that come out")
    source_rate: int | None = Field(
        default=None, gt=0, description="samples a second of content that does not carry its rate: plain arrays"
    )

    def __call__(self, content: Any) -> Sound:
        """The recording at the new rate, all its channels."""
        sound = self._sound(content)
        if sound.rate == self.rate:
            return sound
        common = gcd(self.rate, sound.rate)
        up, down = self.rate // common, sound.rate // common
        if max(up, down) > MOST_UNEVEN:
            raise DataError(
                f"resample: {sound.rate} Hz to {self.rate} Hz is {up}/{down} in lowest terms, too uneven to resample; "
                "is the file's rate right?"
            )
        from scipy.signal import resample_poly

        samples = np.asarray(resample_poly(sound.samples, up, down, axis=0), np.float32)
        return Sound(samples, self.rate)

    def _sound(self, content: Any) -> Sound:
        if isinstance(content, Sound):
            return content
        signal = signal_of(content, self.name)
        if self.source_rate is None:
            raise DataError("resample: an array does not carry its rate; give `source_rate`")
        return Sound(signal.astype(np.float32)[:, np.newaxis], self.source_rate)


class ExpectRate(Transform):
    """Refuse a recording of another rate than this one: `expect_rate: 16000`."""

    name: ClassVar[str] = "expect_rate"
    sole: ClassVar[str | None] = "rate"
    rate: int = Field(gt=0)

    def __call__(self, content: Any) -> Sound:
        """The recording as it is."""
        if not isinstance(content, Sound):
            raise DataError(
                f"expect_rate: wants a recording, not a {type(content).__name__}; put `decode_audio` before"
            )
        if content.rate != self.rate:
            raise DataError(
                f"expect_rate: a recording of {content.rate} Hz, not {self.rate} Hz; convert it, or use "
                f"`resample: {self.rate}`"
            )
        return content


class ToSamples(Transform):
    """The samples of a recording as an array. One channel needs no such step; several come out as `channels_first` or
    `channels_last`."""

    name: ClassVar[str] = "to_samples"
    sole: ClassVar[str | None] = "layout"
    layout: Literal["channels_first", "channels_last"] = "channels_first"

    def __call__(self, content: Any) -> Array:
        """float32, shape [channels, frames] or [frames, channels]."""
        if not isinstance(content, Sound):
            raise DataError(f"to_samples: wants a recording, not a {type(content).__name__}; put `decode_audio` before")
        return np.ascontiguousarray(content.samples.T) if self.layout == "channels_first" else content.samples


class FixLength(Transform):
    """Cut or fill to a length in `seconds` or `samples`: a recording, or any array along its first axis (ids of
    characters, frames of features)."""

    name: ClassVar[str] = "fix_length"
    sole: ClassVar[str | None] = "samples"
    seconds: float | None = Field(default=None, gt=0)
    samples: int | None = Field(default=None, gt=0)
    align: Literal["start", "center"] = Field(
        default="start", description="keep the beginning and fill behind, or keep the middle and fill on both sides"
    )
    fill: float = 0

    @model_validator(mode="after")
    def _one_length(self) -> FixLength:
        if (self.seconds is None) == (self.samples is None):
            raise ValueError("give exactly one of `seconds` and `samples`")
        return self

    def __call__(self, content: Any) -> Any:
        """The recording or array in the new length, of the kind that came in."""
        if isinstance(content, Sound):
            length = self.samples or max(1, round((self.seconds or 0) * content.rate))
            return content.with_samples(self._fixed(content.samples, length))
        if self.samples is None:
            raise DataError("fix_length: an array does not carry its rate; give `samples` instead of `seconds`")
        array = numbers_of(content, self.name)
        if not array.ndim:
            raise DataError("fix_length: a single number has no length")
        return self._fixed(array, self.samples)

    def _fixed(self, array: Array, length: int) -> Array:
        spare = length - len(array)
        start = abs(spare) // 2 if self.align == "center" else 0
        if spare <= 0:
            return array[start : start + length]
        if not holds(array.dtype, self.fill):
            raise DataError(f"fix_length: `fill` {self.fill} is no value of an array of {array.dtype}")
        margins = [(start, spare - start), *[(0, 0)] * (array.ndim - 1)]
        return np.pad(array, margins, constant_values=np.asarray(self.fill).astype(array.dtype))


class Window(Transform):
    """Cut a recording, or any array along its first axis, into windows; each is an inference of its own.

    A model that listens on (with a state) often wants the last samples before each window too: `context` puts them in
    front, zeros before the first.
    """

    name: ClassVar[str] = "window"
    sole: ClassVar[str | None] = "size"
    size: int = Field(gt=0, description="length of a window")
    hop: int | None = Field(default=None, gt=0, description="from one window's beginning to the next; default: size")
    context: int = Field(default=0, ge=0, description="so many values before the window are put in front of it")
    pad: bool = Field(default=True, description="fill the last window with zeros; else an incomplete one is dropped")

    def __call__(self, content: Any) -> Parts:
        """The windows, each of the kind that came in."""
        if isinstance(content, Sound):
            return Parts(content.with_samples(window) for window in self._windows(content.samples))
        return Parts(self._windows(numbers_of(content, self.name)))

    def _windows(self, array: Array) -> list[Array]:
        if not array.ndim or not len(array):
            raise DataError(f"window: nothing to cut in an array of shape {list(array.shape)}")
        hop = self.hop or self.size
        beyond = len(array) - self.size
        if beyond < 0 and not self.pad:
            raise DataError(f"window: a length of {len(array)} does not fill a window of {self.size}; set `pad: true`")
        count = 1 + (-(-max(beyond, 0) // hop) if self.pad else beyond // hop)
        behind = max(0, (count - 1) * hop + self.size - len(array))
        margins = [(self.context, behind), *[(0, 0)] * (array.ndim - 1)]
        padded = np.pad(array, margins)
        return [padded[i * hop : i * hop + self.context + self.size] for i in range(count)]


class Frame(Transform):
    """Cut the samples of a recording into overlapping frames: one array [frames, size]. A rest that fills no frame is
    dropped."""

    name: ClassVar[str] = "frame"
    size: int = Field(gt=0, description="length of a frame")
    hop: int = Field(gt=0, description="from one frame's beginning to the next")

    def __call__(self, content: Any) -> Array:
        """Shape [frames, size]."""
        signal = signal_of(content, self.name)
        if len(signal) < self.size:
            raise DataError(f"frame: {len(signal)} samples do not fill a frame of {self.size}; use `fix_length` before")
        return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(signal, self.size)[:: self.hop])


def _refuse_cut_wav(content: bytes) -> None:
    """Raises DataError where a WAV file was cut off: its rest can be read, only its header says how long it was."""
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    (promised,) = struct.unpack("<I", content[4:8])
    if promised not in UNKNOWN_SIZES and promised + 8 > len(content) + 1:
        raise DataError(
            f"decode_audio: a WAV recording that is cut off: its header says {promised + 8:,} bytes, there are "
            f"{len(content):,}"
        )
