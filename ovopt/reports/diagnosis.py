"""The text of `ovopt diagnose`: the problems and their fixes, then the layers, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ovopt import units
from ovopt.contracts import View
from ovopt.records.diagnosis import Diagnosis, Fix, FixCheck, LayerDiagnosis, Problem
from ovopt.reports.cells import drawn
from ovopt.reports.rows import points_of

TOP = 15
LISTED = 5
LEAST_WIDTH = 76
WIDE = 104
"""From this width on, all columns have room."""
FIGURES = {True: 74, False: 52}
"""What the columns behind a layer's name take, where all have room, and where type and cosine are left out."""
FOR_THE_WIDE = ("type", "cosine")
LEAST_GAIN = -10.0
"""Below this gain, as a share of the whole error, a figure says no more than that."""


def render(diagnosis: Diagnosis, view: View, top: int = TOP) -> str:
    """Text with a newline at its end."""
    width, said = max(LEAST_WIDTH, view.width), [headline(diagnosis), *problems(diagnosis)]
    parts = [one if isinstance(one, str) else Padding(one, (1, 2, 0, 2)) for one in said]
    table = Padding(_table(worst_first(diagnosis.layers)[:top], width), (1, 0, 0, 0))
    notes = (Padding(Text(line, style="dim"), (0, 2)) for line in footnotes(diagnosis, top))
    return drawn(view, [*parts, table, *notes], width)


def problems(diagnosis: Diagnosis) -> Iterator[Text | str]:
    """The problems; behind each, and behind all fixes together, the lines of a recipe that mend it."""
    for number, problem in enumerate(diagnosis.problems, 1):
        yield _problem(number, problem)
        if problem.fix and problem.fix.pays:
            yield _recipe(problem.fix)
    if (fix := diagnosis.together) and fix.pays:
        yield Text.assemble(("All fixes together: ", "bold"), "; ".join(map(_check, fix.checks)))
        yield _recipe(fix)


def worst_first(layers: Sequence[LayerDiagnosis]) -> list[LayerDiagnosis]:
    """Layers ordered by their effect on the outputs, then their own error, then the time that they lose; where there
    are no errors, by its time."""
    known = any(layer.error for layer in layers)

    def badness(layer: LayerDiagnosis) -> tuple[float, float, float]:
        alone = layer.blame.alone if layer.blame else 0.0
        own = (layer.error.own or 0.0) if layer.error else 0.0
        before, after = (one.us if one else 0.0 for one in (layer.original, layer.optimized))
        return alone, own, after - before if known else after

    return sorted(layers, key=badness, reverse=True)


def share(value: float | None) -> str:
    """A share of the mean square as per cent, small ones with one digit."""
    if value is None:
        return units.MISSING
    if value < LEAST_GAIN:
        return f"< {100 * LEAST_GAIN:,.0f} %"
    if 0 < abs(value) < 0.0005:
        return f"{100 * value:.1g} %"
    return f"{100 * value:,.1f} %"


def headline(diagnosis: Diagnosis) -> Text:
    """Quality, time and reorders before and after, in a line."""
    text = Text()
    if not diagnosis.problems and any(layer.error for layer in diagnosis.layers):
        text.append("No problem found. ", style="bold green")
    if diagnosis.quality and diagnosis.metric:
        quality = diagnosis.quality
        text.append(
            f"{diagnosis.metric.replace('_', ' ')} {units.quality(quality.baseline, quality.unit)} -> "
            f"{units.quality(quality.candidate, quality.unit)} "
            f"({points_of(quality)}, {quality.n:,} tuning samples)"
        )
    before, after = diagnosis.original, diagnosis.optimized
    text.append(
        f"{', ' if diagnosis.quality else ''}{units.milliseconds(before.wall_ms)} -> "
        f"{units.milliseconds(after.wall_ms)} ({units.factor(before.wall_ms / after.wall_ms)})"
    )
    text.append(f", reorders {before.reorders} -> {after.reorders}")
    return text


def _problem(number: int, problem: Problem) -> Text:
    """A numbered problem, its layers, and the checks of its fix."""
    text = Text.assemble((f"{number}. {problem.kind}: ", "bold red"), problem.said)
    fix = problem.fix
    if fix and not fix.pays:
        return text
    shown = fix.layers if fix and fix.layers else problem.layers
    for name in shown[:LISTED]:
        text.append(f"\n     {name}", style="dim")
    if len(shown) > LISTED:
        text.append(f"\n     and {len(shown) - LISTED} more", style="dim")
    if fix:
        text.append("\n   checked: ", style="bold").append("; ".join(map(_check, fix.checks)))
    return text


def _recipe(fix: Fix) -> str:
    return "\n".join(f"     {line}" for line in fix.recipe.splitlines())


def _check(check: FixCheck) -> str:
    said: list[str] = [check.how]
    if check.quality:
        said.append(f"{points_of(check.quality)} against the original")
    if check.speedup:
        said.append(f"{units.factor(check.speedup)} the speed of the optimized model")
    return ", ".join(said) if len(said) > 1 else f"{check.how}, does not run"


def _table(shown: Sequence[LayerDiagnosis], width: int) -> Table:
    """Two lines to a layer: its errors, and below its name what the device runs for it."""
    wide = width >= WIDE
    name = max(20, width - FIGURES[wide])
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("layer", overflow="fold", min_width=name, max_width=name)
    rows = [(layer, layer_cells(layer)) for layer in shown]
    columns = [title for title in rows[0][1] if wide or title not in FOR_THE_WIDE] if rows else []
    for title in columns:
        table.add_column(title, justify="left" if title == "type" else "right", no_wrap=True)
    for layer, cells in rows:
        said = Text.assemble(_short(layer.name, name), ("\n  " + executed_text(layer, name - 2), "dim"))
        table.add_row(said, *(Text(cells[title]) for title in columns))
    return table


def layer_cells(layer: LayerDiagnosis) -> dict[str, str]:
    """The texts of a layer's row, by the column's title."""
    error, blame = layer.error, layer.blame
    return {
        "type": layer.kind,
        "SQNR\ndB": f"{error.sqnr_db:.1f}" if error else units.MISSING,
        "cosine": f"{error.cosine:.4f}" if error else units.MISSING,
        "own\nerror": share(error.own if error else None),
        "inherited\nerror": share(error.inherited if error else None),
        "alone, at\noutput": share(blame.alone if blame else None),
        "gain if\nreverted": share(blame.gain if blame else None),
    }


def executed_text(layer: LayerDiagnosis, width: int) -> str:
    """`f32 brgconv_avx2_f32 -> int8 jit_avx2_I8, 22 -> 12 us, reorders 1 -> 2`."""
    if layer.timed_with:
        return f"with {_short(layer.timed_with, width - 5)}"
    sides = [layer.original, layer.optimized]
    said = [_pair([f"{one.precision} {one.primitive.rpartition('|')[2]}" if one else "folded" for one in sides])]
    said.append(f"{_pair([f'{one.us:,.0f}' if one else '0' for one in sides])} us")
    if any(one and one.reorders for one in sides):
        said.append(f"reorders {_pair([str(one.reorders) if one else '0' for one in sides])}")
    return ", ".join(said)


def _pair(sides: Sequence[str]) -> str:
    return sides[0] if sides[0] == sides[1] else " -> ".join(sides)


def _short(name: str, width: int) -> str:
    """The end of a long name, which tells most."""
    return name if len(name) <= width else f"...{name[len(name) - width + 3 :]}"


def footnotes(diagnosis: Diagnosis, top: int) -> Iterator[str]:
    """Remarks below the table of layers."""
    yield ""
    if len(diagnosis.layers) > top:
        yield f"{top} of {len(diagnosis.layers)} layers, the worst first; --top shows more"
    yield (
        f"errors on {diagnosis.samples} samples of {diagnosis.data.source}, as shares of the mean square; "
        f"the original in f32, the other in {diagnosis.optimized.precision}"
    )
    for what, names in (
        ("of another shape than in the original", diagnosis.reshaped),
        ("only in the original", diagnosis.gone),
        ("only in the optimized model", diagnosis.new),
    ):
        if names:
            yield f"{len(names)} {'layer' if len(names) == 1 else 'layers'} {what}: {units.a_few(names, LISTED)}"
    yield from diagnosis.notes
