"""Spectra of recordings: log-mel energies and cepstral coefficients, as librosa computes them."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.arrays.arguments import numbers_of
from ovopt.contracts import Array, Transform
from ovopt.errors import DataError
from ovopt.transforms.sound import Sound, signal_of

SLANEY_LINEAR_HZ = 200 / 3
"""Width of a mel below 1 kHz in Slaney's Auditory Toolbox; above it, 27 mels are a factor of 6.4."""
SLANEY_KNEE_HZ = 1000.0
SLANEY_LOG_STEP = np.log(6.4) / 27


class LogMel(Transform):
    """The log-mel spectrogram of a recording of one channel: float32, shape [mels, frames].

    Equal to `librosa.feature.melspectrogram` with a Hann window and then the logarithm of max(energy + added, floor).
    Whisper: {rate: 16000, n_fft: 400, hop: 160, mels: 80, pad_mode: reflect, log: log10, dynamic_range: 8}, then
    {slice: {axis: 1, stop: 3000}}, {scale: {divisor: 4, offset: -1}}.
    """

    name: ClassVar[str] = "log_mel"
    rate: int = Field(gt=0, description="samples a second; a recording of another rate is refused")
    n_fft: int = Field(default=2048, gt=0, description="length of the Fourier transform, in samples")
    hop: int = Field(default=512, gt=0, description="samples from one frame to the next")
    win: int | None = Field(default=None, gt=0, description="length of the Hann window, at most n_fft; default: n_fft")
    mels: int = Field(default=128, gt=0, description="mel bands")
    f_min: float = Field(default=0, ge=0, description="lowest frequency, Hz")
    f_max: float | None = Field(default=None, gt=0, description="highest frequency, Hz; default: half the rate")
    htk: bool = Field(default=False, description="HTK's mel scale, rather than Slaney's")
    norm: Literal["slaney"] | None = Field(
        default="slaney", description="scale each band's triangle to the same area, or leave its peak at 1"
    )
    power: float = Field(default=2, gt=0, description="exponent of the magnitude: 1 for amplitude, 2 for energy")
    log: Literal["natural", "log10", "db", "none"] = Field(default="natural", description="db is 10 log10")
    floor: float = Field(default=1e-10, gt=0, description="energies below it count as this")
    added: float = Field(default=0, ge=0, description="added to each energy before the logarithm")
    dynamic_range: float | None = Field(
        default=None, gt=0, description="values further below the largest are raised to it; librosa's `top_db` of 80"
    )
    relative: bool = Field(default=False, description="the largest value becomes 0; librosa's `ref=np.max`")
    center: bool = Field(default=True, description="frame t is centred at t * hop, the ends are padded by n_fft / 2")
    pad_mode: Literal["constant", "reflect", "edge"] = Field(default="constant", description="how the ends are padded")

    @model_validator(mode="after")
    def _fits(self) -> LogMel:
        if self.win is not None and self.win > self.n_fft:
            raise ValueError(f"`win` of {self.win} is longer than `n_fft` of {self.n_fft}")
        if not self.f_min < (self.f_max or self.rate / 2) <= self.rate / 2:
            raise ValueError("f_min < f_max <= rate / 2 must hold")
        return self

    def __call__(self, content: Any) -> Array:
        """float32, shape [mels, frames]."""
        if isinstance(content, Sound) and content.rate != self.rate:
            raise DataError(
                f"log_mel: a recording of {content.rate} Hz, not {self.rate} Hz; put `resample: {self.rate}` before"
            )
        spectrum = self._spectrum(signal_of(content, self.name).astype(np.float32))
        bank = _filters(self.rate, self.n_fft, self.mels, self.f_min, self.f_max or self.rate / 2, self.htk, self.norm)
        return np.asarray(self._logarithm(bank @ spectrum), np.float32)

    def _spectrum(self, signal: Array) -> Array:
        """|STFT| to the power, shape [1 + n_fft / 2, frames]."""
        from scipy import fft

        if self.center:
            signal = self._padded(signal)
        if len(signal) < self.n_fft:
            raise DataError(
                f"log_mel: {len(signal)} samples do not fill a frame of {self.n_fft}; use `fix_length` before"
            )
        frames = np.lib.stride_tricks.sliding_window_view(signal, self.n_fft)[:: self.hop]
        magnitude = np.abs(fft.rfft(frames * _hann(self.win or self.n_fft, self.n_fft), axis=1)).T
        return magnitude if self.power == 1 else magnitude**self.power

    def _padded(self, signal: Array) -> Array:
        margin = self.n_fft // 2
        if self.pad_mode == "reflect" and len(signal) <= margin:
            raise DataError(f"log_mel: {len(signal)} samples are too few to reflect {margin}; use `fix_length` before")
        return np.pad(signal, margin, mode=self.pad_mode)

    def _logarithm(self, energy: Array) -> Array:
        energy = np.maximum(energy + np.float32(self.added) if self.added else energy, np.float32(self.floor))
        if self.log == "none":
            values = energy
        elif self.log == "natural":
            values = np.log(energy)
        else:
            values = np.log10(energy) * np.float32(10 if self.log == "db" else 1)
        if self.relative:
            values = values - values.max()
        return values if self.dynamic_range is None else np.maximum(values, values.max() - self.dynamic_range)


class Mfcc(Transform):
    """Mel-frequency cepstral coefficients of a log-mel spectrogram [mels, frames]: `mfcc: 13` behind
    `log_mel: {log: db, dynamic_range: 80}` equals `librosa.feature.mfcc` (orthonormal DCT-II)."""

    name: ClassVar[str] = "mfcc"
    sole: ClassVar[str | None] = "coefficients"
    coefficients: int = Field(default=20, gt=0)

    def __call__(self, content: Any) -> Array:
        """Shape [coefficients, frames]."""
        from scipy import fft

        array = numbers_of(content, self.name)
        if array.ndim != 2 or len(array) < self.coefficients:
            raise DataError(
                f"mfcc: no {self.coefficients} coefficients in shape {list(array.shape)}; use `log_mel` before"
            )
        return np.asarray(fft.dct(array, type=2, axis=0, norm="ortho")[: self.coefficients])


@cache
def _hann(win: int, n_fft: int) -> Array:
    """A periodic Hann window in the middle of n_fft samples."""
    window = np.zeros(n_fft, np.float32)
    start = (n_fft - win) // 2
    window[start : start + win] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win) / win)
    return window


@cache
def _filters(rate: int, n_fft: int, mels: int, low: float, high: float, htk: bool, norm: str | None) -> Array:
    """Triangles [mels, 1 + n_fft / 2] between neighbouring points that are evenly spaced in mel.

    Source: `librosa.filters.mel`.
    """
    scale = np.linspace(_mel(low, htk), _mel(high, htk), mels + 2)
    points = np.array([_hz(mel, htk) for mel in scale])
    bins = np.fft.rfftfreq(n_fft, 1 / rate)
    below, middle, above = points[:-2, np.newaxis], points[1:-1, np.newaxis], points[2:, np.newaxis]
    rising, falling = (bins - below) / (middle - below), (above - bins) / (above - middle)
    bank = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(bank * (2 / (above - below)) if norm else bank, np.float32)


def _mel(hz: float, htk: bool) -> float:
    if htk:
        return float(2595 * np.log10(1 + hz / 700))
    if hz < SLANEY_KNEE_HZ:
        return hz / SLANEY_LINEAR_HZ
    return float(SLANEY_KNEE_HZ / SLANEY_LINEAR_HZ + np.log(hz / SLANEY_KNEE_HZ) / SLANEY_LOG_STEP)


def _hz(mel: float, htk: bool) -> float:
    if htk:
        return float(700 * (10 ** (mel / 2595) - 1))
    knee = SLANEY_KNEE_HZ / SLANEY_LINEAR_HZ
    return mel * SLANEY_LINEAR_HZ if mel < knee else float(SLANEY_KNEE_HZ * np.exp(SLANEY_LOG_STEP * (mel - knee)))
