"""Tiny files for tests of data sources."""

from pathlib import Path

import numpy as np


def picture(file, width=8, height=6, value=0, mode="RGB"):
    """A PNG of one colour; its bytes."""
    from PIL import Image

    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (width, height), (value,) * 3 if mode == "RGB" and isinstance(value, int) else value).save(
        file, "PNG"
    )
    return file.read_bytes()


def recording(file, seconds=0.5, rate=8000):
    """A WAV of silence; its bytes."""
    import soundfile

    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.zeros(int(seconds * rate), np.int16), rate)
    return file.read_bytes()
