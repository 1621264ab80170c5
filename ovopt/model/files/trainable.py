"""PyTorch models that can be trained here, and their way to OpenVINO with new weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ovopt.errors import ModelError
from ovopt.model.files.exported_program import convert_program, read_program
from ovopt.model.files.factory import FactoryReference
from ovopt.model.files.integrity import ARCHIVES
from ovopt.model.files.locate import locate
from ovopt.model.files.pytorch import (
    convert_made,
    convert_module,
    example_of,
    kind_of,
    made_by,
    read_module,
)
from ovopt.model.native import quiet, require_torch
from ovopt.model.ports.shapes import Shapes

if TYPE_CHECKING:
    import openvino
    import torch

    State: TypeAlias = Mapping[str, torch.Tensor]

FUNCTIONS = (
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear", "matmul", "mm",
    "bmm", "addmm",
)  # fmt: skip
"""ATen operations with weights, whose arguments stand as in the function of the same name."""
EXPORT_HINT = (
    "give the exported program (torch.export.save, .pt2), or a function that builds the module: "
    "FILE.py:FUNCTION@WEIGHTS with --trust"
)


@dataclass(frozen=True)
class Trainable:
    """A model in PyTorch. `module` takes the inputs as the OpenVINO model has them, in its order, and gives a tuple of
    all its outputs."""

    said: str
    module: torch.nn.Module
    convert: Callable[[State], openvino.Model]
    """OpenVINO's model with these values of the module's parameters."""


def check_trainable(path: str | Path) -> None:
    """Raises ModelError where no PyTorch module can be had of this model; nothing is loaded."""
    file = locate(path)
    if FactoryReference.of(file):
        return
    if file.is_dir():
        raise ModelError(f"{path}: training takes a module of your own making, not a folder; {EXPORT_HINT}")
    if file.suffix.lower() not in ARCHIVES:
        raise ModelError(
            f"{path}: holds no PyTorch module that could be trained; {EXPORT_HINT}; or leave training out: `ovopt "
            "prune` without --fine-tune needs no framework"
        )
    if kind_of(file) == "script":
        raise ModelError(f"{path}: TorchScript cannot be trained, NNCF does not see its operations; {EXPORT_HINT}")


def read_trainable(path: str | Path, shapes: Shapes, ports: Sequence[frozenset[str]], trust: bool) -> Trainable:
    """The model at `path` as a module, whose inputs are called `ports` in OpenVINO.

    Raises ModelError where it cannot be trained.
    """
    check_trainable(path)
    file = locate(path)
    require_torch(path)
    if reference := FactoryReference.of(file):
        import openvino

        made, example = made_by(reference, trust)
        if isinstance(made, openvino.Model):
            raise ModelError(f"{reference}: makes an OpenVINO model, which cannot be trained; return a torch.nn.Module")
        return _of_module(
            str(path), made, _by_example(made, example, shapes, str(path), ports),
            lambda: convert_made(reference, made, shapes, example),
        )  # fmt: skip
    if kind_of(file) == "program":
        return _of_program(str(path), file, read_program(file, trust))
    module = read_module(file, trust)
    call = _by_example(module, None, shapes, str(path), ports)
    return _of_module(str(path), module, call, lambda: convert_module(str(file), module, shapes, None))


Arranged = tuple[tuple[Any, ...], Mapping[str, Any]]


def _of_program(said: str, file: Path, program: Any) -> Trainable:
    """NNCF knows the functions of PyTorch, but not the ATen operations that an exported graph calls in their place."""
    import torch
    from torch.utils import _pytree as pytree

    with quiet():
        graph = program.module()
    for node in graph.graph.nodes:
        name = getattr(getattr(node.target, "_schema", None), "name", "").removeprefix("aten::")
        if node.op == "call_function" and name in FUNCTIONS:
            node.target = getattr(torch.nn.functional, name, None) or getattr(torch, name)
    graph.recompile()

    def arrange(given: Sequence[torch.Tensor]) -> Arranged:
        args, kwargs = pytree.tree_unflatten(list(given), program.call_spec.in_spec)
        return tuple(args), kwargs

    def convert(state: State) -> openvino.Model:
        for name, value in state.items():
            program.state_dict[name].data.copy_(value)
        return convert_program(file, program)

    return Trainable(said, _flat(said, graph, arrange), convert)


def _of_module(
    said: str,
    module: torch.nn.Module,
    arrange: Callable[[Sequence[torch.Tensor]], Arranged],
    converted: Callable[[], openvino.Model],
) -> Trainable:
    module.float().eval()

    def convert(state: State) -> openvino.Model:
        module.load_state_dict(dict(state), strict=False)
        return converted()

    return Trainable(said, _flat(said, module, arrange), convert)


def _by_example(
    module: torch.nn.Module, example: Any, shapes: Shapes, said: str, ports: Sequence[frozenset[str]]
) -> Callable[[Sequence[torch.Tensor]], Arranged]:
    """As the example inputs of the conversion have it: by position, or by name."""
    example = example_of(said, module, shapes) if example is None else example
    if not isinstance(example, Mapping):
        return lambda given: (tuple(given), {})
    keys = [next((name for name in names if name in example), None) for names in ports]

    def by_name(given: Sequence[torch.Tensor]) -> Arranged:
        return (), {str(key): value for key, value in zip(keys, given, strict=True)}

    return by_name


def _flat(said: str, inner: Any, arrange: Callable[[Sequence[torch.Tensor]], Arranged]) -> torch.nn.Module:
    import torch
    from torch.utils import _pytree as pytree

    wrong = sorted({str(p.dtype) for p in inner.parameters() if p.is_floating_point() and p.dtype != torch.float32})
    if wrong:
        raise ModelError(f"{said}: its weights are {wrong[0]}; export it in torch.float32, in which training is exact")

    class Flat(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
        """Inputs and outputs one after the other, however the module takes and gives them."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, ...]:
            args, kwargs = arrange(given)
            leaves = pytree.tree_leaves(self.inner(*args, **kwargs))
            return tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))

    return Flat()
