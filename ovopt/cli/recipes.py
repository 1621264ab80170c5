"""`ovopt recipes`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o

app = typer.Typer(help="List, show, check and write recipes.", no_args_is_help=True)


@app.command("list")
def list_(output_format: o.Format = "console") -> None:
    """Every recipe that a name finds: those in ./recipes and those that ovopt ships.

    Example: `ovopt recipes list`
    """
    from ovopt.errors import RecipeError
    from ovopt.recipe import known_recipes, load_recipe

    found = {}
    for name, file in known_recipes().items():
        try:
            found[name] = load_recipe(file), file
        except RecipeError as error:
            print(f"left out: {error}", file=sys.stderr)
    if output_format == "json":
        print(json.dumps([{"name": n, "task": r.task, "description": r.description, "path": str(f)}
                          for n, (r, f) in found.items()]))  # fmt: skip
        return
    width = max(map(len, found), default=0)
    for name, (recipe, _) in found.items():
        print(f"{name:<{width}}  {recipe.task:<15} {recipe.description}")


@app.command()
def show(recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")]) -> None:
    """Print a recipe, with its comments.

    Example: `ovopt recipes show magika > recipes/mine.yaml`
    """
    from ovopt.recipe import find_recipe

    print(find_recipe(recipe).read_text(encoding="utf-8").rstrip("\n"))


@app.command()
def new(
    model: Annotated[Path, typer.Argument(help="The model.")],
    data: Annotated[str, typer.Option(help="Samples, labelled if possible: a folder, an .npz, a table, or hf:NAME.")],
    output: Annotated[Path | None, o.output("Write it here; default: print it.")] = None,
    trust: o.Trust = False,
    force: o.Force = False,
) -> None:
    """Write a commented recipe from a model and its data. What is guessed is said.

    Example: `ovopt recipes new model.onnx --data val/ -o recipes/mine.yaml`
    """
    from ovopt.workflow.recipe_draft import draft_recipe

    with o.scratch_file(output, force, "ovopt:") as file:
        text = draft_recipe(model, data, trust=trust).text
        if file is None:
            print(text, end="")
            return
        file.write_text(text, encoding="utf-8")
    print(f"{output}: written; next: ovopt evaluate {model} --recipe {output}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of recipes, for editors that complete and check YAML.

    Example: `ovopt recipes schema > recipe.schema.json`
    """
    from ovopt.recipe.reference import recipe_schema

    print(json.dumps(recipe_schema(), indent=2))


@app.command()
def reference() -> None:
    """Print what every key of a recipe means, in Markdown: every source, transform, decoder, metric and step.

    Example: `ovopt recipes reference | less`
    """
    from ovopt.recipe.reference import reference

    print(reference(), end="")


@app.command()
def check(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")],
    sets: o.Sets = None,
    output_format: o.Format = "console",
) -> None:
    """Say what is wrong with a recipe: file, line, key, what is allowed.

    Example: `ovopt recipes check recipes/mine.yaml`
    """
    from ovopt.recipe import find_recipe, load_recipe

    loaded = load_recipe(recipe, overrides=sets or [])
    if output_format == "json":
        print(json.dumps(loaded.resolved()))
    else:
        print(f"{find_recipe(recipe)}: a sound recipe of the family {loaded.family!r}")
