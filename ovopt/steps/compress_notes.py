"""What weight compression did not do, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.model.inspect.weights import EMBEDDINGS, RECURRENT, Weights

if TYPE_CHECKING:
    import logging

TOLD = ("skip", "can't", "cannot", "adjust")
"""What an information of NNCF is about that its user should read; warnings are all told."""


def idle(asked: Sequence[str], stored: Sequence[Weights]) -> Iterator[str]:
    """Algorithms for few bits that were asked for, and found no such weights."""
    if asked and not any(w.bits <= 4 for w in stored):
        yield f"{' and '.join(asked)} had nothing to do: no weights of 4 bits or fewer; a higher ratio makes some"


def left_out(stored: Sequence[Weights]) -> Iterator[str]:
    """What kinds of weights stayed in floating point."""
    count, size = Counter[str](), Counter[str]()
    for w in stored:
        if w.bits > 8:
            count[w.kind] += 1
            size[w.kind] += w.size_bytes
    for kind, number in count.items():
        what = f"{number} weights of {kind} ({units.size(size[kind])}) stay in floating point"
        why = {
            **dict.fromkeys(RECURRENT, ": NNCF compresses no recurrent layers"),
            **dict.fromkeys(EMBEDDINGS, ": the embeddings"),
        }
        yield what + why.get(kind, "")


def told(records: Sequence[logging.LogRecord]) -> Iterator[str]:
    """What NNCF logs of what it did not do."""
    for record in records:
        said = " ".join(record.getMessage().split())
        if record.levelname != "INFO" or any(word in said.lower() for word in TOLD):
            yield f"NNCF: {said}"


def no_effect(stored: Sequence[Weights]) -> str:
    """What is to be said where all weights are as they were."""
    recurrent = sorted({w.kind for w in stored if w.kind in RECURRENT})
    why = f"; NNCF leaves {', '.join(recurrent)} as they are" if recurrent else ""
    return f"compress changed nothing: no weights of this model became smaller{why}"
