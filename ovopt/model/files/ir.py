"""OpenVINO's IR files: written in the precision that the model has, and compared as graphs."""

from __future__ import annotations

import errno
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ovopt.model.native import reason
from ovopt.model.ports.facts import facts

if TYPE_CHECKING:
    import openvino


BYTES_AT_ONCE = 1 << 20
"""Bytes written at a time to ask the system why it takes no more."""


def save_model(model: openvino.Model, file: Path, notes: Mapping[str, str]) -> None:
    """Writes `file` and its `.bin`; `notes` go into the rt_info section `ovopt`. Never compresses to FP16.

    Raises OSError where the files cannot be written, on a full disk for example.
    """
    import openvino

    labelled = model.clone()
    for key, value in notes.items():
        labelled.set_rt_info(value, ["ovopt", key])
    try:
        openvino.save_model(labelled, file, compress_to_fp16=False)
    except RuntimeError as error:
        raise _refusal(file, sum(facts(model).precisions.values()), error) from None


def _refusal(file: Path, size: int, error: RuntimeError) -> OSError:
    """Why a model of so many bytes was not written: OpenVINO does not tell, and the system does when it is asked."""
    try:
        with file.open("wb") as stream:
            for _ in range(size // BYTES_AT_ONCE + 1):
                stream.write(bytes(BYTES_AT_ONCE))
    except OSError as refused:
        return OSError(refused.errno, refused.strerror, str(file))
    return OSError(errno.EIO, reason(error), str(file))


SameGraph = Literal["identical", "renumbered", "different"]
_NAME = re.compile(r"\b[A-Za-z]\w*_\d\w*")
_NUMBER = re.compile(r"(_\d+)(?=_|$)")


def same_graph(one: str, other: str) -> SameGraph:
    """The likeness of two graphs, from the texts of their IR files. `renumbered`: equal but for the numbers in names. A
    converter names the operations that it makes by a counter of its process (`Constant_88759`), which any earlier work
    moves."""
    if one == other:
        return "identical"
    return "renumbered" if _renumbered(one) == _renumbered(other) else "different"


def _renumbered(text: str) -> str:
    """The text with its numbers counted anew, for the names of each kind from the beginning on."""
    known: dict[str, str] = {}
    counted: Counter[str] = Counter()

    def number(found: re.Match[str]) -> str:
        """A name may hold several: NNCF calls what it adds behind `MVN_1507` `MVN_1507_0_0`."""
        name = anew = ""
        for part in _NUMBER.split(found.group()):
            name += part
            if _NUMBER.fullmatch(part) and name not in known:
                counted[anew] += 1
                known[name] = f"{anew}_{counted[anew]}"
            anew = known[name] if _NUMBER.fullmatch(part) else anew + part
        return anew

    return _NAME.sub(number, text)
