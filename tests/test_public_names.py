"""The public names: one list, that tab completion and type checkers know, too."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import ovopt
import ovopt.errors

MODELS = (
    "benchmark",
    "compare",
    "compress",
    "diagnose",
    "embed",
    "evaluate",
    "optimize",
    "prune",
    "quantize",
    "simplify",
)
SCRIPT = """
import ovopt

bundle = ovopt.quantize("model.onnx", "int8", recipe="classification", data=([[1.0]], [0]), max_drop=0.01)
reveal_type(bundle)
comparison = ovopt.compare("model.onnx", bundle, plan=ovopt.Plan(scenarios=("latency",), time_budget_s=5))
reveal_type(comparison)
reveal_type(ovopt.evaluate("model.onnx", data="val/", part="gate"))
ovopt.evaluate("model.onnx", "classification")
ovopt.quantize("model.onnx", "int8", max_dorp=0.01)
ovopt.nonsense
"""


@pytest.mark.parametrize("name", ovopt.__all__)
def test_a_public_name_resolves(name: str) -> None:
    assert getattr(ovopt, name) is not None


def test_tab_completion_shows_all_of_them() -> None:
    assert dir(ovopt) == sorted(ovopt.__all__)
    assert {"quantize", "Comparison", "BudgetMissedError", "doctor", "__version__"} <= set(dir(ovopt))


def test_a_name_does_not_hide_behind_a_module_of_the_same_name() -> None:
    files = {file.stem for file in Path(str(resources.files("ovopt"))).iterdir()}
    assert files.isdisjoint(ovopt.__all__)


def test_every_error_is_public() -> None:
    errors = {
        name for name, kind in vars(ovopt.errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)
    }
    assert errors <= set(ovopt.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"\Amodule 'ovopt' has no attribute 'nonsense'\Z"):
        _ = ovopt.nonsense


@pytest.mark.parametrize("name", MODELS)
def test_everything_behind_the_second_argument_has_a_name(name: str) -> None:
    parameters = inspect.signature(getattr(ovopt, name)).parameters.values()
    assert [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY][2:] == []


def test_the_same_argument_has_the_same_type_everywhere() -> None:
    seen: dict[str, set[str]] = {}
    for name in MODELS:
        for parameter in inspect.signature(getattr(ovopt, name)).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY:
                seen.setdefault(parameter.name, set()).add(str(parameter.annotation))
    assert {
        "recipe",
        "data",
        "seed",
        "settings",
        "trust",
        "progress",
        "plan",
        "max_drop",
        "time_budget_s",
    } <= seen.keys()
    assert {name: kinds for name, kinds in seen.items() if len(kinds) > 1} == {}


def test_a_type_checker_knows_all_of_it(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="the extra `dev` brings mypy")
    assert (resources.files("ovopt") / "py.typed").is_file()
    (tmp_path / "script.py").write_text(SCRIPT)
    root = Path(ovopt.__file__).parents[1]
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--ignore-missing-imports"]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), "script.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("script.py")]
    assert said[:3] == [
        'note: Revealed type is "ovopt.records.bundle.Manifest"',
        'note: Revealed type is "ovopt.records.comparison.Comparison"',
        'note: Revealed type is "ovopt.records.comparison.Comparison"',
    ], done.stdout
    faults = [line for line in said if line.startswith("error: ")]
    assert [line.rpartition("[")[2] for line in faults] == ["call-arg]", "call-arg]", "attr-defined]"]
