"""Move preprocessing, and postprocessing, into the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.bundle import left_to_host, read_manifest
from ovopt.contracts import Step
from ovopt.errors import RecipeError
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.embed_postprocessing import NOTHING_LEFT as NO_DECODERS
from ovopt.steps.embed_postprocessing import EmbedPostprocessing
from ovopt.steps.embed_preprocessing import NOTHING_LEFT, EmbedPreprocessing
from ovopt.workflow.applying.work import apply_steps, step_of
from ovopt.workflow.comparing.arms import check_device
from ovopt.workflow.options import Options
from ovopt.workflow.recipe_choice import choose

if TYPE_CHECKING:
    from ovopt.workflow.options import Data


def embed(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    postprocess: bool = False,
) -> Manifest:
    """Let the model do the last transforms of the recipe's `preprocess` itself, as many as make the way from a file's
    bytes to the outputs measurably faster, and write the bundle `output`. Its manifest says under `preprocess` what the
    caller still does; it is null where nothing pays.

    `postprocess`: the model also does the first decoders of the recipe's `postprocess` itself, as many as can be; what
    the caller still does to its output is under `postprocess` in the manifest."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    if not chosen.recipe.preprocess and not postprocess:
        raise RecipeError(NOTHING_LEFT)
    if not chosen.recipe.postprocess and postprocess:
        raise RecipeError(NO_DECODERS)
    check_device(chosen.recipe.runtime.device)
    steps = list[Step]()
    if postprocess:  # decoders find the inputs as they are in front of it
        steps.append(step_of(chosen, EmbedPostprocessing) or EmbedPostprocessing())
    if not postprocess or left_to_host(read_manifest(model), chosen.recipe):
        steps.append(step_of(chosen, EmbedPreprocessing) or EmbedPreprocessing())
    return apply_steps(model, output, steps, chosen, data, options)
