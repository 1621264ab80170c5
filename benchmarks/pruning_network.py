"""Train the classifier that `pruning.py` prunes: a residual network, far larger than its task needs.

scikit-learn's digits, enlarged to 32x32: one half trains it, the other is written beside it. Needs torch and
scikit-learn.

    python benchmarks/pruning_network.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # no usage statistics
import openvino as ov  # noqa: E402

SEED, EPOCHS, BATCH, RATE = 0, 20, 32, 4e-3
WIDTHS = (32, 64, 128)


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        stride = 1 if given == made else 2
        self.body = nn.Sequential(
            nn.Conv2d(given, made, 3, stride, 1, bias=False), nn.BatchNorm2d(made), nn.ReLU(),
            nn.Conv2d(made, made, 3, 1, 1, bias=False), nn.BatchNorm2d(made),
        )  # fmt: skip
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(given, made, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[N, given, H, W] -> [N, made, H / stride, W / stride]."""
        return torch.relu(self.body(x) + self.shortcut(x))


def network() -> nn.Module:
    """[N, 1, 32, 32] -> [N, 10], 2 blocks of each width."""
    layers: list[nn.Module] = [nn.Conv2d(1, WIDTHS[0], 3, 1, 1), nn.ReLU()]
    given = WIDTHS[0]
    for width in WIDTHS:
        layers += [Block(given, width), Block(width, width)]
        given = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(given, 10))


def distorted(images: Tensor) -> Tensor:
    """Turned, scaled, sheared, shifted and blurred by noise, a little."""
    count = len(images)
    angle, scale = (torch.rand(count) - 0.5) * 0.5, 1 + (torch.rand(count) - 0.5) * 0.3
    shift = (torch.rand(2, count) - 0.5) * 0.3
    rows = [
        torch.stack([torch.cos(angle) * scale, -torch.sin(angle) * scale, shift[0]], 1),
        torch.stack([torch.sin(angle) * scale, torch.cos(angle) * scale, shift[1]], 1),
    ]
    grid = nn.functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    moved = nn.functional.grid_sample(images, grid, align_corners=False)
    return moved + 0.1 * torch.randn_like(moved)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    digits = load_digits()
    small = torch.from_numpy((digits.images / 16).astype(np.float32))[:, None]
    images = nn.functional.interpolate(small, size=(32, 32), mode="bilinear", align_corners=False)
    train, unseen = train_test_split(np.arange(len(images)), test_size=0.5, stratify=digits.target, random_state=SEED)
    labels, net = torch.from_numpy(digits.target), network()
    optimizer = torch.optim.Adam(net.parameters(), weight_decay=1e-5)
    steps = EPOCHS * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    for _ in range(EPOCHS):
        for batch in torch.from_numpy(train)[torch.randperm(len(train))].split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(distorted(images[batch])), labels[batch], label_smoothing=0.05).backward()
            optimizer.step()
            schedule.step()
    net.eval()
    example = images[:1]
    model = ov.convert_model(net, example_input=example, input=[([1, 1, 32, 32], ov.Type.f32)])
    ov.save_model(model, folder / "model.xml", compress_to_fp16=False)
    torch.export.save(torch.export.export(net, (example,)), folder / "model.pt2")
    torch.manual_seed(SEED)
    hard = distorted(images[unseen])  # as hard as what it was trained on
    np.savez_compressed(folder / "data.npz", inputs=hard.numpy(), labels=digits.target[unseen])
    with torch.no_grad():
        found = net(hard).argmax(1).numpy()
    print(f"top-1 on {len(unseen)} unseen, distorted scans: {(found == digits.target[unseen]).mean():.4f}")


if __name__ == "__main__":
    main()
