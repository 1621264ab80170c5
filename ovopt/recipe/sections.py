"""The recipe's sections: one model family's preparation, metrics, optimizations, runtime settings and budgets.

Sections that list plug-ins (`preprocess`, `postprocess`, `metrics`, `optimize`) hold a name, or a mapping of one name
to its fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    InstanceOf,
    Tag,
    WithJsonSchema,
    field_serializer,
)
from pydantic.json_schema import JsonSchemaValue

from ovopt.contracts import DataSource, Decoder, Metric, Step, Transform
from ovopt.data.pairs import Pairs
from ovopt.data.split import Splits
from ovopt.errors import RecipeError
from ovopt.given_file import read_file
from ovopt.locate import expand
from ovopt.recipe.patterns import check_pattern
from ovopt.records import Budgets, Record

TASK_METRICS: Mapping[str, tuple[str, ...]] = {
    "classification": ("top1",),
    "detection": ("map", "map50"),
    "segmentation": ("miou", "pixel_accuracy"),
    "instance-segmentation": ("mask_map", "mask_map50"),
    "keypoints": ("keypoint_map", "keypoint_map50"),
    "oriented-detection": ("oriented_map", "oriented_map50"),
    "image-to-image": ("psnr", "ssim"),
    "similarity": ("spearman", "pearson"),
    "token-classification": ("token_f1",),
    "retrieval": ("recall_at_1", "recall_at_10"),
    "recognition": ("exact_match", "cer"),
    "transcription": ("wer", "cer"),
    "events": ("frame_f1",),
    "verification": ("eer", "auroc"),
    "language-modelling": ("perplexity", "token_agreement"),
    "regression": ("mae", "rmse"),
    "depth": ("abs_rel", "delta1"),
    "anomaly-detection": ("image_auroc",),
    "question-answering": ("squad_em", "squad_f1"),
    "reranking": ("ndcg_at_10", "mrr"),
    "translation": ("chrf", "bleu"),
    "forecasting": ("smape", "mae"),
    "any": ("cosine", "top1_agreement"),
}
"""Metrics of a recipe of each task, unless it says otherwise."""
Task = Literal[
    "classification", "detection", "segmentation", "instance-segmentation", "keypoints", "oriented-detection",
    "image-to-image", "similarity", "token-classification", "retrieval",
    "recognition", "transcription", "events", "verification", "language-modelling", "regression", "depth",
    "anomaly-detection", "question-answering", "reranking", "translation", "forecasting", "any",
]  # fmt: skip
SECTIONS: Mapping[str, tuple[str, Any]] = {
    "preprocess": ("ovopt.transforms", Transform),
    "postprocess": ("ovopt.decoders", Decoder),
    "metrics": ("ovopt.metrics", Metric),
    "optimize": ("ovopt.steps", Step),
}
"""The sections that list plug-ins: where they are found, and what they are."""


class ModelSection(Record):
    """Use of the model's inputs and outputs."""

    shapes: dict[str, tuple[int | str, ...]] = Field(
        default={},
        description="input name (or index) -> shape; a dimension is a number, `?` for any, or a range `1..8`",
    )
    batch: int = Field(default=1, gt=0, description="samples per timed inference")
    output: int | str | tuple[int | str, ...] | None = Field(
        default=None,
        description="the output that metrics look at, by index or name; several for `postprocess` to join. By default "
        "`postprocess` and labels have the first, and agreement looks at all",
    )
    inputs: dict[str, int | float | tuple[int | float, ...]] = Field(
        default={}, description="inputs that are the same for every sample: input name -> value"
    )
    state: dict[str, str] = Field(
        default={},
        description="input name -> output name: what one inference of a sequence hands on to the next; zeros at first",
    )


class Match(Record):
    """Conditions by which a model of this family is recognised when no recipe is named. All that are given must
    hold."""

    name: Annotated[str, AfterValidator(check_pattern)] | None = Field(
        default=None, description="a regular expression found in the model's folder or file name"
    )
    inputs: tuple[tuple[int | None, ...], ...] = Field(default=(), description="shapes; null fits any size")
    outputs: tuple[tuple[int | None, ...], ...] = Field(default=(), description="shapes; null fits any size")
    operations: tuple[str, ...] = Field(default=(), description="operation types that the model has")
    without: tuple[str, ...] = Field(default=(), description="operation types that the model does not have")


NAMES_ADVICE = "list the names, or give a text file with one on each line"


def _of_file(value: Any) -> Any:
    """The lines of a text file, where a path stands in place of names. Without a model, what only it can fill in is
    none."""
    if not isinstance(value, str):
        return value
    if value.startswith(("{model}", "{metadata:")):
        return ()
    try:
        text = read_file(expand(value), RecipeError).decode("utf-8-sig")
    except RecipeError as error:
        raise ValueError(f"{error}; {NAMES_ADVICE}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{value}: not UTF-8 text; {NAMES_ADVICE}") from None
    return tuple(line.strip() for line in text.removesuffix("\n").split("\n"))


_NAMES: JsonSchemaValue = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
ClassNames = Annotated[tuple[str, ...], BeforeValidator(_of_file), WithJsonSchema(_NAMES)]


FOLDER = "folder"


class ByPattern(Record):
    """Groups by what a regular expression finds in the samples' ids."""

    pattern: Annotated[str, AfterValidator(check_pattern)] = Field(
        description="ids that agree in its parentheses (or, without any, in all that it finds) belong together",
    )


GroupBy = str | ByPattern
"""A column's name, or `folder`."""
NamedOrFound = Annotated[
    Annotated[str, Tag("name")] | Annotated[ByPattern, Tag("pattern")],
    Discriminator(lambda value: "pattern" if isinstance(value, Mapping | ByPattern) else "name"),
]
"""The same, read so that a fault is of the one that was meant."""


class DataSection(Record):
    """Samples, and how they are divided."""

    source: InstanceOf[DataSource] | None = None
    splits: Splits = Splits()
    classes: ClassNames = Field(
        default=(), description="class names in the order of the model's outputs, or a text file with one on each line"
    )
    first_label: int | None = Field(
        default=None,
        description="the number that labels give the model's first class; default: 0, or 1 where none is 0 and the "
        "highest is the number of the model's scores",
    )
    pairs: Pairs | None = Field(
        default=None, description="pairs of the samples, to be told apart: {same: 500, different: 500}, or {file: ...}"
    )
    group: NamedOrFound | None = Field(
        default=None,
        description="what belongs together, and never comes on both sides of a split: a column, the ids' "
        "`folder`, or `{pattern: ^(.*?)_}` of the ids",
    )
    on_bad_sample: Literal["refuse", "skip"] = Field(
        default="refuse", description="what to do with a sample that cannot be read or does not fit"
    )

    @field_serializer("source")
    def _dump_source(self, source: DataSource | None) -> dict[str, Any] | None:
        return {"kind": source.name, **source.model_dump(mode="json")} if source else None


class Runtime(Record):
    """Settings that original and optimized share."""

    device: str = "CPU"
    hint: Annotated[
        Literal["LATENCY", "THROUGHPUT", "NONE"] | None,
        # Editors complete the two usual spellings; any case is read.
        BeforeValidator(
            lambda value: value.upper() if isinstance(value, str) else value,
            json_schema_input_type=Literal["LATENCY", "THROUGHPUT", "NONE", "latency", "throughput", "none"] | None,
        ),
    ] = Field(default=None, description="performance hint; default: the one that fits the scenario")
    requests: int | None = Field(
        default=None, gt=0, le=4096, description="parallel requests; default: the optimal number"
    )
    properties: dict[str, str | int | float | bool] = Field(default={}, description="OpenVINO properties")


class Recipe(Record):
    """A whole recipe."""

    ovopt: Literal[1] = Field(description="the schema's version")
    family: str = Field(max_length=100)
    description: str = Field(default="", max_length=2000)
    match: Match | None = None
    task: Task = "any"
    model: ModelSection = ModelSection()
    data: DataSection = DataSection()
    preprocess: tuple[InstanceOf[Transform], ...] = ()
    postprocess: tuple[InstanceOf[Decoder], ...] = ()
    metrics: tuple[InstanceOf[Metric], ...] = ()
    optimize: tuple[InstanceOf[Step], ...] = ()
    runtime: Runtime = Runtime()
    budgets: Budgets = Budgets()

    @field_serializer(*SECTIONS)
    def _dump_plugins(self, chosen: Sequence[Any]) -> list[dict[str, Any]]:
        return [{plugin.name: plugin.model_dump(mode="json", exclude_defaults=True)} for plugin in chosen]

    def resolved(self) -> dict[str, Any]:
        """The recipe as it would be written in a file, every override applied."""
        return {"ovopt": self.ovopt, **self.model_dump(mode="json", exclude_defaults=True)}
