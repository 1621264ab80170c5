"""What a recipe takes from the model itself: files beside it, and what its metadata say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ovopt.errors import RecipeError, did_you_mean
from ovopt.model.files.locate import locate
from ovopt.model.files.read import read_model

FOLDER, METADATA = "{model}", re.compile(r"\{metadata:(.+)\}")


@dataclass(frozen=True)
class Beside:
    """Fills in a recipe's texts: `{model}` at the beginning is the model's folder, `{metadata:KEY}` the lines that an
    ONNX model's metadata have under a key, such as the characters of a recogniser."""

    model: str | Path
    trust: bool = False

    def filled(self, value: Any) -> Any:
        """The same values with every such text filled in."""
        if isinstance(value, Mapping):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, str) and value.startswith(FOLDER):
            return str(self._folder / value.removeprefix(FOLDER).lstrip("/"))
        asked = METADATA.fullmatch(value) if isinstance(value, str) else None
        return self._lines(asked[1]) if asked else value

    @property
    def _folder(self) -> Path:
        return Path(self.model) if Path(self.model).is_dir() else locate(self.model).parent

    def _lines(self, key: str) -> list[str]:
        if key not in self._metadata:
            hint = did_you_mean(key, self._metadata)
            raise RecipeError(f"{{metadata:{key}}}: {self.model} has no such entry; {hint}")
        return self._metadata[key].removesuffix("\n").split("\n")

    @cached_property
    def _metadata(self) -> Mapping[str, str]:
        """OpenVINO keeps the `metadata_props` of an ONNX model in its rt_info, under `framework`."""
        model = read_model(self.model, trust=self.trust)
        if not model.has_rt_info("framework"):
            return {}
        entries = model.get_rt_info("framework").value
        return {key: str(getattr(entry, "value", entry)) for key, entry in entries.items()}
