"""Write 150 pairs of sentences with a similarity score, and 120 short sentences that praise or blame.

Writes ``pairs.csv`` and ``reviews.csv`` beside this file, from templates. Every seed is fixed.
"""

import csv
import random
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SEED = 0
PAIRS = 150
REVIEWS = 120

WHO = (("a man", "a guy"), ("a woman", "a lady"), ("a child", "a kid"), ("a dog", "a hound"), ("a student", "a pupil"))
DOES = (
    ("is running", "is jogging"),
    ("is sleeping", "is taking a nap"),
    ("is looking around", "is gazing about"),
    ("is eating", "is having a meal"),
    ("is waiting", "is standing by"),
)
WHERE = (
    ("in the park", "in the public garden"),
    ("near the sea", "close to the ocean"),
    ("on the street", "on the road"),
    ("at home", "in the house"),
    ("by the river", "beside the stream"),
)

THINGS = ("film", "meal", "book", "phone", "hotel", "concert", "chair", "lesson", "game", "coat")
OPENINGS = ("The {} was {}.", "I found the {} {}.", "What a {1} {0}!", "This {} is {}, all things considered.")
PRAISE = ("wonderful", "excellent", "delightful", "superb", "very good", "lovely")
BLAME = ("terrible", "awful", "disappointing", "dreadful", "very bad", "boring")


@dataclass(frozen=True)
class Scene:
    """Who does what and where, by index, and for each of them whether the other wording is taken."""

    who: int
    does: int
    where: int
    other: tuple[bool, bool, bool] = (False, False, False)

    def text(self) -> str:
        """Give the sentence."""
        parts = (WHO[self.who], DOES[self.does], WHERE[self.where])
        said = " ".join(part[other] for part, other in zip(parts, self.other, strict=True))
        return f"{said[0].upper()}{said[1:]}."


def draw_pair(rng: random.Random) -> tuple[str, str, float]:
    """Draw a scene and its variant. Of the score 5, another doer takes 1.5, another deed 2, another place 1, and each
    other wording 0.1."""
    first = Scene(rng.randrange(5), rng.randrange(5), rng.randrange(5))
    second, score = first, 5.0
    for part, cost in (("who", 1.5), ("does", 2.0), ("where", 1.0)):
        if rng.random() < 0.45:
            second = replace(second, **{part: (getattr(first, part) + rng.randrange(1, 5)) % 5})
            score -= cost
    other = tuple(rng.random() < 0.5 for _ in range(3))
    second = replace(second, other=other)
    return first.text(), second.text(), round(score - 0.1 * sum(other), 1)


def draw_pairs() -> list[tuple[str, str, float]]:
    """Draw every pair, none twice."""
    rng = random.Random(SEED)
    pairs: dict[tuple[str, str], float] = {}
    while len(pairs) < PAIRS:
        first, second, score = draw_pair(rng)
        pairs[first, second] = score
    return [(*pair, score) for pair, score in pairs.items()]


def draw_reviews() -> list[tuple[str, str]]:
    """Draw sentences that praise and sentences that blame in turn, none twice."""
    rng = random.Random(SEED)
    reviews: dict[str, str] = {}
    while len(reviews) < REVIEWS:
        label, words = (("positive", PRAISE), ("negative", BLAME))[len(reviews) % 2]
        thing, opening, word = rng.choice(THINGS), rng.choice(OPENINGS), rng.choice(words)
        text = opening.format(thing, word)
        reviews.setdefault(text.replace("What a a", "What an a").replace("What a e", "What an e"), label)
    return list(reviews.items())


def write(name: str, header: tuple[str, ...], rows: list) -> None:
    """Write a table."""
    with (FOLDER / name).open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def main() -> None:
    """Write both tables."""
    write("pairs.csv", ("sentence1", "sentence2", "score"), draw_pairs())
    write("reviews.csv", ("text", "label"), draw_reviews())


if __name__ == "__main__":
    main()
