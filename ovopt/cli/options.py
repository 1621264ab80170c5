"""Options that several commands share, what they mean, and records of those that go together."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from ovopt.recipe import Override
    from ovopt.records import Comparison, Settings
    from ovopt.workflow.beginning.options import Asked
    from ovopt.workflow.comparing.compare import Plan

FORMATS = ("console", "evaluation", "markdown", "html", "csv", "junit", "json")
"""How a comparison is printed, by ovopt itself; installed packages may bring more."""
HISTORY = "ovopt-history.sqlite"
RESULT = "ovopt.comparison/"
"""What a comparison file begins with, so that --force replaces nothing else."""
PART_NAME = re.compile(r"[^\W\d][\w.-]*")
"""What may stand before `=` in `--data` as the name of a split."""

Model = Annotated[Path, typer.Argument(help="A model file or folder, a bundle, or hf:NAME.")]
Original = Annotated[Path, typer.Argument(help="The model to start from: a file or folder, or hf:NAME.")]
ComparisonFile = Annotated[Path, typer.Argument(help="A comparison file.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set any key of the recipe: data.splits.gate=500. Repeatable."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Decides splits and every random choice; default 0.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing output.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Run code that comes with the model or the recipe: pickled modules, factories, remote code, `python`.",
    ),
]
Format = Annotated[Literal["console", "json"], typer.Option("--format", help="How to print the result.")]
Device = Annotated[
    str | None, typer.Option("--device", "-d", metavar="NAME", help="An OpenVINO device: CPU, GPU, NPU, AUTO ...")
]
Hint = Annotated[
    Literal["latency", "throughput", "none"] | None,
    typer.Option("--hint", case_sensitive=False, help="Performance hint; default: the one that fits the scenario."),
]
Properties = Annotated[
    list[str] | None,
    typer.Option("--property", metavar="KEY=VALUE", help="Any OpenVINO property, for every arm. Repeatable."),
]
MeasuringTime = Annotated[
    float, typer.Option(metavar="SECONDS", min=1, max=1e6, help="Seconds of measuring, over all scenarios.")
]
SearchTime = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", min=1, rich_help_panel="Search", help="Seconds that the search may take; default 600."
    ),
]
Simplify = Annotated[
    bool, typer.Option("--simplify/--no-simplify", help="Rewrite the graph first, as `ovopt simplify` does.")
]


def _loss(text: str) -> float | str:
    """`--max-drop`, as people write it."""
    from ovopt import loss

    try:
        return loss.of_text(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def max_drop(said: str) -> Any:
    """`--max-drop`, with what is searched."""
    return typer.Option(
        "--max-drop",
        metavar="LOSS",
        parser=_loss,
        help=f"Search for {said} that loses at most so much of the first metric: 0.01 in its own unit, 1% of the "
        "original's value, or nothing: what the recipe's budget allows.",
    )


MaxDrop = Annotated[Any, max_drop("the fastest model")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted search.")]
DumpConfig = Annotated[Path | None, typer.Option(help="Write the settings of this run in benchmark_app's JSON form.")]


def output(said: str) -> Any:
    """`--output`, with what is said of it."""
    return typer.Option("--output", "-o", metavar="PATH", help=said)


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
        help="console, evaluation (the metrics alone), markdown (a comment), html (a browser), csv (a spreadsheet), "
        "junit (a CI's test report), json (a script), or that of an installed package: `ovopt doctor` names those.",
    ),
]


def _without_remarks(quiet: bool) -> bool:
    if quiet:
        logging.getLogger("ovopt").setLevel(logging.ERROR)
    return quiet


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.", callback=_without_remarks)]


Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="[SPLIT=]SAMPLES",
        help="Samples: an .npz, a folder, a parquet, csv or json file, or hf:NAME; where they come as several, one for "
        "each split: train=a.npz. Repeatable.",
    ),
]


def given_data(options: list[str] | None) -> str | dict[str, list[str]] | None:
    """`--data`: a path, or the paths of each of the data's own splits. Raises UsageError where several have no name."""
    from ovopt.errors import UsageError, shortened

    parts: dict[str, list[str]] = {}
    for one in options or ():
        name, equals, path = one.partition("=")
        if equals and path and PART_NAME.fullmatch(name) and not os.path.exists(one):
            parts.setdefault(name, []).append(path)
        elif len(options or ()) == 1:
            return one
        else:
            raise UsageError(
                f"--data {shortened(one)}: of several, each names its split: --data train={shortened(one)}"
            )
    return parts or None


@dataclass(frozen=True)
class Request:
    """Options of every command that runs a model: recipe and settings of it, samples, seed."""

    recipe: Annotated[
        str | None,
        typer.Option("--recipe", "-r", metavar="NAME", help="A recipe's name or file; see `ovopt recipes list`."),
    ] = None
    data: Data = None
    sets: Sets = None
    shape: Annotated[
        list[str] | None,
        typer.Option("--shape", metavar="INPUT=1,3,224,224", help="Fix an input's shape. Repeatable."),
    ] = None
    on_bad_sample: Annotated[
        Literal["refuse", "skip"] | None,
        typer.Option(help="A sample that cannot be read or does not fit: stop there (the default), or leave it out."),
    ] = None
    seed: Seed = None
    trust: Trust = False
    quiet: Quiet = False

    def asked(self, *before: Override | str) -> Asked:
        """Arguments of a use case; the settings of a command's own options come before `--set`, which has the last
        word. Raises UsageError for what is no shape."""
        bad_samples = [f"data.on_bad_sample={self.on_bad_sample}"] if self.on_bad_sample else []
        return {
            "recipe": self.recipe,
            "data": given_data(self.data),
            "seed": self.seed,
            "settings": [*before, *map(_shape, self.shape or ()), *bad_samples, *(self.sets or ())],
            "trust": self.trust,
            "progress": not self.quiet,
        }


def _shape(item: str) -> str:
    """`--shape` as a setting of the recipe."""
    from ovopt.documents import ordinal
    from ovopt.errors import UsageError, shortened

    name, equals, dims = item.rpartition("=")
    sizes = [size.strip() for size in dims.strip("[]").split(",")]
    if not (equals and name) or not all(map(_is_dimension, sizes)):
        raise UsageError(f"--shape {shortened(item)}: write INPUT=1,3,224,224; ? leaves a size open, 1..8 bounds it")
    return (
        f'model.shapes."{name}"={json.dumps([size if (number := ordinal(size)) is None else number for size in sizes])}'
    )


def _is_dimension(size: str) -> bool:
    from ovopt.documents import ordinal

    low, dots, high = size.partition("..")
    if dots:
        return ordinal(low) is not None and (not high or ordinal(high) is not None)
    return size in ("?", "-1") or bool(ordinal(size))


@dataclass(frozen=True)
class Runtime:
    """Options of how OpenVINO runs all arms."""

    device: Device = None
    hint: Hint = None
    batch: Annotated[
        int | None, typer.Option(min=1, help="Samples per timed inference; accuracy runs one at a time.")
    ] = None
    streams: Annotated[str | None, typer.Option(metavar="N", help="NUM_STREAMS, a number or AUTO.")] = None
    threads: Annotated[int | None, typer.Option(min=1, help="INFERENCE_NUM_THREADS.")] = None
    requests: Annotated[int | None, typer.Option(min=1, help="Parallel requests; default: the optimal number.")] = None
    properties: Properties = None
    load_config: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Settings in benchmark_app's JSON form.")
    ] = None

    def settings(self) -> list[Override | str]:
        """As settings of the recipe: first those of a file, then the options, `--property` last. Raises UsageError for
        what is no KEY=VALUE, SettingsError where the file holds none."""
        from ovopt.errors import UsageError
        from ovopt.recipe import Override

        given: list[tuple[str, object, str]] = [
            ("device", self.device, f"--device {self.device}"),
            ("hint", self.hint and self.hint.upper(), f"--hint {self.hint}"),
            ("requests", self.requests, f"--requests {self.requests}"),
            ("properties.NUM_STREAMS", self.streams, f"--streams {self.streams}"),
            ("properties.INFERENCE_NUM_THREADS", self.threads, f"--threads {self.threads}"),
        ]
        if self.load_config:
            stored = read_settings(self.load_config, self.device or "CPU")
            given.insert(0, ("hint", stored.pop("PERFORMANCE_HINT", None), str(self.load_config)))
            given = [(f"properties.{key}", value, str(self.load_config)) for key, value in stored.items()] + given
        for item in self.properties or []:
            key, equals, value = item.partition("=")
            if not (equals and key and value):
                raise UsageError(f"--property {item}: write KEY=VALUE, for example INFERENCE_PRECISION_HINT=f32")
            given.append((f"properties.{key}", value, f"--property {item}"))
        batch = [f"model.batch={self.batch}"] if self.batch else []
        runtime = (
            Override(f"runtime.{key}={json.dumps(value)}", said) for key, value, said in given if value is not None
        )
        return [*batch, *runtime]


def read_settings(file: Path, device: str) -> dict[str, str]:
    """The properties of one device in a file of the form of OpenVINO's benchmark_app,
    `{"CPU": {"NUM_STREAMS": "2", ...}}`; SettingsError where the file holds none."""
    from ovopt.documents import WRITTEN_BY_HAND, UnreadableError, parse_json
    from ovopt.errors import SettingsError
    from ovopt.given_file import read_file

    try:
        found = parse_json(read_file(file, SettingsError, WRITTEN_BY_HAND.size_bytes))
    except UnreadableError as error:
        raise SettingsError(f"{file}: not a JSON file of settings: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get(device), dict):
        raise SettingsError(f'{file}: holds no settings for {device}; the form is {{"{device}": {{"KEY": "VALUE"}}}}')
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in found[device].items()}


def write_settings(file: Path | None, settings: Settings) -> None:
    """The properties that a run was asked for, its hint among them, in the same form."""
    if file is None:
        return
    hint = {"PERFORMANCE_HINT": settings.hint} if settings.hint and settings.hint != "NONE" else {}
    text = json.dumps({settings.device: {**hint, **settings.properties}}, indent=4)
    from ovopt.output import write_text

    write_text(file, text + "\n")


@dataclass(frozen=True)
class Measuring:
    """Options of what is measured, and how exactly."""

    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="latency, throughput, processor_time, end_to_end, first_inference, memory, served_load; default: all "
            "but the last. Or that of an installed package. Repeatable.",
        ),
    ] = None
    precision: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0.001, max=1, help="Stop when every ratio is known to within this share."),
    ] = 0.02
    rate: Annotated[list[float] | None, typer.Option(min=0.001, help="Served load: samples/s. Repeatable.")] = None
    latency_limit: Annotated[
        float | None,
        typer.Option(metavar="MS", min=0, help="Served load: search the highest rate within so many milliseconds."),
    ] = None
    percentile: Annotated[
        float, typer.Option(min=1, max=99.99, help="The percentile that --latency-limit is about.")
    ] = 99.0
    arrivals: Annotated[
        Literal["poisson", "constant"], typer.Option(help="Served load: random or evenly spaced arrivals.")
    ] = "poisson"
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="PROPERTY=A,B,C", help="Compare the original with itself under other values. Repeatable."),
    ] = None
    answer_limit: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="Seconds after which an arm that gives no answer is lost.")
    ] = 600.0
    reference: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENGINE[=FILE]",
            help="A native framework beside it: onnxruntime, or torch=model.pt2. Repeatable.",
        ),
    ] = None

    def plan(self, time_budget_s: float) -> Plan:
        """The plan of the measurement. Raises UsageError where `--vary` gives fewer than two different values."""
        from ovopt.bench.request_loops import Demand
        from ovopt.workflow.comparing.compare import Plan

        return Plan(
            tuple(self.scenario or ()) or None,
            time_budget_s,
            self.precision,
            Demand(self.arrivals, tuple(sorted(self.rate or ())), self.latency_limit, self.percentile / 100),
            self.answer_limit,
            tuple(self.reference or ()),
            self._varied(),
        )

    def _varied(self) -> dict[str, list[str]]:
        """`--vary PROPERTY=a,b,c` as property -> values."""
        from ovopt.errors import UsageError

        found: dict[str, list[str]] = {}
        for item in self.vary or []:
            key, _, text = item.partition("=")
            values = [value for value in text.split(",") if value]
            if not key or len(values) < 2 or len(set(values)) < len(values) or key in found:
                raise UsageError(
                    f"--vary {item}: write PROPERTY=A,B with at least two different values, each property once; the "
                    "first value is the baseline's"
                )
            found[key] = values
        return found


@dataclass(frozen=True)
class Nncf:
    """Options of the commands that let NNCF change a model."""

    nncf_defaults: Annotated[
        bool, typer.Option("--nncf-defaults", help="NNCF's own defaults in place of the recipe's settings.")
    ] = False
    subset_size: Annotated[int | None, typer.Option(help="Calibration samples, at most.")] = None
    ignored_name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Keep this operation in its precision.")
    ] = None
    ignored_pattern: Annotated[
        list[str] | None, typer.Option(metavar="REGEX", help="Keep operations whose name matches.")
    ] = None
    ignored_type: Annotated[list[str] | None, typer.Option(metavar="TYPE", help="Keep operations of this type.")] = None

    def settings(self, step: str, own: object) -> list[Override | str]:
        """Settings of the recipe for a step: what is given here, and in the record of its command's own options."""
        given = {**vars(own), **vars(self)}
        bare: list[Override | str] = [f"optimize.{step}={{}}"] if given.pop("nncf_defaults") else []
        return [*bare, *step_settings(step, given)]


STEP_KEYS = {
    "ignored_name": "ignored_scope.names",
    "ignored_pattern": "ignored_scope.patterns",
    "ignored_type": "ignored_scope.types",
    "time_budget": "time_budget_s",
}
"""Options that are called otherwise than their step's key."""


def step_settings(step: str, given: Mapping[str, object]) -> list[Override | str]:
    """Options of a step's command as settings of the recipe: each of the step's key that it is called like."""
    from ovopt.recipe import Override

    return [
        Override(
            f"optimize.{step}.{STEP_KEYS.get(name, name)}={json.dumps(value)}",
            f"--{name.replace('_', '-')}{'' if isinstance(value, bool) else f' {value}'}",
        )
        for name, value in given.items()
        if value is not None
    ]


def scratch_file(
    target: Path | None, force: bool, mark: str, option: str = "-o/--output"
) -> AbstractContextManager[Path | None]:
    """A scratch file that becomes `target`, which `option` gives, when all ends well; None where nothing is asked for.
    Raises OutputError, before the work starts, where it may not be written."""
    if target is None:
        return nullcontext()
    from ovopt.output import new_file

    return new_file(target, force, mark, option)


def history_file() -> Path:
    """The history that is used where none is named."""
    return Path(os.environ.get("OVOPT_HISTORY", HISTORY))


def write_result(file: Path | None, comparison: Comparison) -> None:
    """The comparison file."""
    if file:
        from ovopt.output import write_text

        write_text(file, comparison.model_dump_json(by_alias=True) + "\n")
