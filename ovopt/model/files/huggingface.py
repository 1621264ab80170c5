"""Hugging Face folders to OpenVINO: through optimum-intel where it is installed, else through transformers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.documents import WRITTEN_BY_HAND, UnreadableError, parse_json
from ovopt.errors import ModelError, quoted
from ovopt.given_file import read_file
from ovopt.model.files.integrity import weights_of
from ovopt.model.files.pytorch import convert_module
from ovopt.model.native import core, first_line, quiet, require_torch
from ovopt.scratch import scratch_folder

if TYPE_CHECKING:
    import openvino

TASKS = {
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForMaskedLM": "fill-mask",
    "LMHeadModel": "text-generation-with-past",
    "ForCausalLM": "text-generation-with-past",
    "ForImageClassification": "image-classification",
    "ForObjectDetection": "object-detection",
    "ForSemanticSegmentation": "semantic-segmentation",
    "ForSequenceAudioClassification": "audio-classification",
    "ForAudioClassification": "audio-classification",
    "ForCTC": "automatic-speech-recognition",
    "Model": "feature-extraction",
}
"""The end of an architecture's name -> optimum's name of the task."""
PICTURE = "pixel_values"
SIZE = re.compile(r"(size|dim|heads|embeddings|embd|positions|width|d_model)$")
LAYERS = re.compile(r"(layers?|depth)$")
LARGEST, MOST_LAYERS = 1 << 24, 1000
"""Sizes and layers in a configuration beyond those of any model; a size may be that of the file of weights, too."""
TEXT_LENGTH, RECORDING_LENGTH = 8, 16_000
"""Tokens, and values of a recording of one second at 16 kHz, of an example."""
EXPORT = "`optimum-cli export openvino --model {folder} OUTPUT`"


def convert_folder(folder: Path, trust: bool) -> openvino.Model:
    """The one model of a folder with config.json and weights.

    Raises ModelError where it comes with code of its own and without `trust`, is an encoder and a decoder, needs a
    package that is missing, or cannot be loaded.
    """
    config = _configuration(folder)
    if config.get("auto_map") and not trust:
        raise ModelError(f"{folder}: comes with code of its own, which would run; allow that with --trust")
    if config.get("is_encoder_decoder"):
        raise ModelError(
            f"{folder}: an encoder and a decoder, which are models of their own; export them with "
            f"{EXPORT.format(folder=folder)} and give one of its .xml files"
        )
    if installed("optimum") and installed("optimum.intel"):
        return _through_optimum(folder, config, trust)
    if not installed("transformers"):
        raise ModelError(f"{folder}: transformers is needed to read it: pip install 'ovopt[hf]'")
    require_torch(folder)
    return _through_transformers(folder, config, trust)


def _configuration(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    try:
        found: Any = parse_json(read_file(file, ModelError, WRITTEN_BY_HAND.size_bytes))
    except UnreadableError as error:
        raise ModelError(f"{error.at(file)}; download it again") from None
    config: dict[str, Any] = found if isinstance(found, dict) else {}
    named = config.get("architectures")
    if not (isinstance(named, list) and named and all(isinstance(name, str) for name in named)):
        raise ModelError(f"{file}: names no `architectures`, so the class of the model is not known; add them")
    if not isinstance(config.get("auto_map") or {}, dict):
        raise ModelError(f"{file}: `auto_map` is not a mapping; download it again")
    _check_sizes(config, folder)
    return config


def _check_sizes(config: Mapping[str, Any], folder: Path) -> None:
    """Raises ModelError for a size or number of layers beyond all models, which transformers would build."""
    largest = max(LARGEST, *(file.stat().st_size for file in weights_of(folder)))
    for key, value in config.items():
        if isinstance(value, dict):
            _check_sizes(value, folder)
        most = MOST_LAYERS if LAYERS.search(str(key)) else largest if SIZE.search(str(key)) else None
        if most is not None and isinstance(value, int) and value > most:
            raise ModelError(
                f"{folder / 'config.json'}: {key} is {quoted(value)}, which no model has; download the file again"
            )


def installed(package: str) -> bool:
    """True for a package that can be imported."""
    return find_spec(package) is not None


def _through_optimum(folder: Path, config: dict[str, Any], trust: bool) -> openvino.Model:
    exporters, optimum = import_module("optimum.exporters.openvino"), import_module("optimum.intel")
    architecture = config["architectures"][0]
    task = next((task for end, task in TASKS.items() if architecture.endswith(end)), "auto")
    with scratch_folder() as scratch:
        try:
            with quiet():
                precision = optimum.OVConfig(dtype="fp32")
                exporters.main_export(
                    str(folder), output=str(scratch), task=task, trust_remote_code=trust, ov_config=precision
                )
        except Exception as error:
            raise ModelError(f"{folder}: optimum-intel cannot export it: {first_line(error)}") from None
        made = sorted(scratch.glob("openvino_*model.xml"))
        if len(made) != 1:
            names = ", ".join(file.name for file in made) or "no model"
            raise ModelError(f"{folder}: exports to {names}; use {EXPORT.format(folder=folder)} and give one file")
        return core().read_model(made[0])


def _through_transformers(folder: Path, config: dict[str, Any], trust: bool) -> openvino.Model:
    import transformers

    architecture = config["architectures"][0]
    own = next((key for key in config.get("auto_map", {}) if key.startswith("AutoModel")), None)
    kind = getattr(transformers, own or architecture, None)
    if kind is None:
        raise ModelError(
            f"{folder}: transformers {transformers.__version__} knows no {own or architecture}; install a version that "
            "does"
        )
    options = {"trust_remote_code": True} if own and trust else {}
    try:
        with quiet():
            model = kind.from_pretrained(folder, local_files_only=True, **options)
    except Exception as error:
        raise ModelError(f"{folder}: transformers cannot load it: {first_line(error)}") from None
    return trace(folder, model)


def trace(said: Path, model: Any) -> openvino.Model:
    """A model of transformers, with small inputs of its kind, and without a cache of what it has computed."""
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False
    example = _example(said, model)
    converted = convert_module(str(said), model, {}, example)
    if PICTURE in example:  # tracing leaves every dimension open, the colours too
        converted.reshape({PICTURE: [-1, example[PICTURE].shape[1], -1, -1]})
    return converted


def _example(folder: Path, model: Any) -> dict[str, Any]:
    """Small inputs of the kind that the model names as its main one."""
    import torch

    config, main = model.config, model.main_input_name
    if main == "input_ids":
        ids = torch.ones((1, TEXT_LENGTH), dtype=torch.int64)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if main == PICTURE:
        size = getattr(config, "image_size", 224)
        height, width = size if isinstance(size, list | tuple) else (size, size)
        return {main: torch.zeros((1, getattr(config, "num_channels", 3), height, width))}
    if main == "input_values":
        return {main: torch.zeros((1, RECORDING_LENGTH))}
    raise ModelError(
        f"{folder}: no example is known for its input {main!r}; install optimum-intel, or export it with "
        f"{EXPORT.format(folder=folder)}"
    )
