"""Draw 60 small pictures of coloured shapes, with boxes and masks, and a half-size copy of each.

Writes ``images``, ``half``, ``masks`` and ``annotations.json`` beside this file. Every seed is fixed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).resolve().parent
SEED = 0
COUNT = 60
SIDE = 64
FINE = 4
"""Samples per pixel and axis, for smooth edges."""
CLASSES = ("circle", "square", "triangle")


@dataclass(frozen=True)
class Shape:
    """One shape: its class from 0 on, centre and radius in pixels, turn in radians, colour 0..255."""

    index: int
    centre: tuple[float, float]
    radius: float
    turn: float
    colour: NDArray[np.float64]


@dataclass(frozen=True)
class Picture:
    """Pixels u8 [64, 64, 3], class ids u8 [64, 64] (0 is background), and the shapes with the part that is seen."""

    pixels: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    shapes: tuple[tuple[Shape, NDArray[np.bool_]], ...]


def draw_shapes(rng: np.random.Generator) -> list[Shape]:
    """Draw one to four shapes that keep clear of each other and of the border."""
    shapes: list[Shape] = []
    wanted = int(rng.integers(1, 5))
    for _ in range(200):
        radius = float(rng.uniform(7, 15))
        x, y = rng.uniform(radius + 1, SIDE - radius - 1, 2)
        apart = all(np.hypot(x - s.centre[0], y - s.centre[1]) > radius + s.radius for s in shapes)
        if apart and len(shapes) < wanted:
            index, turn, colour = int(rng.integers(3)), float(rng.uniform(0, 2 * np.pi)), rng.uniform(30, 240, 3)
            shapes.append(Shape(index, (float(x), float(y)), radius, turn, colour))
    return shapes


def covered(shape: Shape) -> NDArray[np.float64]:
    """Give the share of each pixel that a shape covers, f64 [64, 64]."""
    places = (np.arange(SIDE * FINE) + 0.5) / FINE
    x, y = np.meshgrid(places - shape.centre[0], places - shape.centre[1])
    corners = {1: 4, 2: 3}.get(shape.index, 0)
    if corners:
        # A regular polygon is where every side's distance from the centre is within the inner radius.
        angles = shape.turn + 2 * np.pi * np.arange(corners) / corners
        distances = [np.cos(a) * x + np.sin(a) * y for a in angles]
        inner = shape.radius * np.cos(np.pi / corners)
        inside = np.max(distances, axis=0) <= inner
    else:
        inside = x**2 + y**2 <= shape.radius**2
    return inside.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def draw_picture(rng: np.random.Generator) -> Picture:
    """Paint shapes, each lit from one side, on a background that changes slowly."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    first, second, third = rng.uniform(60, 200, (3, 3))
    pixels = first + x[..., None] * (second - first) / 2 + y[..., None] * (third - first) / 2
    mask = np.zeros((SIDE, SIDE), np.uint8)
    seen = []
    for shape in draw_shapes(rng):
        share = covered(shape)
        light = 1 + 0.5 * (x - shape.centre[0] / SIDE) - 0.5 * (y - shape.centre[1] / SIDE)
        pixels += share[..., None] * (shape.colour * light[..., None] - pixels)
        mask[share >= 0.5] = shape.index + 1
        seen.append((shape, share >= 0.5))
    return Picture(np.clip(pixels, 0, 255).round().astype(np.uint8), mask, tuple(seen))


def annotations_of(pictures: list[Picture]) -> dict[str, object]:
    """List the shapes in COCO's format: boxes around the pixels of the mask."""
    objects = []
    for place, picture in enumerate(pictures):
        for shape, seen in picture.shapes:
            rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
            x, y = int(columns[0]), int(rows[0])
            box = [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y]
            entry = {"id": len(objects) + 1, "image_id": place + 1, "category_id": shape.index + 1, "bbox": box}
            objects.append({**entry, "area": int(seen.sum()), "iscrowd": 0})
    names = [{"id": i + 1, "file_name": name_of(i), "width": SIDE, "height": SIDE} for i in range(len(pictures))]
    return {
        "info": {"description": "ovopt shapes", "version": "1"},
        "licenses": [{"id": 1, "name": "CC0 1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "images": names,
        "categories": [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES)],
        "annotations": objects,
    }


def name_of(place: int) -> str:
    """Give a picture's file name."""
    return f"{place:02d}.png"


def draw_all() -> list[Picture]:
    """Draw every picture, each from a seed of its own."""
    return [draw_picture(np.random.default_rng((SEED, place))) for place in range(COUNT)]


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the mean of every two by two pixels."""
    blocks = pixels.reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean(axis=(1, 3))
    return blocks.round().astype(np.uint8)


def main() -> None:
    """Draw and save."""
    pictures = draw_all()
    for folder in ("images", "half", "masks"):
        (FOLDER / folder).mkdir(exist_ok=True)
    for place, picture in enumerate(pictures):
        Image.fromarray(picture.pixels).save(FOLDER / "images" / name_of(place), optimize=True)
        Image.fromarray(halved(picture.pixels)).save(FOLDER / "half" / name_of(place), optimize=True)
        Image.fromarray(picture.mask).save(FOLDER / "masks" / name_of(place), optimize=True)
    text = json.dumps(annotations_of(pictures), indent=None, separators=(",", ":"))
    (FOLDER / "annotations.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
