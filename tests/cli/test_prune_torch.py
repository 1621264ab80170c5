"""`ovopt prune --fine-tune` and the steps behind it, as a user runs them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import openvino as ov
import pytest

from ovopt.bundle import read_manifest
from ovopt.workflow.optimizing.prune import prune
from tests.cli import run
from tests.cli.run import CLASSES, WIDTH, started, write_data
from tests.cli.test_optimize import command, environment
from tests.training import trained
from tests.training.trained import HIDDEN, weights

torch = trained.torch
pytestmark = pytest.mark.filterwarnings("ignore")

COMMON = ("--recipe", "classification", "--data", "data.npz", "--fine-tune", "--set", "data.splits.calibration=60",
          "--set", "optimize.prune_torch.samples=60")  # fmt: skip
SIZE = HIDDEN * (WIDTH + CLASSES)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Several would wait for each other longer than the model takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, data, and the bundle `whole` made of them in two epochs."""
    folder = tmp_path_factory.mktemp("made")
    trained.exported(folder / "tiny.pt2", dynamic=True)
    write_data(folder / "data.npz")
    words = ("--ratio", 0.7, "--epochs", 2, "-o", "whole", "--format", "json")
    done = started("prune", "tiny.pt2", *COMMON, *words, cwd=folder)
    assert done.code == 0, done.stderr
    (folder / "whole.json").write_text(done.stdout)
    (folder / "whole.txt").write_text(done.stderr)
    return folder


@pytest.fixture
def work(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "work")
    return tmp_path / "work"


def test_a_bundle_of_the_same_shape_with_zeros_that_runs(made: Path) -> None:
    manifest = read_manifest(made / "whole")
    assert manifest is not None
    assert json.loads((made / "whole.json").read_text()) == json.loads((made / "whole" / "ovopt.json").read_text())
    assert [step.name for step in manifest.steps] == ["prune_torch", "simplify"]
    report = manifest.steps[0]
    assert report.parameters == {"ratio": 0.7, "epochs": 2, "samples": 60}
    assert report.effect["held_out"] == 12
    assert report.effect["error"] < report.effect["error_before"]
    model = ov.Core().read_model(made / "whole" / "model.xml")
    kernels = [weights(model)[shape] for shape in ((HIDDEN, WIDTH), (CLASSES, HIDDEN))]
    assert sum(int((one == 0).sum()) for one in kernels) == report.effect["zero_weights"]
    assert report.effect["zero_weights"] == pytest.approx(0.7 * SIZE, abs=2)
    assert not list(made.glob("*checkpoint*"))


def test_it_says_how_far_it_is_and_what_zeros_are_worth(made: Path) -> None:
    lines = (made / "whole.txt").read_text().splitlines()
    assert "fine-tune ..." in lines
    assert any(line.startswith("fine-tune: done, 2 of 2 epochs, best error ") for line in lines)
    assert not any("Warning" in line for line in lines)
    notes = json.loads((made / "whole.json").read_text())["steps"][0]["notes"]
    assert notes[-1].startswith("zeros make a model neither smaller nor faster by themselves")


LONG = ("prune", "tiny.pt2", *COMMON, "--ratio", 0.7, "--epochs", 120)
"""So many epochs that it is surely interrupted in one of them."""


def interrupted(work: Path, number: int) -> tuple[int, str, int]:
    """Exit code as a shell shows it, what was said, and the epoch in the checkpoint."""
    kept, command = work / "out.checkpoint.pt", run.command(*LONG, "-o", "out")
    assert not kept.exists(), "the signal is to meet a run that has begun"
    process = subprocess.Popen(command, cwd=work, env=run.user_environment(), stderr=subprocess.PIPE, text=True)
    while not kept.is_file() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert not (work / "out").exists()
    epoch = torch.load(kept, weights_only=True)["epoch"]
    assert 1 <= epoch < 120
    code = process.returncode
    return 128 - code if code < 0 else code, said, epoch


def test_ctrl_c_says_what_is_kept(work: Path) -> None:
    code, said, epoch = interrupted(work, signal.SIGINT)
    assert code == 130
    assert f"\nepoch {epoch} of 120 and the best so far (epoch " in said
    assert " are kept in out.checkpoint.pt; --resume goes on from there\n" in said
    assert said.endswith("interrupted; nothing half-written is left\n")


def test_a_killed_run_goes_on_to_the_same_model(work: Path) -> None:
    epoch = interrupted(work, signal.SIGKILL)[2]
    resumed = started(*LONG, "-o", "out", "--resume", cwd=work)
    assert resumed.code == 0, resumed.stderr
    assert f"out.checkpoint.pt: goes on behind epoch {epoch} of 120" in resumed.stderr
    assert not list(work.glob("*checkpoint*"))
    settings = ["data.splits.calibration=60", "optimize.prune_torch={ratio: 0.7, epochs: 120, samples: 60}"]
    options = settings
    prune(
        work / "tiny.pt2",
        work / "again",
        recipe="classification",
        data=work / "data.npz",
        settings=options,
        fine_tune=True,
    )
    assert (work / "again" / "model.bin").read_bytes() == (work / "out" / "model.bin").read_bytes()


def test_a_pruned_model_is_quantized_next(work: Path) -> None:
    done = started("quantize", "whole", "--data", "data.npz", "-o", "int8", cwd=work)
    assert done.code == 0, done.stderr
    manifest = read_manifest(work / "int8")
    assert manifest is not None
    assert [step.name for step in manifest.steps] == ["simplify", "quantize"]
    model = ov.Core().read_model(work / "int8" / "model.xml")
    rounded = [op.data for op in model.get_ordered_ops() if op.get_type_name() == "Constant" and op.data.ndim == 2]
    assert sum(int((one == 0).sum()) for one in rounded) >= 0.7 * SIZE - 2


RECIPE = """
ovopt: 1
family: tiny
task: classification
metrics: [top1]
optimize:
{steps}
"""


def test_a_recipe_prunes_simplifies_and_quantizes(work: Path) -> None:
    steps = "  - prune_torch: {ratio: 0.7, epochs: 2, samples: 60}\n  - simplify\n  - quantize"
    (work / "mine.yaml").write_text(RECIPE.format(steps=steps))
    words = ("optimize", "tiny.pt2", "--recipe", "mine.yaml", "--data", "data.npz", "-o", "all")
    done = subprocess.run(command(words), cwd=work, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    manifest = read_manifest(work / "all")
    assert manifest is not None
    assert [step.name for step in manifest.steps] == ["prune_torch", "simplify", "quantize"]
    assert not list((work / "all.steps").glob("*.search"))


def test_another_step_in_front_is_refused(work: Path) -> None:
    steps = "  - simplify\n  - prune_torch: {epochs: 1}"
    (work / "mine.yaml").write_text(RECIPE.format(steps=steps))
    done = started("optimize", "tiny.pt2", "--recipe", "mine.yaml", "--data", "data.npz", "-o", "all", cwd=work)
    assert done.code == 2
    assert "prune_torch" in done.message
    assert not (work / "all").exists()
