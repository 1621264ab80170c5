"""`ovopt compress`, as a user runs it, with mistakes too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovopt.bundle import read_manifest
from ovopt.model.files.read import read_model
from ovopt.model.inspect.layers import weights
from tests.cli import run
from tests.workflow.searching.compressed import FEW, write_network, write_samples

SETTINGS = [word for setting in FEW for word in ("--set", setting)]
DATA = ("-r", "classification", "--data", "words.npz", *SETTINGS)
INT4 = ("--mode", "int4_sym", "--group-size", "32")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_network(folder / "words.xml")
    write_samples(folder / "words.npz")
    return folder


def test_options_reach_nncf_and_the_result_is_told(made: Path, tmp_path: Path) -> None:
    options = (*INT4, "--awq", "--all-layers", "--ratio", "0.9", "--ignored-name", "up", "--no-simplify")
    done = run.ovopt("compress", "words.xml", *DATA, *options, "-o", tmp_path / "int4", cwd=made)
    assert done.code == 0, done.stderr
    step = read_manifest(tmp_path / "int4").steps[-1]  # type: ignore[union-attr]
    assert step.parameters == {
        "mode": "int4_sym", "group_size": 32, "awq": True, "all_layers": True, "ratio": 0.9, "subset_size": 20,
        "ignored_scope": {"names": ["up"]},
    }  # fmt: skip
    found = {w.operation: w.bits for w in weights(read_model(tmp_path / "int4"))}
    assert found["up"] == 32
    assert 4 in found.values()
    assert ", by precision (" in done.stdout
    assert "dynamic quantization group size " in done.stdout
    assert "note: 2 weights of LSTMSequence (131 kB) stay in floating point" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("next: ovopt compare words.xml ")


def test_a_search_for_the_smallest_is_json_on_standard_output(made: Path, tmp_path: Path) -> None:
    options = ("--max-drop", "0.9", "--no-simplify", "-o", tmp_path / "small", "--format", "json", "-q")
    done = run.ovopt("compress", "words.xml", *DATA, *options, cwd=made)
    assert (done.code, done.stderr) == (0, "")
    step = json.loads(done.stdout)["steps"][-1]
    assert step["parameters"]["max_drop"] > 0
    assert step["made_by"]["settings"]["mode"] == "int4_asym"
    assert 0 < step["effect"]["size_ratio"] < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--mode", "int4_sim"), "error: optimize.compress.mode: 'int4_sim'; did you mean 'int4_sym'?"),
        (("--aim", "speed"), "error: --aim speed: is about a search; give --max-drop, too"),
        (("--resume",), "error: --resume: is about a search; give --max-drop, too"),
        (("--awq",), "error: optimize.compress: INT8 modes do not support awq option(s). Set them to None."),
        (("--ratio", "0"), "error: --ratio 0.0: optimize[1].compress.ratio: input should be greater than 0, not 0.0"),
        (
            ("--mode", "nf4", "--group-size", "48"),
            "error: optimize.compress.group_size: Failed to apply group-wise quantization with group size value 48. "
            "Every layer's inputs must divide by it: --set optimize.compress.group_size=-1 takes whole rows as groups, "
            "and --set optimize.compress.advanced_parameters.group_size_fallback_mode=adjust smaller groups, or 8 bits",
        ),
    ],
)
def test_mistakes_are_told_and_leave_nothing(
    options: tuple[str, ...], message: str, made: Path, tmp_path: Path
) -> None:
    before = run.snapshot(made)
    done = run.ovopt("compress", "words.xml", *DATA, *options, "--no-simplify", "-o", tmp_path / "out", cwd=made)
    assert (done.code, done.message, done.stdout) == (2, message, "")
    assert list(tmp_path.iterdir()) == []
    assert run.snapshot(made) == before


def test_a_compressed_bundle_is_not_compressed_again(made: Path, tmp_path: Path) -> None:
    options = ("--no-simplify", "-q")
    assert run.ovopt("compress", made / "words.xml", "-o", "once", *options, cwd=tmp_path).code == 0
    done = run.ovopt("compress", "once", "-o", "twice", *options, cwd=tmp_path)
    message = "error: the model is int8 weights (compressed) already; start from the original"
    assert (done.code, done.message) == (2, message)
