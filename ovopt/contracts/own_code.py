"""A function of the user's own, in a file of Python code beside the recipe: `my_head.py:decode`. It runs only where the
user trusts it, and only as the content that its SHA-256 stands for."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, PrivateAttr, field_validator

from ovopt.errors import DataError, RecipeError, did_you_mean, quoted
from ovopt.given_file import check_file, read_file
from ovopt.records import Record

FORM = re.compile(r"(?P<file>.+\.py):(?P<function>[A-Za-z_]\w*)")
MOST_BYTES = 1 << 20
NUMBERS = "biuf"
"""NumPy's kinds of numbers."""


class OwnCode(Record):
    """A function in a file of Python code, and the settings that it is called with."""

    sole: ClassVar[str | None] = "call"
    given: ClassVar[int] = 1
    """The number of arguments that come by place."""
    offers: ClassVar[tuple[str, ...]] = ()
    """Arguments that come by name to a function that has them."""
    call: str = Field(description="FILE.py:FUNCTION, as seen from the recipe's folder")
    settings: dict[str, Any] = Field(default={}, description="arguments of the function, by their names")
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="of the file, any other content of which is refused; results write it down",
    )
    _trusted: bool = PrivateAttr(False)

    @field_validator("call")
    @classmethod
    def _names_a_function(cls, call: str) -> str:
        if not FORM.fullmatch(call):
            raise ValueError("write FILE.py:FUNCTION")
        return call

    @property
    def file(self) -> Path:
        """The file of code."""
        return Path(self.call.rpartition(":")[0]).expanduser()

    @property
    def function(self) -> str:
        """The function's name."""
        return self.call.rpartition(":")[2]

    def trusted(self) -> Self:
        """The same, with the digest of its file, and allowed to run. Raises RecipeError where there is no such file or
        function, the content is another than `sha256`, or the function takes other arguments."""
        own = self.model_copy(update={"sha256": hashlib.sha256(_checked(self.file, self.sha256)).hexdigest()})
        own._trusted = True
        try:
            own._signature.bind(*[None] * self.given, **self.settings, **dict.fromkeys(own._wanted))
        except TypeError as error:
            raise RecipeError(f"{own.place}: {self.function}{own._signature}: {error}") from None
        return own

    @property
    def code(self) -> bytes:
        """The content of the file. Raises RecipeError where it is not there, or another than `sha256`."""
        return _checked(self.file, self.sha256)

    def run(self, *given: Any, **offered: Any) -> Any:
        """The function's answer, given what the class offers where it has an argument of that name.

        Raises DataError with file and line where it fails, RecipeError where the user did not say that it may run.
        """
        wanted = {name: _copied(offered[name]) for name in self._wanted}
        try:
            return self._callable(*map(_copied, given), **self.settings, **wanted)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:  # whatever the user's code does
            where = f"{self.file}:{_line_in(self.file, error) or self._first_line}"
            raise DataError(f"{where}: {self.function} fails: {_said(error)}") from None

    def refused(self, answer: Any, wanted: str) -> DataError:
        """Error on an answer that is none: `wanted` is what would be one."""
        return DataError(f"{self.place}: {self.function} gives {_described(answer)}, where {wanted} is needed")

    @property
    def place(self) -> str:
        """File and line of the function."""
        return f"{self.file}:{self._first_line}"

    @property
    def _first_line(self) -> int:
        code = getattr(inspect.unwrap(self._callable), "__code__", None)
        return code.co_firstlineno if code else 1

    @property
    def _wanted(self) -> list[str]:
        return [name for name in self.offers if name in self._signature.parameters]

    @property
    def _signature(self) -> inspect.Signature:
        try:
            return inspect.signature(self._callable)
        except ValueError:  # of some functions in C
            return inspect.Signature([inspect.Parameter("given", inspect.Parameter.VAR_POSITIONAL)])

    @property
    def _callable(self) -> Callable[..., Any]:
        if not self._trusted:
            raise RecipeError(f"{self.call}: to use it is to run the code in {self.file}; allow that with --trust")
        found = _names(self.file, str(self.sha256))
        function: Callable[..., Any] | None = found.get(self.function)
        if not callable(function):
            known = [name for name, value in found.items() if callable(value) and not name.startswith("_")]
            raise RecipeError(f"{self.file}: has no function {self.function!r}; {did_you_mean(self.function, known)}")
        return function


def maker_of(plugins: Sequence[object]) -> str:
    """The place and name of the last function of the user's own among plug-ins, as errors name it; empty for none."""
    own = next((one for one in reversed(plugins) if isinstance(one, OwnCode)), None)
    return f"{own.place}: {own.function}" if own else ""


def _copied(value: Any) -> Any:
    """The same with arrays of its own: a function may write into what it is given."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: _copied(part) for key, part in value.items()}
    return type(value)(map(_copied, value)) if type(value) in (list, tuple) else value


def as_answer(answer: Any) -> Any:
    """An answer with arrays of NumPy in place of those of other libraries; None where a part of it is no number, text
    or array, or a list, tuple or mapping of such."""
    if isinstance(answer, str | bytes | bool | int | float | np.generic):
        return answer
    if isinstance(answer, Mapping):
        parts: dict[Any, Any] = {key: as_answer(value) for key, value in answer.items()}
        return None if any(part is None for part in parts.values()) else parts
    if isinstance(answer, list | tuple):
        found = [as_answer(part) for part in answer]
        return None if any(part is None for part in found) else type(answer)(found)
    array = np.asarray(answer) if hasattr(answer, "__array__") else None
    if array is None or array.dtype.kind not in f"{NUMBERS}SU":
        return None
    return array if array.dtype.kind in NUMBERS else array.tolist()


def holds_nan(answer: Any) -> bool:
    """Tells whether a number anywhere in an answer is NaN."""
    return any(array.dtype.kind == "f" and bool(np.isnan(array).any()) for array in _arrays(answer))


def _arrays(answer: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        for part in answer:
            yield from _arrays(part)
    elif isinstance(answer, float | np.generic | np.ndarray):
        yield np.asarray(answer)


def _checked(file: Path, sha256: str | None) -> bytes:
    """The content of a file. Raises RecipeError where it is not there, or has another digest."""
    content = read_file(check_file(file, "file of code", RecipeError), RecipeError, MOST_BYTES)
    now = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, now):
        raise RecipeError(f"{file}: {changed(str(sha256), now)}; bring that content back, or leave its `sha256` out")
    return content


def changed(then: str, now: str) -> str:
    """The words for a file whose digest is another one now."""
    return f"has changed (sha256 {then[:12]}..., now {now[:12]}...)"


@cache
def _names(file: Path, sha256: str) -> Mapping[str, Any]:
    """The names that the code of this digest defines. Raises RecipeError, with the line, where it fails."""
    code = _checked(file, sha256)
    name = f"ovopt_own_{re.sub(r'[^A-Za-z0-9]', '_', file.stem)}_{sha256[:8]}"
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module  # dataclasses look it up
    try:
        exec(compile(code, str(file), "exec"), vars(module))
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's code does
        line = error.lineno if isinstance(error, SyntaxError) else _line_in(file, error)
        raise RecipeError(f"{file}:{line or 1}: the code fails: {_said(error)}{_beside(file, error)}") from None
    return vars(module)


def _beside(file: Path, error: BaseException) -> str:
    """Advice on a module that lies beside the file: what runs is what the digest stands for."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and (file.parent / f"{missing}.py").is_file():
        return f"; {missing}.py lies beside it, but one file holds all the code: move what it needs into {file.name}"
    return ""


def _line_in(file: Path, error: BaseException) -> int | None:
    """The last line of the file on the way to an error."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == str(file)]
    return lines[-1] if lines else None


def _said(error: BaseException) -> str:
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _described(answer: Any) -> str:
    if answer is None:
        return "None"
    if holds_nan(answer):
        return "NaN" if np.ndim(answer) == 0 else "numbers of which some are NaN"
    if isinstance(answer, np.ndarray):
        return f"{answer.dtype}{list(answer.shape)}"
    return f"{quoted(answer)} ({type(answer).__name__})"
