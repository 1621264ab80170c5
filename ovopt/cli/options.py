"""Options that several commands share, and what they mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ovopt.records import Comparison
    from ovopt.workflow.options import Options


class Format(StrEnum):
    """How a result is printed."""

    console = "console"
    json = "json"


class Hint(StrEnum):
    """OpenVINO's performance hints."""

    latency = "latency"
    throughput = "throughput"
    none = "none"


RecipeName = Annotated[
    str | None, typer.Option("--recipe", "-r", help="A recipe's name or file; see `ovopt recipes list`.")
]
DataSource = Annotated[
    str | None,
    typer.Option("--data", help="Samples: an .npz, a folder, a parquet, csv or json file, or hf:NAME."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set any key of the recipe: data.splits.gate=500. Repeatable."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Decides splits and every random choice; default 0.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing output.")]
Device = Annotated[str | None, typer.Option("--device", "-d", help="An OpenVINO device: CPU, GPU, NPU, AUTO ...")]
HintOption = Annotated[
    Hint | None,
    typer.Option("--hint", case_sensitive=False, help="Performance hint; default: the one that fits the scenario."),
]
Properties = Annotated[
    list[str] | None,
    typer.Option("--property", metavar="KEY=VALUE", help="Any OpenVINO property, for every arm. Repeatable."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.")]


def overrides(
    sets: list[str] | None,
    device: str | None = None,
    hint: Hint | None = None,
    properties: list[str] | None = None,
    budgets: list[str] | None = None,
) -> list[str]:
    """The options that stand for keys of the recipe, as `--set` would write them; `--set` itself comes last."""
    from ovopt.errors import UsageError

    given = [f"runtime.device={device}"] if device else []
    if hint:
        given.append(f"runtime.hint={hint.value.upper()}")
    for item in properties or []:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise UsageError(f"--property {item}: write KEY=VALUE, for example INFERENCE_PRECISION_HINT=f32")
        given.append(f"runtime.properties.{key}={value}")
    return given + [f"budgets.{budget}" for budget in budgets or []] + list(sets or [])


def quantize_overrides(nncf_defaults: bool, given: Mapping[str, object]) -> list[str]:
    """The options of `ovopt quantize` as settings of the recipe's step."""
    cleared = ["optimize.quantize={}"] if nncf_defaults else []
    return cleared + [f"optimize.quantize.{key}={json.dumps(value)}" for key, value in given.items() if value]


def options_from(seed: int | None, force: bool, quiet: bool, overrides: Sequence[str]) -> Options:
    """Options for a use case, with progress for whoever watches."""
    from ovopt.cli.progress import progress
    from ovopt.workflow.options import Options, Silent

    return Options(seed, force, tuple(overrides), progress(quiet) or Silent())


@contextmanager
def result_file(output: Path | None, force: bool) -> Iterator[Callable[[Comparison], None]]:
    """Writes a comparison to `output` where one is asked for; checked before the work starts."""
    if output is None:
        yield lambda comparison: None
        return
    from ovopt.output import new_file

    with new_file(output, force) as file:
        yield lambda comparison: _write(file, comparison)


def _write(file: Path, comparison: Comparison) -> None:
    file.write_text(comparison.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
