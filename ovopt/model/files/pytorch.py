"""PyTorch models to OpenVINO: exported programs, TorchScript, and with trust modules that are pickled or made by a
factory."""

from __future__ import annotations

import inspect
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ovopt.errors import ModelError
from ovopt.model.files.exported_program import convert_program, read_program
from ovopt.model.files.factory import FactoryReference
from ovopt.model.native import converted, first_line, load_quietly, require_torch
from ovopt.model.ports.shapes import Shapes, bounds, input_index, is_fixed, partial_shape

if TYPE_CHECKING:
    import openvino
    import torch

TorchFormat = Literal["program", "script", "pickle"]
NESTED = ("state_dict", "model_state_dict", "model", "module", "net")
"""Keys under which training scripts keep the state dict in a checkpoint."""
IMAGE_RANK = 4
"""Dimensions of a tensor that is taken for a batch of images, [N, C, H, W] or [N, H, W, C]."""
SHORTEST = 2
"""The size of an example's dimension that may be any: 1 would be taken for a constant."""


def convert_file(file: Path, shapes: Shapes, trust: bool) -> openvino.Model:
    """The model in a .pt2, .pt or .pth file. Nothing is unpickled without `trust`."""
    torch = require_torch(file)
    match kind_of(file):
        case "program":
            return convert_program(file, read_program(file, trust))
        case "script":
            script = load_quietly(file, lambda: torch.jit.load(str(file), map_location="cpu"))
            return _converted_script(file, script, shapes)
    module = read_module(file, trust)
    return convert_module(str(file), module, shapes, None)


def convert_factory(reference: FactoryReference, shapes: Shapes, trust: bool) -> openvino.Model:
    """The model that a factory makes: a module (or a module and its example inputs), or an OpenVINO model."""
    import openvino

    made, example = made_by(reference, trust)
    if isinstance(made, openvino.Model):
        return made.clone()  # the function may give out the same one again
    return convert_made(reference, made, shapes, example)


def made_by(reference: FactoryReference, trust: bool) -> tuple[Any, Any]:
    """The model that a factory returns, a module filled with the weights, and the example inputs if it gives some.

    Raises ModelError where it returns something else, or as `FactoryReference.call` does.
    """
    import openvino

    made = reference.call(trust)
    if isinstance(made, openvino.Model):
        return made, None
    module, example = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    torch = require_torch(reference.file)
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"{reference}: returns a {type(module).__name__}; return a torch.nn.Module, a module and its example "
            "inputs, or an openvino.Model"
        )
    if reference.weights:
        _fill(module, reference.weights)
    return module, example


def convert_made(reference: FactoryReference, module: torch.nn.Module, shapes: Shapes, example: Any) -> openvino.Model:
    """A factory's module, which keeps the shapes of the images in its example."""
    model = convert_module(str(reference), module, shapes, example)
    if example is not None:
        _keep_images(model, example)
    return model


def convert_module(said: str, module: torch.nn.Module, shapes: Shapes, example: Any) -> openvino.Model:
    """The model traced from a module, with its example inputs, or zeros of the shapes."""
    if example is None:
        example = example_of(said, module, shapes)
    return converted(said, _in_f32(module).eval(), example_input=example)


def _keep_images(model: openvino.Model, example: Any) -> None:
    """Fixes the shapes of images to those of the example. Tracing leaves every dimension open. Texts and recordings are
    of any length, but a model is quicker for images of one shape, and one with its channels last is told from one with
    its channels first."""
    import torch

    if isinstance(example, Mapping):
        given = [(port, example.get(name)) for port in model.inputs for name in port.get_names()]
    else:
        given = list(zip(model.inputs, example if isinstance(example, list | tuple) else [example], strict=False))
    images = {
        port: partial_shape(list(tensor.shape))
        for port, tensor in given
        if isinstance(tensor, torch.Tensor) and tensor.ndim == IMAGE_RANK and tensor.is_floating_point()
    }
    with suppress(RuntimeError):  # a graph that takes no other shape than it has says so where it is run
        model.reshape(images)


def _in_f32(module: torch.nn.Module) -> torch.nn.Module:
    """Modules of transformers refuse `float` where their file was quantized, even if all of it is f32 by now."""
    import torch

    tensors = [*module.parameters(), *module.buffers()]
    done = all(tensor.dtype == torch.float32 for tensor in tensors if tensor.is_floating_point())
    return module if done else module.float()


def kind_of(file: Path) -> TorchFormat:
    """The kind of a file, by the names in its archive: nothing is loaded."""
    if not zipfile.is_zipfile(file):
        return "pickle"
    with zipfile.ZipFile(file) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    if names & {"archive_format", "serialized_exported_program.json"}:
        return "program"
    return "script" if "constants.pkl" in names else "pickle"


def _converted_script(file: Path, script: Any, shapes: Shapes) -> openvino.Model:
    """The model of TorchScript, which has neither shapes nor types of its inputs: the shapes are the user's; what picks
    rows of an embedding is i64, all else f32."""
    import openvino

    values = list(script.inlined_graph.inputs())[1:]
    names = [value.debugName().partition(".")[0] for value in values]
    given = {input_index([{name} for name in names], key, str(file)): shape for key, shape in shapes.items()}
    missing = [name for index, name in enumerate(names) if index not in given]
    if missing:
        raise ModelError(
            f"{file}: TorchScript does not say the shapes of its inputs; give --shape {missing[0]}=1,3,224,224"
            + (f" and those of {', '.join(missing[1:])}" if missing[1:] else "")
        )
    specified = {
        value.debugName(): (partial_shape(given[index]), openvino.Type.i64 if _picks(value) else openvino.Type.f32)
        for index, value in enumerate(values)
    }
    model = converted(file, script, input=specified)
    for port, name in zip(model.inputs, names, strict=True):
        port.get_tensor().set_names({name})
    return model


def _picks(value: Any) -> bool:
    return any(use.user.kind() == "aten::embedding" and use.offset == 1 for use in value.uses())


def read_module(file: Path, trust: bool) -> torch.nn.Module:
    """The module that a file holds pickled. Raises ModelError where it holds something else, or may not be
    unpickled."""
    import torch

    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        if "weights_only" not in str(error) and "Weights only" not in str(error):
            raise ModelError(f"{file}: PyTorch cannot read it: {first_line(error)}; save it again") from None
        if not trust:
            raise ModelError(
                f"{file}: a pickled module, which can run code when it is read; export it with torch.export.save "
                "(.pt2), or if you trust its origin, allow that with --trust"
            ) from None
        content = load_quietly(file, lambda: torch.load(file, map_location="cpu", weights_only=False))
    module = content.get("model") if isinstance(content, dict) else content
    if isinstance(module, torch.nn.Module):
        return module
    tensors = _state_dict(content)
    what = f"a state dict of {len(tensors)} tensors" if tensors else f"a {type(content).__name__}"
    raise ModelError(
        f"{file}: holds {what}, not a model; export the model with torch.export.save (.pt2), or name a function that "
        f"builds its module: FILE.py:FUNCTION@{file.name} with --trust"
    )


def _state_dict(content: Any) -> dict[str, Any]:
    """The state dict in a checkpoint; empty where there is none."""
    import torch

    if not isinstance(content, Mapping):
        return {}
    if content and all(isinstance(value, torch.Tensor) for value in content.values()):
        return {str(key).removeprefix("module."): value for key, value in content.items()}
    return next((found for key in NESTED if (found := _state_dict(content.get(key)))), {})


def _fill(module: torch.nn.Module, weights: Path) -> None:
    import torch

    if weights.suffix == ".safetensors":
        from safetensors.torch import load_file

        tensors = dict(load_quietly(weights, lambda: load_file(weights)))
    else:
        tensors = _state_dict(load_quietly(weights, lambda: torch.load(weights, map_location="cpu", weights_only=True)))
    if not tensors:
        raise ModelError(f"{weights}: holds no state dict")
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        said = " ".join(str(error).partition("\n")[2].split()) or first_line(error)
        raise ModelError(f"{weights}: does not fit the module that the factory makes: {said[:200]}") from None


def example_of(said: str, module: torch.nn.Module, shapes: Shapes) -> dict[str, torch.Tensor]:
    """Zeros for each input whose shape is given; a dimension of any size is small. Raises ModelError where a shape is
    missing."""
    import torch

    parameters = inspect.signature(module.forward).parameters.values()
    taken = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names = [parameter.name for parameter in taken]
    given = {names[input_index([{name} for name in names], key, said)]: shape for key, shape in shapes.items()}
    missing = [p.name for p in taken if p.default is p.empty and p.name not in given]
    if missing or not given:
        raise ModelError(
            f"{said}: the shape of its input {(missing or names)[0]} is not known; give --shape "
            f"{(missing or names)[0]}=1,3,224,224, or let a factory return the module and its example inputs"
        )
    return {name: torch.zeros(_sizes(shape)) for name, shape in given.items()}


def _sizes(shape: Sequence[int | str]) -> list[int]:
    if is_fixed(shape):
        return [int(size) for size in shape]
    return [low if low == high else max(low, SHORTEST) for low, high in map(bounds, shape)]
