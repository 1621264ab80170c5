"""The extension points, on one page: data source, transform, decoder, metric, step, rewrite, report and engine, and
what they are handed. That of a scenario is `ovopt.bench.scenario`.

A plug-in is one class: those that a recipe names are frozen pydantic models whose fields are the recipe's keys, and
whose docstring is their documentation. Its name is the class's `name`. `plugins` finds the classes of a kind, here and
in other installed packages.
"""

from __future__ import annotations

from ovopt.contracts.discovery import Brought, LeftOut, Outside, blamed, misspelt, outside, plugin, plugins
from ovopt.contracts.engine import Engine, Key, Pace, Placement, Session, Started, without_batch
from ovopt.contracts.metric import Metric, Row
from ovopt.contracts.objects import Boxes, Detections, Outline, Rle
from ovopt.contracts.preparation import Decoder, Preparation, Transform
from ovopt.contracts.report import Report, View
from ovopt.contracts.samples import BadLabel, DataSource, Future, LabelFile, Parts, Samples
from ovopt.contracts.step import (
    Advance,
    Host,
    Materials,
    Origin,
    Progress,
    Speedup,
    Stage,
    Step,
    Stepped,
    Tolerance,
    Way,
    timed,
)
from ovopt.model.graph.nodes import Rewrite
from ovopt.model.ports.inputs import Array, Tensors

__all__ = [
    "Advance", "Array", "BadLabel", "Boxes", "Brought", "DataSource", "Decoder", "Detections", "Engine", "Future",
    "Host", "Key", "LabelFile", "LeftOut", "Materials", "Metric", "Origin", "Outline", "Outside", "Pace", "Parts",
    "Placement", "Preparation", "Progress", "Report", "Rewrite", "Rle", "Row", "Samples", "Session", "Speedup",
    "Stage", "Started", "Step", "Stepped", "Tensors", "Tolerance", "Transform", "View", "Way", "blamed",
    "misspelt", "outside", "plugin", "plugins", "timed", "without_batch",
]  # fmt: skip
