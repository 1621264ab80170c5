"""The base of all records."""

from __future__ import annotations

from functools import singledispatch

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record that refuses unknown keys. What checks it is built at its first use: no process uses them all."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    def _repr_html_(self) -> str | None:
        """The record as a notebook shows it; None where its plain text does."""
        return notebook_html(self)


@singledispatch
def notebook_html(record: Record) -> str | None:
    """HTML of a record for a notebook. Reports, which records do not know, register theirs here."""
    return None
