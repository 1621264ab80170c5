"""The model card: its metadata as Hugging Face reads it, its text as Markdown shows it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from ovopt.records import DataFacts, Manifest, ModelFile, Port, Preprocessing, StepReport
from ovopt.reports.card import MARK, card
from tests.factories import MACHINE, comparison
from tests.reports.reading import Page
from tests.reports.samples import BUDGETS, HOSTILE

QUANTIZE = StepReport(
    name="quantize",
    parameters={"preset": "mixed"},
    effect={"fake_quantize": 12},
    quantized=True,
    notes=("few samples",),
    seconds=1.0,
)


def manifest(**more: Any) -> Manifest:
    facts: dict[str, Any] = {
        "ovopt": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "source": ModelFile(path="/home/someone/secret/tiny.onnx", sha256="a" * 64, size_bytes=1000),
        "model": ModelFile(path="int8", sha256="b" * 64, size_bytes=260),
        "recipe": {
            "ovopt": 1,
            "task": "classification",
            "preprocess": [{"cast": "float32"}],
            "postprocess": ["softmax"],
        },
        "data": DataFacts(source="/data/mine.npz", fingerprint="c" * 64, seed=3, splits={"calibration": ("a", "b")}),
        "steps": (QUANTIZE,),
        "machine": MACHINE,
    }
    return Manifest(**{**facts, **more})


def metadata(text: str) -> dict[str, Any]:
    first, written, _ = text.split("---\n", 2)
    assert first == ""
    found: dict[str, Any] = yaml.safe_load(written)
    return found


def test_the_metadata_says_library_tags_and_where_it_came_from() -> None:
    found = manifest(source=ModelFile(path="hf:org/base", sha256="a" * 64, size_bytes=1000))
    assert metadata(card(found, "int8")) == {
        "library_name": "openvino",
        "tags": ["openvino", "ovopt", "quantize", "int8"],
        "base_model": "org/base",
        "base_model_relation": "quantized",
    }


def test_a_comparison_gives_results_that_the_hub_reads_as_they_are() -> None:
    hub = pytest.importorskip("huggingface_hub")
    whole = comparison(budgets=BUDGETS)
    read = hub.ModelCard(card(manifest(), "int8", whole, "int8")).data
    (result,) = read.eval_results
    delta = whole.pairs[0].accuracy["top1"]
    assert (result.metric_type, result.dataset_name) == ("top1", "example.npz")
    assert result.metric_value == pytest.approx(delta.candidate, abs=1e-6)
    assert read.model_name == "int8"
    assert read.library_name == "openvino"


def test_the_figures_are_those_of_the_comparison_with_their_intervals() -> None:
    whole = comparison(budgets=BUDGETS)
    text = card(manifest(), "int8", whole, "int8")
    pair = whole.pairs[0]
    assert pair.latency is not None
    speed = f"{pair.latency.estimate:.2f}x [{pair.latency.low:.2f}, {pair.latency.high:.2f}], faster"
    assert f"| latency | | | {speed} |" in text
    delta = pair.accuracy["top1"]
    interval = f"{100 * delta.delta:+.1f} points [{100 * delta.low:+.1f}, {100 * delta.high:+.1f}]"
    assert (
        f"| top1, 1,000 samples | {delta.baseline:.1%} | {delta.candidate:.1%} | {interval} |".replace("%", " %")
        in text
    )
    assert f"Budgets: {whole.gate.candidates['int8']}." in text


def test_agreement_is_no_result_of_an_accuracy() -> None:
    whole = comparison(labelled=False)
    text = card(manifest(), "int8", whole, "int8")
    assert "model-index" not in metadata(text)
    assert "cosine (agreement)" in text


def test_it_says_what_the_caller_still_does() -> None:
    inside = Preprocessing(
        host=({"decode_image": {"mode": "RGB"}},),
        embedded=({"cast": "float32"},),
        inputs=(Port(name="x", shape=(1, None, None, 3), dtype="u8"),),
        layout="NHWC",
        colours="RGB",
        whole=(Port(name="x", shape=(1, 3, 8, 8), dtype="f32"),),
    )
    text = card(manifest(preprocess=inside), "int8")
    assert "The model takes `'x' u8[1,?,?,3]` (NHWC, RGB)." in text
    assert '1. `{"decode_image": {"mode": "RGB"}}`' in text
    assert '`{"cast": "float32"}`' not in text
    assert '1. `{"cast": "float32"}`' in card(manifest(), "int8")


def test_the_python_of_the_card_is_python() -> None:
    recipe = {"ovopt": 1, "runtime": {"device": "GPU", "properties": {"NUM_STREAMS": "2"}}}
    (code,) = re.findall(r"```python\n(.*?)```", card(manifest(recipe=recipe), "int8"), re.DOTALL)
    compile(code, "card", "exec")
    assert "'GPU', {'PERFORMANCE_HINT': 'LATENCY', 'NUM_STREAMS': '2'}" in code


def test_no_folder_of_the_machine_is_told() -> None:
    text = card(manifest(), "int8")
    assert "`tiny.onnx`" in text
    assert "`mine.npz`" in text
    assert "/home" not in text


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.strip()])
def test_hostile_text_is_shown_and_acts_nowhere(name: str) -> None:
    step = QUANTIZE.model_copy(update={"parameters": {name: name}, "notes": (name,)})
    found = manifest(
        source=ModelFile(path=name, sha256="a" * 64, size_bytes=1),
        recipe={"ovopt": 1, "preprocess": [{name: name}], "runtime": {"properties": {name: name}}},
        data=DataFacts(source=name, fingerprint=name, seed=0, splits={name: ()}),
        steps=(step,),
    )
    whole = comparison()
    arms = tuple(arm.model_copy(update={"name": name}) if arm.name == "int8" else arm for arm in whole.arms)
    pair = whole.pairs[0].model_copy(update={"candidate": name})
    whole = whole.model_copy(update={"arms": arms, "pairs": (pair,)})
    text = card(found, name, whole, name)
    metadata(text)
    body = text.split(MARK)[1]
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    page = Page(rendered.replace("<ol>", "<ul>").replace("</ol>", "</ul>"))
    assert {"script", "img", "style", "a"}.isdisjoint(page.tags)
    assert page.tags.count("h1") == 1
