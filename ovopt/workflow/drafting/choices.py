"""Ways to do a part of a recipe, of which trials take one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ovopt.workflow.drafting.draft import Draft

Steps = tuple[Any, ...]
"""Entries of `preprocess` or `postprocess`."""


@dataclass(frozen=True)
class Option:
    """One way: the entries that it adds, and other sections that it sets."""

    said: str
    preprocess: Steps = ()
    postprocess: Steps = ()
    sections: Mapping[str, Any] = field(default_factory=dict)
    within: tuple[float, float] | None = None
    """What comes of it lies in this range, or it is not the way."""
    fixes: Mapping[str, Any] = field(default_factory=dict)
    """Entries by their names, with the settings that go with it, whatever other options say."""


@dataclass(frozen=True)
class Choice:
    """Ways to do the same, the plainest first: of equal ones it is taken."""

    about: str
    options: tuple[Option, ...]
    likeliest: int = 0
    """The place of the way that another must beat by more than luck."""

    @property
    def title(self) -> str:
        """Its subject, as a sentence begins."""
        return f"{self.about[:1].upper()}{self.about[1:]}"

    @classmethod
    def none(cls, *preprocess: Any) -> Choice:
        """Entries of `preprocess` that are no choice."""
        return cls("", (Option("", tuple(preprocess)),))

    @classmethod
    def decoding(cls, *postprocess: Any) -> Choice:
        """Entries of `postprocess` that are no choice."""
        return cls("", (Option("", (), tuple(postprocess)),))


Chosen = tuple[int, ...]
"""The place of an option in each choice."""


@dataclass(frozen=True)
class Plan:
    """A draft without the parts that are to be chosen, and the choices: of `preprocess` in the order of its entries,
    and of `postprocess`."""

    base: Draft
    preparing: tuple[Choice, ...] = ()
    decoding: Choice | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All of them."""
        return (*self.preparing, *([self.decoding] if self.decoding else []))

    @property
    def likeliest(self) -> Chosen:
        """The likeliest option of each."""
        return tuple(choice.likeliest for choice in self.choices)

    def options(self, chosen: Chosen) -> list[Option]:
        """The chosen option of each choice."""
        return [choice.options[place] for choice, place in zip(self.choices, chosen, strict=True)]

    def draft(self, chosen: Chosen) -> Draft:
        """The draft that these options make."""
        options, made = self.options(chosen), self.base
        for name, value in (item for option in options for item in option.sections.items()):
            made = made.with_section(name, merged(made.sections.get(name), value), *made.comments.get(name, ()))
        for section in ("preprocess", "postprocess"):
            steps = [_fixed(step, options) for option in options for step in getattr(option, section)]
            if steps:
                made = made.with_section(section, steps, *made.comments.get(section, ()))
        return made

    def untried(self, chosen: Chosen) -> list[str]:
        """A line for each choice that nothing was tried for."""
        return [
            f"{choice.title}: {choice.options[place].said}. Nothing was tried: there are no labels."
            for choice, place in zip(self.choices, chosen, strict=True)
            if len(choice.options) > 1
        ]


def _fixed(step: Any, options: Sequence[Option]) -> Any:
    """An entry, with the settings that an option fixes."""
    (name,) = step if isinstance(step, Mapping) else (step,)
    return next(({name: option.fixes[name]} for option in options if name in option.fixes), step)


def merged(old: Any, new: Any) -> Any:
    """A section's value with that of another: the keys of both, where both have some."""
    return {**old, **new} if isinstance(old, Mapping) and isinstance(new, Mapping) else new
