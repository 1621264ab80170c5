"""The beginning of every use case: each model is read once, and recipe, data and stamp are settled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovopt
from ovopt.data.npz import Npz
from ovopt.model.files import opened as files
from ovopt.recipe import match
from ovopt.workflow.beginning import recipe_choice
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.beginning.run import begin, stamp
from tests.cli import run
from tests.workflow.searching.searched import FEW

QUICK = ("runtime.properties.INFERENCE_PRECISION_HINT=f32", "metrics=[]", "budgets={}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    run.write_ir(tmp_path / "tiny.xml")
    run.write_ir(tmp_path / "other.xml")
    run.write_data(tmp_path / "data.npz")
    return tmp_path


@pytest.fixture
def samples(folder: Path) -> tuple[Any, Any]:
    with np.load(folder / "data.npz") as arrays:
        return arrays["inputs"], arrays["labels"]


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], Counter[str]]:
    """Counts the calls of a module's function by what they are about."""

    def counted(module: Any, name: str) -> Counter[str]:
        calls: Counter[str] = Counter()
        real = getattr(module, name)

        def call(first: Any = None, *others: Any, **named: Any) -> Any:
            calls[str(first)] += 1
            return real(first, *others, **named)

        monkeypatch.setattr(module, name, call)
        return calls

    return counted


def test_a_comparison_hashes_and_reads_each_model_once(folder: Path, count: Any) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe="classification", data="data.npz", settings=FEW)
    hashed, read = count(files, "describe_located"), count(files, "read_located")
    ovopt.compare("tiny.xml", "int8", settings=QUICK, plan=ovopt.Plan(scenarios=("latency",), time_budget_s=1))
    assert sorted(hashed.values()) == [1, 1]
    assert read == {"tiny.xml": 1, "int8/model.xml": 1}


def test_quantize_without_a_recipe_reads_the_model_once_and_looks_at_each_recipe_once(folder: Path, count: Any) -> None:
    read, looked_at, loaded = (
        count(files, "read_located"),
        count(match, "load_recipe"),
        count(recipe_choice, "load_recipe"),
    )
    ovopt.quantize("tiny.xml", "int8", data="data.npz", settings=["optimize.quantize.subset_size=8"])
    assert read == {"tiny.xml": 1}
    assert set(looked_at.values()) == {1}
    assert sum(loaded.values()) == 1


def test_a_result_is_stamped_by_the_clock_that_is_handed_in() -> None:
    made = stamp(Options(clock=lambda: datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)))
    assert (made["ovopt"], made["created"]) == (ovopt.__version__, "2031-02-03T04:05:06+00:00")


def test_a_bundle_is_stamped_by_the_clock_of_its_run(folder: Path) -> None:
    from ovopt.steps.quantize import Quantize
    from ovopt.workflow.applying.work import apply_steps

    then = Options(clock=lambda: datetime(2031, 2, 3, tzinfo=UTC), overrides=FEW)
    with begin(["tiny.xml"], "classification", "data.npz", then) as begun:
        assert apply_steps(begun, Path("int8"), [Quantize()]).created == "2031-02-03T00:00:00+00:00"


def test_data_may_be_a_source_of_a_recipe(folder: Path) -> None:
    with begin(["tiny.xml"], "classification", Npz(path="data.npz"), Options()) as begun:
        assert begun.recipe.data.source == Npz(path="data.npz")
        assert len(begun.prepare(begun.model.facts.inputs).samples) == run.SAMPLES


def test_a_loaded_recipe_takes_settings_and_data(folder: Path) -> None:
    loaded = ovopt.load_recipe("classification")
    options = Options(overrides=("data.splits.gate=100",))
    with begin(["tiny.xml"], loaded, "data.npz", options) as begun:
        assert begun.recipe.data.splits.gate == 100
        assert begun.recipe.data.source == Npz(path=str(folder / "data.npz"))
        assert begun.recipe.metrics == loaded.metrics


def test_data_in_memory_take_the_place_of_the_recipes_own(folder: Path, samples: tuple[Any, Any]) -> None:
    recipe = ovopt.load_recipe("classification", "data.npz")
    with begin(["tiny.xml"], recipe, samples, Options()) as begun:
        assert begun.recipe.data.source is None
        assert begun.prepare(begun.model.facts.inputs).samples.source == "data in memory"


def test_samples_that_are_model_inputs_already_are_not_preprocessed_again(folder: Path, samples: Any) -> None:
    nncf = pytest.importorskip("nncf")
    inputs, labels = samples
    pairs = list(zip(inputs, labels, strict=True))
    data = nncf.Dataset(pairs, lambda pair: pair[0][None])
    options = Options(overrides=("preprocess=[{scale: 2}]",))
    with begin(["tiny.xml"], "classification", data, options) as begun:
        assert begun.recipe.preprocess == ()
        prepared = begun.prepare(begun.model.facts.inputs)
        (_, ((first,),)) = next(prepared.prepare_each([0]))
        np.testing.assert_array_equal(first, inputs[:1])
        assert prepared.samples.labels == tuple(labels.tolist())


def test_from_memory_to_a_bundle_and_a_comparison_by_its_samples(folder: Path, samples: tuple[Any, Any]) -> None:
    model = ov.Core().read_model("tiny.xml")
    bundle = ovopt.quantize(model, "int8", recipe="classification", data=samples, settings=FEW)
    written = json.loads((folder / "int8" / "ovopt.json").read_text())
    assert written["source"]["path"] == bundle.source.path == "memory:tiny"
    assert written["data"]["source"] == "data in memory"
    assert "held" not in str(written)
    plan = ovopt.Plan(scenarios=("latency",), time_budget_s=1)
    found = ovopt.compare(model, bundle, settings=QUICK[:1], plan=plan)
    assert [arm.name for arm in found.arms if arm.role == "candidate"] == ["int8"]
    assert found.arms[0].model == bundle.source
    assert found.data is not None
    assert found.data.splits["calibration"] == bundle.data.splits["calibration"]
    assert set(found.pairs[0].accuracy) == {"top1"}


def test_a_bundle_whose_samples_are_gone_says_so(folder: Path, samples: tuple[Any, Any]) -> None:
    bundle = ovopt.quantize("tiny.xml", "int8", recipe="classification", data=samples, settings=FEW)
    with begin(["tiny.xml", "int8"], None, None, Options(), guess=False) as begun:
        assert begun.notes == ["int8 was made with a data set in memory, which is not at hand; --data names samples"]
        assert begun.data is None
    with begin(["tiny.xml", bundle], None, None, Options(), guess=False) as begun:
        assert begun.notes == ["recipe and seed as in the manifest of int8"]
        assert begun.data is samples


def test_a_bundle_chooses_no_place_on_disk(folder: Path) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe="classification", data="data.npz", settings=FEW)
    written = json.loads((folder / "int8/ovopt.json").read_text())
    written["recipe"]["runtime"] = {"properties": {"CACHE_DIR": str(folder / "cache"), "NUM_STREAMS": "1"}}
    (folder / "int8/ovopt.json").write_text(json.dumps(written))
    with begin(["tiny.xml", "int8"], None, None, Options(), guess=False) as begun:
        assert begun.recipe.runtime.properties == {"NUM_STREAMS": "1"}
        assert begun.notes == [
            "recipe, data and seed as in the manifest of int8, but for CACHE_DIR: places on disk come from --set "
            "runtime.properties.KEY=... alone"
        ]
    ovopt.rebuild("int8", "again")
    assert not (folder / "cache").exists()


def test_a_bundle_made_from_memory_is_made_again_with_what_it_was_made_of(folder: Path, samples: Any) -> None:
    model = ov.Core().read_model("tiny.xml")
    bundle = ovopt.quantize(model, "int8", recipe="classification", data=samples, settings=FEW)
    assert ovopt.rebuild(bundle, "again", model=model, data=samples).weights_identical
    said = r"^memory:tiny: was a model in memory; .*; model names the original where it is now$"
    with pytest.raises(ovopt.ModelError, match=said):
        ovopt.rebuild(bundle, "never", data=samples)
    assert not (folder / "never").exists()


def test_one_model_needs_no_list(folder: Path, samples: tuple[Any, Any]) -> None:
    alone = ovopt.evaluate("tiny.xml", recipe="classification", data=samples)
    listed = ovopt.evaluate(["tiny.xml"], recipe="classification", data=samples)
    assert alone.arms == listed.arms


def test_progress_may_be_asked_for(folder: Path, samples: tuple[Any, Any], capsys: pytest.CaptureFixture[str]) -> None:
    ovopt.evaluate("tiny.xml", recipe="classification", data=samples)
    assert capsys.readouterr() == ("", "")
    ovopt.evaluate("tiny.xml", recipe="classification", data=samples, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "evaluate original: done" in shown.err
