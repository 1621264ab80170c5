"""Commands whose options are the fields of records."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any


def gathered(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer takes it: each parameter that is a record stands for the options that the record's fields
    are."""
    signature = inspect.signature(command, eval_str=True)
    kinds: dict[str, Any] = {name: own.annotation for name, own in signature.parameters.items()}
    records = {name: kind for name, kind in kinds.items() if isinstance(kind, type) and is_dataclass(kind)}

    @wraps(command)
    def called(**given: Any) -> None:
        for name, record in records.items():
            given[name] = record(**{option: given.pop(option) for option in inspect.signature(record).parameters})
        command(**given)

    options: list[inspect.Parameter] = []
    for name, own in signature.parameters.items():
        of_it = inspect.signature(records[name], eval_str=True).parameters.values() if name in records else [own]
        options += [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in of_it]
    called.__signature__ = signature.replace(parameters=options)  # type: ignore[attr-defined]
    return called
