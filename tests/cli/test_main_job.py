from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import openvino as ov
import pytest

import ovopt
from tests.cli import run
from tests.cli.conftest import Job

Made = tuple[Path, dict[str, bytes], run.Ran]
ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "calibration_data" / "digits" / "model.xml"
BRIEF = ("--scenario", "latency", "--time-budget", 2, "--format", "json")


def sha256(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def index(sample_id: str) -> int:
    return int(sample_id.rpartition("#")[2])


@pytest.fixture(scope="module")
def result(job: Job) -> Any:
    """The comparison as the user gets it on standard output."""
    assert job.compared.code == 0, job.compared.stderr
    return json.loads(job.compared.stdout)


@pytest.fixture(scope="module")
def arms(result: Any) -> dict[str, Any]:
    return {arm["name"]: arm for arm in result["arms"]}


# The bundle


def test_quantize_says_what_it_wrote_and_what_to_do_next(job: Job) -> None:
    assert job.quantized.code == 0
    said, written, *_ = job.quantized.stdout.splitlines()
    ratio, made = r"\d\.\d\dx the size", "Made: 8 bits in 2 of 2 matrix multiplications"
    assert re.fullmatch(rf"{made}\. {ratio}, quality and speed not measured yet\.", said)
    assert written.startswith("  int8: ")
    assert job.quantized.stdout.endswith("next: ovopt compare tiny.xml int8\n")


def test_the_progress_of_quantize_goes_to_standard_error(job: Job) -> None:
    lines = job.quantized.stderr.splitlines()
    assert [line for line in lines if line.endswith(" ...")] == [
        "prepare calibration samples ...",
        "simplify ...",
        "quantize ...",
    ]


def test_a_bundle_is_a_model_its_weights_and_its_manifest(job: Job) -> None:
    assert sorted(file.name for file in (job.folder / "int8").iterdir()) == ["model.bin", "model.xml", "ovopt.json"]


def test_the_input_files_stay_as_they_were(job: Job) -> None:
    after = run.snapshot(job.folder)
    assert {name: after[name] for name in job.before} == job.before


def test_nothing_but_the_outputs_is_left_in_the_folder(job: Job) -> None:
    outputs = {"int8", "int8/model.xml", "int8/model.bin", "int8/ovopt.json", "comparison.json"}
    assert set(run.snapshot(job.folder)) == {*job.before, *outputs}


def test_the_manifest_tells_what_was_done_with_what_and_what_took_effect(job: Job) -> None:
    manifest = json.loads((job.folder / "int8" / "ovopt.json").read_text())
    assert manifest["schema"] == "ovopt.bundle/2"
    assert manifest["ovopt"] == ovopt.__version__
    assert manifest["source"] == {
        "path": "tiny.xml",
        "sha256": sha256(job.folder / "tiny.xml", job.folder / "tiny.bin"),
        "size_bytes": sum((job.folder / name).stat().st_size for name in ("tiny.xml", "tiny.bin")),
    }
    bundle = [job.folder / "int8" / name for name in ("model.xml", "model.bin")]
    assert manifest["model"]["sha256"] == sha256(*bundle)
    assert manifest["model"]["size_bytes"] == sum(file.stat().st_size for file in bundle)
    assert manifest["recipe"]["family"] == "classification"
    assert manifest["data"]["seed"] == 3
    first, step = manifest["steps"]
    assert (first["name"], step["name"]) == ("simplify", "quantize")
    assert step["effect"]["fake_quantize"] == 2
    assert step["effect"]["calibration_samples"] == 60
    assert step["effect"]["constant_bytes_before"] == (job.folder / "tiny.bin").stat().st_size


def test_the_splits_are_disjoint_and_hold_every_sample_once(job: Job) -> None:
    splits = json.loads((job.folder / "int8" / "ovopt.json").read_text())["data"]["splits"]
    assert {name: len(ids) for name, ids in splits.items()} == {"calibration": 60, "tuning": 60, "gate": 120}
    assert sorted(index(name) for ids in splits.values() for name in ids) == list(range(run.SAMPLES))


def test_the_bundles_model_is_quantized_and_marked(job: Job) -> None:
    model = ov.Core().read_model(job.folder / "int8" / "model.xml")
    assert sum(op.get_type_name() == "FakeQuantize" for op in model.get_ops()) == 2
    assert model.get_rt_info(["ovopt", "version"]).astype(str) == ovopt.__version__
    assert model.get_rt_info(["ovopt", "step"]).astype(str) == "quantize"


def test_the_bundles_model_decides_as_the_original_does(job: Job) -> None:
    inputs, _ = run.inputs_and_labels()
    compiled = ov.Core().compile_model(job.folder / "int8" / "model.xml", "CPU")
    decided = [int(np.argmax(compiled(row[None])[0])) for row in inputs]
    assert decided == np.argmax(run.scores(inputs), axis=1).tolist()


def test_the_next_command_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    run.write_ir(tmp_path / "my model.xml")
    run.write_data(tmp_path / "data.npz")
    options = ("-r", "classification", "--data", "data.npz", "-o", "my int8")
    quantized = run.ovopt("quantize", "my model.xml", *options, cwd=tmp_path)
    _, _, advice = quantized.stdout.rpartition("next: ")
    assert shlex.split(advice) == ["ovopt", "compare", "my model.xml", "my int8"]


def test_the_setting_that_the_help_shows_works_without_a_warning(work: Path) -> None:
    shown = " ".join(run.ovopt("quantize", "--help", cwd=work).stdout.replace("│", " ").split())
    found = re.search(r"--set (optimize\.quantize\.advanced_parameters\.[^\s`]+=[^\s`]+?)\.?(\s|`|$)", shown)
    assert found, shown
    options = ("-r", "classification", "--data", "data.npz", "-o", "out", "-q", "--set", found[1])
    quantized = run.ovopt("quantize", "tiny.xml", *options, cwd=work)
    assert (quantized.code, quantized.stderr) == (0, "")


def test_samples_of_different_lengths_are_not_taken_for_the_same(tmp_path: Path) -> None:
    run.write_ir(tmp_path / "tiny.xml", shape=(1, -1, run.WIDTH))
    rng = np.random.default_rng(0)
    rows = [{"inputs": rng.standard_normal((length, run.WIDTH)).tolist()} for length in range(2, 42)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    options = ("--data", "rows.json", "-o", "int8", "-q")
    quantized = run.ovopt("quantize", "tiny.xml", *options, cwd=tmp_path, HF_HOME=str(tmp_path / "cache"))
    assert (quantized.stderr, quantized.code) == ("", 0)


# The comparison


def test_standard_output_is_one_json_document_in_the_schema(job: Job, result: Any) -> None:
    assert job.compared.stdout.count("\n") == 1
    assert result["schema"] == "ovopt.comparison/2"
    wanted = {"schema", "ovopt", "created", "machine", "recipe", "data", "settings", "arms", "control", "pairs", "gate"}
    assert wanted <= set(result)


def test_the_progress_of_compare_goes_to_standard_error(job: Job) -> None:
    begun = [line.removesuffix(" ...") for line in job.compared.stderr.splitlines() if line.endswith(" ...")]
    wanted = ["prepare samples", "evaluate original", "evaluate int8", "measure latency", "measure throughput"]
    assert [name for name in begun if name in wanted] == wanted
    assert {line.partition(":")[0] for line in job.compared.stderr.splitlines() if ": done" in line} >= set(wanted)


def test_the_stored_file_holds_what_standard_output_shows(job: Job, result: Any) -> None:
    assert json.loads((job.folder / "comparison.json").read_text()) == result


def test_original_control_and_candidate_are_arms(arms: dict[str, Any]) -> None:
    roles = {name: arm["role"] for name, arm in arms.items() if arm["role"] != "reference"}
    assert roles == {"original": "baseline", "control": "control", "int8": "candidate"}
    assert all(arm["lost"] is None for arm in arms.values())


def test_an_arm_carries_the_hash_and_size_of_its_model(job: Job, arms: dict[str, Any]) -> None:
    for name, stem in (("original", "tiny"), ("control", "tiny"), ("int8", "int8/model")):
        files = [job.folder / f"{stem}{suffix}" for suffix in (".xml", ".bin")]
        assert arms[name]["model"]["sha256"] == sha256(*files)
        assert arms[name]["model"]["size_bytes"] == sum(file.stat().st_size for file in files)


def test_the_arms_ran_with_the_same_settings(arms: dict[str, Any]) -> None:
    for scenario in ("latency", "throughput"):
        chosen = [arms[name]["effective"][scenario] for name in ("original", "control", "int8")]
        for setting in ("device", "inference_precision", "streams", "threads", "requests", "hint"):
            assert len({one[setting] for one in chosen}) == 1, setting
        assert chosen[0]["hint"] == scenario.upper()


def test_an_interval_holds_its_estimate(result: Any) -> None:
    [pair] = result["pairs"]
    assert (pair["baseline"], pair["candidate"]) == ("original", "int8")
    for speeds in (pair, result["control"]):
        for scenario in ("latency", "throughput"):
            assert 0 < speeds[scenario]["low"] <= speeds[scenario]["estimate"] <= speeds[scenario]["high"]
            assert speeds[scenario]["level"] == 0.95
    quality = pair["accuracy"]["top1"]
    assert quality["low"] <= quality["delta"] <= quality["high"]


def test_the_latency_follows_from_the_raw_nanoseconds(arms: dict[str, Any]) -> None:
    for name in ("original", "control", "int8"):
        latency = arms[name]["latency"]
        every = np.array([ns for rounds in latency["raw_ns"] for turn in rounds for ns in turn]) / 1e6
        assert latency["n"] == len(every)
        assert latency["p50_ms"] == pytest.approx(np.median(every))
        assert latency["mean_ms"] == pytest.approx(every.mean())
        assert (latency["min_ms"], latency["max_ms"]) == pytest.approx((every.min(), every.max()))


def test_the_throughput_follows_from_the_raw_turns(arms: dict[str, Any]) -> None:
    for name in ("original", "control", "int8"):
        turns = [turn for rounds in arms[name]["throughput"]["raw"] for turn in rounds]
        rates = [turn["samples"] / (turn["elapsed_ns"] / 1e9) for turn in turns]
        assert arms[name]["throughput"]["samples_per_s"] == pytest.approx(np.median(rates))


def latency_figures(arm: Any) -> np.ndarray:
    return np.array([[np.median(turn) for turn in rounds] for rounds in arm["latency"]["raw_ns"]])


def throughput_figures(arm: Any) -> np.ndarray:
    return np.array([[t["elapsed_ns"] / t["samples"] for t in rounds] for rounds in arm["throughput"]["raw"]])


@pytest.mark.parametrize(("scenario", "figures"), [("latency", latency_figures), ("throughput", throughput_figures)])
def test_a_speed_up_is_the_geometric_mean_of_the_ratios_within_rounds(
    result: Any, arms: dict[str, Any], scenario: str, figures: Callable[[Any], np.ndarray]
) -> None:
    ratios = figures(arms["original"]) / figures(arms["int8"])
    assert result["pairs"][0][scenario]["estimate"] == pytest.approx(np.prod(ratios) ** (1 / ratios.size))
    noise = figures(arms["original"]) / figures(arms["control"])
    assert result["control"][scenario]["estimate"] == pytest.approx(np.prod(noise) ** (1 / noise.size))


def test_as_many_replicas_and_rounds_are_kept_as_were_measured(result: Any, arms: dict[str, Any]) -> None:
    for scenario, raw in (("latency", "raw_ns"), ("throughput", "raw")):
        measured = result["settings"]["measured"][scenario]
        kept = arms["original"][scenario][raw]
        assert len(kept) == measured["replicas"]
        assert sum(map(len, kept)) == measured["rounds"]
        assert measured["stopped"]


def test_the_accuracy_is_that_of_the_gates_samples_in_plain_numpy(result: Any, arms: dict[str, Any]) -> None:
    inputs, labels = run.inputs_and_labels()
    gate = [index(name) for name in result["data"]["splits"]["gate"]]
    hits = np.argmax(run.scores(inputs[gate]), axis=1) == labels[gate]
    top1 = arms["original"]["accuracy"]["top1"]
    assert top1["rows"] == hits.astype(float).tolist()
    assert top1["value"] == pytest.approx(hits.mean())
    assert (top1["unit"], top1["n"]) == ("share", 120)
    assert arms["int8"]["accuracy"]["top1"]["rows"] == top1["rows"]


def test_the_accuracy_of_the_pair_is_counted_sample_by_sample(result: Any) -> None:
    quality = result["pairs"][0]["accuracy"]["top1"]
    assert quality["delta"] == quality["candidate"] - quality["baseline"] == 0
    assert quality["flips"] == {"lost": 0, "gained": 0, "p_value": 1.0}
    assert quality["verdict"] == "no clear difference"


def test_what_was_executed_in_which_precision_is_told(arms: dict[str, Any]) -> None:
    assert "int8" in arms["int8"]["execution"]["ops_by_precision"]
    assert "int8" not in arms["original"]["execution"]["ops_by_precision"]


def test_the_gate_judges_every_budget(result: Any, arms: dict[str, Any]) -> None:
    checks = {check["budget"]: check for check in result["gate"]["checks"]}
    assert result["gate"]["verdict"] == "pass"
    assert {name: check["limit"] for name, check in checks.items()} == {
        "accuracy.top1.max_drop": 0.1,
        "size.max_ratio": 10,
    }
    ratio = arms["int8"]["model"]["size_bytes"] / arms["original"]["model"]["size_bytes"]
    assert checks["size.max_ratio"]["estimate"] == result["pairs"][0]["size"]["ratio"] == ratio


# Exit codes of real runs


@pytest.fixture(scope="module")
def failed(made: Made) -> run.Ran:
    """Without a recipe, data or seed: the bundle's own."""
    return run.ovopt("compare", "tiny.xml", "int8", "--budget", "size.max_ratio=0.001", *BRIEF, cwd=made[0])


@pytest.fixture(scope="module")
def undecided(made: Made) -> run.Ran:
    settings = ("--property", "INFERENCE_PRECISION_HINT=f32", "--set", "budgets.accuracy.top1.max_drop=0", "-q")
    return run.ovopt("compare", "tiny.xml", "int8", *settings, *BRIEF, cwd=made[0])


def test_a_missed_budget_gives_exit_code_3(failed: run.Ran) -> None:
    gate = json.loads(failed.stdout)["gate"]
    assert (failed.code, gate["verdict"], gate["ship"]) == (3, "fail", "original")


def test_an_open_budget_gives_exit_code_4(undecided: run.Ran) -> None:
    gate = json.loads(undecided.stdout)["gate"]
    assert (undecided.code, gate["verdict"]) == (4, "inconclusive")


def test_without_a_recipe_the_bundles_own_recipe_data_and_seed_are_used(failed: run.Ran, made: Made) -> None:
    result = json.loads(failed.stdout)
    manifest = json.loads((made[0] / "int8" / "ovopt.json").read_text())
    assert result["data"] == manifest["data"]
    assert result["recipe"]["family"] == "classification"
    assert "recipe, data and seed as in the manifest of int8" in failed.stderr.splitlines()


def test_a_single_scenario_measures_nothing_else(failed: run.Ran) -> None:
    result = json.loads(failed.stdout)
    assert list(result["settings"]["measured"]) == ["latency"]
    assert all(arm["throughput"] is None for arm in result["arms"])
    assert "measure throughput" not in failed.stderr


def test_a_property_reaches_every_arm(undecided: run.Ran) -> None:
    result = json.loads(undecided.stdout)
    assert result["settings"]["properties"] == {"INFERENCE_PRECISION_HINT": "f32"}
    assert {arm["effective"]["latency"]["inference_precision"] for arm in result["arms"]} == {"f32"}
    assert [arm["role"] for arm in result["arms"]] == ["baseline", "control", "candidate"]


def test_quiet_leaves_standard_error_empty(undecided: run.Ran) -> None:
    assert undecided.stderr == ""


# A stored comparison


def test_report_shows_the_stored_comparison_unchanged(job: Job, result: Any) -> None:
    shown = run.ovopt("report", "comparison.json", "--format", "json", cwd=job.folder)
    assert (shown.code, json.loads(shown.stdout), shown.stderr) == (0, result, "")


def test_report_draws_a_table_that_fits_a_narrow_terminal(job: Job) -> None:
    shown = run.ovopt("report", "comparison.json", cwd=job.folder, COLUMNS="60")
    assert shown.code == 0
    assert max(map(len, shown.stdout.splitlines())) <= 60
    for word in ("original", "int8", "top1", "latency p50", "throughput", "size", "verdict", "Gate: PASS"):
        assert word in shown.stdout


@pytest.mark.parametrize(
    ("budgets", "code", "verdict"),
    [
        ([], 0, "pass"),
        (["size.max_ratio=0.001"], 3, "fail"),
        (["accuracy.top1.max_drop=0"], 4, "inconclusive"),
        (["accuracy.top1.max_drop=0", "size.max_ratio=0.001"], 3, "fail"),
    ],
)
def test_gate_judges_the_stored_comparison_again(job: Job, budgets: list[str], code: int, verdict: str) -> None:
    options = [word for budget in budgets for word in ("--budget", budget)]
    judged = run.ovopt("gate", "comparison.json", "--format", "json", *options, cwd=job.folder)
    assert (judged.code, json.loads(judged.stdout)["gate"]["verdict"]) == (code, verdict)


def test_gate_without_new_budgets_repeats_the_first_verdict(job: Job, result: Any) -> None:
    judged = ovopt.judge_again(ovopt.read_comparison(job.folder / "comparison.json"), [])
    assert json.loads(judged.gate.model_dump_json()) == result["gate"]


# Other models and data


def test_two_plain_models_without_data_are_held_against_each_other_on_synthetic_inputs(work: Path) -> None:
    run.write_ir(work / "other.xml")
    compared = run.ovopt("compare", "tiny.xml", "other.xml", *BRIEF, cwd=work)
    assert compared.code == 0
    result = json.loads(compared.stdout)
    assert result["data"]["source"] == "synthetic inputs"
    assert result["gate"]["verdict"] is None
    [pair] = result["pairs"]
    assert pair["accuracy"]["top1_agreement"]["candidate"] == 1
    assert pair["accuracy"]["cosine"]["candidate"] == pytest.approx(1)
    assert {quality["kind"] for quality in pair["accuracy"].values()} == {"agreement"}


def test_an_onnx_model_goes_all_the_way(tmp_path: Path) -> None:
    model = run.write_onnx(tmp_path / "tiny.onnx")
    run.write_data(tmp_path / "data.npz")
    before = sha256(model)
    options = ("--recipe", "classification", "--data", "data.npz")
    quantized = run.ovopt("quantize", "tiny.onnx", *options, "-o", "OUT", cwd=tmp_path)
    assert quantized.code == 0
    within = ("--budget", "accuracy.top1.max_drop=0.1")
    compared = run.ovopt("compare", "tiny.onnx", "OUT", *options, *within, *BRIEF, cwd=tmp_path)
    assert compared.code == 0
    result = json.loads(compared.stdout)
    assert result["arms"][0]["model"]["sha256"] == sha256(model) == before
    assert result["pairs"][0]["candidate"] == "OUT"
    assert result["gate"]["verdict"] == "pass"


def test_a_model_may_have_its_scores_in_trailing_dimensions_of_one(work: Path) -> None:
    """SqueezeNet and its kin end in [1, classes, 1, 1]."""
    from openvino import opset13 as ops

    run.write_ir(work / "square.xml", ending=lambda node: ops.reshape(node, np.array([1, run.CLASSES, 1, 1]), False))
    options = ("-r", "classification", "--data", "data.npz", "--set", "budgets={}")
    compared = run.ovopt("compare", "tiny.xml", "square.xml", *options, *BRIEF, cwd=work)
    reverse = run.ovopt("compare", "square.xml", "tiny.xml", *options, *BRIEF, cwd=work)
    assert (compared.message, compared.code) == ("", 0)
    assert (reverse.message, reverse.code) == ("", 0)
    for done in (compared, reverse):
        assert json.loads(done.stdout)["pairs"][0]["accuracy"]["top1"]["delta"] == 0


def test_the_digits_recipe_keeps_its_accuracy_on_the_data_that_ovopt_ships(tmp_path: Path) -> None:
    quantized = run.ovopt("quantize", DIGITS, "--recipe", "digits", "-o", "digits-int8", cwd=tmp_path)
    assert quantized.code == 0
    compared = run.ovopt("compare", DIGITS, "digits-int8", *BRIEF, cwd=tmp_path)
    result = json.loads(compared.stdout)
    quality = result["pairs"][0]["accuracy"]["top1"]
    assert quality["baseline"] > 0.98
    assert abs(quality["delta"]) < 0.02
    assert compared.code in (0, 4)


def test_an_advertised_device_that_stands_for_others_measures(work: Path) -> None:
    compared = run.ovopt("compare", "tiny.xml", "tiny.xml", "--device", "AUTO", *BRIEF, cwd=work)
    assert (compared.message, compared.code) == ("", 0)


def test_a_dynamic_input_whose_name_holds_dots_is_fixed_as_the_message_says(work: Path) -> None:
    run.write_ir(work / "dotted.xml", shape=(-1, -1, run.WIDTH), input_name="input.1")
    refused = run.ovopt("compare", "dotted.xml", "dotted.xml", cwd=work)
    said = re.fullmatch(
        r"error: the model's input 'input\.1' f32\[\?,\?,16\] has a dynamic shape: fix it with "
        r"(--shape \S+)=1,\.\.\., or give real samples with --data",
        refused.message,
    )
    assert said, refused.message
    advice = shlex.split(f"{said[1]}=1,1,16")
    compared = run.ovopt("compare", "dotted.xml", "dotted.xml", *advice, *BRIEF, cwd=work)
    assert (compared.message, compared.code) == ("", 0)


# Outputs that exist


def test_a_second_run_is_refused_and_replaces_only_with_force(work: Path) -> None:
    options = ("-r", "classification", "--data", "data.npz", "-o", "int8")
    before = run.snapshot(work)
    refused = run.ovopt("quantize", "tiny.xml", *options, cwd=work)
    assert refused == run.Ran(
        2, "", "error: int8: exists already; choose another -o/--output, or --force to replace it\n"
    )
    assert run.snapshot(work) == before
    replaced = run.ovopt("quantize", "tiny.xml", *options, "--seed", 5, "--force", cwd=work)
    assert replaced.code == 0
    assert json.loads((work / "int8" / "ovopt.json").read_text())["data"]["seed"] == 5
    assert set(run.snapshot(work)) == set(before)


# Other sources


def table(inputs: np.ndarray, labels: np.ndarray) -> datasets.Dataset:
    return datasets.Dataset.from_dict({"inputs": inputs.tolist(), "label": labels.tolist()})


def write_table(file: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    if file.suffix == ".csv":
        header = ",".join([*(f"f{i}" for i in range(run.WIDTH)), "label"])
        rows = [",".join(map(str, [*row, label])) for row, label in zip(inputs, labels, strict=True)]
        file.write_text("\n".join([header, *rows]) + "\n")
    elif file.suffix == ".parquet":
        table(inputs, labels).to_parquet(str(file))
    else:
        rows = [{"inputs": row, "label": label} for row, label in zip(inputs.tolist(), labels.tolist(), strict=True)]
        lines = "\n".join(map(json.dumps, rows))
        file.write_text(lines if file.suffix == ".jsonl" else json.dumps(rows))


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_a_table_is_data_like_any_other(suffix: str, tmp_path: Path) -> None:
    run.write_ir(tmp_path / "tiny.xml")
    write_table(tmp_path / f"table{suffix}")
    options = ("-r", "classification", "--data", f"table{suffix}", "-o", "int8", "--format", "json", "-q")
    quantized = run.ovopt("quantize", "tiny.xml", *options, cwd=tmp_path, HF_HOME=str(tmp_path / "cache"))
    assert (quantized.code, quantized.stderr) == (0, "")
    manifest = json.loads(quantized.stdout)
    assert manifest["data"]["source"] == str(tmp_path / f"table{suffix}")
    assert {name: len(ids) for name, ids in manifest["data"]["splits"].items()} == {
        "calibration": 60,
        "tuning": 60,
        "gate": 120,
    }


def test_a_folder_of_files_is_labelled_by_its_folders(tmp_path: Path) -> None:
    run.write_ir(tmp_path / "tiny.xml")
    inputs, labels = run.inputs_and_labels()
    names = ("ant", "bee", "cow", "dog")
    for name in names:
        (tmp_path / "files" / name).mkdir(parents=True)
    for i, (row, label) in enumerate(zip(inputs, labels, strict=True)):
        np.save(tmp_path / "files" / names[label] / f"{i}.npy", row)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mine.yaml").write_text(
        "ovopt: 1\nfamily: mine\ntask: classification\npreprocess: [npy]\n"
        "data: {source: {kind: files, path: files}, classes: [ant, bee, cow, dog]}\noptimize: [quantize]\n"
    )
    quantized = run.ovopt("quantize", "tiny.xml", "-r", "mine", "-o", "int8", cwd=tmp_path)
    assert (quantized.message, quantized.code) == ("", 0)
    compared = run.ovopt("compare", "tiny.xml", "int8", "-r", "mine", *BRIEF, cwd=tmp_path)
    assert (compared.message, compared.code) == ("", 0)
    result = json.loads(compared.stdout)
    gate = [int(Path(name).stem) for name in result["data"]["splits"]["gate"]]
    hits = np.argmax(run.scores(inputs[gate]), axis=1) == labels[gate]
    assert result["pairs"][0]["accuracy"]["top1"]["baseline"] == pytest.approx(hits.mean())


def test_a_dataset_in_memory_goes_through_the_python_api(tmp_path: Path) -> None:
    model = run.write_ir(tmp_path / "tiny.xml")
    data = table(*run.inputs_and_labels())
    manifest = ovopt.quantize(model, tmp_path / "int8", recipe="classification", data=data)
    assert manifest == ovopt.read_manifest(tmp_path / "int8")
    assert manifest.data is not None
    assert manifest.data.source == "a data set in memory"
    assert [step.name for step in manifest.steps] == ["simplify", "quantize"]
    assert manifest.steps[-1].effect["fake_quantize"] == 2
    plan = replace(ovopt.Plan(), scenarios=("latency",), time_budget_s=2.0)
    result = ovopt.compare(model, [tmp_path / "int8"], recipe="classification", data=data, plan=plan)
    assert result.data == manifest.data
    assert result.pairs[0].accuracy["top1"].delta == 0
