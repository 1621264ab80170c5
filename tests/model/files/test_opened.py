"""A model is opened once, from wherever it comes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from ovopt.errors import ModelError, UsageError
from ovopt.model.files import opened as module
from ovopt.model.files.locate import locate
from ovopt.model.files.opened import OpenedModel, opened, several
from tests.factories import exactly
from tests.models import conv_model, saved


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return saved(conv_model((-1, 3, 8, 8)), tmp_path)


def written(model: ov.Model, folder: Path) -> list[bytes]:
    ov.serialize(model, folder / "now.xml", folder / "now.bin")
    return [(folder / f"now.{end}").read_bytes() for end in ("xml", "bin")]


def test_files_graph_and_facts_are_found_out_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("describe_located", "read_located", "facts"):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, real=real, name=name: (calls.append(name), real(*given))[1])
    with opened([file, str(file), file]) as (first, second, third):
        assert first is second is third
        for _ in range(2):
            assert (first.file.path, first.manifest, first.facts.inputs[0].dtype) == (str(file), None, "f32")
    assert sorted(calls) == ["describe_located", "facts", "read_located"]


def test_shapes_are_given_to_a_copy(file: Path) -> None:
    one = OpenedModel(file)
    assert list(one.shaped({"0": (2, 3, 8, 8)}).input(0).shape) == [2, 3, 8, 8]
    assert one.model.input(0).get_partial_shape()[0].is_dynamic
    assert one.shaped({}) is one.model


def test_a_model_in_memory_is_not_written_to_and_leaves_nothing_behind(tmp_path: Path) -> None:
    model = conv_model((1, 3, 8, 8))
    before = written(model, tmp_path)
    with opened([model, model]) as (one, other):
        assert one is other
        assert (one.name, one.file.path, str(one)) == ("conv", "memory:conv", "memory:conv")
        scratch = Path(one.path)
        one.shaped({"0": (2, 3, 8, 8)})
        assert scratch.is_file()
    assert not scratch.parent.exists()
    assert written(model, tmp_path) == before


def test_a_model_that_is_changed_meanwhile_stays_what_it_was_when_it_was_given(tmp_path: Path) -> None:
    model = conv_model((1, 3, 8, 8))
    with opened([model]) as (one,):
        model.reshape([4, 3, 8, 8])
        assert one.facts.inputs[0].shape == (1, 3, 8, 8)
    assert list(model.input(0).shape) == [4, 3, 8, 8]


def test_the_weights_of_a_model_in_memory_keep_their_precision() -> None:
    model = conv_model((1, 3, 8, 8))
    sample = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    with opened([model]) as (one,):
        answers = [ov.compile_model(each, "CPU", exact)(sample)[0] for each in (model, one.model)]
    np.testing.assert_array_equal(*answers)


def test_the_name_of_a_model_in_memory_is_no_path() -> None:
    said = "memory:tiny: was a model in memory; write it with openvino.save_model, and give the file"
    with pytest.raises(ModelError, match=exactly(said)):
        locate("memory:tiny")


@pytest.mark.parametrize(("model", "kind"), [(3, "int"), (None, "NoneType"), ({"a.xml"}, "set")])
def test_what_is_no_model_is_refused(model: object, kind: str) -> None:
    said = f"a model is a path, an openvino.Model or a bundle, and not a {kind}"
    with pytest.raises(UsageError, match=exactly(said)), opened([model]):
        pass


def test_one_model_is_a_list_of_one() -> None:
    model = conv_model((1, 3, 8, 8))
    assert several("model.onnx") == ["model.onnx"]
    assert several(model) == [model]
    assert several(("a.xml", model)) == ["a.xml", model]
