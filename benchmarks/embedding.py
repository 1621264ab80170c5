"""What embedding preprocessing buys, end to end: from the bytes of JPEG and PNG files to class scores, host against
embedded, in one comparison for each model and kind of data.

Every row: which transforms `ovopt embed` put into the model, the speed-up with its interval, sample after sample and
pipelined, the noise (A/A), and how far the outputs are apart in f32. No row may be slower than the host beyond noise.

    python benchmarks/embedding.py [SECONDS PER COMPARISON]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from models import classifier

import ovopt
from ovopt import units
from ovopt.records import Manifest, Speedup

NETS = {"tiny": (1, 8, 64), "small": (2, 16, 224), "large": (6, 64, 224)}
"""Layers, channels, side of the input."""
CLASSES, PICTURES = 4, 120
NORMALIZED = ["{scale: 255}", "{normalize: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], axis: -1}}"]


@dataclass(frozen=True)
class Case:
    """A model's family: how its pictures come, and what is done to them."""

    name: str
    net: str
    pictures: str
    preprocess: tuple[str, ...]
    one_size: bool = False
    int8: bool = False


def cases() -> Iterator[Case]:
    for net, (_, _, side) in NETS.items():
        cut = (f"{{resize: {{shorter_side: {side * 8 // 7}}}}}", f"{{center_crop: {side}}}")
        usual = ("decode_image", *cut, *NORMALIZED, "{layout: chw}")
        yield Case(f"{net}, JPEG, resized by Pillow's filter", net, "jpg", usual)
        yield Case(f"{net}, the same behind INT8", net, "jpg", usual, int8=True)
        plain = ("decode_image", f"{{resize: {{size: {side}, antialias: false}}}}", *NORMALIZED, "{layout: chw}")
        yield Case(f"{net}, JPEG, resized without antialias", net, "jpg", plain)
        yield Case(f"{net}, PNG of the model's size", net, f"{side}-png", ("decode_image", *plain[2:]))
    yield Case("small, JPEG of one size, Pillow's filter", "small", "one-jpg", usual, one_size=True)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures(folder)
        for name, (layers, channels, side) in NETS.items():
            classifier(folder / f"{name}.xml", layers, channels, side, CLASSES)
        for number, case in enumerate(cases()):
            run(case, folder, folder / str(number), seconds)


def run(case: Case, folder: Path, scratch: Path, seconds: float) -> None:
    """One line of the table."""
    scratch.mkdir()
    recipe, model = scratch / "recipe.yaml", folder / f"{case.net}.xml"
    listed = "".join(f"  - {entry}\n" for entry in case.preprocess)
    recipe.write_text(
        "ovopt: 1\nfamily: pictures\nmetrics: [cosine, top1_agreement]\n"
        f"data: {{source: {{kind: files, path: '{folder / case.pictures}', label: none}}}}\n"
        f"preprocess:\n{listed}"
        f"optimize: [embed_preprocessing: {{one_size: {str(case.one_size).lower()}}}]\n"
    )
    if case.int8:
        ovopt.quantize(model, scratch / "int8", recipe=recipe)
        model = scratch / "int8"
    manifest = ovopt.embed(model, scratch / "inside", recipe=recipe)
    plan = ovopt.Plan(scenarios=("end_to_end",), time_budget_s=seconds)
    comparison = ovopt.compare(model, [scratch / "inside"], recipe=recipe, plan=plan)
    (pair,) = comparison.pairs
    assert pair.end_to_end is not None, "the scenario was asked for"
    assert comparison.control is not None, "a comparison has a control"
    assert comparison.control.end_to_end is not None, "the scenario was asked for"
    print(f"{case.name}\n  in the model: {inside(manifest)}")
    print(f"  sample after sample {said(pair.end_to_end.sequential)}, pipelined {said(pair.end_to_end.pipelined)}")
    cosine, agreement = (pair.accuracy[name].candidate for name in ("cosine", "top1_agreement"))
    print(f"  A/A {said(comparison.control.end_to_end.sequential)}")
    print(f"  at the precision that runs: cosine {cosine:.6f}, top-1 agreement {units.share(agreement)}", flush=True)


def inside(manifest: Manifest) -> str:
    """What the model does now, and how exactly."""
    (step,) = (step for step in manifest.steps if step.name == "embed_preprocessing")
    if manifest.preprocess is None:
        return "nothing"
    names = [name for entry in manifest.preprocess.embedded for name in entry]
    return f"{', '.join(names)}; largest difference {step.effect['largest_difference']:.1e}"


def said(speedup: Speedup) -> str:
    return f"{units.factor(speedup.estimate)} {units.factor_interval(speedup.low, speedup.high)}"


def pictures(folder: Path) -> None:
    """Smooth random pictures: JPEGs of many sizes and of one, PNGs of each model's size."""
    from PIL import Image

    rng = np.random.default_rng(0)
    sizes = {
        "jpg": lambda: rng.integers(320, 800, 2),
        "one-jpg": lambda: (480, 640),
        **{f"{side}-png": lambda side=side: (side, side) for _, _, side in NETS.values()},
    }
    for kind, size in sizes.items():
        (folder / kind).mkdir(exist_ok=True)
        for number in range(PICTURES):
            height, width = (int(side) for side in size())
            coarse = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
            image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
            image.save(folder / kind / f"{number}.{kind[-3:]}")


if __name__ == "__main__":
    main()
