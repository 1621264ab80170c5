"""The demo: the main job on a real model, from optimizing to the decision."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.caller import untouched_caller
from ovopt.contracts import Progress
from ovopt.locate import shipped
from ovopt.output import claimed_name, new_file, write_text
from ovopt.records import Comparison
from ovopt.reports.html import Html
from ovopt.workflow.beginning.options import as_path, options_of
from ovopt.workflow.comparing.compare import Plan, compare
from ovopt.workflow.optimizing.steps import quantize
from ovopt.workflow.stored.report import render

if TYPE_CHECKING:
    from ovopt.workflow.beginning.options import Watched

MAGIKA = "models/standard_v3_3/model.onnx"
PLAIN, RECIPE = "plain-int8", "recipe-int8"
MEASURING_S = 60.0


@dataclass(frozen=True)
class Demo:
    """Results of the demo."""

    model: Path
    recipe: str
    folder: Path
    comparison: Comparison

    @property
    def file(self) -> Path:
        """The comparison file."""
        return self.folder / "comparison.json"

    @property
    def page(self) -> Path:
        """The report to open in a browser."""
        return self.folder / "report.html"

    def lesson(self) -> str:
        """The lesson for the reader, in figures of this run."""
        pairs = {pair.candidate: pair for pair in self.comparison.pairs}
        plain = pairs[PLAIN].accuracy["top1"] if PLAIN in pairs else None
        if plain is None or plain.drop[1] <= 0:
            return "Here NNCF's defaults do no harm. On other models they do, and only a comparison tells."
        cost = units.points(plain.drop[0], plain.unit).lstrip("+")
        return (
            f"NNCF's defaults cost {cost} of top-1 here, and say nothing of it: a toolkit that does not look would "
            "have shipped that."
        )

    def written(self) -> Sequence[Path]:
        """The files that are there now."""
        return [self.folder / PLAIN, self.folder / RECIPE, self.file, self.page]

    def next_commands(self) -> Sequence[str]:
        """Commands to try next: another judgement of the same figures, and the whole picture of performance."""
        gate = ["ovopt", "gate", str(self.file), "--budget", "latency.min_speedup=1.5"]
        here = Path.cwd()
        model = self.model.relative_to(here) if self.model.is_relative_to(here) else self.model
        whole = ["ovopt", "compare", str(model), str(self.folder / RECIPE)]
        return [shlex.join(gate), shlex.join(whole)]


@untouched_caller()
def demo(folder: str | Path, *, force: bool = False, progress: Watched = None) -> Demo:
    """Quantize with NNCF's defaults and with the recipe, compare both with the original, write everything below
    `folder`. Raises OutputError where that exists."""
    options = options_of(None, force, False, (), progress)
    folder = as_path("folder", folder)
    with claimed_name(folder / "demo"):  # in the folder, which may be a mount point
        return _done(folder, force, options.progress)


def _done(folder: Path, force: bool, watch: Progress) -> Demo:
    model, recipe = _model(watch)
    plain, own = folder / PLAIN, folder / RECIPE
    watch.say(f"$ ovopt quantize {model.name} --recipe {recipe} --nncf-defaults --no-simplify -o {plain}")
    defaults = ["optimize.quantize={}"]
    quantize(model, plain, recipe=recipe, settings=defaults, simplify=False, force=force, progress=watch)
    watch.say(f"$ ovopt quantize {model.name} --recipe {recipe} -o {own}")
    quantize(model, own, recipe=recipe, force=force, progress=watch)
    watch.say(f"$ ovopt compare {model.name} {plain} {own} --recipe {recipe}")
    with (
        new_file(folder / "comparison.json", force, "ovopt.comparison/") as file,
        new_file(folder / "report.html", force, Html.mark) as page,
    ):
        plan = Plan(("latency", "throughput"), MEASURING_S)
        result = compare(model, [plain, own], recipe=recipe, plan=plan, progress=watch)
        write_text(file, result.model_dump_json(by_alias=True) + "\n")
        done = Demo(model, recipe, folder, result)
        watch.say(f"$ ovopt report {done.file} --format html -o {done.page}")
        write_text(page, render(result, "html"), errors="replace")
    return done


def _model(watch: Progress) -> tuple[Path, str]:
    """Magika's model where its package is installed, else the digits that ovopt ships."""
    package = find_spec("magika")
    for place in (package.submodule_search_locations or []) if package else []:
        if (Path(place) / MAGIKA).is_file():
            return Path(place) / MAGIKA, "magika"
    watch.say(
        "The package magika with its model is not installed (pip install 'ovopt[demo]'): falling back to the small "
        "digit classifier that ovopt ships."
    )
    return shipped("calibration_data") / "digits" / "model.xml", "digits"
