"""PyTorch as a reference engine: eager execution of an exported program or a TorchScript module."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from ovopt.bench.engines.pooled import PooledSession, started
from ovopt.contracts import Engine, Placement, Started, Tensors
from ovopt.errors import ModelError
from ovopt.locate import optional


class Torch(Engine):
    """`.pt2` (torch.export) or `.pt` (TorchScript), f32 as the model holds it, on the CPU."""

    name: ClassVar[str] = "torch"

    def __init__(self, placement: Placement) -> None:
        if placement.model.suffix.lower() not in (".pt", ".pt2"):
            raise ModelError(f"{placement.model}: PyTorch reads .pt2 and .pt files; give one: --reference torch=FILE")
        self._placement = placement
        self._indices = list(placement.outputs)

    @classmethod
    def start(cls, placement: Placement, properties: Mapping[str, str], sample: Tensors) -> Started:
        """One start, timed, on a sample of shapes [batch, ...]; there is no compiled model to cache."""
        torch = _torch()
        torch.set_num_threads(int(properties.get("INFERENCE_NUM_THREADS", 0)) or torch.get_num_threads())
        return started(partial(_callable, placement, [0]), sample, reads=True)

    def open(
        self, properties: Mapping[str, str], samples: Sequence[Tensors], requests: int | None, timed: bool = True
    ) -> PooledSession:
        """Load anew, for samples of shapes [batch, ...]; with several requests, the threads are shared out among
        them."""
        torch = _torch()
        threads, parallel = int(properties.get("INFERENCE_NUM_THREADS", 0)) or torch.get_num_threads(), requests or 1
        torch.set_num_threads(max(1, threads // parallel))
        return PooledSession(_callable(self._placement, self._indices), samples, threads, parallel, "f32")


def _torch() -> Any:
    return optional("torch", "the reference torch is not installed", "torch")


def _callable(placement: Placement, outputs: Sequence[int]) -> Callable[[Tensors], Tensors]:
    torch = _torch()
    file = str(placement.model)
    try:
        exported = placement.model.suffix.lower() == ".pt2"
        module = torch.export.load(file).module() if exported else torch.jit.load(file).eval()
    except (RuntimeError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"{placement.model}: PyTorch cannot load it: {str(error).splitlines()[0]}") from None

    def call(tensors: Tensors) -> Tensors:
        with torch.inference_mode():
            answer = module(*(torch.from_numpy(array) for array in tensors))
        several = answer if isinstance(answer, list | tuple) else [answer]
        return tuple(several[output].numpy() for output in outputs)

    return call
