"""Small PyTorch models to prune and train, and what they are trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from ovopt.contracts import Advance, Materials, Origin, Stepped, Tensors
from ovopt.model.files.read import read_model
from ovopt.model.files.trainable import Trainable, read_trainable
from ovopt.steps.prune_torch import PruneTorch
from tests.cli.run import CLASSES, WIDTH, inputs_and_labels

torch = pytest.importorskip("torch", reason="the extra `torch` is not installed")
nn = torch.nn
torch.set_num_threads(1)  # several would wait for each other longer than these models take

HIDDEN = 24
COUNT = 40


class Classifier(nn.Module):
    """[N, 16] -> [N, 4]."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        return self.head(torch.relu(self.first(x)))


class Alone(Classifier):
    """One sample at a time."""

    def forward(self, x):
        return super().forward(x.reshape(1, WIDTH))


class Sure(Classifier):
    """Its classes are probabilities."""

    def forward(self, x):
        return super().forward(x).softmax(-1)


class Pictures(nn.Module):
    """Convolutions, one of them depthwise, with what batches have left in a normalization."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.norm = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.deep, self.head = nn.Conv2d(8, 8, 3, groups=8), nn.Linear(8, CLASSES)
        self.norm.running_mean.normal_()
        self.norm.running_var.uniform_(0.5, 2)

    def forward(self, x):
        x = torch.relu(self.norm(self.wide(x.reshape(-1, 1, 4, 4))))
        return self.head(torch.relu(self.deep(x)).mean((2, 3)))


class Mixed(nn.Module):
    """Two inputs and three outputs, of which one is no number to learn; weights of many kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.unused = nn.Embedding(5, WIDTH), nn.Embedding(2, 2)
        self.first, self.head = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, CLASSES)
        self.memory = nn.GRU(WIDTH, 3, batch_first=True)
        self.register_buffer("fixed", torch.randn(3, HIDDEN))

    def forward(self, ids, x):
        state = torch.relu(self.first(x + self.table(ids)))
        scores = self.head(state)
        other = nn.functional.linear(state, self.fixed) + self.memory(x[:, None])[1][0]
        return {"scores": scores, "best": scores.argmax(-1), "other": other}


MAKE = """
import torch
from tests.training.trained import {name}

def make():
    torch.manual_seed(0)
    return {name}(), {example}
"""
ROW = f"torch.zeros(1, {WIDTH})"
BOTH = f"{{'x': torch.zeros(1, {WIDTH}), 'ids': torch.zeros(1, dtype=torch.int64)}}"


@dataclass
class Watched:
    """Progress that remembers, and may interrupt."""

    then: Callable[[float], None] = lambda amount: None
    said: list[str] = field(default_factory=list)

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        yield lambda amount=1, note="": self.then(amount)

    def say(self, message: str) -> None:
        self.said.append(message)


@dataclass(frozen=True)
class Given:
    """A model by its path, and samples."""

    path: str
    samples: Sequence[Tensors]
    shapes: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    task: str = "classification"

    def model(self) -> ov.Model:
        """As it is."""
        return read_model(self.path, self.shapes, trust=True)

    def trainable(self) -> Trainable:
        """As PyTorch has it."""
        ports = [frozenset(port.get_names()) for port in self.model().inputs]
        return read_trainable(self.path, self.shapes, ports, trust=True)

    def pruned(
        self, seed: int = 0, progress: Watched | None = None, checkpoint: Path | None = None, **settings: object
    ) -> Stepped:
        """What the step makes of it."""
        origin = Origin(self.path, self.shapes, True, self.task)
        materials = Materials(self.samples, seed, progress or Watched(), origin=origin, checkpoint=checkpoint)
        return PruneTorch(**{"epochs": 3, "batch": 8, **settings}).apply(self.model(), materials)


def rows(count: int = COUNT) -> list[Tensors]:
    return [(row[None],) for row in inputs_and_labels(count)[0]]


def factory(folder: Path, name: str = "Classifier", samples: Sequence[Tensors] | None = None) -> Given:
    """A function that makes the module, always with the same weights."""
    file = folder / f"{name.lower()}.py"
    file.write_text(MAKE.format(name=name, example=BOTH if name == "Mixed" else ROW))
    return Given(f"{file}:make", rows() if samples is None else samples)


def module(name: str = "Classifier") -> nn.Module:
    """What the factory makes."""
    torch.manual_seed(0)
    return globals()[name]().eval()


def exported(file: Path, dynamic: bool = False, made: nn.Module | None = None) -> Path:
    """The module as an exported program."""
    shapes = {"x": {0: torch.export.Dim("batch")}} if dynamic else None
    example = torch.zeros(2 if dynamic else 1, WIDTH)
    torch.export.save(torch.export.export(made or module(), (example,), dynamic_shapes=shapes), file)
    return file


def weights(model: ov.Model) -> dict[tuple[int, ...], np.ndarray]:
    """Matrices and kernels, by their shape."""
    constants = [op for op in model.get_ordered_ops() if op.get_type_name() == "Constant"]
    return {op.data.shape: op.data.copy() for op in constants if op.get_element_type().is_real() and op.data.ndim > 1}
