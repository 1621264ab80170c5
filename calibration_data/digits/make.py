"""Train a small digit classifier on one half of scikit-learn's digits, keep it and the other half.

Writes ``model.xml``, ``model.bin`` and ``digits.npz`` beside this file. Every seed is fixed.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # no usage statistics from a data script
import openvino as ov  # noqa: E402

FOLDER = Path(__file__).resolve().parent
SEED = 0
EPOCHS = 60
BATCH_SIZE = 32
PEAK_LEARNING_RATE = 4e-3
LABEL_SMOOTHING = 0.05


@dataclass(frozen=True)
class LabelledImages:
    """Images f32 [n, 1, 8, 8] with values 0..1, and their digits i64 [n]."""

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """The half that trains the model and the half that it never sees."""

    train: LabelledImages
    unseen: LabelledImages


def load_split() -> Split:
    """Load the 1,797 scans and cut them in half, with the same share of each digit on both sides."""
    digits = load_digits()
    inputs = (digits.images / 16).astype(np.float32)[:, np.newaxis]
    labels = digits.target.astype(np.int64)
    places = np.arange(len(labels))
    train, unseen = train_test_split(places, test_size=0.5, stratify=labels, random_state=SEED)
    return Split(LabelledImages(inputs[train], labels[train]), LabelledImages(inputs[unseen], labels[unseen]))


def build_network() -> nn.Module:
    """Build three convolutions and a linear layer: [N, 1, 8, 8] to [N, 10]."""
    return nn.Sequential(
        nn.Conv2d(1, 24, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(24, 48, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(48, 64, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 10),
    )


def spread(count: int, limit: float) -> Tensor:
    """Draw ``count`` numbers evenly between -limit and limit."""
    return (torch.rand(count) * 2 - 1) * limit


def distort(images: Tensor) -> Tensor:
    """Turn, scale, shear and shift each image a little: at most 10 degrees, 10 % and one pixel."""
    count = len(images)
    angle, scale = spread(count, 0.17), 1 + spread(count, 0.1)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    first_row = torch.stack([cosine, spread(count, 0.15) - sine, spread(count, 0.25)], dim=1)
    second_row = torch.stack([sine, cosine, spread(count, 0.25)], dim=1)
    rows = torch.stack([first_row, second_row], dim=1)
    grid = nn.functional.affine_grid(rows, list(images.shape), align_corners=False)
    return nn.functional.grid_sample(images, grid, align_corners=False)


def train(network: nn.Module, data: LabelledImages) -> None:
    """Train the network in place with Adam and a one-cycle learning rate."""
    inputs, labels = torch.from_numpy(data.inputs), torch.from_numpy(data.labels)
    optimizer = torch.optim.Adam(network.parameters())
    steps = EPOCHS * math.ceil(len(labels) / BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(labels)).split(BATCH_SIZE):
            optimizer.zero_grad()
            loss_of(network(distort(inputs[batch])), labels[batch]).backward()
            optimizer.step()
            schedule.step()


def convert(network: nn.Module) -> ov.Model:
    """Convert to an OpenVINO model: input ``image`` f32 [?, 1, 8, 8], output ``scores`` f32 [?, 10]."""
    example = torch.zeros(2, 1, 8, 8)
    model = ov.convert_model(network.eval(), input=[([-1, 1, 8, 8], ov.Type.f32)], example_input=example)
    model.input().set_names({"image"})
    model.input().node.friendly_name = "image"
    model.output().set_names({"scores"})
    model.validate_nodes_and_infer_types()
    return model


def measure_accuracy(model: ov.Model, data: LabelledImages) -> float:
    """Give the share of images whose highest score is their digit, computed in f32 on the CPU."""
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    scores = compiled(data.inputs)["scores"]
    return float((scores.argmax(axis=1) == data.labels).mean())


def main() -> None:
    """Train, convert, save and print the accuracy on both halves."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # one thread: the order of additions, and so the weights, does not change
    split = load_split()
    network = build_network()
    train(network, split.train)
    ov.save_model(convert(network), FOLDER / "model.xml", compress_to_fp16=False)
    np.savez_compressed(FOLDER / "digits.npz", inputs=split.unseen.inputs, labels=split.unseen.labels)
    saved = ov.Core().read_model(FOLDER / "model.xml")
    print(f"parameters: {sum(weights.numel() for weights in network.parameters())}")
    for name, half in (("training", split.train), ("unseen", split.unseen)):
        print(f"accuracy on {len(half.labels)} {name} images: {measure_accuracy(saved, half):.4f}")


if __name__ == "__main__":
    main()
