"""Objects of which a test knows everything, and an image input of their size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 256, 192
IMAGE = {"images": np.zeros((1, 3, HEIGHT, WIDTH), np.float32)}
SIZE = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT])
CLASSES = 5


@dataclass(frozen=True)
class Scene:
    """Objects apart from each other, the best first."""

    corners: np.ndarray
    scores: np.ndarray
    classes: np.ndarray

    @property
    def detections(self) -> np.ndarray:
        return np.column_stack((self.corners, self.scores, self.classes))

    @property
    def centres(self) -> np.ndarray:
        return (self.corners[:, :2] + self.corners[:, 2:]) / 2

    @property
    def extents(self) -> np.ndarray:
        return self.corners[:, 2:] - self.corners[:, :2]

    @property
    def cxcywh(self) -> np.ndarray:
        return np.hstack((self.centres, self.extents))

    def one_hot(self, columns: int = CLASSES, shift: int = 0) -> np.ndarray:
        """A score at the class of each object, and nothing elsewhere."""
        scores = np.zeros((len(self.scores), columns))
        scores[np.arange(len(self.scores)), self.classes + shift] = self.scores
        return scores


def scene(seed: int, count: int = 6) -> Scene:
    """Each object inside a tile of 64 pixels of its own, so that none overlaps another."""
    rng = np.random.default_rng(seed)
    tiles = rng.permutation(12)[:count]
    first = np.stack((tiles % 4, tiles // 4), axis=1) * 64 + rng.uniform(2, 20, (count, 2))
    corners = np.hstack((first, first + rng.uniform(8, 40, (count, 2))))
    scores = np.sort(rng.uniform(0.3, 0.95, count))[::-1]
    return Scene(corners, scores, rng.integers(CLASSES, size=count))


def logit(probabilities: np.ndarray) -> np.ndarray:
    """What the sigmoid makes probabilities of."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities) - np.log1p(-np.asarray(probabilities, float))


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """The same detections in the same order, as far as float32 can tell."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-4)
