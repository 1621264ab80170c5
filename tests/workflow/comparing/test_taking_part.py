"""What takes part in a measurement, and under which names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ovopt.errors import ModelError, SettingsError
from ovopt.model.files.locate import MANIFEST, describe
from ovopt.recipe import load_recipe
from ovopt.records import Machine, Manifest, ModelFile
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.beginning.run import begin
from ovopt.workflow.comparing.arms import check_device
from ovopt.workflow.comparing.taking_part import NamedModel, made_of_others, named_models, native_models
from tests.cli import run
from tests.factories import exactly
from tests.models import adding_model, saved

RECIPE = load_recipe("generic")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    run.write_ir(tmp_path / "tiny.xml")
    return tmp_path


def named(optimized: list[Path], vary: dict[str, list[str]]) -> list[NamedModel]:
    with begin(["tiny.xml", *optimized], RECIPE, None, Options()) as run:
        return named_models(run, vary)


def names(optimized: list[Path], vary: dict[str, list[str]] | None = None) -> list[str]:
    return [one.name for one in named(optimized, vary or {})]


def copies(folder: Path, *paths: str) -> list[Path]:
    for path in paths:
        (folder / path).parent.mkdir(exist_ok=True)
        run.write_ir(folder / path)
    return [Path(path) for path in paths]


def test_the_first_is_the_original_and_the_others_are_called_after_their_files(folder: Path) -> None:
    assert names(copies(folder, "int8.xml", "pruned.xml")) == ["original", "int8", "pruned"]


def test_a_name_that_is_taken_gets_a_number(folder: Path) -> None:
    twins = copies(folder, "a/int8.xml", "b/int8.xml", "c/int8.xml")
    assert names(twins) == ["original", "int8", "int8-2", "int8-3"]


def test_the_same_model_in_several_formats_is_told_apart_by_the_ending(folder: Path) -> None:
    run.write_onnx(folder / "int8.onnx")
    same = [*copies(folder, "int8.xml", "int8/model.xml"), Path("int8.onnx"), Path("int8")]
    assert names(same) == ["original", "int8.xml", "model", "int8.onnx", "int8"]


@pytest.mark.parametrize("taken", ["original", "control", "original-f32"])
def test_no_model_takes_the_name_of_an_arm_of_our_own(folder: Path, taken: str) -> None:
    assert names(copies(folder, f"{taken}.xml")) == ["original", f"{taken}-2"]


@pytest.mark.parametrize("engine", ["onnxruntime", "torch"])
def test_no_model_takes_the_name_of_a_reference(folder: Path, engine: str) -> None:
    """Arms are told apart by name: two of one name would be one."""
    assert engine not in names(copies(folder, f"{engine}.xml"))


def test_varying_makes_an_arm_of_every_further_value(folder: Path) -> None:
    found = named([], {"INFERENCE_NUM_THREADS": ["1", "2", "4"]})
    assert [(subject.name, dict(subject.own)) for subject in found] == [
        (f"INFERENCE_NUM_THREADS={n}", {"INFERENCE_NUM_THREADS": n}) for n in ("1", "2", "4")
    ]
    assert len({subject.opened for subject in found}) == 1


def test_several_properties_are_varied_one_at_a_time_from_the_first_values(folder: Path) -> None:
    found = named([], {"NUM_STREAMS": ["1", "2"], "INFERENCE_NUM_THREADS": ["2", "4"]})
    assert [(subject.name, dict(subject.own)) for subject in found] == [
        ("NUM_STREAMS=1, INFERENCE_NUM_THREADS=2", {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "2"}),
        ("NUM_STREAMS=2", {"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "2"}),
        ("INFERENCE_NUM_THREADS=4", {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "4"}),
    ]


def test_optimized_models_run_with_the_first_values(folder: Path) -> None:
    found = named(copies(folder, "int8.xml"), {"NUM_STREAMS": ["1", "2"]})
    assert [(subject.name, dict(subject.own)) for subject in found] == [
        ("NUM_STREAMS=1", {"NUM_STREAMS": "1"}),
        ("int8", {"NUM_STREAMS": "1"}),
        ("NUM_STREAMS=2", {"NUM_STREAMS": "2"}),
    ]


def test_without_varying_no_arm_has_settings_of_its_own(folder: Path) -> None:
    assert [dict(subject.own) for subject in named(copies(folder, "int8.xml"), {})] == [{}, {}]


def test_models_with_other_inputs_cannot_be_compared(folder: Path) -> None:
    saved(adding_model(("a", (1, 3), np.float32), ("b", (1, 3), np.int64)), folder, "other")
    said = (
        "other.xml: its inputs 'a' f32[1,3], 'b' i64[1,3] are not the original's 'x' f32[1,16], "
        "so the same samples cannot go through both"
    )
    with pytest.raises(ModelError, match=exactly(said)):
        names([Path("other.xml")])


def test_a_dynamic_batch_fits_a_fixed_one(folder: Path) -> None:
    run.write_ir(folder / "dynamic.xml", shape=(-1, run.WIDTH))
    assert names([Path("dynamic.xml")]) == ["original", "dynamic"]


def find(folder: Path, *asked: str) -> list[tuple[str, str, str]]:
    (subject,) = named([], {})
    return [(found.engine, found.name, found.file.path) for found in native_models(asked, subject)]


def test_a_reference_runs_the_originals_file_unless_it_has_its_own(folder: Path) -> None:
    (folder / "model.pt2").write_bytes(b"x")
    assert find(folder, "onnxruntime", "torch=model.pt2") == [
        ("onnxruntime", "onnxruntime", "tiny.xml"),
        ("torch", "torch", "model.pt2"),
    ]


def test_a_references_file_is_described(folder: Path) -> None:
    (folder / "model.pt2").write_bytes(b"12345")
    (subject,) = named([], {})
    (found,) = native_models(["torch=model.pt2"], subject)
    assert (found.file.path, found.file.size_bytes) == ("model.pt2", 5)


def test_two_references_of_one_engine_have_names_of_their_own(folder: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        (folder / name).write_bytes(b"x")
    found = [name for _, name, _ in find(folder, "onnxruntime=a.onnx", "onnxruntime=b.onnx")]
    assert len(set(found)) == 2


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("onnxruntim", "--reference onnxruntim: no such engine; did you mean 'onnxruntime'?"),
        ("tensorflow=a.pb", "--reference tensorflow=a.pb: no such engine; known: onnxruntime, torch"),
        ("openvino", "--reference openvino: no such engine; known: onnxruntime, torch"),
        ("=a.onnx", "--reference =a.onnx: no such engine; known: onnxruntime, torch"),
    ],
)
def test_an_engine_that_does_not_exist_is_named(folder: Path, item: str, said: str) -> None:
    with pytest.raises(SettingsError, match=exactly(said)):
        find(folder, item)


def test_a_references_file_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(ModelError, match=exactly("no.pt2: no such model file")):
        find(folder, "torch=no.pt2")


@pytest.mark.parametrize("device", ["CPU", "AUTO", "AUTO:CPU", "HETERO:CPU", "MULTI:CPU", "BATCH:CPU"])
def test_a_device_that_is_here_passes(device: str) -> None:
    check_device(device)


def test_a_device_that_is_not_here_is_named() -> None:
    with pytest.raises(SettingsError, match=r"\A--device CPUU: no such device here; did you mean 'CPU'\?\Z"):
        check_device("CPUU")


def bundle(folder: Path, name: str, source: str, recorded: str = "") -> Path:
    """A bundle whose manifest says that it was made of a model of this content, by default the one that is there."""
    (folder / name).mkdir()
    run.write_ir(folder / name / "model.xml")
    made = describe(folder / name)
    then = ModelFile(path=source, sha256=recorded or describe(source).sha256, size_bytes=1)
    here = Machine(processor="p", cores=2, isa=(), memory_bytes=1, system="s", virtual=False, versions={})
    manifest = Manifest(
        ovopt="0", created="2026", source=then, model=made, recipe={}, data=None, steps=(), machine=here
    )
    (folder / name / MANIFEST).write_text(manifest.model_dump_json(by_alias=True))
    return Path(name)


def test_a_bundle_of_the_original_or_of_a_bundle_of_it_is_no_remark(folder: Path) -> None:
    made = bundle(folder, "thin", "tiny.xml"), bundle(folder, "thin8", "thin")
    assert made_of_others(named([*made], {})) == []
    assert made_of_others(named(copies(folder, "plain.xml"), {})) == []


def test_a_bundle_of_another_content_is_named(folder: Path) -> None:
    now = describe("tiny.xml").sha256
    made = [bundle(folder, "old8", "tiny.xml", "a" * 64), bundle(folder, "lost8", "gone", "b" * 64)]
    assert made_of_others(named(made, {})) == [
        f"{name} was not made of this tiny.xml: its manifest names {source} with the content {12 * digit}..., here it "
        f"is {now[:12]}...; make it again, or compare it with what it was made of"
        for name, source, digit in (("old8", "tiny.xml", "a"), ("lost8", "gone", "b"))
    ]


def test_what_a_bundle_was_made_of_tells_nothing_once_it_was_changed(folder: Path) -> None:
    bundle(folder, "thin", "tiny.xml")
    made = bundle(folder, "thin8", "thin")
    (folder / "thin" / "model.xml").write_text((folder / "thin" / "model.xml").read_text() + "\n")
    assert len(made_of_others(named([made], {}))) == 1
