"""A bundle's model card: the README.md that Hugging Face shows, with its metadata. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ovopt import units
from ovopt.figures import figures_of
from ovopt.records import Comparison, Manifest, Pair, StepReport
from ovopt.reports.cells import clean, escaped, one_line, speedup_cell
from ovopt.reports.decision import reason
from ovopt.reports.rows import places_by_metric, points_of

MARK = "<!-- ovopt card -->"
"""What tells a card that ovopt wrote."""
HUB = re.compile(r"hf:([\w.-]+/[\w.-]+)")
PIPELINES = {
    "detection": "object-detection",
    "instance-segmentation": "image-segmentation",
    "keypoints": "keypoint-detection",
    "oriented-detection": "object-detection",
    "segmentation": "image-segmentation",
    "image-to-image": "image-to-image",
    "similarity": "sentence-similarity",
    "token-classification": "token-classification",
    "recognition": "image-to-text",
    "transcription": "automatic-speech-recognition",
    "language-modelling": "text-generation",
}
"""Hugging Face's names of a recipe's tasks, where there is one that says as much."""


def card(manifest: Manifest, name: str, comparison: Comparison | None = None, candidate: str | None = None) -> str:
    """Metadata and text. `comparison`, if there is one, holds the bundle as its arm `candidate`."""
    pair = next((pair for pair in comparison.pairs if pair.candidate == candidate), None) if comparison else None
    return "\n".join(
        [
            "---",
            _metadata(manifest, name, comparison, pair).rstrip(),
            "---",
            MARK,
            "",
            f"# {escaped(name)}",
            "",
            *_opening(manifest),
            *_made(manifest),
            *(_measured(comparison, pair) if comparison and pair else ()),
            *_use(manifest, name),
            *_limits(manifest, pair),
        ]
    )


def _metadata(manifest: Manifest, name: str, comparison: Comparison | None, pair: Pair | None) -> str:
    import yaml

    task = PIPELINES.get(str(manifest.recipe.get("task", "")))
    base = HUB.fullmatch(manifest.source.path)
    found: dict[str, Any] = {"library_name": "openvino", "tags": list(_tags(manifest))}
    if base:
        found["base_model"] = base.group(1)
        found |= {"base_model_relation": "quantized"} if _integers(manifest) else {}
    if task:
        found["pipeline_tag"] = task
    if comparison and pair and (results := list(_results(comparison, pair, task))):
        found["model-index"] = [{"name": one_line(name), "results": results}]
    return str(yaml.safe_dump(found, sort_keys=False, allow_unicode=True))


def _tags(manifest: Manifest) -> Iterator[str]:
    yield from ("openvino", "ovopt")
    yield from dict.fromkeys(re.sub(r"[^a-z0-9-]", "-", step.name.lower()) for step in manifest.steps)
    if _integers(manifest):
        yield "int8"


def _integers(manifest: Manifest) -> bool:
    return any(step.quantized for step in manifest.steps)


def _results(comparison: Comparison, pair: Pair, task: str | None) -> Iterator[dict[str, Any]]:
    source = one_line(_short(comparison.data.source)) if comparison.data else "unknown"
    metrics = [
        {"type": label, "name": label, "value": round(delta.candidate, 6)}
        for label, delta in pair.accuracy.items()
        if delta.kind == "accuracy"
    ]
    if metrics:
        yield {
            "task": {"type": task or one_line(str(comparison.recipe.get("task", "other")))},
            "dataset": {"name": source, "type": re.sub(r"[^\w.-]+", "-", source).strip("-") or "unknown"},
            "metrics": metrics,
        }


def _opening(manifest: Manifest) -> list[str]:
    ratio = units.factor(manifest.model.size_bytes / manifest.source.size_bytes) if manifest.source.size_bytes else ""
    return [
        f"{_code(_short(manifest.source.path))}, optimized with OpenVINO and NNCF by ovopt {escaped(manifest.ovopt)}: "
        f"{units.size(manifest.model.size_bytes)}, {ratio} the size of the original.",
        "",
    ]


def _made(manifest: Manifest) -> list[str]:
    lines = ["## How it was made", "", *(f"{n}. {_step(step)}" for n, step in enumerate(manifest.steps, 1)), ""]
    if manifest.data:
        counts = ", ".join(f"{name} {size}" for name, size in manifest.data.sizes.items())
        lines.append(f"- Samples: {_code(_short(manifest.data.source))}, seed {manifest.data.seed} ({escaped(counts)})")
    versions = ", ".join(f"{name} {version}" for name, version in manifest.machine.versions.items())
    return [
        *lines,
        f"- Original: SHA-256 {_code(manifest.source.sha256)}",
        f"- Made on {escaped(manifest.machine.processor)} with {escaped(versions)}",
        "- `ovopt.json` holds all of it; `ovopt rebuild` makes the bundle again from it.",
        "",
    ]


def _step(step: StepReport) -> str:
    asked = {**step.parameters, **({"candidate": step.made_by.name} if step.made_by else {})}
    settings = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in asked.items())
    return f"{escaped(step.name)}{f' ({_code(settings)})' if settings else ''}"


def _measured(comparison: Comparison, pair: Pair) -> Iterator[str]:
    machine = comparison.machine
    where = f"{machine.processor}, {machine.cores} cores{', virtual' if machine.virtual else ''}"
    yield from ("## Measured", "", f"Against the original on {escaped(where)}; 95 % intervals in brackets.", "")
    yield from ("| | original | this model | change |", "| --- | --- | --- | --- |")
    places = places_by_metric(comparison)
    for label, delta in pair.accuracy.items():
        name = f"{escaped(label)}{' (agreement)' if delta.kind == 'agreement' else ''}"
        digits = places.get(label, 1)
        values = (units.quality(value, delta.unit, digits) for value in (delta.baseline, delta.candidate))
        yield f"| {name}, {delta.n:,} samples | {' | '.join(values)} | {points_of(delta, digits)} |"
    for figure in figures_of(comparison.arms):
        if speed := figure.speedup(pair):
            yield f"| {escaped(figure.pair_name)} | | | {speedup_cell(speed).change}, {speed.verdict} |"
    yield from (f"| size | | | {units.factor(pair.size.ratio)} |", "")
    if comparison.gate.verdict:
        verdict = comparison.gate.candidates.get(pair.candidate) or comparison.gate.verdict
        yield from (f"Budgets: {verdict}. {escaped(reason(comparison))}", "")


def _use(manifest: Manifest, name: str) -> list[str]:
    runtime: Mapping[str, Any] = manifest.recipe.get("runtime", {})
    settings = {"PERFORMANCE_HINT": runtime.get("hint") or "LATENCY", **runtime.get("properties", {})}
    listed = manifest.recipe.get("preprocess", []) if manifest.preprocess is None else manifest.preprocess.host
    lines = [
        "## How to run it",
        "",
        "```python",
        "import openvino",
        "",
        f"model = openvino.Core().compile_model('model.xml', {str(runtime.get('device', 'CPU'))!r}, {settings!r})",
        "outputs = model(inputs)  # one array for each input, in the model's own order",
        "```",
        "",
    ]
    if manifest.preprocess:
        taken = ", ".join(_code(str(port)) for port in manifest.preprocess.inputs)
        extra = [manifest.preprocess.layout, manifest.preprocess.colours]
        said = f" ({', '.join(filter(None, extra))})" if any(extra) else ""
        lines += [f"The model takes {taken}{said}.", ""]
    if listed:
        lines += ["Before that the caller does, in this order:", "", *_numbered(listed)]
    else:
        lines += ["The caller prepares nothing: what the recipe lists is inside the model, or there is nothing.", ""]
    inside = manifest.postprocess
    after = manifest.recipe.get("postprocess", []) if inside is None else inside.host
    if inside:
        lines += [f"The model gives {_code(str(inside.output))}.", ""]
    if after:
        lines += ["Its outputs go through:", "", *_numbered(after)]
    return lines


def _numbered(plugins: Iterable[Mapping[str, Any]]) -> list[str]:
    return [*(f"{n}. {_code(json.dumps(one, ensure_ascii=False))}" for n, one in enumerate(plugins, 1)), ""]


def _limits(manifest: Manifest, pair: Pair | None) -> list[str]:
    notes = [note for step in manifest.steps for note in step.notes]
    lines = ["## Limits", "", "- Licence, training data and intended use are those of the original."]
    if pair is None:
        lines.append("- Nothing was compared for this card: `ovopt compare` tells accuracy and speed.")
    else:
        lines.append("- Speeds hold for the machine above; another processor may rank the models otherwise.")
    return [*lines, *(f"- {escaped(note)}" for note in dict.fromkeys(notes)), ""]


def _short(path: str) -> str:
    """The name that a reader elsewhere knows a path by."""
    return path if path.startswith("hf:") else path.rstrip("/").rpartition("/")[2] or path


def _code(text: str) -> str:
    """A code span that the text cannot leave, in a table neither."""
    flat = one_line(clean(text)).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"
