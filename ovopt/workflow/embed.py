"""Move preprocessing into the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.errors import RecipeError
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.embed_preprocessing import NOTHING_LEFT, EmbedPreprocessing
from ovopt.workflow.arms import check_device
from ovopt.workflow.chosen import choose
from ovopt.workflow.options import Options
from ovopt.workflow.work import apply_steps, step_of

if TYPE_CHECKING:
    from ovopt.workflow.options import Data


def embed(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
) -> Manifest:
    """Let the model do the last transforms of the recipe's `preprocess` itself, as many as make the way from a file's
    bytes to the outputs measurably faster, and write the bundle `output`. Its manifest says under `preprocess` what the
    caller still does; it is null where nothing pays."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    if not chosen.recipe.preprocess:
        raise RecipeError(NOTHING_LEFT)
    check_device(chosen.recipe.runtime.device)
    step = step_of(chosen, EmbedPreprocessing) or EmbedPreprocessing()
    return apply_steps(model, output, [step], chosen, data, options)
