"""IR files: a model is written as it is; two files hold the same graph, one with other numbers in names, or another."""

import numpy as np
import openvino as ov
import pytest

from ovopt.model.files.ir import same_graph, save_model
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from tests.limits import files_of_at_most
from tests.models import SHAPE, conv_model

GRAPH = '<layer id="0" name="Constant_12" type="Const"/><layer id="1" name="Convert_13"/><edge value="Constant_12"/>'


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


def test_the_same_text_is_identical() -> None:
    assert same_graph(GRAPH, GRAPH) == "identical"


def test_other_numbers_in_names_are_a_renumbered_graph() -> None:
    other = GRAPH.replace("Constant_12", "Constant_99012").replace("Convert_13", "Convert_99013")
    assert same_graph(GRAPH, other) == "renumbered"


def test_a_number_within_a_name_is_that_of_the_operation_it_is_made_of() -> None:
    nodes = '<a name="MVN_7"/><a name="MVN_9"/><a name="MVN_{}_0_0/nncf_smooth_quant"/>'
    assert same_graph(nodes.format(7), nodes.format(7).replace("MVN_7", "MVN_32")) == "renumbered"
    assert same_graph(nodes.format(7), nodes.format(9)) == "different"
    assert same_graph('<a name="block_3_Add_81"/>', '<a name="block_3_Add_99"/>') == "renumbered"


def test_a_name_that_points_elsewhere_is_another_graph() -> None:
    assert same_graph(GRAPH, GRAPH.replace('value="Constant_12"', 'value="Constant_14"')) == "different"


def test_two_names_that_become_one_are_another_graph() -> None:
    two = '<a name="Add_1"/><a name="Add_2"/>'
    assert same_graph(two, '<a name="Add_5"/><a name="Add_5"/>') == "different"


def test_a_number_that_is_no_part_of_a_name_counts() -> None:
    assert same_graph('<data shape="1, 8"/>', '<data shape="1, 9"/>') == "different"
