"""Text files made from the templates in ``templates/``, one template file for each content type.

A template file begins with ``key: value`` lines, the fields of ``Template``; then each line ``=== opening``,
``=== part`` or ``=== closing`` begins a block. A file is one opening, some parts and one closing.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vocabulary import Dice

FOLDER = Path(__file__).resolve().parent / "templates"
BLOCK_START = re.compile(r"^=== (opening|part|closing)\n", re.MULTILINE)
FRAGMENT_SHARE = 0.3
LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


@dataclass(frozen=True)
class Template:
    """How to write one content type."""

    extension: str
    newline: str
    blank_lines: int
    fewest_parts: int
    most_parts: int
    fragments: bool
    openings: tuple[str, ...]
    parts: tuple[str, ...]
    closings: tuple[str, ...]

    def write(self, dice: Dice) -> bytes:
        """Write one file: a whole one, or at times a fragment of one part, which is harder to recognise."""
        if self.fragments and dice.rng.random() < FRAGMENT_SHARE:
            blocks = [dice.rng.choice(self.parts)]
        else:
            blocks = self.draw_blocks(dice)
        filled = [dice.fill(block) for block in blocks if block]
        text = ("\n" * (1 + self.blank_lines)).join(filled) + "\n"
        return text.replace("\n", LINE_ENDS[self.newline]).encode()

    def draw_blocks(self, dice: Dice) -> list[str]:
        """Draw one opening, some parts, each about as often as the others, and one closing."""
        count = dice.between(self.fewest_parts, self.most_parts)
        order = [part for _ in range(count) for part in dice.rng.sample(self.parts, len(self.parts))]
        return [dice.rng.choice(self.openings), *order[:count], dice.rng.choice(self.closings)]


def parse_template(source: str) -> Template:
    """Read the text of a template file."""
    header, *rest = BLOCK_START.split(source)
    settings = dict(line.split(": ", 1) for line in header.splitlines())
    blocks: dict[str, list[str]] = {"opening": [], "part": [], "closing": []}
    for kind, block in zip(rest[::2], rest[1::2], strict=True):
        blocks[kind].append(block.removesuffix("\n"))
    return Template(
        extension=settings["extension"],
        newline=settings["newline"],
        blank_lines=int(settings["blank_lines"]),
        fewest_parts=int(settings["fewest_parts"]),
        most_parts=int(settings["most_parts"]),
        fragments=settings["fragments"] == "yes",
        openings=tuple(blocks["opening"]) or ("",),
        parts=tuple(blocks["part"]),
        closings=tuple(blocks["closing"]) or ("",),
    )


@cache
def load_templates() -> dict[str, Template]:
    """Give every template by the label of its content type, in the order of the labels."""
    paths = sorted(FOLDER.glob("*.txt"))
    return {path.stem: parse_template(path.read_text(encoding="utf-8")) for path in paths}
