"""Operations that OpenVINO does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovopt.errors import ModelError
from ovopt.model.files.read import read_model
from ovopt.model.unknown_operations import OF_EXPORTS, OF_IR, unknown_operations
from tests.factories import exactly
from tests.models import conv_model, saved

REPORT = "FrontEnd API failed with OpConversionFailure:\nModel wasn't fully converted.\nSummary:\n-- "
EXTENSION = (
    "export the model in standard operations, or say what they compute: openvino.convert_model(FILE, "
    "extension=openvino.frontend.{}.ConversionExtension(...)), then openvino.save_model, and give that .xml"
)


@pytest.mark.parametrize(
    ("message", "named", "advice"),
    [
        ("No conversion rule found for operations: com.acme.ops.Roi\n\n", "com.acme.ops.Roi", EXTENSION.format("onnx")),
        ("No conversion rule found for operations: Odd-17", "Odd", EXTENSION.format("onnx")),
        ("No conversion rule found for operations: aten::odd, a::b", "aten::odd, a::b", EXTENSION.format("pytorch")),
        ("No conversion rule found for operations: A, B, C, D, E, F", "A, B, C, D, E, ...", EXTENSION.format("onnx")),
        ("No translator found for Bincount node.", "Bincount", EXTENSION.format("tensorflow")),
        ("No creator found for odd_op node.", "odd_op", EXTENSION.format("paddle")),
        ("No conversion rule found for operations: com.microsoft.X", "com.microsoft.X", OF_EXPORTS[0][1]),
        ("No conversion rule found for operations: ai.onnx.contrib.X", "ai.onnx.contrib.X", OF_EXPORTS[1][1]),
        ("No conversion rule found for operations: ai.onnx.ml.X", "ai.onnx.ml.X", OF_EXPORTS[2][1]),
        ("No conversion rule found for operations: org.pytorch.aten.ATen", "org.pytorch.aten.ATen", OF_EXPORTS[3][1]),
        ("No conversion rule found for operations: EfficientNMS_TRT-17", "EfficientNMS_TRT", OF_EXPORTS[4][1]),
        ("No conversion rule found for operations: mmdeploy.TRTBatchedNMS", "mmdeploy.TRTBatchedNMS", OF_EXPORTS[4][1]),
    ],
)
def test_they_are_named_with_what_helps_for_their_kind(message: str, named: str, advice: str) -> None:
    assert unknown_operations(REPORT + message) == f"holds {named}, which OpenVINO does not know: {advice}"


def test_other_errors_are_not_about_operations() -> None:
    assert unknown_operations("Cannot open file model.onnx") is None


@pytest.mark.parametrize(
    ("opset", "kind"), [("com.acme", "extension"), ("extension", "extension"), ("opset1", "opset")]
)
def test_an_ir_with_one_is_told_what_it_takes(tmp_path: Path, opset: str, kind: str) -> None:
    file = saved(conv_model(), tmp_path)
    file.write_text(file.read_text().replace('type="ReLU" version="opset1"', f'type="Odd" version="{opset}"'))
    message = f"{file}: holds Odd, which OpenVINO does not know: {OF_IR[kind]}"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(file)
