"""Ways to bring arrays to the model's inputs: names, shapes, element types, states that nobody gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, islice
from typing import Any

import numpy as np

from ovopt.data.series import TIMES
from ovopt.model.ports.inputs import DTYPES, starts_empty
from ovopt.records import Port
from ovopt.workflow.drafting import pictures
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.clips import of_clips, takes_clips
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.subject import Subject, array_of

STEPS: Mapping[str, str] = {"f64": "float64", "f32": "float32", "f16": "float16", "i64": "int64", "i32": "int32"}
"""Element types of inputs that `cast` gives."""
OFFERED = 4
"""Choices of columns that a question names."""


def of_arrays(subject: Subject, whole: bool, task: str) -> tuple[list[Choice], dict[str, Any]]:
    """Choices for arrays, and the section `model` of inputs that no array fills. Raises UsageError, which asks, where
    an input has none."""
    content = subject.content
    free = [port for port in subject.inputs if not starts_empty(port)]
    if not isinstance(content, Mapping):
        port, section = _main_input(subject, free, array_of(content))
        return _fitted(subject, port, whole, task), section
    names = _columns_of(content, free)
    section = _section(subject, [port for port in free if port.name not in names])
    choices = []
    if any(name != column for name, column in names.items()):
        choices.append(Choice.none({"as_inputs": names}))
    ports = [port for port in free if port.name in names]
    return [*choices, *_alike(content, names, ports)], section


def _main_input(subject: Subject, free: Sequence[Port], array: Any) -> tuple[Port, dict[str, Any]]:
    """The input that a sole array goes to: the only one, that whose shape it has, or the first."""
    fitting = [port for port in free if array is not None and _fits(array.shape, port)]
    port = (fitting or list(free))[0]
    return port, _section(subject, [one for one in free if one is not port])


def _section(subject: Subject, lacking: Sequence[Port]) -> dict[str, Any]:
    """`model` with states: inputs that an output of the same shape follows. Raises UsageError, which asks, for
    others."""
    states: dict[str, str] = {}
    asked = []
    for port in lacking:
        following = [
            one.name for one in subject.outputs if one.shape == port.shape and one.dtype == port.dtype
            and one.name not in states.values()
        ]  # fmt: skip
        named = [name for name in following if port.name in name or name in port.name]
        if following and len(port.shape or ()) > 1 and (named or len(following) == 1):
            states[port.name] = (named or following)[0]
        else:
            asked.append(port)
    if asked:
        held = ", ".join(subject.content) if isinstance(subject.content, Mapping) else "one array"
        raise question(
            f"the model has the inputs {', '.join(map(str, subject.inputs))}, the samples hold {held}: what goes into "
            f"{', '.join(port.name for port in asked)}, if it is the same for every sample",
            [option("--set", f"model.inputs.{_key(port.name)}=0") for port in asked],
        )
    return {"state": states} if states else {}


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'


def _columns_of(content: Mapping[str, Any], ports: Sequence[Port]) -> dict[str, str]:
    """Input name -> column: of the same name, of nearly the same, else the only one left that fits its shape."""
    found = {port.name: port.name for port in ports if port.name in content}
    for port in ports:
        plain = [column for column in content if _plain(column) == _plain(port.name)]
        if port.name not in found and len(plain) == 1:
            found[port.name] = plain[0]
    for port in ports:
        left = [column for column in content if column not in found.values()]
        fitting = [c for c in left if (array := array_of(content[c])) is not None and _fits(array.shape, port)]
        rivals = [one for one in ports if one.name not in found and one is not port]
        alone = len(fitting) == 1 and not any(_fits(np.shape(content[fitting[0]]), rival) for rival in rivals)
        if port.name not in found and alone:
            found[port.name] = fitting[0]
    return found


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.partition(":")[0])).lower()


def _alike(content: Mapping[str, Any], names: Mapping[str, str], ports: Sequence[Port]) -> list[Choice]:
    """Transforms that all columns need: a dimension of their own, another kind of number."""
    arrays = [(array_of(content[names[port.name]]), port) for port in ports]
    known = [(array, port) for array, port in arrays if array is not None and port.shape is not None]
    steps: list[Any] = []
    if known and all(array.ndim == len(port.shape or ()) - 2 for array, port in known):
        steps.append({"expand": 0})
    types = {port.dtype for _, port in known}
    if len(types) == 1 and any(_other_kind(array, port) for array, port in known):
        steps += _cast(next(iter(types)))
    return [Choice.none(*steps)] if steps else []


def _fitted(subject: Subject, port: Port, whole: bool, task: str) -> list[Choice]:
    """Transforms that a sole array needs: a shape, a range of pixels, another kind of number."""
    array = array_of(subject.content)
    if array is None or port.shape is None:
        return []
    if takes_clips(subject.content, port):
        return of_clips(subject, port, whole, task)
    image = len(port.shape) == 4 and array.ndim in (2, 3) and pictures.is_image_of(array, port)
    if image and (not _fits(array.shape, port) or _ranged(array)):
        return pictures.of_arrays(subject, port, whole, task)
    steps = _reshaped(array.shape, port)
    times = [name for name in subject.samples.columns if name.lower() in TIMES]
    if times and not steps and not _fits(array.shape, port):
        raise question(
            f"{subject.samples.source}: a row is of one time ({times[0]}), and the model takes {port}: are the rows a "
            "series that goes on",
            ["--task forecasting"],
        )
    if not steps and len(port.shape) == 2 and len(array) > (port.shape[1] or len(array)):
        _ask_for_columns(subject, port, port.shape[1] or 0)
    if _other_kind(array, port):
        steps += _cast(port.dtype)
    if (
        steps
        and array.dtype.kind in "iub"
        and port.dtype.startswith("f")
        and array.max(initial=0) > 1
        and array.dtype.itemsize == 1
    ):
        shaped = [step for step in steps if "cast" not in step]
        kept = Option("as they are", (*shaped, *_cast(port.dtype)))
        return [Choice("range of bytes", (Option("0 to 1", ({"scale": 255}, *shaped)), kept))]
    return [Choice.none(*steps)] if steps else []


def _ask_for_columns(subject: Subject, port: Port, width: int) -> None:
    """Raises UsageError, which asks, where a table has more columns of numbers than the model takes."""
    labels = [*(subject.samples.labels or ())]
    values = {name: [*subject.samples.column(name)] for name in subject.samples.columns}
    numbers = [name for name, column in values.items() if column != labels and _are_numbers(column)]
    if len(numbers) > width:
        label = "" if labels else " (and which is the label: --label)"
        raise question(
            f"{subject.samples.source}: {len(numbers)} columns hold numbers, and the model takes {port}: which "
            f"{width} does it read{label}",
            [
                option("--set", f"data.source.inputs=[{','.join(some)}]")
                for some in islice(combinations(numbers, width), OFFERED)
            ],
        )


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float | None) for value in values)


def _ranged(array: Any) -> bool:
    """True for pixels: bytes, or numbers from 0 to 1."""
    return array.dtype.kind in "ub" or bool(array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1)


def _reshaped(have: Sequence[int], port: Port) -> list[Any]:
    if _fits(have, port) or port.shape is None:
        return []
    want = port.shape[1:]
    if len(want) == len(have) + 1 and _agree(want[1:], have) and want[0] in (1, None):
        return [{"expand": 0}]
    if len(want) == len(have) + 1 and _agree(want[:-1], have) and want[-1] in (1, None):
        return [{"expand": -1}]
    if None not in want and math.prod(dim or 0 for dim in want) == math.prod(have):
        return [{"reshape": list(want)}]
    return []


def _fits(have: Sequence[int], port: Port) -> bool:
    if port.shape is None:
        return True
    return _agree(port.shape[1:], have) or _agree(port.shape, have)


def _agree(want: Sequence[int | None], have: Sequence[int]) -> bool:
    return len(want) == len(have) and all(a in (None, b) for a, b in zip(want, have, strict=True))


def _other_kind(array: Any, port: Port) -> bool:
    want = np.dtype(DTYPES.get(port.dtype, "float32")).kind
    return bool(array.dtype.kind != want and not {array.dtype.kind, want} <= {"i", "u"})


def _cast(dtype: str) -> list[Any]:
    return [{"cast": STEPS[dtype]}] if dtype in STEPS else []
