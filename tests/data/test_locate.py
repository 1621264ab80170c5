"""Where data lives."""

import sysconfig
from pathlib import Path

import pytest

from ovopt.data.locate import expand, shipped
from ovopt.errors import RecipeError
from tests.factories import exactly


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.npz", Path("a/b.npz")),
        ("/a/b.npz", Path("/a/b.npz")),
        ("~/b.npz", Path.home() / "b.npz"),
        ("{calibration_data}/digits/digits.npz", shipped("calibration_data") / "digits" / "digits.npz"),
        ("{calibration_data}", shipped("calibration_data")),
        ("{python}/json", Path(sysconfig.get_path("stdlib"), "json")),
        ("{packages}", Path(sysconfig.get_path("purelib"))),
    ],
)
def test_a_path_is_found_where_its_name_says(path, expected):
    assert expand(path) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{pythn}/json", "{pythn}/json: unknown folder {pythn}; did you mean 'python'?"),
        ("{x}", "{x}: unknown folder {x}; known: calibration_data, packages, python"),
    ],
)
def test_an_unknown_folder_is_an_error(path, message):
    with pytest.raises(RecipeError, match=exactly(message)):
        expand(path)


@pytest.mark.parametrize("folder", ["recipes", "calibration_data"])
def test_what_ovopt_ships_is_there(folder):
    assert any(shipped(folder).iterdir())
