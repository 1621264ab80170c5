"""Runtime properties that name places on disk."""

from __future__ import annotations

import pytest

from ovopt.recipe.places import places_in, without_places


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CACHE_DIR", "cache"),
        ("cache_dir", ""),
        ("WEIGHTS_PATH", "w.bin"),
        ("CONFIG_FILE", "x"),
        ("DEVICE_PROPERTIES", "{CPU:{CACHE_DIR:cache}}"),
        ("ANYTHING", "/tmp/x"),
        ("ANYTHING", "..\\x"),
        ("ANYTHING", {"CACHE_DIR": "x"}),
    ],
)
def test_a_property_that_names_a_place_is_found_and_taken_out(key: str, value: object) -> None:
    recipe = {"ovopt": 1, "runtime": {"device": "CPU", "properties": {"NUM_STREAMS": 2, key: value}}}
    assert places_in(recipe) == [key]
    assert without_places(recipe) == {"ovopt": 1, "runtime": {"device": "CPU", "properties": {"NUM_STREAMS": 2}}}


@pytest.mark.parametrize(
    "properties",
    [
        {"CACHE_MODE": "OPTIMIZE_SIZE", "ENABLE_PROFILING": "YES", "PROFILE": "x", "DIRECTION": 1},
        {"DEVICE_PROPERTIES": "{CPU:{NUM_STREAMS:2}}", "INFERENCE_PRECISION_HINT": "f32", "SHARE": 0.5},
        {},
        None,
        [1],
    ],
)
def test_any_other_property_stays(properties: object) -> None:
    recipe = {"runtime": {"properties": properties}}
    assert places_in(recipe) == []
    assert without_places(recipe) == recipe


@pytest.mark.parametrize("recipe", [{}, {"runtime": None}, {"runtime": "CPU"}])
def test_a_recipe_without_properties_names_no_place(recipe: dict[str, object]) -> None:
    assert without_places(recipe) == recipe
