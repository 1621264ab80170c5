"""The contracts of `pyproject.toml` hold, and break where they should."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="the extra `dev` brings import-linter")
ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (
    *("data", "transforms", "decoders", "metrics", "steps", "rewrites", "reports"),
    *("bench/scenarios", "bench/engines"),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with a plug-in more in every folder of plug-ins."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(ROOT / "ovopt", root / "ovopt", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in FOLDERS:
        (root / "ovopt" / folder / "brand_new.py").write_text("")
    return root


def lint(root: Path) -> tuple[int, str]:
    """The exit code of import-linter, and what it prints, on one line."""
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join(done.stdout.split())


def test_a_plugin_that_knows_no_other_needs_no_line(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_plugin_that_imports_another_breaks_the_contract(copy: Path, folder: str) -> None:
    package = f"ovopt.{folder.replace('/', '.')}"
    known = next(
        file.stem
        for file in sorted((ROOT / "ovopt" / folder).glob("*.py"))
        if f'{package}.* -> {package}.{file.stem}"' not in (ROOT / "pyproject.toml").read_text()
        and file.stem != "__init__"
    )
    new = copy / "ovopt" / folder / "brand_new.py"
    new.write_text(f"import {package}.{known}\n")
    code, said = lint(copy)
    new.write_text("")
    assert code == 1
    assert "Plug-ins do not know each other BROKEN" in said
    assert f"{package}.brand_new is not allowed to import {package}.{known}:" in said
