"""The layout that the data were taken for, and the column of their labels: written out and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ovopt.contracts import DataSource, Samples, plugins
from ovopt.data.columns import LABELS, LIKE_A_LABEL
from ovopt.data.images import SUFFIXES
from ovopt.data.own_splits import NAMES, drawn_from
from ovopt.data.split import Splits
from ovopt.workflow.drafting.draft import Draft

FILES: Mapping[str, frozenset[str]] = {
    "images": SUFFIXES,
    "recordings": frozenset({".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".opus"}),
}
"""Suffixes of the files that lie in folders of one kind."""
FOLDERS, MOSTLY = ("files", "splits"), 0.5
LOOKED_AT = 200
"""Values of a column that are held against labels."""


def with_sources_said(begun: Draft, samples: Samples) -> Draft:
    """A beginning that names the column of the labels, with comments on what the data were taken for."""
    data = begun.sections["data"]
    source, said = dict(data["source"]), []
    kind = plugins("ovopt.data", DataSource)[source["kind"]]
    if kind.layout:
        said.append(f"Read as {kind.name}: {kind.layout}.")
    column = _label_column(samples) if source["kind"] == "hf" and "label" not in source else None
    if column is not None:
        source["label"] = column
        said.append(f"The label is the column {column!r}.")
    changed = {**data, "source": source}
    if splits := _own_splits(samples):
        changed.setdefault("splits", splits)
    return begun.with_section("data", changed, *said, *begun.comments.get("data", ()))


def _own_splits(samples: Samples) -> dict[str, Any]:
    """The own splits that each split draws from, written out; nothing where the data's own names do not tell."""
    known = tuple(dict.fromkeys(samples.splits or ()))
    pools = drawn_from(Splits().choices, known)
    if len(pools) == 1:
        return {}
    found: dict[str, Any] = {}
    for pool, wants in pools.items():
        for name in wants:
            part = 1 / len(wants)
            amount = "rest" if name == [*wants][-1] else part
            whole = pool[0] if len(pool) == 1 else [*pool]
            found[name] = whole if len(wants) == 1 else dict.fromkeys(pool, amount)
    return {name: found[name] for name in NAMES if name in found}


def _label_column(samples: Samples) -> str | None:
    """The column that holds the labels: of a usual name, else of any where no samples are files."""
    if not samples.columns or samples.labels is None:
        return None
    likely = [name for name in samples.columns if name.lower() in LABELS or LIKE_A_LABEL.search(name)]
    files = isinstance(samples.load(0), bytes)
    rest = [] if files else [name for name in samples.columns if name not in likely]
    return next((name for name in (*likely, *rest) if _alike(samples.column(name), samples.labels)), None)


def _alike(values: Sequence[object], labels: Sequence[object]) -> bool:
    return [*values[:LOOKED_AT]] == [*labels[:LOOKED_AT]]


def of_one_kind(begun: Draft, samples: Samples) -> Draft | None:
    """A beginning that leaves out what lies among images or recordings without being one, such as notes; None where
    nothing does."""
    data = begun.sections["data"]
    source = data["source"]
    if source["kind"] not in FOLDERS or source.get("suffixes") or source.get("labels"):
        return None
    counted = Counter(PurePath(name).suffix.lower() for name in samples.ids)
    for kind, known in FILES.items():
        own = sorted(suffix for suffix in counted if suffix in known)
        mine = sum(counted[suffix] for suffix in own)
        if len(samples) > mine >= MOSTLY * len(samples):
            others = ", ".join(sorted(suffix or "no suffix" for suffix in counted.keys() - own))
            said = f"Only {kind} are read; among them lie {len(samples) - mine} files of {others}."
            changed = {**data, "source": {**source, "suffixes": own}}
            return begun.with_section("data", changed, said, *begun.comments.get("data", ()))
    return None
