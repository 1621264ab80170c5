"""Where data lives."""

import sysconfig
from pathlib import Path

import pytest

from ovopt.errors import DataError, RecipeError
from ovopt.locate import confined, expand, shipped
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


@pytest.mark.parametrize("name", ["a.png", "sub/a.png", "./a.png", "nowhere/x"])
def test_a_name_inside_a_folder_is_a_file_of_it(tmp_path, name):
    assert confined(tmp_path, name, "here") == tmp_path / name


@pytest.mark.parametrize("name", ["", "..", "../a", "sub/../../a", "sub/../a", "/etc/passwd", "out", "way/passwd"])
def test_a_name_that_leads_outside_is_an_error(tmp_path, name):
    (tmp_path / "out").symlink_to("/etc/passwd")
    (tmp_path / "way").symlink_to("/etc")
    message = f"here: {name!r} leads outside {tmp_path}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        confined(tmp_path, name, "here")


def test_a_link_within_the_folder_is_fine(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert confined(tmp_path, "b", "here") == tmp_path / "b"
