"""Options that several commands share, and what they mean."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ovopt.bench.open_loop import Demand
    from ovopt.recipe import Override
    from ovopt.records import Comparison


class Format(StrEnum):
    """Formats of a result."""

    console = "console"
    json = "json"


FORMATS = ("console", "markdown", "html", "csv", "junit", "json")
"""How a comparison is printed, by ovopt itself; installed packages may bring more."""


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


def _known_format(name: str) -> str:
    """The name of a report; an unknown one is refused before anything is measured."""
    if name not in FORMATS:
        from ovopt.workflow.stored.report import report_of

        report_of(name)
    return name


def _formats() -> list[str]:
    """Names of all reports, for a shell that completes them."""
    from ovopt.contracts import Report, plugins

    return sorted(plugins("ovopt.reports", Report))


ReportFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        callback=_known_format,
        autocompletion=_formats,
        help="console, markdown (a comment), html (a browser), csv (a spreadsheet), junit (a CI's test report), json "
        "(a script), or that of an installed package: `ovopt doctor` names those.",
    ),
]


def _without_remarks(quiet: bool) -> bool:
    if quiet:
        logging.getLogger("ovopt").setLevel(logging.ERROR)
    return quiet


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.", callback=_without_remarks)]


class BadSample(StrEnum):
    """Ways to deal with a sample that cannot be used."""

    refuse = "refuse"
    skip = "skip"


Trust = Annotated[
    bool, typer.Option("--trust", help="Run code that comes with the model: pickled modules, factories, remote code.")
]
OnBadSample = Annotated[
    BadSample | None,
    typer.Option(help="A sample that cannot be read or does not fit: stop there (the default), or leave it out."),
]


HISTORY = "ovopt-history.sqlite"
Against = Annotated[
    str | None,
    typer.Option(
        help="Say what moved since this run: a comparison file, a number of `ovopt history`, or `last`, the original's "
        "newest entry there."
    ),
]


class Process(StrEnum):
    """Arrivals of requests."""

    poisson = "poisson"
    constant = "constant"


Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        help="latency, throughput, processor_time, end_to_end, first_inference, memory, served_load; default: all but "
        "the last. Or that of an installed package. Repeatable.",
    ),
]
TimeBudget = Annotated[float, typer.Option(min=1, max=1e6, help="Seconds of measuring, over all scenarios.")]
Precision = Annotated[
    float, typer.Option(min=0.001, max=1, help="Stop when every ratio is known to within this share.")
]
Rates = Annotated[list[float] | None, typer.Option(min=0.001, help="Served load: samples/s. Repeatable.")]
LatencyLimit = Annotated[
    float | None, typer.Option(min=0, help="Served load: search the highest rate within so many milliseconds.")
]
Percentile = Annotated[float, typer.Option(min=1, max=99.99, help="The percentile that --latency-limit is about.")]
Arrivals = Annotated[Process, typer.Option(help="Served load: random or evenly spaced arrivals.")]
Vary = Annotated[
    list[str] | None,
    typer.Option(metavar="PROPERTY=A,B,C", help="Compare the original with itself under other values. Repeatable."),
]
AnswerLimit = Annotated[float, typer.Option(min=1, help="Seconds after which an arm that gives no answer is lost.")]
RESULT = "ovopt.comparison/"
"""What a comparison file begins with, so that --force replaces nothing else."""
References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        metavar="ENGINE[=FILE]",
        help="A native framework beside it: onnxruntime, or torch=model.pt2. Repeatable.",
    ),
]
Batch = Annotated[int | None, typer.Option(min=1, help="Samples per timed inference; accuracy runs one at a time.")]
Shapes = Annotated[
    list[str] | None,
    typer.Option("--shape", metavar="INPUT=1,3,224,224", help="Fix an input's shape. Repeatable."),
]
Streams = Annotated[str | None, typer.Option(help="NUM_STREAMS, a number or AUTO.")]
Threads = Annotated[int | None, typer.Option(min=1, help="INFERENCE_NUM_THREADS.")]
Requests = Annotated[int | None, typer.Option(min=1, help="Parallel requests; default: the optimal number.")]
LoadConfig = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="Settings in benchmark_app's JSON form.")
]
DumpConfig = Annotated[Path | None, typer.Option(help="Write the settings of this run in benchmark_app's JSON form.")]


def overrides(sets: list[str] | None, budgets: list[str] | None = None) -> list[Override | str]:
    """`--budget` and `--set` as settings of the recipe; `--set` comes last."""
    from ovopt.recipe import budget_override

    return [*map(budget_override, budgets or []), *(sets or [])]


def runtime(
    load_config: Path | None,
    device: str | None,
    hint: Hint | None,
    streams: str | None,
    threads: int | None,
    requests: int | None,
    properties: list[str] | None,
) -> list[Override | str]:
    """Runtime settings as settings of the recipe: first those of a file, then the options, `--property` last. Raises
    UsageError for what is no KEY=VALUE."""
    from ovopt.cli.settings_file import read_settings
    from ovopt.errors import UsageError
    from ovopt.recipe import Override

    given: list[tuple[str, object, str]] = [
        ("device", device, f"--device {device}"),
        ("hint", hint and hint.value.upper(), f"--hint {hint}"),
        ("requests", requests, f"--requests {requests}"),
        ("properties.NUM_STREAMS", streams, f"--streams {streams}"),
        ("properties.INFERENCE_NUM_THREADS", threads, f"--threads {threads}"),
    ]
    if load_config:
        stored = read_settings(load_config, device or "CPU")
        given.insert(0, ("hint", stored.pop("PERFORMANCE_HINT", None), str(load_config)))
        given = [(f"properties.{key}", value, str(load_config)) for key, value in stored.items()] + given
    for item in properties or []:
        key, equals, value = item.partition("=")
        if not (equals and key and value):
            raise UsageError(f"--property {item}: write KEY=VALUE, for example INFERENCE_PRECISION_HINT=f32")
        given.append((f"properties.{key}", value, f"--property {item}"))
    return [Override(f"runtime.{key}={json.dumps(value)}", said) for key, value, said in given if value is not None]


def shapes(batch: int | None, items: list[str] | None) -> list[str]:
    """`--batch` and `--shape` as settings of the recipe. Raises UsageError for what is no shape."""
    from ovopt.errors import UsageError

    found = [f"model.batch={batch}"] if batch else []
    for item in items or []:
        name, equals, dims = item.rpartition("=")
        sizes = [size.strip() for size in dims.strip("[]").split(",")]
        if not (equals and name) or not all(map(_is_dimension, sizes)):
            raise UsageError(f"--shape {item}: write INPUT=1,3,224,224; ? leaves a size open, 1..8 bounds it")
        found.append(f'model.shapes."{name}"={json.dumps([s if not s.isdigit() else int(s) for s in sizes])}')
    return found


def _is_dimension(size: str) -> bool:
    low, dots, high = size.partition("..")
    if dots:
        return low.isdigit() and (not high or high.isdigit())
    return size in ("?", "-1") or (size.isdigit() and int(size) > 0)


def demand(rates: list[float] | None, limit_ms: float | None, percentile: float, process: Process) -> Demand:
    """The demand on served load."""
    from ovopt.bench.open_loop import Demand

    return Demand(process.value, tuple(sorted(rates or ())), limit_ms, percentile / 100)


def varied(items: list[str] | None) -> dict[str, list[str]]:
    """`--vary PROPERTY=a,b,c` as property -> values. Raises UsageError for fewer than two different values."""
    from ovopt.errors import UsageError

    found: dict[str, list[str]] = {}
    for item in items or []:
        key, _, text = item.partition("=")
        values = [value for value in text.split(",") if value]
        if not key or len(values) < 2 or len(set(values)) < len(values) or key in found:
            raise UsageError(
                f"--vary {item}: write PROPERTY=A,B with at least two different values, each property once; the first "
                "value is the baseline's"
            )
        found[key] = values
    return found


@contextmanager
def scratch_file(target: Path | None, force: bool, mark: str) -> Iterator[Path | None]:
    """A scratch file that becomes `target` when all ends well; None where nothing is asked for. Raises OutputError,
    before the work starts, where it may not be written."""
    if target is None:
        yield None
        return
    from ovopt.output import new_file

    with new_file(target, force, mark) as file:
        yield file


def history_file() -> Path:
    """The history that is used where none is named."""
    return Path(os.environ.get("OVOPT_HISTORY", HISTORY))


def write_result(file: Path | None, comparison: Comparison) -> None:
    """The comparison file."""
    if file:
        file.write_text(comparison.model_dump_json(by_alias=True) + "\n", encoding="utf-8")


def write_settings(file: Path | None, comparison: Comparison) -> None:
    """Settings that the run was asked for, in benchmark_app's form."""
    from ovopt.cli import settings_file

    if file:
        settings_file.write_settings(file, comparison.settings)


def bad_samples(choice: BadSample | None) -> list[str]:
    """`--on-bad-sample` as a setting of the recipe."""
    return [f"data.on_bad_sample={choice.value}"] if choice else []


def step_overrides(step: str, given: Mapping[str, tuple[str, object]], bare: bool = False) -> list[Override | str]:
    """Options of a step's command, key of the step -> option and value, as settings of the recipe. `bare`: in place of
    the recipe's own settings of the step."""
    from ovopt.recipe import Override

    found: list[Override | str] = [f"optimize.{step}={{}}"] if bare else []
    for key, (option, value) in given.items():
        if value is not None:
            said = option if isinstance(value, bool) else f"{option} {value}"
            found.append(Override(f"optimize.{step}.{key}={json.dumps(value)}", said))
    return found
