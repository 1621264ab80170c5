"""Question answering and reranking from a file of rows to figures, with models that look words up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as ops
from sklearn.metrics import ndcg_score

import ovopt
from tests.recipes.models_text_audio import save, vocabulary, words, write_tokenizer

WORDS = [f"w{i}" for i in range(40)]
RNG = np.random.default_rng(0)
LENGTH = 16


def lookup(known: Sequence[str], tables: Mapping[str, np.ndarray], reduce: bool = False) -> ov.Model:
    """A number of each table for each token, or their sum."""
    ids = ops.parameter([1, LENGTH], ov.Type.i64, name="input_ids")
    ids.output(0).set_names({"input_ids"})
    outputs = []
    for name, table in tables.items():
        node = ops.gather(table.astype(np.float32), ids, np.int64(0))
        node = ops.reduce_sum(node, np.array([1]), True) if reduce else node
        node.output(0).set_names({name})
        outputs.append(node)
    return ov.Model(outputs, [ids], "lookup")


def evaluated(folder: Path, model: ov.Model, rows: Sequence[Any], recipe: str) -> Mapping[str, Any]:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    raw = {"ovopt": 1, "family": "text", **yaml.safe_load(recipe)}
    raw["data"] = {"source": {"kind": "hf", "path": str(folder / "rows.jsonl"), **raw["data"]}}
    (folder / "r.yaml").write_text(yaml.safe_dump(raw))
    f32 = {"runtime.properties.INFERENCE_PRECISION_HINT": "f32"}
    found = ovopt.evaluate(save(model, folder / "model.xml"), recipe=folder / "r.yaml", settings=f32)
    return found.arms[0].accuracy


def test_a_question_is_answered_from_a_long_text_in_windows(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    known = vocabulary([" ".join(WORDS)])
    start, end = RNG.normal(size=(2, len(known)))
    rows, right = [], []
    for number in range(20):
        text = [str(word) for word in RNG.choice(WORDS, RNG.integers(3, 40), replace=False)]
        spans = [
            (start[known.index(text[i])] + end[known.index(text[j])], i, j)
            for i in range(len(text))
            for j in range(i, min(i + 3, len(text)))
        ]
        _, i, j = max(spans)
        answer = " ".join(text[i : j + 1])
        wrong = number % 4 == 0
        golds = ["nothing like it"] if wrong else [f"The {answer.upper()}.", "another"]
        rows.append({"question": "w1 w2", "context": " ".join(text), "answers": {"text": golds, "answer_start": [0]}})
        right.append(not wrong)
    recipe = f"""
    task: question-answering
    model: {{output: [start, end]}}
    data: {{label: answers, inputs: [question, context]}}
    preprocess:
    - tokenize:
        tokenizer: {write_tokenizer(tmp_path, known)}
        columns: [question, context]
        max_length: {LENGTH}
        stride: 6
        pad: max_length
        offsets: true
    postprocess: [{{answer_span: {{max_tokens: 3}}}}]
    """
    found = evaluated(tmp_path, lookup(known, {"start": start, "end": end}), rows, recipe)
    assert list(found["squad_em"].rows) == right
    assert found["squad_f1"].value == pytest.approx(np.mean(right))


def test_candidates_of_a_query_are_ranked(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    known = vocabulary([" ".join(WORDS)])
    worth = RNG.normal(size=len(known))
    worth[:2] = 0
    rows, expected = [], []
    for _ in range(15):
        documents = [" ".join(RNG.choice(WORDS, 4)) for _ in range(RNG.integers(2, 8))]
        grades = RNG.integers(0, 3, len(documents)).tolist()
        scores = [sum(worth[known.index(word)] for word in words(text)) for text in documents]
        expected.append(ndcg_score([grades], [scores], k=10))
        rows.append({"query": "w3", "documents": documents, "labels": grades})
    recipe = f"""
    task: reranking
    data: {{label: labels, inputs: [query, documents]}}
    preprocess:
    - each: documents
    - tokenize: {{tokenizer: {write_tokenizer(tmp_path, known)}, columns: [query, documents], max_length: {LENGTH},
        pad: max_length}}
    postprocess: [stack_parts]
    """
    found = evaluated(tmp_path, lookup(known, {"score": worth}, reduce=True), rows, recipe)
    assert list(found["ndcg_at_10"].rows) == pytest.approx(expected, abs=1e-6)
    assert 0 < found["mrr"].value <= 1


def test_a_translation_is_read_from_its_tokens(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    known = vocabulary([" ".join(WORDS)])
    table = np.concatenate([[0, 1], 2 + RNG.permutation(len(known) - 2)])
    rows, right = [], []
    for number in range(12):
        text = [str(word) for word in RNG.choice(WORDS, LENGTH)]
        translated = " ".join(known[table[known.index(word)]] for word in text)
        right.append(number % 3 > 0)
        rows.append({"text": " ".join(text), "target": translated if right[-1] else "1912"})
    ids = ops.parameter([1, LENGTH], ov.Type.i64, name="input_ids")
    ids.output(0).set_names({"input_ids"})
    scores = ops.gather(np.eye(len(known), dtype=np.float32)[table], ids, np.int64(0))
    scores.output(0).set_names({"scores"})
    recipe = f"""
    task: translation
    metrics: [chrf, exact_match]
    data: {{label: target, inputs: text}}
    preprocess: [{{tokenize: {{tokenizer: {write_tokenizer(tmp_path, known)}, max_length: {LENGTH}, pad: max_length}}}}]
    postprocess: [{{detokenize: {tmp_path}}}]
    """
    found = evaluated(tmp_path, ov.Model([scores], [ids], "translator"), rows, recipe)
    assert list(found["exact_match"].rows) == right
    assert 50 < found["chrf"].value < 100
