"""Arguments that every use case takes, checked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from ovopt import loss
from ovopt.contracts import Progress
from ovopt.errors import UsageError
from ovopt.recipe import Override, Overrides
from ovopt.records import Manifest
from ovopt.workflow.beginning.progress import Silent, for_reader

if TYPE_CHECKING:
    from typing import TypeAlias

    import datasets
    import nncf

    from ovopt.contracts import DataSource
    from ovopt.recipe import Recipe

    RecipeLike: TypeAlias = Recipe | str | Path | None
    Data: TypeAlias = (
        str | Path | DataSource | datasets.Dataset | nncf.Dataset | Sequence[Any] | Mapping[str, Any] | None
    )
    SettingsLike: TypeAlias = Mapping[str, Any] | Sequence[Override | str]
    Watched: TypeAlias = Progress | bool | None


class Asked(TypedDict, total=False):
    """Arguments that use cases share, by their names in each."""

    recipe: RecipeLike
    data: Data
    seed: int | None
    settings: SettingsLike
    trust: bool
    progress: Watched


@dataclass(frozen=True)
class Options:
    """Settings of a run, whatever it does."""

    seed: int | None = None
    """Decides splits and every random choice; None is 0, or the seed that made a bundle."""
    force: bool = False
    trust: bool = False
    """Lets code run that comes with a model: pickled modules, factories, code in a Hugging Face folder."""
    overrides: Overrides = ()
    """`path.to.key=value` settings of the recipe."""
    progress: Progress = field(default_factory=Silent)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def options_of(
    seed: int | None = None,
    force: bool = False,
    trust: bool = False,
    settings: SettingsLike = (),
    progress: Watched = None,
) -> Options:
    """Options from what a caller gives. `progress` True: bars in a notebook and on a terminal, lines elsewhere.

    Raises UsageError, which names the argument, where one is of a wrong type.
    """
    check("seed", seed, "a whole number", seed is None or (isinstance(seed, int) and not isinstance(seed, bool)))
    check("force", force, "True or False", isinstance(force, bool))
    check("trust", trust, "True or False", isinstance(trust, bool))
    watched = progress is None or isinstance(progress, bool) or hasattr(progress, "task")
    check("progress", progress, "True, False or an object with `task` and `say`", watched)
    if isinstance(progress, bool | None):
        progress = for_reader() if progress else Silent()
    return Options(seed, force, trust, _overrides(settings), progress)


def _overrides(settings: SettingsLike) -> Overrides:
    """Settings of the recipe one by one, in the order given."""
    if isinstance(settings, Mapping):
        return tuple(Override(f"{key}={json.dumps(value)}", f"settings[{key!r}]") for key, value in settings.items())
    listed = isinstance(settings, list | tuple) and all(isinstance(one, str | Override) for one in settings)
    check("settings", settings, 'a mapping such as {"data.splits.gate": 500}, or a list of KEY=VALUE', listed)
    return tuple(settings)


def check(name: str, value: object, wanted: str, holds: bool) -> None:
    """Raises UsageError, which names the argument and what is wanted of it, where that does not hold."""
    if not holds:
        raise UsageError(f"{name}: {value!r} is not {wanted}")


def check_number(name: str, value: object, least: float = 0.0) -> None:
    """Raises UsageError where an argument is neither None nor a finite number of at least `least`."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= least
    check(name, value, f"a number of at least {least:g}", value is None or fits)


def check_drop(value: object) -> None:
    """Raises UsageError where an argument `max_drop` is neither None nor a loss as people write it."""
    try:
        loss.checked(0.0 if value is None else value)
    except ValueError as error:
        raise UsageError(f"max_drop: {error}") from None


def as_path(name: str, value: str | Path) -> Path:
    """The path that an argument gives. Raises UsageError where it gives none."""
    check(name, value, "a path", isinstance(value, str | Path) and bool(str(value)))
    return Path(value)


def bundle_folder(bundle: str | Path | Manifest) -> Path:
    """The folder of a bundle, which its manifest stands for. Raises UsageError where it is neither."""
    return Path(bundle.model.path) if isinstance(bundle, Manifest) else as_path("bundle", bundle)
