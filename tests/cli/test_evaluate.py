"""`ovopt evaluate`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from scipy import stats

from ovopt.errors import did_you_mean
from tests.cli import run

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "calibration_data" / "digits"
DIGITS = (SHIPPED / "model.xml", "--recipe", "digits")
CLASSIFY = ("--recipe", "classification", "--data", "data.npz")
F32 = ("--property", "INFERENCE_PRECISION_HINT=f32")
NAMES = ("ant", "bee", "cow", "dog")
RECIPE = (
    "ovopt: 1\nfamily: mine\ntask: classification\npreprocess: [npy]\n"
    "data: {source: {kind: files, path: files}, classes: [ant, bee, cow, dog]}\n"
)
NO_METRIC = (
    "nothing to evaluate by: the recipe has only metrics of agreement, which needs a second model; name one that knows "
    "the labels, for example --recipe classification"
)
NOT_OURS = "data.npz: not a file that ovopt wrote, so --force does not replace it"


def evaluated(work: Path, *arguments: object) -> dict[str, Any]:
    """The result that a run prints."""
    done = run.ovopt("evaluate", *arguments, "--format", "json", "-q", cwd=work)
    assert (done.code, done.stderr) == (0, ""), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def index(sample_id: str) -> int:
    return int(sample_id.rpartition("#")[2])


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Labels, and what the model decides by plain OpenVINO."""
    with np.load(SHIPPED / "digits.npz") as data:
        arrays = {name: data[name] for name in data.files}
    labels = arrays.pop("labels")
    (inputs,) = arrays.values()
    compiled = ov.Core().compile_model(SHIPPED / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    shape = [1, *list(compiled.input(0).partial_shape)[1:]]
    sizes = [dim if isinstance(dim, int) else dim.get_length() for dim in shape]
    return labels, np.array([np.ravel(compiled(row.reshape(sizes))[0]) for row in inputs])


# Digits


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("digits")
    return folder, evaluated(folder, *DIGITS, *F32, "--save-predictions", "predictions.jsonl", "-o", "result.json")


def test_the_accuracy_is_that_of_all_samples_in_plain_numpy(
    whole: tuple[Path, dict[str, Any]], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, scores = digits
    (arm,) = whole[1]["arms"]
    top1 = arm["accuracy"]["top1"]
    hits = np.argmax(scores, axis=1) == labels
    assert top1["n"] == len(labels)
    assert top1["rows"] == hits.astype(float).tolist()
    assert top1["value"] == pytest.approx(hits.mean())
    wilson = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    assert (top1["low"], top1["high"]) == pytest.approx(tuple(wilson))
    assert (top1["unit"], top1["higher_is_better"]) == ("share", True)


def test_the_accuracy_of_every_class_is_that_of_its_samples(
    whole: tuple[Path, dict[str, Any]], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, scores = digits
    hits = np.argmax(scores, axis=1) == labels
    by_class = whole[1]["arms"][0]["accuracy"]["top1"]["by_class"]
    assert by_class == pytest.approx({str(c): hits[labels == c].mean() for c in range(10)})


def test_the_worst_samples_are_those_that_are_wrong(
    whole: tuple[Path, dict[str, Any]], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, scores = digits
    wrong = np.flatnonzero(np.argmax(scores, axis=1) != labels)
    worst = whole[1]["arms"][0]["accuracy"]["top1"]["worst"]
    assert [index(name) for name in worst] == wrong[:10].tolist()
    assert set(worst.values()) == {0.0}


def test_the_predictions_are_the_models_scores(
    whole: tuple[Path, dict[str, Any]], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    _, scores = digits
    lines = [json.loads(line) for line in (whole[0] / "predictions.jsonl").read_text().splitlines()]
    assert {tuple(line) for line in lines} == {("arm", "id", "prediction")}
    assert {line["arm"] for line in lines} == {"original"}
    assert sorted(index(line["id"]) for line in lines) == list(range(len(scores)))
    for line in lines:
        np.testing.assert_allclose(np.ravel(line["prediction"]), scores[index(line["id"])], rtol=1e-3, atol=1e-3)


def test_the_result_is_a_comparison_file_without_a_comparison(whole: tuple[Path, dict[str, Any]]) -> None:
    folder, found = whole
    assert found["schema"] == "ovopt.comparison/2"
    assert (found["pairs"], found["control"], found["gate"]["verdict"]) == ([], None, None)
    assert found["gate"]["reason"] == "Evaluated, not compared."
    assert found["settings"]["scenarios"] == []
    assert all(found["arms"][0][scenario] is None for scenario in ("latency", "throughput", "processor_time"))
    assert json.loads((folder / "result.json").read_text()) == found
    assert sorted(file.name for file in folder.iterdir()) == ["predictions.jsonl", "result.json"]


def test_the_text_shows_the_figure_its_interval_the_weakest_classes_and_the_worst_samples(
    tmp_path: Path, whole: tuple[Path, dict[str, Any]]
) -> None:
    done = run.ovopt("evaluate", *DIGITS, *F32, cwd=tmp_path)
    assert done.code == 0
    top1 = whole[1]["arms"][0]["accuracy"]["top1"]
    lines = [line.strip() for line in done.stdout.splitlines()]
    figures = [f"{100 * top1[name]:.1f} %" for name in ("value", "low", "high")]
    assert f"top1  {figures[0]}  [{figures[1]}, {figures[2]}]" in lines
    weakest = sorted(top1["by_class"], key=lambda name: top1["by_class"][name])[:5]
    at = next(i for i, line in enumerate(lines) if line.startswith("weakest classes of original"))
    assert [line.split()[0] for line in lines[at + 1 : at + 6]] == weakest
    at = next(i for i, line in enumerate(lines) if line.startswith("worst samples of original"))
    worst = list(top1["worst"])[:5]
    assert [line.split()[0] for line in lines[at + 1 : at + 1 + len(worst)]] == worst
    assert lines[-1].startswith(f"{top1['n']:,} samples of ")
    begun = [line.removesuffix(" ...") for line in done.stderr.splitlines() if line.endswith(" ...")]
    assert begun == ["prepare samples", "evaluate original"]


@pytest.mark.parametrize("split", ["calibration", "tuning", "gate"])
def test_a_split_is_evaluated_alone(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray], split: str) -> None:
    labels, scores = digits
    found = evaluated(tmp_path, *DIGITS, *F32, "--split", split, "--seed", 5)
    assert found["data"]["seed"] == 5
    chosen = [index(name) for name in found["data"]["splits"][split]]
    hits = np.argmax(scores[chosen], axis=1) == labels[chosen]
    assert found["arms"][0]["accuracy"]["top1"]["rows"] == hits.astype(float).tolist()


# A bundle among the models


def test_with_a_bundle_those_samples_count_that_it_has_not_seen(work: Path) -> None:
    found = evaluated(work, "tiny.xml", "int8")
    manifest = json.loads((work / "int8" / "ovopt.json").read_text())
    assert found["data"] == manifest["data"]
    assert "recipe, data and seed as in the manifest of int8" in found["notes"]
    inputs, labels = run.inputs_and_labels()
    gate = [index(name) for name in manifest["data"]["splits"]["gate"]]
    hits = np.argmax(run.scores(inputs[gate]), axis=1) == labels[gate]
    assert [(arm["name"], arm["role"]) for arm in found["arms"]] == [("original", "baseline"), ("int8", "candidate")]
    for arm in found["arms"]:
        assert arm["accuracy"]["top1"]["rows"] == hits.astype(float).tolist()
    everything = evaluated(work, "int8", "--split", "all")
    assert everything["arms"][0]["accuracy"]["top1"]["n"] == run.SAMPLES
    made_of = [*manifest["data"]["splits"]["calibration"], *manifest["data"]["splits"]["tuning"]]
    assert (
        f"{len(made_of)} of {run.SAMPLES} samples that judge were used to make a model here, for example "
        f"{min(made_of, key=index)}: the figures say little of others"
    ) in everything["notes"]


def test_samples_that_made_a_bundle_do_not_judge_it_alone(work: Path) -> None:
    manifest = json.loads((work / "int8" / "ovopt.json").read_text())
    known, inputs = np.load(work / "data.npz"), run.inputs_and_labels(5)
    places = [index(sample) for sample in manifest["data"]["splits"]["calibration"]][:5]
    run.write_data(
        work / "again.npz",
        inputs=np.concatenate([known["inputs"][places], inputs[0] + np.float32(0.01)]),
        labels=np.concatenate([known["labels"][places], inputs[1]]),
    )
    all_judge = ("--set", "data.splits.calibration=0", "--set", "data.splits.tuning=0")
    found = evaluated(work, "int8", "-r", "classification", "--data", "again.npz", *all_judge)
    assert found["arms"][0]["accuracy"]["top1"]["n"] == 5
    (note,) = [note for note in found["notes"] if "calibration samples" in note]
    assert note.startswith(
        "5 of 10 samples are the same as calibration samples and do not judge, for example again.npz#"
    )
    done = run.ovopt("evaluate", "int8", *CLASSIFY, *all_judge, "-q", cwd=work)
    assert (done.code, done.stderr) == (
        2,
        f"error: int8: {run.SAMPLES // 2} of the {run.SAMPLES} samples that would judge it were used to make it; "
        f"evaluate with the recipe, data and --seed {manifest['data']['seed']} that made it, or with other data\n",
    )


def test_several_models_are_held_against_the_first_too(work: Path) -> None:
    run.write_ir(work / "other.xml", ending=lambda node: ops.multiply(node, np.float32(-1)))
    metrics = ("--set", "metrics=[top1,top1_agreement,cosine]", *F32)
    found = evaluated(work, "tiny.xml", "other.xml", *CLASSIFY, *metrics, "--save-predictions", "p.jsonl")
    first, second = (arm["accuracy"] for arm in found["arms"])
    assert first["top1_agreement"]["value"] == 1
    assert first["cosine"]["value"] == pytest.approx(1)
    assert second["cosine"]["value"] == pytest.approx(-1, abs=1e-5)
    assert second["top1_agreement"]["value"] == 0
    inputs, labels = run.inputs_and_labels()
    assert second["top1"]["value"] == np.mean(np.argmax(-run.scores(inputs), axis=1) == labels)
    lines = [json.loads(line) for line in (work / "p.jsonl").read_text().splitlines()]
    assert [line["arm"] for line in lines] == ["original"] * run.SAMPLES + ["other"] * run.SAMPLES
    alone = evaluated(work, "tiny.xml", *CLASSIFY, *metrics)
    assert list(alone["arms"][0]["accuracy"]) == ["top1"], "a model agrees with itself"


# Doubts


def test_shifted_labels_are_named(work: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    run.write_data(work / "shifted.npz", inputs=inputs[labels < 3], labels=labels[labels < 3] + 1)
    done = run.ovopt("evaluate", "tiny.xml", "-r", "classification", "--data", "shifted.npz", "-q", cwd=work)
    assert done.code == 0
    n = int((labels < 3).sum())
    hits = int((np.argmax(run.scores(inputs[labels < 3]), axis=1) == labels[labels < 3]).sum())
    said = " ".join(done.stdout.split())
    assert f"the labels look shifted: on {hits} of {n} samples the likeliest class is the label -1; " in said


def test_labels_without_a_relation_to_the_outputs_are_named(work: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    others = np.random.default_rng(1).permutation(labels)
    right = int((np.argmax(run.scores(inputs), axis=1) == others).sum())
    run.write_data(work / "shuffled.npz", inputs=inputs, labels=others)
    found = evaluated(work, "tiny.xml", "-r", "classification", "--data", "shuffled.npz")
    assert found["notes"][0].startswith(f"only {right} of 240 samples are right, near chance for 4 classes: ")


def test_good_labels_leave_no_doubt(work: Path) -> None:
    assert evaluated(work, "tiny.xml", *CLASSIFY)["notes"] == []


# Samples that cannot be used


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """A folder of arrays, two of which are damaged: one that is none, and one of another shape."""
    run.write_ir(tmp_path / "tiny.xml")
    inputs, labels = run.inputs_and_labels(40)
    for name in NAMES:
        (tmp_path / "files" / name).mkdir(parents=True)
    for i, (row, label) in enumerate(zip(inputs, labels, strict=True)):
        np.save(tmp_path / "files" / NAMES[label] / f"{i}.npy", row)
    (tmp_path / "files" / NAMES[labels[7]] / "7.npy").write_bytes(b"\x93NUMPY\x01\x00 no array")
    np.save(tmp_path / "files" / NAMES[labels[9]] / "9.npy", inputs[9][:3])
    (tmp_path / "mine.yaml").write_text(RECIPE)
    return tmp_path, inputs, labels


def test_a_sample_that_cannot_be_used_ends_the_run(files: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, _, labels = files
    before = run.snapshot(folder)
    done = run.ovopt(
        "evaluate", "tiny.xml", "-r", "mine.yaml", "-o", "r.json", "--save-predictions", "p.jsonl", cwd=folder
    )
    assert (done.code, done.stdout) == (2, "")
    bad = [f"{NAMES[labels[i]]}/{i}.npy" for i in (7, 9)]
    assert done.message.startswith(tuple(f"error: {name}: " for name in bad)), done.stderr
    assert done.message.endswith("; --on-bad-sample skip leaves such samples out")
    assert done.message.count(".npy") == 1
    assert run.snapshot(folder) == before


def test_samples_that_cannot_be_used_are_left_out_on_request(files: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, inputs, labels = files
    skip = ("-r", "mine.yaml", "--on-bad-sample", "skip")
    found = evaluated(folder, "tiny.xml", *skip, *F32)
    left_out = found["data"]["left_out"]
    assert set(left_out) == {f"{NAMES[labels[i]]}/{i}.npy" for i in (7, 9)}
    assert all(out["why"].startswith(f"{name}: ") for name, out in left_out.items())
    kept = [i for i in range(40) if i not in (7, 9)]
    hits = np.argmax(run.scores(inputs[kept]), axis=1) == labels[kept]
    top1 = found["arms"][0]["accuracy"]["top1"]
    assert (top1["n"], top1["value"]) == (38, pytest.approx(hits.mean()))
    assert set(top1["by_class"]) == set(NAMES)
    done = run.ovopt("evaluate", "tiny.xml", *skip, "-q", cwd=folder)
    assert done.code == 0
    assert "38 samples of " in done.stdout
    assert "2 left out, for example " in done.stdout


def test_where_every_sample_is_left_out_nothing_is_evaluated(files: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, _, _ = files
    for file in (folder / "files").rglob("*.npy"):
        file.write_bytes(b"no array")
    done = run.ovopt("evaluate", "tiny.xml", "-r", "mine.yaml", "--on-bad-sample", "skip", cwd=folder)
    assert (done.code, done.stdout) == (2, "")
    assert done.message.startswith("error: files: no sample is left to measure with; ")


# Which recipe


def test_the_recipe_that_matches_the_model_is_taken_and_said(work: Path) -> None:
    (work / "recipes").mkdir()
    (work / "recipes" / "mine.yaml").write_text(
        "ovopt: 1\nfamily: mine\ntask: classification\nmatch: {name: '/tiny', inputs: [[1, 16]], outputs: [[1, 4]]}\n"
    )
    found = run.ovopt("evaluate", "tiny.xml", "--data", "data.npz", "--format", "json", cwd=work)
    assert found.code == 0, found.stderr
    result = json.loads(found.stdout)
    why = (
        "recipe mine, because its name fits '/tiny' and its inputs are [1,16] and its outputs are [1,4]; "
        "--recipe generic takes no such guess"
    )
    assert result["recipe"]["family"] == "mine"
    assert why in result["notes"]
    assert why in found.stderr.splitlines()
    named = evaluated(work, "tiny.xml", "--recipe", "classification", "--data", "data.npz")
    assert (named["recipe"]["family"], named["notes"]) == ("classification", [])


def test_a_guess_without_data_is_none(work: Path) -> None:
    (work / "recipes").mkdir()
    (work / "recipes" / "mine.yaml").write_text(
        "ovopt: 1\nfamily: mine\ntask: classification\nmatch: {name: '/tiny', inputs: [[1, 16]]}\n"
    )
    done = run.ovopt("evaluate", "tiny.xml", cwd=work)
    assert (done.code, done.stdout) == (2, "")
    assert done.message == f"error: {NO_METRIC}"


# What cannot be had


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tiny.xml", "--recipe", "classification"), "no data: give --data, or a recipe with a data source"),
        (("no.xml", *CLASSIFY), "no.xml: no such model file"),
        (
            ("tiny.xml", *CLASSIFY, "--set", "metrics=[top11]"),
            "--set metrics=[top11]: metrics[0]: unknown 'top11'; did you mean 'top1'?",
        ),
        (
            ("tiny.xml", *CLASSIFY, "--device", "NOPE"),
            f"--device NOPE: no such device here; {did_you_mean('NOPE', ov.Core().available_devices)}",
        ),
        (
            ("tiny.xml", *CLASSIFY, "--split", "tuning", "--set", "data.splits.tuning=0"),
            "data.splits.tuning: holds no samples to judge by; its size is 0, which --set data.splits.tuning=... "
            "changes",
        ),
        (("tiny.xml", *CLASSIFY, "--set", "metrics=[cosine]"), NO_METRIC),
        (("tiny.xml", *CLASSIFY, "-o", "data.npz", "--force"), NOT_OURS),
        (("tiny.xml", *CLASSIFY, "--save-predictions", "data.npz"), NOT_OURS),
        (("tiny.xml", *CLASSIFY, "--save-predictions", "data.npz", "--force"), NOT_OURS),
    ],
)
def test_what_cannot_be_evaluated_is_refused(work: Path, arguments: tuple[object, ...], said: str) -> None:
    before = run.snapshot(work)
    done = run.ovopt("evaluate", *arguments, cwd=work)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {said}")
    assert run.snapshot(work) == before


@pytest.mark.parametrize(("option", "value"), [("--split", "test"), ("--on-bad-sample", "ignore")])
def test_a_choice_that_does_not_exist_is_a_usage_error(work: Path, option: str, value: str) -> None:
    done = run.ovopt("evaluate", "tiny.xml", *CLASSIFY, option, value, cwd=work)
    assert (done.code, done.stdout) == (2, "")
    assert done.message.startswith(f"error: {option}: ")


def test_predictions_are_replaced_only_with_force(work: Path) -> None:
    save = ("--save-predictions", "p.jsonl")
    evaluated(work, "tiny.xml", *CLASSIFY, *save)
    first = (work / "p.jsonl").read_text()
    again = run.ovopt("evaluate", "tiny.xml", *CLASSIFY, *save, cwd=work)
    assert (again.code, (work / "p.jsonl").read_text()) == (2, first)
    evaluated(work, "tiny.xml", *CLASSIFY, *save, "--force", "--split", "gate")
    assert len((work / "p.jsonl").read_text().splitlines()) == 120


# Data that come divided


def test_what_the_data_call_test_judges_and_labels_of_training_samples_are_not_needed(tmp_path: Path) -> None:
    run.write_ir(tmp_path / "tiny.xml")
    inputs, labels = run.inputs_and_labels(40)
    np.savez(tmp_path / "train.npz", x=inputs[:25])
    np.savez(tmp_path / "test.npz", x=inputs[25:], labels=labels[25:])
    parts = ("--data", "train=train.npz", "--data", "test=test.npz")
    found = evaluated(tmp_path, "tiny.xml", "--recipe", "classification", *parts)
    top1 = found["arms"][0]["accuracy"]["top1"]
    assert (top1["n"], top1["value"]) == (15, 1.0)
    assert found["data"]["drawn_from"] == {"calibration": {"train": 25}, "tuning": {"test": 3}, "gate": {"test": 12}}
    refused = run.ovopt("evaluate", "tiny.xml", "-r", "classification", *parts, "--split", "all", "-q", cwd=tmp_path)
    assert refused.stderr.strip() == (
        "error: train/train.npz#0: has no label, which top1 needs; --on-bad-sample skip leaves such samples out"
    )
