"""Which of a model's outputs are meant."""

from __future__ import annotations

from collections.abc import Sequence

from ovopt.errors import ModelError, did_you_mean
from ovopt.records import Port

Wanted = int | str | Sequence[int | str]
"""An output by index (negative ones count from the end) or name, or several."""


def chosen_outputs(ports: Sequence[Port], wanted: Wanted) -> list[Port]:
    """The ports of the outputs that `wanted` says, in its order; ModelError where there is no such output."""
    return [ports[index] for index in output_indices(ports, wanted)]


def output_indices(ports: Sequence[Port], wanted: Wanted) -> list[int]:
    """The same as places among the model's outputs: what a runtime knows where outputs have no name of their own."""
    keys = [wanted] if isinstance(wanted, int | str) else list(wanted)
    found = [_index(ports, key) for key in keys]
    twice = next((key for place, key in enumerate(keys) if found[place] in found[:place]), None)
    if twice is not None:
        raise ModelError(f"model.output: {twice!r} is chosen twice")
    if not found:
        raise ModelError("model.output: the list is empty; name at least one output")
    return found


def _index(ports: Sequence[Port], key: int | str) -> int:
    if isinstance(key, int):
        if not -len(ports) <= key < len(ports):
            raise ModelError(f"model.output: {key} is outside the model's {len(ports)} outputs")
        return key % len(ports)
    found = [index for index, port in enumerate(ports) if port.name == key]
    found = found or [index for index, port in enumerate(ports) if port.name.partition(":")[0] == key]
    if not found:
        raise ModelError(f"model.output: no output {key!r}; {did_you_mean(key, [port.name for port in ports])}")
    if len(found) > 1:
        raise ModelError(f"model.output: {len(found)} outputs are called {key!r}; choose by index")
    return found[0]
