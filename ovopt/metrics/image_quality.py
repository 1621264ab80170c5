"""Figures of an image-to-image model: peak signal-to-noise ratio, and structural similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.records import Port

HIGHEST_DB = 100.0
"""Ratio of equal images, in dB."""
SIGMA, WINDOW = 1.5, 11
"""Standard deviation and side of the Gaussian window, in pixels (Wang et al. 2004)."""
K1, K2 = 0.01, 0.03
"""Shares of the range that keep the quotients of SSIM steady (Wang et al. 2004)."""


class _ImageQuality(Metric):
    """Figure of an image that a model makes and the image that it should make."""

    data_range: float = Field(default=255, gt=0, description="the largest possible value minus the smallest")
    crop_border: int = Field(default=0, ge=0, description="pixels at each edge that do not count")
    y_only: bool = Field(default=False, description="compare luma (ITU-R BT.601, 16 to 235 of 255) in place of RGB")

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no image [height, width, channels]."""
        if isinstance(label, LabelFile) and label.kind == "image":
            return
        if not isinstance(label, np.ndarray) or label.ndim not in {2, 3}:
            raise DataError(
                f"{sample_id}: the label is no image [height, width, channels], which {self.name} needs; take a data "
                "source whose labels are images"
            )

    def _compared(self, output: Any, target: Any) -> tuple[Array, Array]:
        """Both images [height, width, channels] as far as they count."""
        mine, theirs = (np.asarray(image, np.float64) for image in (output, target))
        mine, theirs = (image[..., None] if image.ndim == 2 else image for image in (mine, theirs))
        if mine.shape != theirs.shape or mine.ndim != 3:
            raise DataError(
                f"{self.name} needs images [height, width, channels] of one size; the output has shape "
                f"{np.shape(output)}, the label {np.shape(target)}"
            )
        height, width, channels = mine.shape
        border = self.crop_border
        if min(height, width) <= 2 * border:
            raise DataError(f"nothing is left of an image of {(height, width)} pixels without a border of {border}")
        if self.y_only and channels != 3:
            raise DataError(f"y_only needs RGB images, not {channels} channels")
        mine, theirs = (image[border : height - border, border : width - border] for image in (mine, theirs))
        return (self._luma(mine), self._luma(theirs)) if self.y_only else (mine, theirs)

    def _luma(self, image: Array) -> Array:
        """ITU-R BT.601 luma [height, width, 1] with its headroom, in the range of the image."""
        weighted = image @ np.array([65.481, 128.553, 24.966]) / 255
        return np.asarray(weighted[..., None] + 16 * self.data_range / 255)


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
        return min(HIGHEST_DB, float(10 * np.log10(self.data_range**2 / error)))


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
        c1, c2 = (K1 * self.data_range) ** 2, (K2 * self.data_range) ** 2
        similarity = (2 * mean * other + c1) * (2 * covariance + c2)
        return float(np.mean(similarity / ((mean**2 + other**2 + c1) * (variances + c2))))


def _blurred(image: Array) -> Array:
    """Weighted means under the window, where it lies inside the image."""
    from scipy.ndimage import gaussian_filter

    reach = WINDOW // 2
    return np.asarray(gaussian_filter(image, SIGMA, radius=reach, axes=(0, 1))[reach:-reach, reach:-reach])
