"""Previews of samples whose outcome changed: a thumbnail or the beginning of a text, for the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from ovopt.contracts import Array
from ovopt.errors import OvoptError
from ovopt.preparing.prepared import Prepared
from ovopt.records import Comparison, Preview
from ovopt.reports.tables import flips

MOST = 60
"""Samples that are shown; the others have their ids."""
SIDE = 72
"""Pixels of a thumbnail's longer side."""
LEAST_SIDE = 4
"""What is smaller is a row of figures rather than an image."""
LENGTH = 160
"""Characters of a text."""
CHANNELS = (1, 3, 4)


def previews(comparison: Comparison, prepared: Prepared) -> dict[str, Preview]:
    """Previews by sample id, of samples that flipped: the first ones, as far as their content can be shown."""
    places = {sample_id: index for index, sample_id in enumerate(prepared.samples.ids)}
    turned = dict.fromkeys(flip.sample for flip in flips(comparison) if flip.sample in places)
    found = ((sample_id, preview(_content(prepared, places[sample_id]))) for sample_id in list(turned)[:MOST])
    return {sample_id: shown for sample_id, shown in found if shown}


def preview(content: Any) -> Preview | None:
    """A sample's content as a reader can take it in; None where it is neither an image nor a text."""
    if isinstance(content, Mapping):
        return next((shown for value in content.values() if (shown := preview(value))), None)
    if isinstance(content, str):
        return Preview(text=_shortened(content))
    image = _thumbnail(content)
    if image:
        return Preview(image=image)
    return _text(content) if isinstance(content, bytes) else None


def _content(prepared: Prepared, index: int) -> Any:
    try:
        return prepared.samples.load(index)
    except (OvoptError, OSError):
        return None


def _text(content: bytes) -> Preview | None:
    said = content[: 4 * LENGTH].decode("utf-8", errors="ignore")
    shown = sum(sign.isprintable() or sign.isspace() for sign in said)
    return Preview(text=_shortened(said)) if said.strip() and shown == len(said) else None


def _shortened(text: str) -> str:
    flat = " ".join(text[: 4 * LENGTH].split())
    return flat if len(flat) <= LENGTH else f"{flat[:LENGTH]}…"


def _thumbnail(content: Any) -> str | None:
    """A data URI; None where Pillow is missing or sees no image."""
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        if isinstance(content, bytes):
            opened: Image.Image = Image.open(io.BytesIO(content))
        elif isinstance(content, np.ndarray):
            pixels = _pixels(content)
            if pixels is None:
                return None
            opened = Image.fromarray(pixels)
        elif isinstance(content, Image.Image):
            opened = content
        else:
            return None
        small = opened.convert("RGB")
        small.thumbnail((SIDE, SIDE))
    except Exception:  # Pillow's readers raise errors of every kind on broken files
        return None
    file = io.BytesIO()
    small.save(file, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _pixels(array: Array) -> Array | None:
    """uint8 [height, width] or [height, width, 3 or 4]; values other than bytes are stretched to the whole range."""
    plain = np.squeeze(array)
    if plain.ndim == 3 and plain.shape[0] in CHANNELS and plain.shape[-1] not in CHANNELS:
        plain = np.moveaxis(plain, 0, -1)
    is_image = plain.ndim == 2 or (plain.ndim == 3 and plain.shape[-1] in CHANNELS[1:])
    if not is_image or min(plain.shape[:2]) < LEAST_SIDE:
        return None
    if plain.dtype == np.uint8:
        return np.ascontiguousarray(plain)
    values = np.nan_to_num(plain.astype(np.float64))
    low, high = values.min(), values.max()
    stretched: Array = ((values - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)
    return stretched
