"""Which of a model's outputs a recipe means."""

from __future__ import annotations

from collections.abc import Sequence

from ovopt.errors import ModelError, did_you_mean
from ovopt.records import Port


def chosen_outputs(ports: Sequence[Port], wanted: int | str | Sequence[int | str]) -> list[Port]:
    """The outputs by index (negative ones count from the end) or name; ModelError where there is none such."""
    several = [wanted] if isinstance(wanted, int | str) else wanted
    return [_chosen(ports, one) for one in several]


def _chosen(ports: Sequence[Port], wanted: int | str) -> Port:
    if isinstance(wanted, int):
        if not -len(ports) <= wanted < len(ports):
            raise ModelError(f"model.output: {wanted} is outside the model's {len(ports)} outputs")
        return ports[wanted]
    found = next((port for port in ports if port.name == wanted), None)
    if found is None:
        raise ModelError(f"model.output: no output {wanted!r}; {did_you_mean(wanted, [port.name for port in ports])}")
    return found
