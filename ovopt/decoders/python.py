"""A decoder that is a function of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ovopt.contracts import Array, Decoder
from ovopt.contracts.own_code import OwnCode, as_answer, holds_nan
from ovopt.records import Record

WANTED = "an array, a number, a text, or a list of them"


class _Joining(Record):
    """A function's constant of the contract, which the recipe says."""

    joins: bool = Field(default=False, description="whether it takes what all parts of a sample gave, as a list")


class PythonDecoder(_Joining, OwnCode, Decoder):
    """A function of your own in a file beside the recipe: `python: my_head.py:decode`. It is called with the output,
    without its batch dimension (a tuple where several are chosen), or what the decoder before gave; with the model's
    inputs by name where it has an argument `inputs`; and with the `settings`.

    Runs with `--trust` alone. The file imports installed packages, not files beside it: its SHA-256 stands for all the
    code, is written into manifests and comparisons, and another content is refused. A bundle keeps a copy.
    """

    name: ClassVar[str] = "python"
    offers: ClassVar[tuple[str, ...]] = ("inputs",)

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """The function's answer. Raises DataError where it fails, or gives nothing that metrics could look at."""
        given = self.run(output, inputs=inputs)
        answer = None if isinstance(given, Mapping) else as_answer(given)
        if answer is None or (holds_nan(answer) and not holds_nan(output)):
            raise self.refused(given, WANTED)
        return answer
