"""Values of outputs that are no number: where the original gives them too they are meant, new ones are a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Array
from ovopt.records import Port

Place = tuple[int, int]
"""A sample's index, and which of its inferences."""
NAN, HIGHER, LOWER = 1, 2, 3
WORDS = {NAN: "NaN", HIGHER: "infinity", LOWER: "minus infinity"}


@dataclass
class OddValues:
    """The original's NaNs and infinities, by sample."""

    known: dict[Place, dict[int, NDArray[np.int8]]] = field(default_factory=dict)
    """An output's place -> code [...] of every value, 0 for a number."""
    names: dict[int, str] = field(default_factory=dict)
    """Outputs with such a value, by place."""
    sound: set[int] = field(default_factory=set)
    """Places of outputs with a number, for some sample."""

    def keep(self, place: Place, outputs: Sequence[Array], ports: Sequence[Port]) -> None:
        """The outputs [...] of one inference of the original."""
        found = {number: odd_codes(values) for number, values in enumerate(outputs) if has_odd(values)}
        whole = (number for number, values in enumerate(outputs) if values.size and number not in found)
        self.sound.update(whole, (number for number, codes in found.items() if not codes.all()))
        if found:
            self.known[place] = found
            self.names |= {number: _named(ports, number) for number in found}

    def new(self, place: Place, outputs: Sequence[Array], ports: Sequence[Port]) -> str | None:
        """The fault of the outputs [...] of one inference of another model: the first with a value that is no
        number, where the original has one."""
        for number, values in enumerate(outputs):
            if has_odd(values):
                codes, known = odd_codes(values), self.known.get(place, {}).get(number)
                same = known is not None and known.shape == codes.shape
                fresh = codes[codes != known] if same else codes
                if fresh.any():
                    return f"{WORDS[int(fresh[fresh != 0][0])]} in its output {_named(ports, number)!r}"
        return None

    @property
    def fault(self) -> str | None:
        """The fault of a model that gives no number for any sample."""
        name = next((name for number, name in self.names.items() if number not in self.sound), None)
        said = f"no number in its output {name!r} for any sample: the model or its precision is broken for these inputs"
        return said if name is not None else None

    def said(self, ids: Sequence[str]) -> Iterator[str]:
        """A remark on each output that is not finite by the original's own doing."""
        for number, name in self.names.items():
            places = sorted({place for place, found in self.known.items() if number in found})
            codes = {int(code) for place in places for code in np.unique(self.known[place][number]) if code}
            samples = len({index for index, _ in places})
            words = " and ".join(WORDS[code] for code in sorted(codes))
            yield (
                f"output {name!r} of the original holds {words} for {samples:,} samples, for example "
                f"{ids[places[0][0]]}: equal ones are no fault of a candidate"
            )


def has_odd(values: Array) -> bool:
    """True where a value of an output [...] is NaN or infinite."""
    return values.dtype.kind == "f" and not np.isfinite(values).all()


def odd_codes(values: Array) -> NDArray[np.int8]:
    """A code for each value [...]: 0 for a number."""
    codes = np.where(np.isnan(values), NAN, np.where(values == np.inf, HIGHER, np.where(values == -np.inf, LOWER, 0)))
    return codes.astype(np.int8)


def _named(ports: Sequence[Port], number: int) -> str:
    return ports[number].name if number < len(ports) else f"output {number}"
