"""Render 40 lines of random words and digits with Pillow's own font.

Writes ``lines`` and ``labels.csv`` beside this file. Every seed is fixed.
"""

import csv
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parent
SEED = 0
COUNT = 40
HEIGHT = 48
MARGIN = 6
WORDS = (
    "amber basin cedar delta ember fable gravel harbour island jungle kettle lantern meadow needle orchard pebble "
    "quarry ribbon saddle timber umber valley willow xenon yellow zephyr"
).split()


@dataclass(frozen=True)
class Line:
    """A text, and the grey levels 0..255 of its ink and its paper."""

    text: str
    ink: int
    paper: int


def draw_line(rng: random.Random) -> Line:
    """Draw one to three words or numbers."""
    parts = []
    for _ in range(rng.randint(1, 3)):
        number = "".join(rng.choice("0123456789") for _ in range(rng.randint(2, 6)))
        parts.append(number if rng.random() < 0.4 else rng.choice(WORDS))
    return Line(" ".join(parts), rng.randint(0, 70), rng.randint(190, 255))


def draw_all() -> list[Line]:
    """Draw every line, each from a seed of its own."""
    return [draw_line(random.Random(SEED * 1000 + place)) for place in range(COUNT)]


def render(line: Line) -> Image.Image:
    """Render a line, 48 pixels high and as wide as it is."""
    font = ImageFont.load_default(size=30)
    width = round(font.getlength(line.text)) + 2 * MARGIN
    picture = Image.new("L", (width, HEIGHT), line.paper)
    ImageDraw.Draw(picture).text((MARGIN, HEIGHT / 2), line.text, fill=line.ink, font=font, anchor="lm")
    return picture


def main() -> None:
    """Render and save."""
    (FOLDER / "lines").mkdir(exist_ok=True)
    with (FOLDER / "labels.csv").open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "text"))
        for place, line in enumerate(draw_all()):
            name = f"lines/{place:02d}.png"
            render(line).save(FOLDER / name, optimize=True)
            table.writerow((name, line.text))


if __name__ == "__main__":
    main()
