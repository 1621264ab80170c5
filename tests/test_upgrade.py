"""Manifests of older versions, as the records of this one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ovopt.records import Manifest
from ovopt.records.bundle import upgraded_manifest
from tests.factories import OLDER


def older(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((OLDER / "bundle-1" / name / "ovopt.json").read_text())
    return found


@pytest.mark.parametrize("name", ["search", "small", "fast", "thin"])
def test_every_manifest_of_the_first_format_is_read(name: str) -> None:
    read = Manifest.model_validate(upgraded_manifest(older(name)))
    assert read.schema_ == "ovopt.bundle/2"
    assert [step.name for step in read.steps] == [step["name"] for step in older(name)["steps"]]
    assert [step.speedup for step in read.steps] == [step["effect"].get("speedup") for step in older(name)["steps"]]


def test_what_changed_nothing_is_known_by_its_empty_effect() -> None:
    read = Manifest.model_validate(upgraded_manifest(older("fast")))
    assert [(step.name, step.changed) for step in read.steps] == [
        ("simplify", False), ("precision", True), ("batch", True),
    ]  # fmt: skip
    assert read.steps[-1].samples_per_inference == 2
    assert "samples_per_inference" not in read.steps[-1].effect


def test_settings_that_were_written_down_are_the_exact_arguments() -> None:
    (step,) = Manifest.model_validate(upgraded_manifest(older("small"))).steps
    assert step.made_by is not None
    assert (step.made_by.name, step.made_by.step, step.made_by.settings) == ("recipe", "compress", {})
    assert step.parameters == {"max_drop": 0.5, "aim": "size"}
    (search,) = Manifest.model_validate(upgraded_manifest(older("search"))).steps
    assert (search.made_by, search.quantized) == (None, True)


def test_manifests_of_today_and_of_tomorrow_are_left_alone() -> None:
    for schema in ("ovopt.bundle/2", "ovopt.bundle/3"):
        raw = {**older("fast"), "schema": schema}
        assert upgraded_manifest(raw) is raw
