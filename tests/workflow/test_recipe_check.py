"""A recipe tried on a model and two samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ovopt
from ovopt.errors import DataError, ModelError
from tests.cli.run import write_data, write_ir
from tests.factories import exactly

RECIPE = """\
ovopt: 1
family: mine
task: classification
match: {name: other}
data: {source: {kind: npz, path: data.npz}}
metrics: [top1, {top_k: {k: 3}}, cosine]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    (tmp_path / "r.yaml").write_text(RECIPE)
    return tmp_path


def test_two_samples_go_through_preparation_inference_decoders_and_metrics(here: Path) -> None:
    found = ovopt.check_recipe("r.yaml", "tiny.xml", settings=["postprocess=[softmax]"])
    labels = np.load(here / "data.npz")["labels"]
    assert [(one.id, one.label) for one in found.tried] == [(f"data.npz#{i}", str(labels[i])) for i in (0, 1)]
    assert all(one.answer.startswith("float32[4]: ") for one in found.tried)
    assert set(found.values) == {"top1", "top3", "cosine"}
    assert found.values["cosine"] == pytest.approx(1)
    assert found.splits == {"calibration": 60, "tuning": 60, "gate": 120}
    assert found.recipe["postprocess"] == [{"softmax": {}}]
    assert found.remarks == ("match: does not fit this model, which this recipe is used for by its name alone",)


def test_without_a_model_the_recipe_alone_is_looked_at(here: Path) -> None:
    found = ovopt.check_recipe("r.yaml")
    assert (found.file, found.family, found.tried, found.values) == ("r.yaml", "mine", (), {})


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            ["postprocess=[yolox]"],
            DataError,
            "tiny.xml: data.npz#0: yolox: wants [boxes, 5 + classes], not [4]",
        ),
        (
            ["metrics=[map]"],
            DataError,
            "data.npz#0: the label is no boxes, which map needs, but int; take a data source that gives boxes",
        ),
        (["model.output=foo"], ModelError, "model.output: no output 'foo'; known: scores"),
    ],
)
def test_what_does_not_fit_is_told(here: Path, settings: list[str], error: Any, message: str) -> None:
    with pytest.raises(error, match=exactly(message)):
        ovopt.check_recipe("r.yaml", "tiny.xml", settings=settings)


@pytest.mark.parametrize(("tuning", "remarks"), [("0", ()), ("0.001", ("data.splits.tuning: holds no samples",))])
def test_a_split_that_came_out_empty_is_remarked(here: Path, tuning: str, remarks: tuple[str, ...]) -> None:
    found = ovopt.check_recipe("r.yaml", "tiny.xml", settings=[f"data.splits.tuning={tuning}", "match={}"])
    assert found.remarks == remarks


def test_data_may_be_given_beside_the_recipe(here: Path) -> None:
    found = ovopt.check_recipe("generic", "tiny.xml", data="data.npz")
    assert [one.label for one in found.tried] == [None, None]
    assert found.values == {"cosine": pytest.approx(1), "top1_agreement": 1}
