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
    from ovopt.bench.served import Demand
    from ovopt.recipe import Override
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


class Process(StrEnum):
    """How requests arrive."""

    poisson = "poisson"
    constant = "constant"


Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        help="latency, throughput, end_to_end, first_inference, memory, served_load; default: all but the last. "
        "Repeatable.",
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
    """Runtime settings as settings of the recipe: first those of a file, then the options, `--property` last."""
    from ovopt.errors import UsageError
    from ovopt.recipe import Override
    from ovopt.workflow.settings_file import read_settings

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
    """`--batch` and `--shape` as settings of the recipe."""
    from ovopt.errors import UsageError

    found = [f"model.batch={batch}"] if batch else []
    for item in items or []:
        name, equals, dims = item.rpartition("=")
        sizes = dims.strip("[]").split(",")
        if not (equals and name) or not all(size.strip().isdigit() and int(size) > 0 for size in sizes):
            raise UsageError(f"--shape {item}: write INPUT=1,3,224,224")
        found.append(f'model.shapes."{name}"=[{",".join(sizes)}]')
    return found


def demand(rates: list[float] | None, limit_ms: float | None, percentile: float, process: Process) -> Demand:
    """What served load is asked for."""
    from ovopt.bench.served import Demand

    return Demand(process.value, tuple(sorted(rates or ())), limit_ms, percentile / 100)


def varied(items: list[str] | None) -> dict[str, list[str]]:
    """`--vary PROPERTY=a,b,c` as property -> values."""
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
def dumped_settings(file: Path | None, force: bool) -> Iterator[Callable[[Comparison], None]]:
    """Writes what a run was asked for, where the user wants it; checked before the work starts."""
    if file is None:
        yield lambda comparison: None
        return
    from ovopt.output import new_file
    from ovopt.workflow.settings_file import write_settings

    with new_file(file, force, "{") as scratch:
        yield lambda comparison: write_settings(scratch, comparison.settings)


def quantize_overrides(nncf_defaults: bool, given: Mapping[str, tuple[str, object]]) -> list[Override | str]:
    """The options of `ovopt quantize`, key of the step -> option and value, as settings of the recipe."""
    from ovopt.recipe import Override

    cleared: list[Override | str] = ["optimize.quantize={}"] if nncf_defaults else []
    return cleared + [
        Override(f"optimize.quantize.{key}={json.dumps(value)}", f"{option} {value}")
        for key, (option, value) in given.items()
        if value is not None
    ]


def options_from(seed: int | None, force: bool, quiet: bool, overrides: Sequence[Override | str]) -> Options:
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

    with new_file(output, force, "ovopt.comparison/") as file:
        yield lambda comparison: _write(file, comparison)


def _write(file: Path, comparison: Comparison) -> None:
    file.write_text(comparison.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
