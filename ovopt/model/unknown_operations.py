"""Operations that OpenVINO does not know, by its messages, and what gives a model without them."""

from __future__ import annotations

import re

PATTERNS = (
    re.compile(r"No (?P<maker>conversion rule) found for operations: (?P<names>.+)"),
    re.compile(r"No (?P<maker>translator|creator) found for (?P<names>\S+) node"),
    re.compile(r"Cannot create (?P<names>\S+) layer .* from unsupported opset: (?P<opset>\S+)"),
    re.compile(r"Opset (?P<opset>\S+) doesn't contain the operation with type: (?P<names>\S+)"),
)
"""Of the readers of ONNX and PyTorch, of TensorFlow and Paddle, and of IR."""
FRONTENDS = {"translator": "tensorflow", "creator": "paddle"}
"""By their word for what makes an operation."""
NAMED = 5
"""Operations that a message names."""
OF_IR = {
    "extension": "it needs an extension library, which ovopt does not load: where that is openvino-tokenizers, give "
    "the model without its tokenizer, and put `tokenize` into the recipe's `preprocess`; where it is another, convert "
    "the model again in standard operations",
    "opset": "it was written by a newer OpenVINO: update openvino, or convert the model again",
}
"""By the beginning of the operation set."""
OF_EXPORTS = (
    (r"com\.microsoft\.", "ONNX Runtime adds such when it optimizes or quantizes: give the model from before that"),
    (
        r"ai\.onnx\.contrib\.",
        "they are of the extension library onnxruntime-extensions: export the model without its tokenizer or decoder "
        "of images, and let the recipe's `preprocess` do that",
    ),
    (r"ai\.onnx\.ml\.", "they are classical machine learning, for which OpenVINO has none: export the network alone"),
    (
        r"org\.pytorch\.aten\.|ATen",
        "the exporter left them over: export again with torch.onnx.export(..., dynamo=True), or a higher opset_version",
    ),
    (
        r"mmdeploy\.|mmcv\.|\w*TRT",
        "they are plug-ins of another runtime: export for OpenVINO or ONNX Runtime, without non-maximum suppression at "
        "the end where that is what they do",
    ),
)
"""By the beginning of the operations' names."""
OTHERWISE = (
    "export the model in standard operations, or say what they compute: "
    "openvino.convert_model(FILE, extension=openvino.frontend.{frontend}.ConversionExtension(...)), then "
    "openvino.save_model, and give that .xml"
)


def unknown_operations(message: str) -> str | None:
    """The operations that an error of OpenVINO's says it does not know, and what to do; None where it says no such."""
    found = next((match for pattern in PATTERNS if (match := pattern.search(message))), None)
    if found is None:
        return None
    names = [re.sub(r"-\d+$", "", name.strip()) for name in found["names"].split(",")]
    more = ", ..." if len(names) > NAMED else ""
    opset = found.groupdict().get("opset")
    advice = _of_ir(opset) if opset else _of_export(names[0], found["maker"])
    return f"holds {', '.join(names[:NAMED])}{more}, which OpenVINO does not know: {advice}"


def _of_ir(opset: str) -> str:
    return OF_IR["opset" if opset.startswith("opset") else "extension"]


def _of_export(name: str, maker: str) -> str:
    frontend = FRONTENDS.get(maker) or ("pytorch" if "::" in name else "onnx")
    kinds = (said for beginning, said in OF_EXPORTS if re.match(beginning, name))
    return next(kinds, OTHERWISE.format(frontend=frontend))
