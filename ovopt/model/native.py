"""The process's OpenVINO core, and PyTorch with its conversion: called without their noise, and what they say where
something fails."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.errors import ModelError
from ovopt.model.unknown_operations import unknown_operations

if TYPE_CHECKING:
    import openvino

EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
"""Properties under which a device computes in f32, also where it would take bf16 or f16 by itself."""


NO_MEMORY = "there is not enough memory for it"


@cache
def core() -> openvino.Core:
    """The process's one OpenVINO core."""
    import openvino

    return openvino.Core()


def reason(error: Exception) -> str:
    """The telling last line of an OpenVINO error, without source positions."""
    noise = re.compile(r"^(Exception from |Check '|FrontEnd API failed)")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not noise.match(line)] or lines or [type(error).__name__]
    return NO_MEMORY if telling[-1] == "std::bad_alloc" else telling[-1].rstrip(".!")


def first_line(error: BaseException) -> str:
    """The class and the first line of an error of a Python library."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].rstrip('.!')}" if lines else type(error).__name__


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Hides what readers print, native ones too, while they try one format after another or show progress."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), 2)
            yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)


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
        unknown = unknown_operations(str(error))
        raise ModelError(f"{said}: {unknown or f'OpenVINO cannot convert it: {reason(error)}'}") from None
