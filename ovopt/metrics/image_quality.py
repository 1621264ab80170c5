"""Figures of an image-to-image model: peak signal-to-noise ratio, and structural similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.records import Port

HIGHEST_DB = 100.0
"""Ratio of equal images, in dB."""
SIGMA, WINDOW = 1.5, 11
"""Standard deviation and side of the Gaussian window, in pixels (Wang et al. 2004)."""
EIGHT_BITS, SIXTEEN_BITS = 255.0, 65535.0
"""Largest values."""
STUDIO = np.array([65.481, 128.553, 24.966]) / 255
"""Shares of red, green and blue in luma of 16 to 235 (ITU-R BT.601, as MATLAB's `rgb2ycbcr` has it)."""
FULL = np.array([0.299, 0.587, 0.114])
"""The same of 0 to 255 (JFIF)."""
CHANNELS = (1, 3, 4)
K1, K2 = 0.01, 0.03
"""Shares of the range that keep the quotients of SSIM steady (Wang et al. 2004)."""


class _ImageQuality(Metric):
    """Figure of an image that a model makes and the image that it should make."""

    data_range: float | None = Field(
        default=None,
        gt=0,
        description="the largest possible value minus the smallest, of output and label as they are; by default the "
        "output has 0 to 255, as `image` gives it, and a label of 16 bits is brought to that",
    )
    crop_border: int = Field(default=0, ge=0, description="pixels at each edge that do not count")
    y_only: bool = Field(
        default=False, description="compare luma (ITU-R BT.601) in place of RGB; one channel is luma already"
    )
    luma: Literal["studio", "full"] = Field(
        default="studio",
        description="the range of luma: 16 to 235 of 255 (MATLAB, BasicSR), or 0 to 255 (JPEG, Pillow)",
    )

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no image [height, width, channels]."""
        if isinstance(label, LabelFile) and label.kind == "image":
            return
        if not isinstance(label, np.ndarray) or label.ndim not in {2, 3}:
            raise DataError(
                f"{sample_id}: the label is no image [height, width, channels], which {self.name} needs; take a data "
                "source whose labels are images"
            )

    @property
    def peak(self) -> float:
        """The range of what is compared."""
        return EIGHT_BITS if self.data_range is None else self.data_range

    def _compared(self, output: Any, target: Any) -> tuple[Array, Array]:
        """Both images [height, width, channels] as far as they count."""
        mine, theirs = _channels_last(np.asarray(output)), _channels_last(self._scaled(np.asarray(target)))
        if self.y_only:
            mine, theirs = self._luma(mine), self._luma(theirs)
        if mine.shape != theirs.shape or mine.ndim != 3:
            raise DataError(
                f"{self.name} needs images [height, width, channels] of one size; the output has shape "
                f"{np.shape(output)}, the label {np.shape(target)}{_advice(mine, theirs)}"
            )
        height, width, _ = mine.shape
        border = self.crop_border
        if min(height, width) <= 2 * border:
            raise DataError(f"nothing is left of an image of {(height, width)} pixels without a border of {border}")
        mine, theirs = (image[border : height - border, border : width - border] for image in (mine, theirs))
        return mine, theirs

    def _scaled(self, target: Array) -> Array:
        """Label in the range of the output. Raises DataError where it seems to have another one."""
        if self.data_range is not None or target.dtype == np.uint8:
            return target
        if target.dtype == np.uint16:
            return target * (EIGHT_BITS / SIXTEEN_BITS)
        if target.dtype.kind == "f" and 0 < target.max(initial=0) <= 1:
            raise DataError(
                f"the label goes from {target.min():.3g} to {target.max():.3g}; --set metrics.{self.name}.data_range=1 "
                "if output and labels have 0 to 1, =255 if they have 0 to 255"
            )
        return target

    def _luma(self, image: Array) -> Array:
        """ITU-R BT.601 luma [height, width, 1] in the range of the image, with its headroom or without."""
        if image.ndim == 3 and image.shape[2] == 1:
            return image
        if image.ndim != 3 or image.shape[2] != 3:
            raise DataError(f"y_only needs images of 3 channels, RGB, or of 1, not of shape {image.shape}")
        if self.luma == "full":
            return np.asarray((image @ FULL)[..., None])
        return np.asarray((image @ STUDIO)[..., None] + 16 * self.peak / EIGHT_BITS)


class Psnr(_ImageQuality):
    """Peak signal-to-noise ratio `10 log10(range^2 / mean squared error)` in dB, averaged over images. Of equal images
    it is 100 dB, and never more.

    Output and target are images [height, width, channels] or [height, width] of one size.

    Source: Huynh-Thu and Ghanbari, Scope of validity of PSNR (Electronics Letters 2008).
    """

    name: ClassVar[str] = "psnr"
    unit: ClassVar[str] = "dB"

    def row(self, output: Any, target: Any) -> float:
        """Ratio in dB. Raises DataError where the images [height, width, channels] differ in size."""
        mine, theirs = self._compared(output, target)
        error = float(np.mean((mine - theirs) ** 2))
        if error == 0:
            return HIGHEST_DB
        return min(HIGHEST_DB, float(10 * np.log10(self.peak**2 / error)))


class Ssim(_ImageQuality):
    """Structural similarity, 1 for equal images, averaged over pixels, channels and images, under a Gaussian window of
    11 x 11 pixels with a standard deviation of 1.5.

    Output and target are images [height, width, channels] or [height, width] of one size. Pixels whose window would
    leave the image do not count.

    Source: Wang et al., Image quality assessment: from error visibility to structural similarity (IEEE TIP 2004).
    """

    name: ClassVar[str] = "ssim"
    unit: ClassVar[str] = ""

    def row(self, output: Any, target: Any) -> float:
        """Similarity, -1 to 1. Raises DataError where the images [height, width, channels] differ in size, or are
        smaller than the window."""
        mine, theirs = self._compared(output, target)
        if min(mine.shape[:2]) < WINDOW:
            raise DataError(f"ssim needs images of {WINDOW} x {WINDOW} pixels or more, not {mine.shape[:2]}")
        mean, other = _blurred(mine), _blurred(theirs)
        variances = _blurred(mine**2) - mean**2 + _blurred(theirs**2) - other**2
        covariance = _blurred(mine * theirs) - mean * other
        c1, c2 = (K1 * self.peak) ** 2, (K2 * self.peak) ** 2
        similarity = (2 * mean * other + c1) * (2 * covariance + c2)
        return float(np.mean(similarity / ((mean**2 + other**2 + c1) * (variances + c2))))


def _channels_last(image: Array) -> Array:
    """Float64 [height, width, channels] of [height, width] or [channels, height, width], too."""
    values = image.astype(np.float64)
    if values.ndim == 2:
        return values[..., None]
    if values.ndim == 3 and values.shape[0] in CHANNELS and values.shape[2] not in CHANNELS:
        return np.moveaxis(values, 0, -1)
    return values


def _advice(mine: Array, theirs: Array) -> str:
    if mine.ndim == theirs.ndim == 3 and mine.shape[:2] == theirs.shape[:2] and mine.shape[2] == 1:
        return "; `data.source.channels: L` (or Y) reads targets in one channel, and `y_only: true` makes luma of them"
    return ""


def _blurred(image: Array) -> Array:
    """Weighted means under the window, where it lies inside the image."""
    from scipy.ndimage import gaussian_filter

    reach = WINDOW // 2
    return np.asarray(gaussian_filter(image, SIGMA, radius=reach, axes=(0, 1))[reach:-reach, reach:-reach])
