"""How fast a classifier is evaluated from JPEG files, against preparing alone and inference alone.

Preparing alone decodes, resizes and normalizes on all cores; inference alone is the throughput scenario. Evaluating
does both at once on the same cores, so it cannot beat their sum, 1 / (1 / preparing + 1 / inference), where they share
them. Prints the rates, and evaluating as a share of the slower one and of the sum. Interleaved; medians of the rounds.

    python benchmarks/evaluation.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from models import classifier
from PIL import Image

import ovopt
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.preparing.prepared import prepare

IMAGES, CLASSES, WIDTH, HEIGHT = 240, 4, 320, 240
MODELS = {"light": (4, 16), "heavy": (10, 64), "as ResNet-50": (9, 128)}
"""Name -> layers, channels of a network on 224 x 224 pixels; the last takes as many multiplications as a ResNet-50."""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as scratch:
        photos = make_photos(Path(scratch) / "photos")
        for name, (layers, channels) in MODELS.items():
            model = classifier(Path(scratch) / f"{name}.xml", layers, channels, 224, CLASSES)
            recipe = ovopt.load_recipe("resnet", photos)
            taken = [(preparing(recipe, model), inferring(model), evaluating(recipe, model)) for _ in range(rounds)]
            report(name, *(statistics.median(column) for column in zip(*taken, strict=True)))


def make_photos(folder: Path) -> Path:
    """Smooth noise, as photographs are, in folders by class."""
    rng = np.random.default_rng(0)
    for index in range(IMAGES):
        small = Image.fromarray(rng.integers(0, 256, (HEIGHT // 16, WIDTH // 16, 3), dtype=np.uint8))
        file = folder / f"{index % CLASSES}" / f"{index}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(file, quality=90)
    return folder


def preparing(recipe: ovopt.recipe.Recipe, model: Path) -> float:
    """Samples per second."""
    prepared = prepare(recipe, facts(read_model(model)).inputs, 0)
    began = time.perf_counter()
    count = sum(1 for _ in prepared.prepare_each(range(IMAGES)))
    return count / (time.perf_counter() - began)


def inferring(model: Path) -> float:
    """Samples per second."""
    found = ovopt.benchmark([model], plan=ovopt.Plan(scenarios=("throughput",), time_budget_s=6))
    return found.arms[0].throughput.samples_per_s


def evaluating(recipe: ovopt.recipe.Recipe, model: Path) -> float:
    """Samples per second, from the first result to the last."""
    watch = Watch()
    ovopt.evaluate([model], recipe=recipe, progress=watch)
    return (len(watch.times) - 1) / (watch.times[-1] - watch.times[0])


class Watch:
    """Progress that notes when each sample was done."""

    def __init__(self) -> None:
        self.times: list[float] = []

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[object]:
        """Only what is evaluated counts."""
        yield lambda amount=1, note="": self.times.append(time.perf_counter()) if "evaluate" in name else None

    def say(self, message: str) -> None:
        """Nobody listens."""


def report(name: str, preparing: float, inferring: float, evaluating: float) -> None:
    slower, both = min(preparing, inferring), 1 / (1 / preparing + 1 / inferring)
    print(
        f"{name}: preparing {preparing:.0f} /s, inference {inferring:.0f} /s, evaluating {evaluating:.0f} /s: "
        f"{evaluating / slower:.0%} of the slower, {evaluating / both:.0%} of the sum"
    )


if __name__ == "__main__":
    main()
