"""The package that `docs/extending.md` writes, built and installed beside ovopt, does what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as ops

from ovopt.bundle import read_manifest
from ovopt.workflow.doctor import KINDS
from tests.cli.run import Ran
from tests.cli.run import ovopt as run
from tests.packages import lay_down

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = {
    found[1]: found[2]
    for found in re.finditer(r"^```(?:python|toml|yaml)\n# (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
}
"""The files that the page writes, each named by its first line."""
RNG = np.random.default_rng(0)
WEIGHTS = RNG.standard_normal((16, 4)).astype(np.float32)
RECIPE = """
ovopt: 1
family: example
preprocess: [{cast: float32}, signed_root]
postprocess: [{temperature: 2}]
metrics: [mean_error]
data: {source: {kind: lines, path: samples.txt}}
optimize: [simplify, {zero_small_weights: {below: 0.05}}]
"""


@dataclass(frozen=True)
class House:
    """A folder with a model, samples and a recipe, and where the package is installed."""

    folder: Path
    packages: Path

    def run(self, *words: object) -> Ran:
        """The command line beside the installed package."""
        return run(*words, cwd=self.folder, PYTHONPATH=os.pathsep.join([str(ROOT), str(self.packages)]))

    def good(self, *words: object) -> str:
        """What a run that succeeds prints."""
        done = self.run(*words)
        assert done.code == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed, and fetching it needs a network")
    source, folder, packages = (tmp_path_factory.mktemp(name) for name in ("source", "work", "packages"))
    for name, text in FILES.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    (source / "example_plugins" / "__init__.py").touch()
    offline = ("--quiet", "--no-build-isolation", "--no-deps", "--no-index")
    subprocess.run([sys.executable, "-m", "pip", "install", *offline, "--target", packages, source], check=True)
    lay_down(packages, "unsound", {"ovopt.metrics: mine": "unsound:Mine"}, unsound="import no_such_thing")
    np.savetxt(folder / "samples.txt", samples())
    np.savez(folder / "weights.npz", weights=WEIGHTS)
    (folder / "mine.yaml").write_text(RECIPE, encoding="utf-8")
    given = ops.parameter([1, 16], ov.Type.f32, name="x")
    given.output(0).set_names({"x"})
    scores = ops.matmul(ops.negative(ops.negative(given)), WEIGHTS, False, False)
    scores.output(0).set_names({"scores"})
    ov.save_model(ov.Model([scores], [given], "tiny"), folder / "tiny.xml", compress_to_fp16=False)
    return House(folder, packages)


def samples() -> np.ndarray:
    """A table of 40 samples: 16 numbers each, and a label."""
    rng = np.random.default_rng(1)
    return np.column_stack([rng.standard_normal((40, 16)).round(3), rng.integers(0, 4, 40)])


@pytest.fixture(scope="module")
def bundle(house: House) -> Path:
    house.good("optimize", "tiny.xml", "-r", "mine.yaml", "-o", "bundle")
    return house.folder / "bundle"


@pytest.fixture(scope="module")
def comparison(house: House, bundle: Path) -> Any:
    measured = (
        "--scenario",
        "latency",
        "--scenario",
        "memory",
        "--scenario",
        "repeated_input",
        "--time-budget",
        1,
        "--reference",
        "numpy=weights.npz",
    )
    house.good("compare", "tiny.xml", bundle, "-r", "mine.yaml", *measured, "-o", "comparison.json")
    return json.loads((house.folder / "comparison.json").read_text())


def test_the_page_has_a_section_for_every_kind_of_plugin() -> None:
    contracts = {kind.__name__ for _, kind in KINDS}
    titles = {title.title().replace(" ", "") for title in re.findall(r"^## An? ([\w ]+)$", TEXT, re.MULTILINE)}
    assert titles == contracts
    groups = set(re.findall(r'"ovopt\.(\w+)"', FILES["pyproject.toml"]))
    assert groups == {package.rpartition(".")[2] for package, _ in KINDS}


def test_doctor_lists_every_plugin_of_the_package_and_the_one_that_is_left_out(house: House) -> None:
    found = json.loads(house.good("doctor", "--no-self-test", "--format", "json"))
    assert {one["package"] for one in found["plugins"]} == {"example-plugins 1.0"}
    assert {one["kind"] for one in found["plugins"]} == {kind.__name__ for _, kind in KINDS}
    assert found["left_out"] == [
        {
            "package": "unsound 1.0",
            "entry": "ovopt.metrics: mine = unsound:Mine",
            "why": "cannot be imported: ModuleNotFoundError: No module named 'no_such_thing'",
        }
    ]


def test_data_source_transform_decoder_and_metric_make_the_figures(house: House) -> None:
    done = house.run("evaluate", "tiny.xml", "-r", "mine.yaml", "--format", "json")
    assert done.code == 0, done.stderr
    said = "plug-in left out: unsound 1.0 (ovopt.metrics: mine = unsound:Mine): cannot be imported: "
    assert done.stderr.count(said) == 1
    table = samples()
    given = (np.sign(table[:, :-1]) * np.sqrt(np.abs(table[:, :-1]))).astype(np.float32)
    expected = np.abs(given @ WEIGHTS / 2 - table[:, -1:]).mean(axis=1)
    found = json.loads(done.stdout)["arms"][0]["accuracy"]["mean_error"]
    assert found["rows"] == pytest.approx(expected, abs=0.1)  # bf16 where the machine runs it
    assert found["value"] == pytest.approx(expected.mean(), abs=0.05)
    assert found["higher_is_better"] is False


def test_the_pieces_of_recipes_in_the_text_are_those_of_the_recipe_that_runs() -> None:
    recipe = yaml.safe_load(RECIPE)
    sections = "|".join(recipe)
    told = {
        key: value
        for code in re.findall(rf"`((?:{sections}): [^`]*)`", TEXT)
        for key, value in yaml.safe_load(code).items()
    }
    assert told.keys() == {"metrics", "data", "optimize"}
    assert told["metrics"] == recipe["metrics"]
    assert told["data"] == recipe["data"]
    assert told["optimize"] == recipe["optimize"][1:]


def test_quiet_says_nothing_of_a_package_that_is_left_out(house: House) -> None:
    assert house.run("evaluate", "tiny.xml", "-r", "mine.yaml", "--format", "json", "-q").stderr == ""


def test_rewrite_and_step_change_the_model(bundle: Path) -> None:
    manifest = read_manifest(bundle)
    assert manifest is not None
    simplified, zeroed = manifest.steps
    assert simplified.effect["double_negation"] == 1
    small = np.abs(WEIGHTS) < 0.05 * np.abs(WEIGHTS).max()
    assert zeroed.effect == {"weights_zeroed": small.sum()}
    model = ov.Core().read_model(bundle / "model.xml")
    kinds = [node.get_type_name() for node in model.get_ordered_ops()]
    assert "Negative" not in kinds
    (product,) = (node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul")
    [weights] = (node.data for node in model.get_ordered_ops() if node.get_type_name() == "Constant")
    assert weights == pytest.approx(np.where(small, 0, WEIGHTS))
    assert product.input_value(0).get_node().get_type_name() == "Parameter"


def test_the_engine_runs_as_a_reference_in_workers_of_its_own(comparison: Any) -> None:
    assert comparison["references"]["numpy"]["engine"] == "numpy"
    assert comparison["references"]["numpy"]["largest_difference"] < 0.2  # bf16 where the machine runs it
    (arm,) = (arm for arm in comparison["arms"] if arm["name"] == "numpy")
    assert arm["lost"] is None
    assert arm["latency"]["n"] > 0
    assert arm["memory"]["by_hint"]["latency"]["peak_bytes"] > 0


def test_the_scenario_has_its_figures_and_speedups_in_the_file_and_in_reports(house: House, comparison: Any) -> None:
    for arm in comparison["arms"]:
        found = arm["scenarios"]["repeated_input"]
        times = [time for replica in found["raw"] for turn in replica for time in turn]
        assert found["figures"]["p50"]["value"] == pytest.approx(np.median(times) / 1e6)
        assert found["figures"]["p50"]["n"] == len(times)
    (pair,) = comparison["pairs"]
    assert pair["scenarios"]["repeated_input"]["speedups"]["p50"]["estimate"] > 0
    assert comparison["control"]["scenarios"]["repeated_input"]["speedups"]["p50"]["estimate"] > 0
    for form in ("console", "html"):
        assert "one input, p50" in house.good("report", "comparison.json", "--format", form)
    assert ",repeated input p50," in house.good("report", "comparison.json", "--format", "csv")


@pytest.mark.usefixtures("comparison")
def test_the_file_is_read_and_judged_with_the_package_and_without_it(house: House) -> None:
    words = ("gate", "comparison.json", "--budget", "size.max_ratio=2", "--format", "markdown")
    printed = house.good(*words)
    assert "one input, p50" in printed
    without = run(*words, cwd=house.folder, PYTHONPATH=str(ROOT))
    assert (without.code, without.stdout) == (0, printed)


@pytest.mark.usefixtures("comparison")
def test_the_report_is_a_format(house: House) -> None:
    printed = house.good("report", "comparison.json", "--format", "chat")
    assert re.fullmatch(r"bundle: \S+x as fast, gate: no budget\n", printed)
    house.good("report", "comparison.json", "--format", "chat", "-o", "chat.txt")
    assert (house.folder / "chat.txt").read_text() == printed


def test_an_unknown_format_is_refused_with_the_nearest_of_all_there_are(house: House) -> None:
    done = house.run("compare", "tiny.xml", "tiny.xml", "--format", "chut")
    assert (done.code, done.message) == (2, "error: no report format is called 'chut'; did you mean 'chat'?")


def test_a_shell_completes_ovopts_own_formats_and_all_others(house: House) -> None:
    code = "from ovopt.cli.options import FORMATS, _formats; assert {*FORMATS, 'chat'} <= set(_formats())"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(house.packages)])}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)


def test_the_test_of_the_page_passes() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the extra `dev` brings scikit-learn")
    names: dict[str, Any] = {"np": np, "pytest": pytest, "RNG": RNG, "mean_absolute_error": metrics.mean_absolute_error}
    for file in ("example_plugins/mean_error.py", "tests/test_mean_error.py"):
        exec(compile(FILES[file], file, "exec"), names)
    names["test_it_is_scikit_learns_mean_absolute_error"]()


# The head of a detector, said in a recipe


SIDE, OBJECTS = 64, 2


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's recipes and code, a model of such a head, and labelled images."""
    image = pytest.importorskip("PIL.Image", reason="the extra `vision` brings Pillow")
    folder, rng = tmp_path_factory.mktemp("detector"), np.random.default_rng(0)
    for name in ("head.yaml", "own.yaml", "my_head.py"):
        (folder / name).write_text(FILES[name], encoding="utf-8")
    given = ops.parameter([1, 3, SIDE, SIDE], ov.Type.f32, name="image")
    given.output(0).set_names({"image"})
    pooled = ops.avg_pool(ops.divide(given, np.float32(255)), [8, 8], [0, 0], [0, 0], [8, 8], exclude_pad=True)
    weights = rng.normal(0, 3, (4 + OBJECTS, 3, 1, 1)).astype(np.float32)
    head = ops.convolution(pooled, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    head.output(0).set_names({"map"})
    model = ov.Model([head], [given], "detector")
    ov.save_model(model, folder / "model.xml", compress_to_fp16=False)
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for place in ("images", "labels"):
        (folder / "data" / place).mkdir(parents=True)
    (folder / "data" / "classes.txt").write_text("left\nright\n")
    for index in range(8):
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        image.fromarray(pixels).save(folder / "data" / "images" / f"{index}.png")
        answer = compiled(pixels.transpose(2, 0, 1)[None].astype(np.float32))[0][0]
        (folder / "data" / "labels" / f"{index}.txt").write_text(labelled(answer))
    return folder


def labelled(answer: np.ndarray) -> str:
    """A line of YOLO's for the best object of a map [4 + classes, H, W]."""
    kind, y, x = np.unravel_index(answer[4:].argmax(), answer[4:].shape)
    cx, cy = (np.array([x, y]) + 0.5 + np.tanh(answer[:2, y, x])) * 8
    w, h = np.exp(answer[2:4, y, x]) * 8
    low = np.clip([cx - w / 2, cy - h / 2], 0, SIDE)
    high = np.clip([cx + w / 2, cy + h / 2], 0, SIDE)
    centre, size = (low + high) / 2 / SIDE, (high - low) / SIDE
    return f"{kind} {centre[0]:.6f} {centre[1]:.6f} {size[0]:.6f} {size[1]:.6f}\n"


def test_a_head_that_ovopt_does_not_know_is_said_in_yaml_and_in_ten_lines_alike(detector: Path) -> None:
    assert len(FILES["my_head.py"].strip().splitlines()) <= 10
    found = []
    for recipe, more in (("head.yaml", ()), ("own.yaml", ("--trust",))):
        f32 = ("--property", "INFERENCE_PRECISION_HINT=f32", "--format", "json", "-q")
        done = run("evaluate", "model.xml", "-r", recipe, "--data", "data", *f32, *more, cwd=detector)
        assert done.code == 0, done.stderr
        found.append(json.loads(done.stdout)["arms"][0]["accuracy"]["map"]["rows"])
    said, own = found
    assert len(said) == 8
    for mine, theirs in zip(said, own, strict=True):
        assert [one[:2] for one in mine] == [one[:2] for one in theirs]
        for (_, _, first), (_, _, second) in zip(mine, theirs, strict=True):
            assert np.array(first) == pytest.approx(np.array(second), rel=1e-4)
    assert all(any(flags for _, _, detected in row for _, flags, _ in detected) for row in said), "each object is found"


def test_without_trust_the_code_of_the_page_does_not_run(detector: Path) -> None:
    done = run("evaluate", "model.xml", "-r", "own.yaml", "--data", "data", cwd=detector)
    assert (done.code, done.message) == (
        2,
        f"error: own.yaml: postprocess[0].python: to use it is to run the code in {detector / 'my_head.py'}; if you "
        "trust it, allow that with --trust",
    )
