"""`ovopt recipes`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ovopt.cli import options as o
from ovopt.cli.gathered import gathered
from ovopt.cli.help import Command

if TYPE_CHECKING:
    from ovopt.workflow.recipe_check import CheckedRecipe

app = typer.Typer(help="List, show, check and write recipes.", no_args_is_help=True)


@app.command("list", cls=Command)
def list_(output_format: o.Format = "console") -> None:
    """Every recipe that a name finds: those in ./recipes and those that ovopt ships.

    Example: `ovopt recipes list`
    """
    from ovopt.errors import UsageError
    from ovopt.recipe import known_recipes, load_recipe, shipped_recipes

    shipped = shipped_recipes()
    yours = {name: file for name, file in known_recipes().items() if not _same(file, shipped.get(name))}
    listed = []
    for origin, files in (("yours", yours), ("shipped", shipped)):
        for name, file in files.items():
            try:
                recipe = load_recipe(file)
            except UsageError as error:
                print(f"left out: {error}", file=sys.stderr)
                continue
            hidden = origin == "shipped" and name in yours
            listed.append(Listed(name, recipe.task, recipe.description, str(file), origin, hidden))
    if output_format == "json":
        print(json.dumps([asdict(one) for one in listed]))
    else:
        print("\n\n".join(_tables(listed)))


@dataclass(frozen=True)
class Listed:
    """A recipe of the list. A hidden one is found by no name, as one of yours has the same."""

    name: str
    task: str
    description: str
    path: str
    origin: str
    hidden: bool


def _same(file: Path, other: Path | None) -> bool:
    return other is not None and file.samefile(other)


def _tables(listed: Sequence[Listed]) -> Iterator[str]:
    from ovopt.cli.help import page_width, table

    titles = {"yours": "Yours, in ./recipes", "shipped": "Shipped with ovopt"}
    for origin, title in titles.items():
        rows = [
            (one.name, f"{'[hidden by yours] ' if one.hidden else ''}{one.task}: {one.description}")
            for one in listed
            if one.origin == origin
        ]
        if rows:
            yield table(title, rows, page_width())


@app.command(cls=Command)
def show(recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")]) -> None:
    """Print a recipe, with its comments.

    Example: `ovopt recipes show magika > recipes/mine.yaml`
    """
    from ovopt.documents import WRITTEN_BY_HAND
    from ovopt.errors import RecipeError
    from ovopt.given_file import read_file
    from ovopt.recipe import find_recipe

    content = read_file(find_recipe(recipe), RecipeError, WRITTEN_BY_HAND.size_bytes)
    print(content.decode("utf-8-sig", errors="replace").rstrip("\n"))


@app.command(cls=Command)
@gathered
def new(
    model: Annotated[Path, typer.Argument(help="The model.")],
    *,
    request: o.Request,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of a table, or the array, that holds the labels.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the model does, where labels and outputs do not tell.")
    ] = None,
    output: Annotated[Path | None, o.output("Write it here; default: print it.")] = None,
    force: o.Force = False,
) -> None:
    """Write a commented recipe from a model and its data. What is guessed is tried and said; what only you can tell is
    asked. At the end stands the figure that `evaluate` gives.

    Example: `ovopt recipes new model.onnx --data val/ -o recipes/mine.yaml`
    """
    from ovopt.output import write_text
    from ovopt.workflow.drafting.new_recipe import draft_recipe

    asked = request.asked()
    with o.scratch_file(output, force, "ovopt:") as file:
        made = draft_recipe(
            model,
            o.given_data(request.data),
            recipe=request.recipe,
            task=task,
            label=label,
            seed=asked["seed"],
            settings=asked["settings"],
            trust=request.trust,
            progress=asked["progress"],
        )
        if file is None or output is None:
            print(made.text, end="")
            return
        write_text(file, made.text)
    print(f"{output}: written")
    for line in made.figure.lines if made.figure else ():
        print(f"  {line}")
    print(f"next: {made.next_command(model, output)}")


@app.command(cls=Command)
def schema() -> None:
    """Print the JSON Schema of recipes, for editors that complete and check YAML.

    Example: `ovopt recipes schema > recipe.schema.json`
    """
    from ovopt.recipe.reference import recipe_schema

    print(json.dumps(recipe_schema(), indent=2))


@app.command(cls=Command)
def reference() -> None:
    """Print what every key of a recipe means, in Markdown: every source, transform, decoder, metric and step.

    Example: `ovopt recipes reference | less`
    """
    from ovopt.recipe.reference import reference

    print(reference(), end="")


@app.command(cls=Command)
def check(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")],
    model: Annotated[Path | None, typer.Argument(help="A model to run two samples through, or hf:NAME.")] = None,
    data: o.Data = None,
    sets: o.Sets = None,
    trust: o.Trust = False,
    output_format: o.Format = "console",
) -> None:
    """Say what is wrong with a recipe: file, line, key, what is allowed. With a model, two samples go through
    preparation, inference, decoders and metrics.

    Example: `ovopt recipes check recipes/mine.yaml model.onnx --data val/`
    """
    from ovopt.workflow.recipe_check import check_recipe

    found = check_recipe(recipe, model, data=o.given_data(data), settings=sets or [], trust=trust)
    print(json.dumps(found.recipe) if output_format == "json" else "\n".join(_said(found)))


def _said(found: CheckedRecipe) -> Iterator[str]:
    if not found.tried:
        yield f"{found.file}: a sound recipe of the family {found.family!r}"
        return
    total = sum(found.splits.values())
    yield f"{found.file}: sound, as far as {len(found.tried)} of {total:,} samples tell"
    for one in found.tried:
        yield f"  {one.id}: {f'label {one.label}, ' if one.label else ''}answer {one.answer}"
    values = (f"{name} {'undefined' if value is None else f'{value:.4g}'}" for name, value in found.values.items())
    yield f"  metrics on them: {', '.join(values) or 'none'}"
    yield f"  splits: {', '.join(f'{name} {size}' for name, size in found.sizes.items())}"
    yield from (f"remark: {remark}" for remark in found.remarks)
