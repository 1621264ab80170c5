from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import ovopt

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("ovopt", "recipes", "calibration_data", "tests")
FILES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built in a copy, so that the checkout stays clean."""
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed, and fetching it needs a network")
    copy = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, copy / file)
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", target, "."],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    [built] = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_of(folder: str) -> set[str]:
    found = (ROOT / folder).rglob("*")
    return {str(file.relative_to(ROOT)) for file in found if file.is_file() and "__pycache__" not in file.parts}


def test_the_wheel_carries_the_packages_version(wheel: Path) -> None:
    assert wheel.name == f"ovopt-{ovopt.__version__}-py3-none-any.whl"


@pytest.mark.parametrize("folder", ["recipes", "calibration_data"])
def test_recipes_and_data_travel_inside_the_package(names: set[str], folder: str) -> None:
    wanted = {f"ovopt/{name}" for name in files_of(folder)}
    assert len(wanted) >= 4
    assert wanted <= names


def test_every_module_travels(names: set[str]) -> None:
    assert files_of("ovopt") <= names


def test_the_wheel_holds_the_package_and_nothing_beside_it(names: set[str]) -> None:
    assert {name.partition("/")[0] for name in names} == {"ovopt", f"ovopt-{ovopt.__version__}.dist-info"}
    assert not any("tests" in Path(name).parts for name in names)


def test_the_licence_travels(names: set[str]) -> None:
    assert f"ovopt-{ovopt.__version__}.dist-info/licenses/LICENSE" in names


def test_the_shipped_recipes_and_data_are_found_inside_an_unpacked_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import ovopt, ovopt.locate as l\n"
        "assert ovopt.__file__.startswith(sys.argv[1]), ovopt.__file__\n"
        "print(*(l.shipped(name) for name in ('recipes', 'calibration_data')), sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [str(tmp_path / "ovopt" / name) for name in ("recipes", "calibration_data")]
