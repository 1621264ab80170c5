"""The process's OpenVINO core, and what it says where something fails."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino


EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
"""Properties under which a device computes in f32, also where it would take bf16 or f16 by itself."""


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
    return telling[-1].rstrip(".!")


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
