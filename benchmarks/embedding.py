"""What embedding preprocessing buys, end to end: from the bytes of JPEG and PNG files to class scores, host against
embedded, in one comparison for each model and kind of data; and what resizing inside the model costs, ours against
that of OpenVINO's PrePostProcessor.

Every row: which transforms `ovopt embed` put into the model, the speed-up with its interval, sample after sample and
pipelined, the noise (A/A), and how far the outputs are apart in f32. No row may be slower than the host beyond noise.

    python benchmarks/embedding.py [SECONDS PER COMPARISON]

Resizing alone: bytes [1, height, width, 3] to another size, one thread, both ways in turns over several compiled
models. Every row: the share of values that are not those of Pillow (without antialias: of what the host makes) after
rounding, the largest difference, and the time as a multiple of the host's; then the time of PrePostProcessor's way as a
multiple of ours.

    python benchmarks/embedding.py resizing
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
from models import classifier
from openvino import opset13 as op
from openvino.preprocess import PrePostProcessor, ResizeAlgorithm

import ovopt
from ovopt import units
from ovopt.contracts import Array
from ovopt.records import Manifest, Speedup
from ovopt.transforms.geometry import Resize

NETS = {"tiny": (1, 8, 64), "small": (2, 16, 224), "large": (6, 64, 224)}
"""Layers, channels, side of the input."""
CLASSES, PICTURES = 4, 120
SIZES = (((427, 640), (224, 224)), ((480, 640), (256, 341)), ((1080, 1920), (224, 224)), ((224, 224), (448, 448)))
"""Height and width before and after: photographs and a film's frame made smaller, and an image made larger."""
RESIZED = {
    ("bilinear", True): ResizeAlgorithm.RESIZE_BILINEAR_PILLOW,
    ("bicubic", True): ResizeAlgorithm.RESIZE_BICUBIC_PILLOW,
    ("bilinear", False): ResizeAlgorithm.RESIZE_LINEAR,
    ("bicubic", False): ResizeAlgorithm.RESIZE_CUBIC,
}
"""Interpolation, and whether with antialias; PrePostProcessor's name for it."""
INSTANCES, TURNS = 3, 10
"""Compiled models of either way, since each has a pace of its own; turns that each of them is timed in."""
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
    if sys.argv[1:] == ["resizing"]:
        resizing()
        return
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
            Image.fromarray(picture(height, width, rng)).save(folder / kind / f"{number}.{kind[-3:]}")


def picture(height: int, width: int, rng: np.random.Generator) -> Array:
    """A smooth random picture [height, width, 3] of bytes."""
    from PIL import Image

    coarse = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def resizing() -> None:
    """A table of both ways for every filter and size."""
    for (interpolation, antialias), algorithm in RESIZED.items():
        for old, new in SIZES:
            resize = Resize(size=new, interpolation=interpolation, antialias=antialias)
            image = picture(*old, np.random.default_rng(0))
            ways = {"ours": embedded(resize, old), "PrePostProcessor": preprocessed(algorithm, old, new)}
            calls: dict[str, list[Callable[[], Array]]] = {"host": [lambda r=resize, i=image: r(i)]}
            for name, model in ways.items():
                calls[name] = [inference(model, image) for _ in range(INSTANCES)]
            times = medians(calls)
            print(f"{interpolation}{'' if antialias else ', no antialias'}, {old[0]}x{old[1]} -> {new[0]}x{new[1]}")
            wanted = resize(image).astype(np.float64)
            for name in ways:
                apart = np.abs(np.rint(calls[name][0]()).astype(np.float64) - wanted)
                print(
                    f"  {name:16} {units.share(float(np.mean(apart > 0)))} differ, by {apart.max():.0f} at most; "
                    f"{units.factor(times[name] / times['host'])} the host's time"
                )
            print(f"  PrePostProcessor takes {units.factor(times['PrePostProcessor'] / times['ours'])}", flush=True)


def embedded(resize: Resize, old: tuple[int, int]) -> openvino.Model:
    """The transform as operations, behind it a conversion to f32."""
    image = op.parameter([1, *old, 3], np.uint8, name="image")
    resized = resize.embedded(image.output(0))
    assert resized is not None, "images have one size"
    return openvino.Model([op.result(op.convert(resized, "f32"))], [image], "ours")


def preprocessed(algorithm: ResizeAlgorithm, old: tuple[int, int], new: tuple[int, int]) -> openvino.Model:
    """The same by PrePostProcessor: bytes are resized before they are converted, which is exacter."""
    image = op.parameter([1, *new, 3], np.float32, name="image")
    # Without any operation between, input and output would be one tensor.
    whole = PrePostProcessor(openvino.Model([op.result(op.multiply(image, np.float32(1)))], [image], "theirs"))
    taken = whole.input(0)
    taken.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC")).set_shape([1, *old, 3])
    taken.model().set_layout(openvino.Layout("NHWC"))
    taken.preprocess().resize(algorithm).convert_element_type(openvino.Type.f32)
    return whole.build()


def inference(model: openvino.Model, image: Array) -> Callable[[], Array]:
    """One inference in f32 on one thread."""
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    return lambda: np.array(request.infer([image[None]])[0][0])


def medians(calls: dict[str, list[Callable[[], Array]]]) -> dict[str, float]:
    """Seconds of each way: all calls in random order, turn after turn."""
    rng, taken = np.random.default_rng(0), {name: list[float]() for name in calls}
    each = [(name, call) for name, several in calls.items() for call in several]
    for _ in range(TURNS):
        for place in rng.permutation(len(each)):
            name, call = each[place]
            began = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - began)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


if __name__ == "__main__":
    main()
