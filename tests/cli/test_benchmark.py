"""`ovopt benchmark`, the settings that it shares with `ovopt compare`, and `ovopt doctor`, as a user runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli import run
from tests.models import adding_model, saved

BRIEFLY = ("--time-budget", 1, "-q")
LATENCY = (*BRIEFLY, "--scenario", "latency")
SCENARIOS = ("latency", "throughput", "processor_time", "end_to_end", "first_inference", "memory", "served_load")
DEFAULT = set(SCENARIOS) - {"served_load"}

HOW_TO_VARY = (
    "write PROPERTY=A,B with at least two different values, each property once; the first value is the baseline's"
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    run.write_ir(folder / "tiny.xml")
    run.write_ir(folder / "free.xml", shape=(-1, run.WIDTH))
    saved(adding_model(("x", (-1, -1), np.float32)), folder, "dynamic")
    return folder


@pytest.fixture
def work(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models, tmp_path / "work"))


def measured(work: Path, *arguments: object, command: str = "benchmark") -> dict[str, Any]:
    """The comparison that a run prints."""
    done = run.ovopt(command, *arguments, "--format", "json", cwd=work)
    assert done.code == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def effective(found: dict[str, Any], scenario: str = "latency", arm: int = 0) -> dict[str, Any]:
    settings: dict[str, Any] = found["arms"][arm]["effective"][scenario]
    return settings


def test_one_model_is_measured_in_all_scenarios_without_a_verdict(work: Path) -> None:
    found = measured(work, "tiny.xml", *BRIEFLY)
    assert found["schema"] == "ovopt.comparison/2"
    assert set(found["settings"]["scenarios"]) == DEFAULT
    assert found["settings"]["measured"].keys() == DEFAULT
    assert [(arm["name"], arm["role"]) for arm in found["arms"]] == [("original", "baseline")]
    assert all(found["arms"][0][scenario] for scenario in DEFAULT)
    assert (found["pairs"], found["control"], found["gate"]["verdict"]) == ([], None, None)
    assert found["gate"]["reason"] == "Measured, not compared."
    assert found["arms"][0]["accuracy"] == {}


def test_two_models_stand_side_by_side(work: Path) -> None:
    done = run.ovopt("benchmark", "tiny.xml", "free.xml", *LATENCY, cwd=work)
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    for word in ("original", "free", "latency p50", "measured without a baseline and a control"):
        assert word in done.stdout


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_can_be_asked_for_alone(work: Path, scenario: str) -> None:
    found = measured(work, "tiny.xml", *BRIEFLY, "--scenario", scenario)
    assert found["settings"]["scenarios"] == [scenario]
    (arm,) = found["arms"]
    assert [name for name in SCENARIOS if arm[name]] == [scenario]


def test_an_onnx_model_is_measured(work: Path) -> None:
    run.write_onnx(work / "tiny.onnx")
    found = measured(work, "tiny.onnx", *LATENCY)
    assert found["arms"][0]["latency"]["n"] > 0


def test_onnx_runtime_stands_beside_a_comparison(work: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra `onnxruntime` brings it")
    run.write_onnx(work / "tiny.onnx")
    found = measured(work, "tiny.onnx", "tiny.xml", *LATENCY, "--reference", "onnxruntime", command="compare")
    arms = {arm["name"]: arm for arm in found["arms"]}
    assert (arms["onnxruntime"]["engine"], arms["onnxruntime"]["role"]) == ("onnxruntime", "reference")
    threads = {name: arms[name]["effective"]["latency"]["threads"] for name in ("original", "onnxruntime")}
    assert threads["original"] == threads["onnxruntime"]
    assert found["references"]["onnxruntime"]["largest_difference"] < 0.01
    assert found["references"]["onnxruntime"]["speeds"]["latency"]["estimate"] > 0
    assert "onnxruntime" in found["pairs"][0]["against"]


def test_onnx_runtime_stands_beside_a_model_without_a_verdict(work: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra `onnxruntime` brings it")
    run.write_onnx(work / "tiny.onnx")
    found = measured(work, "tiny.onnx", *LATENCY, "--reference", "onnxruntime")
    assert [(arm["name"], arm["role"]) for arm in found["arms"]] == [
        ("original", "baseline"), ("onnxruntime", "reference"),
    ]  # fmt: skip
    assert found["gate"]["verdict"] is None
    assert found["references"]["onnxruntime"]["speeds"]["latency"]["estimate"] > 0


def test_load_is_served_at_the_rates_asked_for(work: Path) -> None:
    serve = ("--scenario", "served_load", "--arrivals", "constant")
    found = measured(work, "tiny.xml", *BRIEFLY, *serve, "--rate", 200, "--rate", 50)
    points = found["arms"][0]["served_load"]["points"]
    assert [(point["rate_per_s"], point["n"]) for point in points] == [(50, 25), (200, 100)]
    assert all(len(point["raw_ns"]) == point["n"] and min(point["raw_ns"]) > 0 for point in points)


def test_the_highest_rate_within_a_limit_is_searched(work: Path) -> None:
    serve = ("--scenario", "served_load", "--latency-limit", 1000, "--percentile", 90)
    served = measured(work, "tiny.xml", *BRIEFLY, *serve)["arms"][0]["served_load"]
    rates = [point["rate_per_s"] for point in served["points"]]
    assert len(set(rates)) == 5
    assert rates == sorted(rates)
    assert served["within"] == {"percentile": 90, "limit_ms": 1000, "searched": True, "highest_rate_per_s": rates[-1]}


def test_a_batch_is_measured_in_every_scenario(work: Path) -> None:
    found = measured(work, "free.xml", *BRIEFLY, "--batch", 4)
    (arm,) = found["arms"]
    assert all(arm[scenario] for scenario in DEFAULT)
    turns = [turn for replica in arm["throughput"]["raw"] for turn in replica]
    assert all(turn["samples"] % 4 == 0 for turn in turns)


def test_a_shape_fixes_a_dynamic_input(work: Path) -> None:
    found = measured(work, "dynamic.xml", *LATENCY, "--shape", f"x=1,{run.WIDTH}")
    assert found["recipe"]["model"]["shapes"] == {"x": [1, run.WIDTH]}


def test_streams_threads_and_requests_are_those_asked_for(work: Path) -> None:
    options = ("--streams", 2, "--threads", 2, "--requests", 3, "--property", "ENABLE_CPU_PINNING=no")
    scenarios = ("--scenario", "latency", "--scenario", "throughput", "--scenario", "served_load", "--rate", 50)
    found = measured(work, "tiny.xml", *BRIEFLY, *scenarios, *options)
    for scenario in ("latency", "throughput", "served_load"):
        settings = effective(found, scenario)
        assert (settings["streams"], settings["threads"], settings["requests"]) == (2, 2, 3)
        assert settings["properties"]["ENABLE_CPU_PINNING"] == "False"


def test_processor_time_is_that_of_one_thread_whatever_was_asked_for(work: Path) -> None:
    found = measured(work, "tiny.xml", *BRIEFLY, "--scenario", "processor_time", "--streams", 2, "--threads", 2)
    settings = effective(found, "processor_time")
    assert (settings["streams"], settings["threads"], settings["hint"]) == (1, 1, "LATENCY")
    time = found["arms"][0]["processor_time"]
    turns = [turn for rounds in time["raw"] for turn in rounds]
    assert time["n"] == sum(turn["samples"] for turn in turns)
    assert time["per_inference_ms"] == pytest.approx(np.median([t["elapsed_ns"] / t["samples"] for t in turns]) / 1e6)


def test_how_long_an_answer_is_waited_for_is_at_least_a_second(work: Path) -> None:
    done = run.ovopt("benchmark", "tiny.xml", *LATENCY, "--answer-limit", 0, cwd=work)
    assert (done.code, done.stdout) == (2, "")
    assert done.message.startswith("error: --answer-limit: ")
    assert measured(work, "tiny.xml", *LATENCY, "--answer-limit", 500)["arms"][0]["lost"] is None


def test_a_hint_replaces_the_scenarios_own(work: Path) -> None:
    found = measured(work, "tiny.xml", *LATENCY, "--hint", "throughput")
    assert found["settings"]["hint"] == effective(found)["hint"] == "THROUGHPUT"


def test_without_a_hint_the_device_decides(work: Path) -> None:
    found = measured(work, "tiny.xml", *BRIEFLY, "--scenario", "throughput", "--hint", "none")
    assert found["settings"]["hint"] == "NONE"
    assert effective(found, "throughput")["hint"] != "THROUGHPUT"


def test_settings_go_round_in_benchmark_apps_form(work: Path) -> None:
    measured(work, "tiny.xml", *LATENCY, "--hint", "throughput", "--streams", 2, "--dump-config", "settings.json")
    written = (work / "settings.json").read_text()
    assert json.loads(written) == {"CPU": {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "2"}}
    again = measured(work, "tiny.xml", *LATENCY, "--load-config", "settings.json", "--dump-config", "again.json")
    assert (effective(again)["hint"], effective(again)["streams"]) == ("THROUGHPUT", 2)
    assert json.loads((work / "again.json").read_text()) == json.loads(written)


def test_an_option_wins_over_the_settings_of_a_file(work: Path) -> None:
    (work / "settings.json").write_text('{"CPU": {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "2"}}')
    options = ("--load-config", "settings.json", "--streams", 1, "--hint", "latency")
    found = effective(measured(work, "tiny.xml", *LATENCY, *options))
    assert (found["streams"], found["hint"]) == (1, "LATENCY")


def test_varying_a_setting_compares_the_original_with_itself(work: Path) -> None:
    fixed = ("--property", "INFERENCE_PRECISION_HINT=f32")
    found = measured(work, "tiny.xml", *LATENCY, *fixed, "--vary", "INFERENCE_NUM_THREADS=1,2", command="compare")
    threads = {arm["name"]: arm["effective"]["latency"]["threads"] for arm in found["arms"]}
    names = ("INFERENCE_NUM_THREADS=1", "INFERENCE_NUM_THREADS=2")
    assert threads == {names[0]: 1, "control": 1, names[1]: 2}
    assert [(pair["baseline"], pair["candidate"]) for pair in found["pairs"]] == [names]


def test_a_result_is_written_where_it_is_wanted(work: Path) -> None:
    found = measured(work, "tiny.xml", *LATENCY, "-o", "result.json")
    assert json.loads((work / "result.json").read_text()) == found


FORM = '{"CPU": {"KEY": "VALUE"}}'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scenario", "latencie"), "--scenario latencie: unknown; did you mean 'latency'?"),
        (
            ("--vary", "NUM_STREAMS"),
            f"--vary NUM_STREAMS: {HOW_TO_VARY}",
        ),
        (
            ("--vary", "NUM_STREAMS=1"),
            f"--vary NUM_STREAMS=1: {HOW_TO_VARY}",
        ),
        (
            ("--vary", "=1,2"),
            f"--vary =1,2: {HOW_TO_VARY}",
        ),
        (("--shape", "1,16"), "--shape 1,16: write INPUT=1,3,224,224; ? leaves a size open, 1..8 bounds it"),
        (("--shape", "x=1,many"), "--shape x=1,many: write INPUT=1,3,224,224; ? leaves a size open, 1..8 bounds it"),
        (("--shape", "x="), "--shape x=: write INPUT=1,3,224,224; ? leaves a size open, 1..8 bounds it"),
        (("--shape", "=1,16"), "--shape =1,16: write INPUT=1,3,224,224; ? leaves a size open, 1..8 bounds it"),
        (
            ("--shape", "y=1,16"),
            "tiny.xml: has no input 'y'; known: x",
        ),
        (("--property", "A"), "--property A: write KEY=VALUE, for example INFERENCE_PRECISION_HINT=f32"),
        (("--device", "CPUU"), "--device CPUU: no such device here; did you mean 'CPU'?"),
        (("--load-config", "list.json"), f"list.json: holds no settings for CPU; the form is {FORM}"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(work: Path, arguments: tuple[object, ...], said: str) -> None:
    (work / "list.json").write_text("[]")
    done = run.ovopt("benchmark", "tiny.xml", *LATENCY, *arguments, cwd=work)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {said}")


@pytest.mark.parametrize(
    ("model", "arguments", "beginning"),
    [
        ("stuck.xml", ("--batch", 5), "error: --batch 5: the model cannot take it: "),
        ("tiny.xml", ("--load-config", "corrupt.json"), "error: corrupt.json: not a JSON file of settings: "),
        ("tiny.xml", ("--vary", "NO_SUCH=1,2"), "error: device CPU refuses the properties "),
        ("tiny.xml", ("--vary", "NUM_STREAMS=1,1"), "error: --vary NUM_STREAMS=1,1: "),
        ("tiny.xml", ("--dump-config", "."), "error: .: "),
        ("tiny.xml", ("--dump-config", "corrupt.json/settings.json"), "error: corrupt.json/settings.json: "),
    ],
)
def test_what_turns_out_to_be_wrong_is_named(
    work: Path, model: str, arguments: tuple[object, ...], beginning: str
) -> None:
    (work / "corrupt.json").write_text("{")
    write_stuck(work / "stuck.xml")
    done = run.ovopt("benchmark", model, *LATENCY, *arguments, cwd=work)
    assert (done.code, done.stdout) == (2, ""), done.stderr
    assert done.message.startswith(beginning)
    assert "\n" not in done.message


def write_stuck(file: Path) -> None:
    """A model whose shapes hold for one sample at a time alone."""
    from openvino import opset13 as ops

    run.write_ir(file, ending=lambda node: ops.reshape(node, [1, run.CLASSES], False))


def test_a_dynamic_shape_asks_for_a_size(work: Path) -> None:
    done = run.ovopt("benchmark", "dynamic.xml", *LATENCY, cwd=work)
    assert (done.code, done.stdout) == (2, "")
    assert done.message == (
        "error: the model's input 'x' f32[?,?] has a dynamic shape: fix it with --shape x=1,..., "
        "or give real samples with --data"
    )


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("onnxruntim", "--reference onnxruntim: no such engine; did you mean 'onnxruntime'?"),
        ("torch=no.pt2", "no.pt2: no such model file"),
        ("onnxruntime", "tiny.xml: ONNX Runtime reads .onnx files; give one: --reference onnxruntime=FILE"),
    ],
)
def test_a_reference_that_cannot_be_had_is_refused(work: Path, reference: str, said: str) -> None:
    done = run.ovopt("compare", "tiny.xml", "free.xml", *LATENCY, "--reference", reference, cwd=work)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {said}")


def test_a_machine_is_described_on_the_console(tmp_path: Path) -> None:
    done = run.ovopt("doctor", "--no-self-test", cwd=tmp_path)
    assert (done.code, done.stderr) == (0, "")
    labels = ("processor", "instructions", "memory", "system", "clock", "load", "steal", "versions", "CPU")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(labels)]] == list(labels)
    assert any(line.startswith("extras missing") for line in lines)
    assert "noise (A/A)" not in done.stdout


def test_a_machine_is_described_for_programs(tmp_path: Path) -> None:
    done = run.ovopt("doctor", "--no-self-test", "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.code == 0
    assert found["noise"] is None
    assert "CPU" in [device["name"] for device in found["devices"]]
    assert found["machine"]["cores"] >= 1
