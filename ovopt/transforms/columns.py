"""The columns of a table's row: which of them make the sample, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field, model_validator

from ovopt.arrays.arguments import column_of
from ovopt.contracts import Parts, Transform
from ovopt.errors import DataError


class Column(Transform):
    """Take one column: `column: text`."""

    name: ClassVar[str] = "column"
    sole: ClassVar[str | None] = "column"
    whole: ClassVar[bool] = True
    column: str

    def __call__(self, content: Any) -> Any:
        """Value of the column. Raises DataError where there is no such column."""
        return column_of(content, self.column, self.name)


class ColumnParts(Transform):
    """Make an inference of each of several columns: `parts: [sentence1, sentence2]` for a model that embeds one text
    at a time."""

    name: ClassVar[str] = "parts"
    sole: ClassVar[str | None] = "columns"
    whole: ClassVar[bool] = True
    columns: tuple[str, ...] = Field(min_length=1)

    def __call__(self, content: Any) -> Parts:
        """Values of the columns, in this order. Raises DataError where one is missing."""
        return Parts(column_of(content, column, self.name) for column in self.columns)


class Each(Transform):
    """Make an inference of each entry of a column that holds a list, beside the other columns as they are: the
    candidates of a query, `each: documents`, for a model that judges one pair of texts at a time."""

    name: ClassVar[str] = "each"
    sole: ClassVar[str | None] = "column"
    whole: ClassVar[bool] = True
    column: str

    def __call__(self, content: Any) -> Parts:
        """A row for each entry. Raises DataError where there is no such column, or it holds no list, or an empty
        one."""
        listed = column_of(content, self.column, self.name)
        if isinstance(listed, str | bytes | Mapping) or not isinstance(listed, Sequence) or not listed:
            raise DataError(f"each: the column {self.column!r} holds no list of at least one entry")
        return Parts({**content, self.column: entry} for entry in listed)


class AsInputs(Transform):
    """Hand columns to the model's inputs: `as_inputs: {input_ids: tokens}` is input name -> column. Other columns are
    dropped."""

    name: ClassVar[str] = "as_inputs"
    whole: ClassVar[bool] = True
    inputs: dict[str, str] = Field(min_length=1, description="input name -> column; the key `inputs` may be left out")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, values: Any) -> Any:
        bare = isinstance(values, Mapping) and values and all(isinstance(value, str) for value in values.values())
        return {"inputs": values} if bare else values

    def __call__(self, content: Any) -> dict[str, Any]:
        """Values by input name. Raises DataError where a column is missing."""
        return {name: column_of(content, column, self.name) for name, column in self.inputs.items()}
