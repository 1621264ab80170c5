"""The recipes of text, audio and language, each with a model whose figure is worked out another way."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from scipy.stats import pearsonr, spearmanr

from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.recipe import load_recipe
from ovopt.recipe.match import best_match
from tests.cli import run
from tests.recipes import models_text_audio as tiny

ROOT = Path(__file__).resolve().parents[2]
PAIRS = ROOT / "calibration_data" / "sentences" / "pairs.csv"
REVIEWS = ROOT / "calibration_data" / "sentences" / "reviews.csv"
NAMES = (
    "text-embedding", "text-classification", "token-classification", "ocr-recognition", "audio-classification",
    "voice-activity", "speaker-verification", "language-model",
)  # fmt: skip
EXACT = ("--set", "runtime.properties.INFERENCE_PRECISION_HINT=f32")
"""Where scores are held against figures in full precision."""
RATE = 16_000


def evaluated(folder: Path, *arguments: object) -> Any:
    """What `ovopt evaluate` answers, as JSON."""
    ran = run.ovopt("evaluate", *arguments, "-q", "--format", "json", cwd=folder, HF_HOME=str(folder / "cache"))
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def figures(result: Any, arm: int = 0) -> dict[str, float]:
    """Metric -> value of an arm."""
    return {name: quality["value"] for name, quality in result["arms"][arm]["accuracy"].items()}


def matched(file: Path) -> str | None:
    found = best_match(file, facts(read_model(file)))
    return found.name if found else None


def read_rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write_wav(file: Path, samples: np.ndarray) -> Path:
    soundfile = pytest.importorskip("soundfile", reason="the extra `audio` brings soundfile")
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, samples.astype(np.float32), RATE, subtype="FLOAT")
    return file


def cosine(first: Sequence[str], second: Sequence[str]) -> float:
    """Of two bags of words."""
    a, b = Counter(first), Counter(second)
    product = sum(count * b[word] for word, count in a.items())
    return product / math.sqrt(sum(c * c for c in a.values()) * sum(c * c for c in b.values()))


def equal_error_rate(scores: np.ndarray, labels: np.ndarray) -> float:
    """Where the straight line between the two thresholds around it crosses: every threshold tried in turn."""
    rates = [(0.0, 1.0)]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        passed = scores >= threshold
        rates.append((float(passed[labels == 0].mean()), float((~passed[labels == 1]).mean())))
    (x0, y0), (x1, y1) = next((a, b) for a, b in pairwise(rates) if a[0] <= a[1] and b[0] >= b[1])
    share = (y0 - x0) / ((y0 - x0) + (x1 - y1))
    return x0 + share * (x1 - x0)


def area(scores: np.ndarray, labels: np.ndarray) -> float:
    """The share of pairs in the right order."""
    above, below = scores[labels == 1][:, None], scores[labels == 0][None]
    return float(((above > below) + 0.5 * (above == below)).mean())


@pytest.mark.parametrize("name", NAMES)
def test_the_recipe_is_sound_and_its_budgets_are_of_its_metrics(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.family == name
    assert set(recipe.budgets.accuracy) <= {metric.label for metric in recipe.metrics if metric.kind == "accuracy"}


def test_the_command_that_checks_a_recipe_takes_it(tmp_path: Path) -> None:
    ran = run.ovopt("recipes", "check", "voice-activity", cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.endswith("voice-activity.yaml: a sound recipe of the family 'voice-activity'\n")


# Text


@dataclass(frozen=True)
class Embedded:
    """A folder with an encoder of bags of words and its tokenizer; its bundle `int8`, and both evaluated."""

    folder: Path
    steps: Any
    result: Any


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    pytest.importorskip("tokenizers", reason="the extra `text` brings tokenizers")
    folder = tmp_path_factory.mktemp("embedded")
    known = tiny.vocabulary([text for row in read_rows(PAIRS) for text in (row["sentence1"], row["sentence2"])])
    tiny.write_tokenizer(folder, known)
    tiny.save(tiny.encoder(len(known)), folder / "sentence-encoder.xml")
    ran = run.ovopt("quantize", "sentence-encoder.xml", "-o", "int8", "-q", cwd=folder, HF_HOME=str(folder / "cache"))
    assert ran.code == 0, ran.stderr
    steps = json.loads((folder / "int8" / "ovopt.json").read_text())["steps"]
    return Embedded(folder, steps, evaluated(folder, "sentence-encoder.xml", "int8", "--split", "all", *EXACT))


def correlations() -> dict[str, float]:
    """Of the scores with the cosines of bags of words."""
    rows = read_rows(PAIRS)
    wanted = [cosine(tiny.words(row["sentence1"]), tiny.words(row["sentence2"])) for row in rows]
    scores = [float(row["score"]) for row in rows]
    return {"spearman": spearmanr(wanted, scores).statistic, "pearson": pearsonr(wanted, scores).statistic}


def test_sentence_pairs_are_ranked_by_the_cosine_of_mean_vectors(embedded: Embedded) -> None:
    wanted = correlations()
    found = figures(embedded.result)
    assert found["pearson"] == pytest.approx(wanted["pearson"], abs=1e-5)
    # Rounding parts pairs that have the same cosine.
    assert found["spearman"] == pytest.approx(wanted["spearman"], abs=0.01)


def test_padding_does_not_change_an_embedding(embedded: Embedded) -> None:
    longer = ("--set", "preprocess.tokenize.pad=max_length", "--set", "preprocess.tokenize.max_length=24")
    padded = evaluated(embedded.folder, "sentence-encoder.xml", *EXACT, *longer)
    assert figures(padded)["pearson"] == pytest.approx(correlations()["pearson"], abs=1e-5)


def test_the_quantized_encoder_calibrates_on_both_sentences_and_ranks_as_before(embedded: Embedded) -> None:
    step = next(step for step in embedded.steps if step["name"] == "quantize")
    assert step["parameters"] == {"model_type": "transformer"}
    assert step["effect"]["calibration_samples"] == 2 * int(0.3 * len(read_rows(PAIRS)))
    assert figures(embedded.result, 1)["spearman"] == pytest.approx(correlations()["spearman"], abs=0.02)


def test_reviews_are_judged_by_the_words_that_the_classifier_knows(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="the extra `text` brings tokenizers")
    praise, blame = ("wonderful", "excellent", "delightful", "good", "boring"), ("terrible", "awful", "dreadful", "bad")
    rows = read_rows(REVIEWS)
    known = tiny.vocabulary([row["text"] for row in rows])
    tiny.write_tokenizer(tmp_path, known)
    weights = np.array([[word in blame, word in praise] for word in known], float)
    file = tiny.save(tiny.text_classifier(weights), tmp_path / "sentiment.xml")
    # Of equal scores the lower class wins: a review without a known word is negative.
    predicted = np.array([any(word in praise for word in tiny.words(row["text"])) for row in rows])
    labels = np.array([row["label"] == "positive" for row in rows])
    f1 = [
        2 * np.sum((predicted == c) & (labels == c)) / (np.sum(predicted == c) + np.sum(labels == c))
        for c in (False, True)
    ]
    assert matched(file) == "text-classification"
    found = figures(evaluated(tmp_path, "sentiment.xml"))
    assert 0.6 < found["top1"] < 0.95, "a figure worth recomputing"
    assert found == {"top1": pytest.approx(np.mean(predicted == labels)), "f1": pytest.approx(np.mean(f1))}


def test_tags_count_where_the_label_and_the_mask_say_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    known, tags, longest = 30, 3, 14
    table = rng.standard_normal((known, tags))
    counts, lines = Counter[str](), []
    for length in rng.integers(3, longest + 1, 40):
        ids = rng.integers(known, size=length)
        real = np.where(rng.random(length) < 0.2, rng.integers(tags, size=length), table[ids].argmax(1))
        real[[0, -1]] = -100
        padding = [0] * (longest - length)
        row = {"input_ids": [*ids.tolist(), *padding], "attention_mask": [1] * length + padding}
        lines.append(json.dumps({**row, "labels": [*real.tolist(), *([-100] * len(padding))]}))
        for mine, tag in zip(table[ids].argmax(1)[1:-1], real[1:-1], strict=True):
            counts["hit"] += bool(mine == tag != 0)
            counts["false"] += bool(mine not in {tag, 0})
            counts["missed"] += bool(tag not in {mine, 0})
    (tmp_path / "tokens.jsonl").write_text("\n".join(lines))
    file = tiny.save(tiny.token_scores(table), tmp_path / "tiny-ner.xml")
    assert matched(file) == "token-classification"
    found = figures(evaluated(tmp_path, "tiny-ner.xml", "--data", "tokens.jsonl", *EXACT))
    wanted = 2 * counts["hit"] / (2 * counts["hit"] + counts["false"] + counts["missed"])
    assert found == {"token_f1": pytest.approx(wanted)}


@pytest.mark.parametrize("make", [tiny.token_scores, tiny.remembering_scores])
def test_perplexity_is_that_of_the_bigrams_and_agreement_that_of_the_likeliest_words(
    tmp_path: Path, make: Callable[[np.ndarray], ov.Model]
) -> None:
    pytest.importorskip("tokenizers", reason="the extra `text` brings tokenizers")
    rng = np.random.default_rng(0)
    known = [tiny.PADDING, tiny.UNKNOWN, *(f"w{i}" for i in range(20))]
    tiny.write_tokenizer(tmp_path, known)
    text = " ".join(rng.choice(known[2:], 2500))
    (tmp_path / "text.txt").write_text(text)
    table = rng.standard_normal((len(known), len(known)))
    other = np.where(np.arange(len(known))[:, None] < 8, -table, table)
    file = tiny.save(make(table), tmp_path / "tiny-gpt2.xml")
    tiny.save(make(other), tmp_path / "other.xml")
    assert matched(file) == "language-model"

    log_p = table - np.log(np.exp(table).sum(1, keepdims=True))
    pieces = [tiny.words(text[start : start + 2000])[:512] for start in range(0, len(text), 2000)]
    ids = [np.array([known.index(word) if word in known else 1 for word in piece]) for piece in pieces]
    likelihoods = np.concatenate([log_p[piece[:-1], piece[1:]] for piece in ids])
    agreed = np.concatenate([(table.argmax(1) == other.argmax(1))[piece] for piece in ids])
    result = evaluated(tmp_path, "tiny-gpt2.xml", "other.xml", "--data", "text.txt", *EXACT)
    assert figures(result)["perplexity"] == pytest.approx(np.exp(-likelihoods.mean()), rel=1e-5)
    assert figures(result, 1)["token_agreement"] == pytest.approx(agreed.mean())


# Lines of text


def test_lines_are_read_as_their_blocks_say(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="the extra `vision` brings Pillow")
    letters = "abcdefghi"
    signs = ["", *letters, " "]
    rng = np.random.default_rng(0)
    (tmp_path / "lines").mkdir()
    table, edits, length, exact = ["file,text"], 0, 0, 0
    for place in range(24):
        text = "".join(rng.choice([*letters, *letters, " "], rng.integers(5, 12))).strip(" ") + "i"
        classes = [c for sign in text for c in (signs.index(sign), 0)]  # a blank after each
        levels = np.round((np.linspace(-1, 1, len(signs))[classes] + 1) * 127.5).astype(np.uint8)
        pixels = np.repeat(levels, tiny.BLOCK)[None].repeat(48, axis=0)
        image.fromarray(pixels).save(tmp_path / "lines" / f"{place:02d}.png")
        wrong = place % 4 == 0
        label = text[:-1] + "a" if wrong else text
        table.append(f"lines/{place:02d}.png,{label}")
        edits, length, exact = edits + wrong, length + len(label), exact + (not wrong)
    (tmp_path / "labels.csv").write_text("\n".join(table) + "\n")
    reader = tiny.line_reader(len(signs))
    reader.set_rt_info("\n".join(letters), ["framework", "character"])  # where OpenVINO keeps the metadata of ONNX
    file = tiny.save(reader, tmp_path / "tiny_rec.xml")
    assert matched(file) == "ocr-recognition"
    found = figures(evaluated(tmp_path, "tiny_rec.xml", "--set", f"data.source.path={tmp_path}"))
    assert found == {"exact_match": pytest.approx(exact / 24), "cer": pytest.approx(edits / length)}


# Recordings


def test_recordings_are_classified_by_the_bands_that_sound(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    hertz = {"low": (200, 500), "middle": (1200, 2000), "high": (4000, 6500)}
    names = list(hertz)
    time = np.arange(int(0.9 * RATE)) / RATE
    wrong = 0
    for name, (least, most) in hertz.items():
        for place in range(6):
            tone = 0.3 * np.sin(2 * np.pi * rng.uniform(least, most) * time) + 0.001 * rng.standard_normal(len(time))
            misplaced = place == 5
            folder = names[(names.index(name) + 1) % 3] if misplaced else name
            wrong += misplaced
            write_wav(tmp_path / "recordings" / folder / f"{name}{place}.wav", tone)
    tiny.save(tiny.band_listener([slice(18), slice(18, 44), slice(44, 64)]), tmp_path / "bands.xml")
    recipe = ("--recipe", "audio-classification", "--set", f"data.classes=[{','.join(names)}]")
    result = evaluated(tmp_path, "bands.xml", "--data", "recordings", *recipe)
    assert figures(result) == {"top1": pytest.approx(1 - wrong / 18)}


def test_a_voice_detector_carries_its_state_through_the_windows_of_a_recording(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    events, scores, labels = ["file,onset_s,offset_s,class"], [], []
    for place in range(6):
        samples = 0.1 * rng.standard_normal(RATE * 2 + 1000 * place)
        windows = -(-len(samples) // tiny.WINDOW)
        spoken = np.zeros(windows, int)
        for start in (0.31, 1.13):
            end = start + rng.uniform(0.2, 0.5)
            samples[int(start * RATE) : int(end * RATE)] *= 1.4
            events.append(f"{place}.wav,{start},{end},speech")
            spoken[math.ceil(start * RATE / tiny.WINDOW) : math.ceil(end * RATE / tiny.WINDOW)] = 1
        write_wav(tmp_path / "recordings" / f"{place}.wav", samples)
        padded = np.pad(samples.astype(np.float32), (0, windows * tiny.WINDOW - len(samples)))
        energy = 0.0
        for window in padded.reshape(windows, tiny.WINDOW):
            energy = tiny.KEPT * energy + (1 - tiny.KEPT) * float((window**2).mean())
            scores.append(energy)
        labels.append(spoken)
    (tmp_path / "recordings" / "events.csv").write_text("\n".join(events) + "\n")
    file = tiny.save(tiny.energy_follower(), tmp_path / "follower.xml")
    assert matched(file) == "voice-activity"
    found = figures(evaluated(tmp_path, "follower.xml", "--data", "recordings", *EXACT))
    wanted, real = area(np.array(scores), np.concatenate(labels)), np.concatenate(labels)
    assert 0.7 < wanted < 0.99, "a figure worth recomputing"
    assert found["auroc"] == pytest.approx(wanted, abs=1e-4)
    assert found["eer"] == pytest.approx(equal_error_rate(np.array(scores), real), abs=2e-3)


def test_speakers_are_told_apart_by_the_cosine_of_their_embeddings(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    files = []
    for speaker, hertz in enumerate((300, 900, 2000, 4500)):
        for take in range(3):
            sound = 0.01 * rng.standard_normal(RATE)
            for start in rng.uniform(0, 0.9, 3):
                sound += np.sin(2 * np.pi * hertz * time) * (np.abs(time - start - 0.02) < 0.02)
            files.append((speaker, write_wav(tmp_path / f"{speaker}{take}.wav", sound)))
    lines, labels = [], []
    for first, second in rng.integers(len(files), size=(40, 2)):
        same = files[first][0] == files[second][0]
        labels.append(int(same != (rng.random() < 0.1)))  # one label in ten is wrong
        pair = [{"path": str(files[place][1]), "bytes": None} for place in (first, second)]
        lines.append(json.dumps({"first": pair[0], "second": pair[1], "label": labels[-1]}))
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    tiny.save(tiny.burst_embedder(), tmp_path / "speakers.xml")
    options = ("--recipe", "speaker-verification", "--data", "pairs.jsonl", "--save-predictions", "scores.jsonl")
    result = evaluated(tmp_path, "speakers.xml", *options, *EXACT)
    said = {
        row["id"]: row["prediction"] for row in map(json.loads, (tmp_path / "scores.jsonl").read_text().splitlines())
    }
    scores = np.array([said[f"pairs.jsonl#{place}"] for place in range(len(lines))])
    found = figures(result)
    assert found["auroc"] == pytest.approx(area(scores, np.array(labels)))
    assert found["eer"] == pytest.approx(equal_error_rate(scores, np.array(labels)))
    assert 0.7 < found["auroc"] < 1, "the wrong labels, and nothing else, are in its way"
