"""What a rewrite of the graph is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import openvino


class Rewrite(ABC):
    """One identity, stated in the class's docstring. It changes the model in place; whoever calls it works on a clone
    and keeps the change only if the outputs stay the same."""

    name: ClassVar[str]

    @abstractmethod
    def apply(self, model: openvino.Model) -> int:
        """Rewrite wherever the identity holds; in how many places."""
