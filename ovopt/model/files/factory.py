"""A model that a function of the user's makes: `FILE.py:FUNCTION`, or with weights `FILE.py:FUNCTION@WEIGHTS.pt`."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovopt.errors import ModelError, did_you_mean
from ovopt.model.native import first_line

FORM = re.compile(r"(?P<file>.+\.py):(?P<function>[A-Za-z_]\w*)(?:@(?P<weights>.+))?")


@dataclass(frozen=True)
class FactoryReference:
    """A file of Python code, the function in it, and the state dict that goes into what it returns."""

    file: Path
    function: str
    weights: Path | None

    @classmethod
    def of(cls, path: str | Path) -> FactoryReference | None:
        """The reference that a path is; None where it is a plain path."""
        found = FORM.fullmatch(str(path))
        if not found:
            return None
        weights = Path(found["weights"]) if found["weights"] else None
        return cls(Path(found["file"]), found["function"], weights)

    def __str__(self) -> str:
        return f"{self.file}:{self.function}" + (f"@{self.weights}" if self.weights else "")

    def call(self, trust: bool) -> Any:
        """The value that the function returns. Raises ModelError without `trust`, or where the code fails."""
        if not trust:
            raise ModelError(f"{self}: to read it is to run the code in {self.file}; allow that with --trust")
        make = self._function()
        try:
            return make()
        except Exception as error:
            raise ModelError(f"{self}: the function fails: {first_line(error)}") from None

    def _function(self) -> Callable[[], Any]:
        name = f"ovopt_factory_{re.sub(r'[^A-Za-z0-9]', '_', self.file.stem)}"
        spec = importlib.util.spec_from_file_location(name, self.file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        folder = str(self.file.resolve().parent)
        sys.path.insert(0, folder)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise ModelError(f"{self.file}: the code fails: {first_line(error)}") from None
        finally:
            sys.path.remove(folder)
        made = getattr(module, self.function, None)
        if not callable(made):
            known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
            raise ModelError(f"{self.file}: has no function {self.function!r}; {did_you_mean(self.function, known)}")
        found: Callable[[], Any] = made
        return found
