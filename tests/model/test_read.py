"""Reading models, and what is said where they cannot be read."""

import pytest

from ovopt.errors import ModelError
from ovopt.model.read import core, read_model, reason
from tests.factories import exactly
from tests.models import conv_model, saved


@pytest.fixture
def file(tmp_path):
    return saved(conv_model((-1, 3, 8, 8)), tmp_path)


def test_a_model_is_read_from_a_file_or_a_bundle(file):
    assert [op.get_type_name() for op in read_model(file).get_ordered_ops()] == [
        op.get_type_name() for op in read_model(file.parent).get_ordered_ops()
    ]


def test_there_is_one_core():
    assert core() is core()


def test_inputs_are_fixed_to_the_shapes_given(file):
    assert list(read_model(file, {"picture": (2, 3, 8, 8)}).input(0).shape) == [2, 3, 8, 8]


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        (
            {"picture": (1, 4, 8, 8)},
            "cannot take the shapes picture: [1, 4, 8, 8]: Data batch channel count (4) does not match filter input "
            "channel count (3)",
        ),
        ({"photo": (1, 3)}, "cannot take the shapes photo: [1, 3]: Input for tensor name 'photo' is not found"),
    ],
)
def test_shapes_that_the_model_cannot_take_are_an_error(file, shapes, fault):
    with pytest.raises(ModelError, match=exactly(f"{file}: {fault}")):
        read_model(file, shapes)


def test_a_missing_model_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=exactly(f"{tmp_path / 'm.onnx'}: no such model file")):
        read_model(tmp_path / "m.onnx")


def _half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _half_the_weights(file):
    _half(file.with_suffix(".bin"))


def _no_weights(file):
    file.with_suffix(".bin").write_bytes(b"")


def _junk(file):
    file.write_bytes(b"junk")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_half, "Error parsing start element tag at offset "),
        (_half_the_weights, "Incorrect weights in bin file; export or copy it again"),
        (_no_weights, "Incorrect weights in bin file; export or copy it again"),
        (_junk, "it is damaged, or not what its suffix says; export or copy it again"),
    ],
)
def test_a_broken_model_is_an_error_of_one_line_and_nothing_else_is_printed(file, capfd, spoil, fault):
    spoil(file)
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value).startswith(f"{file}: OpenVINO cannot read it: {fault}")
    assert len(str(told.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_an_onnx_file_of_junk_is_an_error(tmp_path):
    file = tmp_path / "m.onnx"
    file.write_bytes(b"junk")
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value) == (
        f"{file}: OpenVINO cannot read it: it is damaged, or not what its suffix says; export or copy it again"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            RuntimeError("Exception from src/a.cpp:1:\nCheck 'x' failed at b.cpp:2:\nWhat went wrong.\n"),
            "What went wrong",
        ),
        (RuntimeError("Exception from src/a.cpp:1"), "Exception from src/a.cpp:1"),
        (RuntimeError(""), "RuntimeError"),
        (RuntimeError("plain"), "plain"),
    ],
)
def test_the_reason_is_the_telling_line(error, line):
    assert reason(error) == line
