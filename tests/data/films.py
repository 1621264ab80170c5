"""Tiny films for tests."""

import numpy as np
import pytest

CODECS = {
    ".mp4": ("libx264", "yuv420p", {"g": "12", "bf": "3"}),
    ".avi": ("mpeg4", "yuv420p", {"g": "12"}),
    ".mkv": ("ffv1", "bgr0", {}),
}
STEP = 4
"""By how much a frame is brighter than the one before."""


def film(file, frames=40, width=32, height=16):
    """A film that gets brighter from frame to frame: frame i has the brightness STEP * i, its left half is black."""
    av = pytest.importorskip("av")
    file.parent.mkdir(parents=True, exist_ok=True)
    codec, pixels, options = CODECS[file.suffix]
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, pixels, 4_000_000
        for number in range(frames):
            picture = np.full((height, width, 3), STEP * number, np.uint8)
            picture[:, : width // 2] = 0
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return file


def number_of(frame):
    """The number of such a frame, by its brightness."""
    return round(float(frame[2:-2, frame.shape[1] // 2 + 2 : -2].mean()) / STEP)
