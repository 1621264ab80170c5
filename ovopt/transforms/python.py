"""A transform that is a function of the user's own."""

from __future__ import annotations

from typing import Any, ClassVar

from ovopt.contracts import Parts, Transform
from ovopt.contracts.own_code import OwnCode, as_answer, holds_nan

WANTED = "an array, a text, bytes, or a mapping of the model's inputs to such"


class PythonTransform(OwnCode, Transform):
    """A function of your own in a file beside the recipe: `python: my_input.py:prepare`. It is called with a sample's
    content (the bytes of a file, an array, a text, or a row as a mapping of its columns) or with what the transform
    before gave, part by part; and with the `settings`. Several threads call it at a time. Labels stay as they are:
    boxes and masks do not move with it.

    Runs with `--trust` alone. The file imports installed packages, not files beside it: its SHA-256 stands for all the
    code, is written into manifests and comparisons, and another content is refused. A bundle keeps a copy.
    """

    name: ClassVar[str] = "python"
    whole: ClassVar[bool] = True

    def __call__(self, content: Any) -> Any:
        """The function's answer. Raises DataError where it fails, or gives nothing that a model could take."""
        given = self.run(content)
        answer = as_answer(given)
        if answer is None or (holds_nan(answer) and not holds_nan(content)):
            raise self.refused(given, WANTED)
        return Parts(answer) if isinstance(given, Parts) else answer
