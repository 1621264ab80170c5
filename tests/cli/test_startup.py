from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

import ovopt
from ovopt.cli.app import app
from tests.cli import run

HEAVY = ("openvino", "nncf", "datasets", "torch", "pandas", "scipy", "numpy")


def commands() -> list[tuple[str, ...]]:
    """Every command's words, those of groups included."""
    found: list[tuple[str, ...]] = []

    def walk(command: object, words: tuple[str, ...]) -> None:
        below = getattr(command, "commands", None)
        if below is None:
            found.append(words)
        for name, child in (below or {}).items():
            walk(child, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_first_answers_come_without_the_heavy_packages(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ovopt", option],
        env=run.user_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "ovopt" in imported
    assert imported.isdisjoint(HEAVY)


def test_version_is_the_packages_own(tmp_path: Path) -> None:
    assert run.ovopt("--version", cwd=tmp_path) == run.Ran(0, f"{ovopt.__version__}\n", "")


def test_every_command_of_the_first_part_is_there() -> None:
    first_part = {"quantize", "compare", "report", "gate", "demo"}
    assert {words[0] for words in commands()} >= first_part
    assert {words[1] for words in commands() if words[0] == "recipes"} >= {"list", "show", "check"}


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    shown = run.ovopt(cwd=tmp_path)
    assert (shown.code, shown.stdout) == (2, "")
    assert "Make a model faster with OpenVINO and NNCF, and prove it." in shown.stderr


def test_the_help_of_a_command_goes_to_standard_output(tmp_path: Path) -> None:
    shown = run.ovopt("quantize", "--help", cwd=tmp_path)
    assert (shown.code, shown.stderr) == (0, "")
    assert "Example: ovopt quantize" in shown.stdout


@pytest.mark.parametrize("module", ["ovopt.cli.app", "typer", "ovopt.cli.quantize"])
def test_ctrl_c_while_the_command_line_is_still_being_imported_is_no_traceback(module: str) -> None:
    code = f"""
import os, signal, sys
class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, CtrlC())
sys.argv = ["ovopt", "--version"]
from ovopt.cli.main import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == "interrupted; nothing half-written is left\n"
    assert done.returncode in (130, -2)


@pytest.mark.parametrize(("number", "wanted"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_the_interpreter_ends_gives_the_code_of_an_interrupted_run(number: str, wanted: int) -> None:
    code = f"""
import atexit, os, signal, sys
class Late:
    def find_spec(self, name, path=None, target=None):
        if name == "ovopt.cli.app":
            atexit.register(lambda: [os.kill(os.getpid(), signal.{number}) for _ in range(2)])
sys.meta_path.insert(0, Late())
sys.argv = ["ovopt", "--version"]
from ovopt.cli.main import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (wanted, f"{ovopt.__version__}\n", "")
