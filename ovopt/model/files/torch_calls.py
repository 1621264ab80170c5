"""PyTorch and its conversion, called without their noise; their errors become ours."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.errors import ModelError
from ovopt.model.native import first_line, reason, silent_stderr

if TYPE_CHECKING:
    import openvino


def require_torch(said: str | Path) -> Any:
    """The package. Raises ModelError where it is missing."""
    try:
        import torch
    except ImportError:
        raise ModelError(f"{said}: PyTorch is needed to read it: pip install 'ovopt[torch]'") from None
    return torch


@contextmanager
def quiet() -> Iterator[None]:
    """Hides warnings and progress of other packages: a conversion that goes wrong is an error of its own."""
    with warnings.catch_warnings(), silent_stderr(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def load_quietly(file: Path, load: Callable[[], Any]) -> Any:
    """Load something with PyTorch. Raises ModelError, with its reason, where it cannot."""
    try:
        with quiet():
            return load()
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{file}: PyTorch cannot read it: {first_line(error)}; export it again") from None


def converted(said: str | Path, module: Any, **how: Any) -> openvino.Model:
    """Convert what PyTorch holds. Raises ModelError, with OpenVINO's reason, where it cannot."""
    import openvino
    import torch

    try:
        with quiet(), torch.no_grad():
            return openvino.convert_model(module, **how)
    except Exception as error:
        raise ModelError(f"{said}: OpenVINO cannot convert it: {reason(error)}") from None
