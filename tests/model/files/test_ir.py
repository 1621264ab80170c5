"""Saving models as they are."""

import numpy as np
import openvino as ov
import pytest

from ovopt.model.files.ir import save_model
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from tests.limits import files_of_at_most
from tests.models import SHAPE, conv_model


def test_f32_weights_stay_f32(tmp_path):
    model = conv_model()
    save_model(model, tmp_path / "model.xml", {})
    assert facts(read_model(tmp_path)).precisions == facts(model).precisions
    assert "f16" not in facts(read_model(tmp_path)).precisions


def test_a_saved_model_computes_the_same(tmp_path):
    model = conv_model()
    save_model(model, tmp_path / "model.xml", {})
    picture = np.random.default_rng(0).random(SHAPE, np.float32)
    before, after = (ov.compile_model(m, "CPU")(picture)[0] for m in (model, read_model(tmp_path)))
    np.testing.assert_array_equal(before, after)


def test_notes_are_in_the_file_and_the_model_given_is_left_alone(tmp_path):
    model = conv_model()
    save_model(model, tmp_path / "model.xml", {"version": "0.1.0", "steps": "quantize"})
    read = read_model(tmp_path)
    assert read.get_rt_info(["ovopt", "version"]).astype(str) == "0.1.0"
    assert read.get_rt_info(["ovopt", "steps"]).astype(str) == "quantize"
    assert not model.has_rt_info(["ovopt", "version"])


@pytest.mark.parametrize("largest", [0, 600, 3000])
def test_a_disk_that_is_full_is_an_error_of_the_system(tmp_path, largest):
    """OpenVINO says "iostream error"."""
    with files_of_at_most(largest), pytest.raises(OSError, match="File too large") as told:
        save_model(conv_model(), tmp_path / "model.xml", {})
    assert told.value.filename == str(tmp_path / "model.xml")
