"""What a user gets wrong: a message that says where, what and what to do, exit code 2, and nothing written."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.data.named_arrays import LENGTHS
from ovopt.data.npz import OBJECTS
from ovopt.errors import did_you_mean
from ovopt.model.files.locate import READS
from ovopt.preparing.prepared import SEEN
from ovopt.recipe import TASK_METRICS, Recipe, known_recipes
from tests.cli import run
from tests.limits import files_of_at_most

CLASSIFY = ("--recipe", "classification", "--data", "data.npz")
QUANTIZE = ("quantize", "tiny.xml", *CLASSIFY, "-o", "out")
BRIEFLY = ("--time-budget", "1", "--scenario", "latency")
COMPARE = ("compare", "tiny.xml", "int8", *BRIEFLY)
SOME = re.compile(r"(?<=#)\d+")
"""Which of the bad samples is met first is not what these tests are about."""

TASKS = len(TASK_METRICS)
SKIP = "; --on-bad-sample skip leaves such samples out"
"""What is said behind the fault of a sample."""


def refused(work: Path, *arguments: object) -> str:
    """The message of a run that must end with exit code 2, say one thing, and leave the folder as it was."""
    temporary = work.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    before = run.snapshot(work)
    done = run.ovopt(*arguments, cwd=work, TMPDIR=str(temporary), HF_HOME=str(work.parent / "cache"))
    assert (done.code, done.stdout) == (2, ""), done.stderr
    assert done.message.startswith("error: "), done.stderr
    assert "Traceback" not in done.stderr
    assert run.snapshot(work) == before
    assert list(temporary.iterdir()) == []
    return SOME.sub("N", done.message)


def write_recipe(work: Path, text: str) -> None:
    (work / "recipe.yaml").write_text(text)


def changed(work: Path, name: str, **arrays: Any) -> None:
    """`name.npz`: the good data with some arrays in another's place."""
    inputs, labels = run.inputs_and_labels()
    run.write_data(work / f"{name}.npz", **{"inputs": inputs, "labels": labels, **arrays})


# Models


def test_a_missing_model(work: Path) -> None:
    assert refused(work, "quantize", "no.onnx", *CLASSIFY, "-o", "out") == "error: no.onnx: no such model file"


def test_an_empty_model(work: Path) -> None:
    (work / "empty.onnx").touch()
    message = refused(work, "quantize", "empty.onnx", *CLASSIFY, "-o", "out")
    assert message == "error: empty.onnx: the model file is empty; export or copy it again"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("junk.onnx", bytes(range(256))),
        ("zeros.onnx", bytes(500)),
        ("half.xml", b"<net"),
        ("page.xml", b'<?xml version="1.0"?><html></html>'),
    ],
)
def test_a_corrupt_model(work: Path, name: str, content: bytes) -> None:
    (work / name).write_bytes(content)
    (work / name).with_suffix(".bin").touch()
    message = refused(work, "quantize", name, *CLASSIFY, "-o", "out")
    assert message == (
        f"error: {name}: OpenVINO cannot read it: it is damaged, or not what its suffix says; export or copy it again"
    )


def test_an_ir_without_its_weights(work: Path) -> None:
    (work / "tiny.bin").unlink()
    message = refused(work, *QUANTIZE)
    assert message == "error: tiny.xml: its weights tiny.bin are missing; keep both files side by side"


@pytest.mark.parametrize("size", [0, 100])
def test_an_ir_with_truncated_weights(work: Path, size: int) -> None:
    (work / "tiny.bin").write_bytes((work / "tiny.bin").read_bytes()[:size])
    message = refused(work, *QUANTIZE)
    assert message == (
        "error: tiny.xml: OpenVINO cannot read it: Incorrect weights in bin file; export or copy it again"
    )


def test_a_file_that_is_no_model(work: Path) -> None:
    message = refused(work, "quantize", "data.npz", *CLASSIFY, "-o", "out")
    assert message == f"error: data.npz: unknown model format '.npz'; ovopt reads {READS}"


def test_a_folder_that_is_no_bundle(work: Path) -> None:
    (work / "folder").mkdir()
    (work / "folder" / "notes.txt").touch()
    message = refused(work, "compare", "tiny.xml", "folder")
    assert message == f"error: folder: a folder without a model; ovopt reads {READS}"


def test_a_folder_of_several_models(work: Path) -> None:
    run.write_ir(work / "other.xml")
    message = refused(work, "compare", "tiny.xml", ".")
    assert message == "error: .: holds several models; give one: other.xml, tiny.xml"


def test_a_bundle_whose_model_was_changed(work: Path) -> None:
    with (work / "int8" / "model.bin").open("ab") as stream:
        stream.write(b"more")
    message = refused(work, *COMPARE)
    assert message == "error: int8: the model has changed since its manifest was written; make the bundle again"


def test_a_bundle_with_a_broken_manifest(work: Path) -> None:
    (work / "int8" / "ovopt.json").write_text("{}")
    message = refused(work, *COMPARE)
    assert message == (
        "error: int8/ovopt.json: not a manifest of this version of ovopt (ovopt: field required); make the bundle again"
    )


def test_a_model_that_is_quantized_already(work: Path) -> None:
    message = refused(work, "quantize", "int8", *CLASSIFY, "-o", "out")
    assert message == (
        "error: the model already holds 2 FakeQuantize operations: it is quantized; start from the original"
    )


def test_nothing_to_compare_with(work: Path) -> None:
    assert refused(work, "compare", "tiny.xml").startswith(
        "error: nothing to compare: name at least one optimized model"
    )


def test_a_candidate_of_another_rank(work: Path) -> None:
    run.write_ir(work / "other.xml", shape=(1, 1, run.WIDTH))
    message = refused(work, "compare", "tiny.xml", "other.xml", *CLASSIFY, *BRIEFLY)
    assert message == (
        "error: other.xml: its inputs 'x' f32[1,1,16] are not the original's 'x' f32[1,16], so the same samples "
        "cannot go through both"
    )


def test_a_candidate_of_another_input_type(work: Path) -> None:
    run.write_ir(work / "other.xml", dtype="i64")
    message = refused(work, "compare", "tiny.xml", "other.xml", *CLASSIFY, *BRIEFLY)
    assert message == (
        "error: other.xml: its inputs 'x' i64[1,16] are not the original's 'x' f32[1,16], so the same samples cannot "
        "go through both"
    )


def test_a_candidate_of_another_input_size(work: Path) -> None:
    run.write_ir(work / "other.xml", shape=(1, 15))
    message = refused(work, "compare", "tiny.xml", "other.xml", *CLASSIFY, *BRIEFLY)
    assert message == (
        "error: other.xml: its inputs 'x' f32[1,15] are not the original's 'x' f32[1,16], so the same samples cannot "
        "go through both"
    )


def test_a_candidate_with_fewer_classes(work: Path) -> None:
    run.write_ir(work / "other.xml", classes=2)
    message = refused(work, "compare", "tiny.xml", "other.xml", *CLASSIFY, *BRIEFLY)
    assert re.fullmatch(r"error: other\.xml: data\.npz#N: class [23] is outside the 2 scores of the output", message)


@pytest.mark.parametrize("output", ["5", "logits"])
@pytest.mark.parametrize("data", [(), CLASSIFY], ids=["agreement", "accuracy"])
def test_an_output_that_the_model_has_not(work: Path, output: str, data: tuple[str, ...]) -> None:
    message = refused(work, "compare", "tiny.xml", "tiny.xml", *data, *BRIEFLY, "--set", f"model.output={output}")
    assert (
        message
        == {
            "5": "error: model.output: 5 is outside the model's 1 outputs",
            "logits": "error: model.output: no output 'logits'; known: scores",
        }[output]
    )


def test_a_shape_for_an_input_that_the_model_has_not(work: Path) -> None:
    message = refused(work, *COMPARE, *CLASSIFY, "--set", "model.shapes.picture=[1,16]")
    assert message == "error: tiny.xml: has no input 'picture'; known: x"


# Recipes


def test_a_typing_error_in_a_recipes_name(work: Path) -> None:
    message = refused(work, "quantize", "tiny.xml", "--recipe", "clasification", "--data", "data.npz", "-o", "out")
    assert message == "error: no recipe is called 'clasification'; did you mean 'classification'?"


def test_a_name_like_no_recipes(work: Path) -> None:
    message = refused(work, "recipes", "check", "zzz")
    assert message == f"error: no recipe is called 'zzz'; {did_you_mean('zzz', known_recipes())}"


def test_a_missing_recipe_file(work: Path) -> None:
    assert refused(work, "recipes", "check", "nothere.yaml") == "error: nothere.yaml: no such recipe file"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "nonsense: 3",
            f"nonsense: unknown key; {did_you_mean('nonsense', Recipe.model_fields)}",
        ),
        ("metric: [top1]", "metric: unknown key; did you mean 'metrics'?"),
        ("task: clasification", f"task: 'clasification' is not one of {TASKS}; did you mean 'classification'?"),
        ("metrics: [top11]", "metrics[0]: unknown 'top11'; did you mean 'top1'?"),
        ("metrics: top1", "metrics: must be a list, each entry a name or a mapping of one name to its settings"),
        (
            "optimize: [quantize: {preset: fast}]",
            "optimize[0].quantize.preset: 'fast' is not one of performance, mixed",
        ),
        (
            "optimize: [quantize: {subset_sise: 3}]",
            "optimize[0].quantize.subset_sise: unknown key; did you mean 'subset_size'?",
        ),
        (
            "optimize: [quantize: {subset_size: 0}]",
            "optimize[0].quantize.subset_size: input should be greater than 0, not 0",
        ),
        ("optimize: [quantise]", "optimize[0]: unknown 'quantise'; did you mean 'quantize'?"),
        ("data: {source: {kind: npy, path: x}}", "data.source.kind: unknown 'npy'; did you mean 'npz'?"),
        ("data: {splits: {gat: 3}}", "data.splits.gat: unknown key; did you mean 'gate'?"),
        ("runtime: {hint: FAST}", "runtime.hint: 'FAST' is not one of LATENCY, THROUGHPUT, NONE"),
    ],
)
def test_a_recipe_with_one_fault(work: Path, text: str, fault: str) -> None:
    write_recipe(work, f"ovopt: 1\nfamily: mine\n{text}\n")
    assert refused(work, "recipes", "check", "recipe.yaml") == f"error: recipe.yaml:3: {fault}"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("data: {splits: {calibration: [[1]]}}", "data.splits.calibration", "1"),
        ("runtime: {properties: {NUM_STREAMS: [1]}}", "runtime.properties.NUM_STREAMS", "[1]"),
        ("model: {output: {a: 1}}", "model.output", "{'a': 1}"),
    ],
)
def test_a_wrong_type_is_one_fault_on_one_line(work: Path, text: str, key: str, value: str) -> None:
    write_recipe(work, f"ovopt: 1\nfamily: mine\n{text}\n")
    message = refused(work, "recipes", "check", "recipe.yaml")
    assert message.startswith(f"error: recipe.yaml:3: {key}: ")
    assert value in message
    assert "\n" not in message


def test_every_fault_of_a_recipe_is_told_at_once(work: Path) -> None:
    write_recipe(work, "ovopt: 1\nfamily: mine\ntask: sorting\nmetrics: [top11]\n")
    assert refused(work, "recipes", "check", "recipe.yaml") == (
        "error: recipe.yaml:4: metrics[0]: unknown 'top11'; did you mean 'top1'?\n"
        f"recipe.yaml:3: task: 'sorting' is not one of {TASKS}; did you mean 'forecasting'?"
    )


@pytest.mark.parametrize("text", ["a: [", "!!python/object/apply:os.system ['touch pwned']"])
def test_a_recipe_that_is_not_plain_yaml(work: Path, text: str) -> None:
    write_recipe(work, text)
    message = refused(work, "recipes", "check", "recipe.yaml")
    assert re.match(r"error: recipe\.yaml:\d+: not valid YAML: ", message)


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("- 1\n", "a list")])
def test_a_recipe_that_is_no_mapping(work: Path, text: str, said: str) -> None:
    write_recipe(work, text)
    message = refused(work, "recipes", "check", "recipe.yaml")
    assert message == f"error: recipe.yaml: a recipe is a mapping of keys, this is {said}"


def test_a_recipe_that_is_not_text(work: Path) -> None:
    (work / "recipe.yaml").write_bytes(b"\xfe\xff\x00")
    assert refused(work, "recipes", "check", "recipe.yaml") == "error: recipe.yaml: not UTF-8 text (byte 0)"


def test_a_wrong_key_in_a_setting_is_laid_to_the_option_and_not_to_a_file(work: Path) -> None:
    message = refused(work, *QUANTIZE, "--set", "optimize.quantize.presett=mixed")
    assert message == (
        "error: --set optimize.quantize.presett=mixed: optimize[0].quantize.presett: unknown key; did you mean "
        "'preset'?"
    )


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("nonsense", "write path.to.key=value"),
        ("data.classes=[a", "the value is not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("family.x=3", "'x' is below a plain value"),
        ("optimize[3].preset=mixed", "the list has 1 entries, counted from 0"),
    ],
)
def test_a_setting_that_cannot_be_placed(work: Path, setting: str, fault: str) -> None:
    assert refused(work, *QUANTIZE, "--set", setting) == f"error: --set {setting}: {fault}"


@pytest.mark.parametrize("size", ["0", "-3"])
def test_a_subset_size_below_one(work: Path, size: str) -> None:
    message = refused(work, *QUANTIZE, f"--subset-size={size}")
    assert f"greater than 0, not {size}" in message


# Data


def test_no_data_where_the_recipe_has_none(work: Path) -> None:
    message = refused(work, "quantize", "tiny.xml", "-r", "classification", "-o", "out")
    assert message == "error: no data: give --data, or a recipe with a data source"


def test_no_real_data_to_calibrate_with(work: Path) -> None:
    message = refused(work, "quantize", "tiny.xml", "-o", "out")
    assert message == "error: calibration needs real samples: give --data, or a recipe with a data source"


def test_data_that_is_not_there(work: Path) -> None:
    message = refused(work, "quantize", "tiny.xml", "-r", "classification", "--data", "nowhere", "-o", "out")
    assert message == "error: nowhere: no such data"


def test_data_of_no_known_kind(work: Path) -> None:
    (work / "data.bin").touch()
    message = refused(work, "quantize", "tiny.xml", "-r", "classification", "--data", "data.bin", "-o", "out")
    assert message == ("error: data.bin: no source reads this kind of file; say which with --set data.source.kind=...")


def test_unlabelled_data_where_labels_are_needed(work: Path) -> None:
    run.write_data(work / "bare.npz", inputs=run.inputs_and_labels()[0])
    message = refused(work, "compare", "tiny.xml", "tiny.xml", "-r", "classification", "--data", "bare.npz")
    assert message == (
        f"error: {work}/bare.npz: has no labels, which top1 needs; for label-free agreement take "
        "--set metrics=[cosine,top1_agreement]"
    )


def test_a_split_larger_than_the_data(work: Path) -> None:
    assert refused(work, *QUANTIZE, "--set", "data.splits.gate=500") == (
        "error: data.splits: calibration 60 + tuning 60 + gate 500 = 620 samples asked for, the data holds 240; "
        "lower them in the recipe or with --set data.splits.calibration=..."
    )


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("gate=1.5", "data.splits.gate: 1.5 is no share; give a count or a share from 0.0 to 1.0"),
        ("gate=-1", "data.splits.gate: -1 is no count of samples"),
        ("tuning=rest", "data.splits: tuning and gate cannot both be `rest`"),
    ],
)
def test_a_split_that_is_no_amount(work: Path, setting: str, fault: str) -> None:
    assert refused(work, *QUANTIZE, "--set", f"data.splits.{setting}") == f"error: {fault}"


def test_no_samples_left_to_calibrate_with(work: Path) -> None:
    message = refused(work, *QUANTIZE, "--set", "data.splits.calibration=0")
    assert message == (
        "error: data.splits.calibration: holds no samples to calibrate with; its size is 0, which --set "
        "data.splits.calibration=... changes"
    )


def test_no_samples_left_for_the_verdict(work: Path) -> None:
    message = refused(work, *COMPARE, *CLASSIFY, "--set", "data.splits.gate=0")
    assert message == (
        "error: data.splits.gate: holds no samples for the verdict; its size is 0, which --set data.splits.gate=... "
        "changes"
    )


def judged(work: Path, name: str, *more: object) -> str:
    """The message for data that only a comparison looks at closely."""
    return refused(work, "compare", "tiny.xml", "tiny.xml", "-r", "classification", "--data", f"{name}.npz", *more)


def test_a_class_outside_the_models_outputs(work: Path) -> None:
    changed(work, "bad", labels=np.full(run.SAMPLES, 4))
    assert judged(work, "bad") == (
        "error: bad.npz#N: class 4 is outside the 4 classes of output 'scores' f32[1,4]; `data.first_label` says with "
        "which number labels begin, `model.output` chooses another output"
    )


def test_a_class_name_that_the_recipe_does_not_list(work: Path) -> None:
    changed(work, "bad", labels=np.full(run.SAMPLES, "cats"))
    message = judged(work, "bad", "--set", "data.classes=[ant,bee,cat,dog]")
    assert message == "error: bad.npz#N: unknown class 'cats'; did you mean 'cat'?"


def test_class_names_without_a_list_of_classes(work: Path) -> None:
    changed(work, "bad", labels=np.full(run.SAMPLES, "cat"))
    assert judged(work, "bad") == (
        "error: bad.npz#N: unknown class 'cat'; the labels are names, which have no order of their own; list them in "
        'the order of the model\'s outputs, as in --set "data.classes=[cat]"'
    )


def test_a_listed_class_outside_the_models_outputs(work: Path) -> None:
    changed(work, "bad", labels=np.full(run.SAMPLES, "eel"))
    message = judged(work, "bad", "--set", "data.classes=[ant,bee,cat,dog,eel]")
    assert message.startswith("error: bad.npz#N: class 4 is outside the 4 classes of output 'scores' f32[1,4]; ")


def test_a_label_that_is_no_class(work: Path) -> None:
    changed(work, "bad", labels=np.full(run.SAMPLES, 0.5))
    assert judged(work, "bad").startswith("error: bad.npz#N: the label 0.5 is no class; ")


def calibrated(work: Path, data: str) -> str:
    """The message for data that calibration cannot use."""
    return refused(work, "quantize", "tiny.xml", "-r", "classification", "--data", data, "-o", "out")


def test_calibration_data_of_another_shape(work: Path) -> None:
    changed(work, "bad", inputs=np.zeros((run.SAMPLES, 7), np.float32))
    assert calibrated(work, "bad.npz") == (
        "error: bad.npz#N: shape [7] does not fit the model's input 'x' f32[1,16] (the batch dimension of 1 may be "
        f"left out){SKIP}"
    )


def test_calibration_data_of_another_kind_of_number(work: Path) -> None:
    changed(work, "bad", inputs=np.arange(run.SAMPLES * run.WIDTH).reshape(-1, run.WIDTH))
    assert calibrated(work, "bad.npz") == (
        "error: bad.npz#N: int64 data for the model's input 'x' f32[1,16]; convert it where it is made, or in the "
        "recipe: `preprocess: [{cast: float32}]`" + SKIP
    )


def test_calibration_data_of_strings(work: Path) -> None:
    changed(work, "bad", inputs=np.full((run.SAMPLES, run.WIDTH), "1.5"))
    assert calibrated(work, "bad.npz") == (
        "error: bad.npz#N: text, not an array of numbers; the recipe's `preprocess` must make one" + SKIP
    )


def write_rows(work: Path, rows: list[Any]) -> None:
    (work / "bad.json").write_text(json.dumps([{"inputs": row, "label": i % 4} for i, row in enumerate(rows)]))


def test_ragged_calibration_data(work: Path) -> None:
    write_rows(work, [[[0.5] * 8, [0.5] * 7]] * 40)
    assert calibrated(work, "bad.json") == f"error: bad.json#N: a ragged list is not an array{SKIP}"


def test_calibration_data_that_is_missing_in_a_row(work: Path) -> None:
    write_rows(work, [None if i % 2 else [0.5 + i] * run.WIDTH for i in range(40)])
    assert calibrated(work, "bad.json") == (
        f"error: bad.json#N: column 'inputs' holds nothing; remove or mend the row{SKIP}"
    )


def test_files_that_no_transform_decodes(work: Path) -> None:
    for name in ("a", "b"):
        (work / "files" / name).mkdir(parents=True)
        for i in range(8):
            (work / "files" / name / f"{i}.jpg").write_bytes(bytes(range(i, i + 20)))
    message = calibrated(work, "files")
    assert re.fullmatch(
        r"error: [ab]/\d\.jpg: a file's bytes, not an array of numbers; the recipe's `preprocess` must make one" + SKIP,
        message,
    )


def test_a_folder_without_labelled_files(work: Path) -> None:
    (work / "files").mkdir()
    (work / "files" / "lonely.npy").write_bytes(b"1234")
    assert calibrated(work, "files").startswith(f"error: {work}/files: no files with a label that the recipe knows")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (np.nan, "NaN in the data of input 'x' f32[1,16]; remove or mend the sample"),
        (
            -np.inf,
            "infinity in the data of input 'x' f32[1,16]; mend the sample, or make a mask finite in "
            "the recipe: `preprocess: [{clip: {low: -10000}}]`",
        ),
    ],
)
def test_nan_or_infinity_in_calibration_data(work: Path, number: float, said: str) -> None:
    inputs, _ = run.inputs_and_labels()
    inputs[:, 3] = number
    changed(work, "bad", inputs=inputs)
    assert calibrated(work, "bad.npz") == (f"error: bad.npz#N: {said}" + SKIP)


def test_nan_in_the_gates_data(work: Path) -> None:
    inputs, _ = run.inputs_and_labels()
    inputs[:, 0] = np.nan
    changed(work, "bad", inputs=inputs)
    assert judged(work, "bad") == (
        "error: bad.npz#N: NaN in the data of input 'x' f32[1,16]; remove or mend the sample" + SKIP
    )


def test_nan_in_a_candidates_outputs(work: Path) -> None:
    """The arm is lost, and says why and where."""
    run.write_ir(work / "broken.xml", ending=ops.log)
    done = run.ovopt("compare", "tiny.xml", "broken.xml", *CLASSIFY, *BRIEFLY, "--format", "json", cwd=work)
    assert (done.code, done.message) == (1, "")
    found = json.loads(done.stdout)
    lost = {one["name"]: one["lost"] for one in found["arms"] if one["lost"]}
    assert re.sub(r"Log_\d+", "Log_N", SOME.sub("N", lost["broken"])) == (
        "NaN in its output 'scores' for data.npz#N, where the original has a number: the model or its precision is "
        "broken for this input (during Evaluate); the first layer to give it is 'Log_N' (Log)"
    )
    assert found["pairs"] == []
    assert found["gate"]["ship"] in (None, "original")


def test_nan_in_the_originals_outputs_is_no_fault_of_a_candidate(work: Path) -> None:
    """It stays in the comparison, timed too, and is told of."""
    run.write_ir(work / "broken.xml", ending=ops.log)
    done = run.ovopt("compare", "broken.xml", "tiny.xml", *CLASSIFY, *BRIEFLY, "--format", "json", cwd=work)
    assert done.message == ""
    found = json.loads(done.stdout)
    assert not [arm["lost"] for arm in found["arms"] if arm["lost"]]
    assert any(note.startswith("output 'scores' of the original holds NaN for ") for note in found["notes"])


@pytest.mark.parametrize("models", [("broken.xml",), ("broken.xml", "tiny.xml")])
def test_nan_in_the_outputs_of_what_is_evaluated(work: Path, models: tuple[str, ...]) -> None:
    """A class without a number is no hit."""
    run.write_ir(work / "broken.xml", ending=ops.log)
    done = run.ovopt("evaluate", *models, *CLASSIFY, "--format", "json", cwd=work)
    assert (done.code, done.message) == (0, "")
    found = json.loads(done.stdout)
    assert any(note.startswith("output 'scores' of the original holds NaN for ") for note in found["notes"])
    assert found["arms"][0]["accuracy"]["top1"]["value"] < 0.5


def test_calibration_data_that_is_all_the_same(work: Path) -> None:
    changed(work, "bad", inputs=np.ones((run.SAMPLES, run.WIDTH), np.float32))
    assert calibrated(work, "bad.npz") == f"error: {work}/bad.npz: all 60 calibration samples are the same"


def test_a_disk_that_is_full(work: Path) -> None:
    """As far as one can tell from inside: no file may become larger than 2 KB."""
    before = run.snapshot(work)
    with files_of_at_most(2048):
        done = run.started(*QUANTIZE, "--no-simplify", cwd=work)
    told = "error: out: cannot be written: File too large; make room there, or choose another -o/--output"
    assert (done.message, done.code) == (told, 2)
    assert run.snapshot(work) == before


def test_calibration_data_that_nobody_normalised(work: Path) -> None:
    """A warning, for the model may have been trained so."""
    inputs, _ = run.inputs_and_labels()
    changed(work, "raw", inputs=255 * inputs)
    settings = ("-r", "classification", "--data", "raw.npz", "--no-simplify", "-o", "out")
    done = run.ovopt("quantize", "tiny.xml", *settings, cwd=work)
    assert done.code == 0
    (said,) = [line for line in done.stderr.splitlines() if "unnormalised" in line]
    assert re.fullmatch(
        rf"{re.escape(str(work))}/raw\.npz: samples look unnormalised: of values from -[\d.]+ to [\d.]+ the first "
        r"layer, first, makes sums of about [\d.]+, where a trained one makes about 1; check the recipe's `preprocess` "
        r"\(for images often `scale: 255` and `normalize`\)",
        said,
    )


def test_an_npz_whose_arrays_differ_in_length(work: Path) -> None:
    changed(work, "bad", labels=np.zeros(run.SAMPLES - 1, int))
    assert calibrated(work, "bad.npz") == (
        f"error: {work}/bad.npz: the arrays differ in their number of samples (inputs: 240, labels: 239); {LENGTHS}"
    )


def test_an_npz_with_two_arrays_for_one_input(work: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    np.savez(work / "bad.npz", one=inputs, weight=labels, labels=labels)
    message = calibrated(work, "bad.npz")
    assert message == (
        "error: bad.npz#N: has no 'x' f32[1,16]; it holds 'one', 'weight'; name the array with "
        "--set data.source.inputs=..." + SKIP
    )


def test_an_npz_of_pickled_objects(work: Path) -> None:
    np.savez(work / "bad.npz", inputs=np.array([1, "a", None], dtype=object))
    assert calibrated(work, "bad.npz") == (f"error: {work}/bad.npz: {OBJECTS}")


def test_a_truncated_npz(work: Path) -> None:
    (work / "bad.npz").write_bytes((work / "data.npz").read_bytes()[:9000])
    assert calibrated(work, "bad.npz").startswith(f"error: {work}/bad.npz: not a readable NumPy file: ")


def test_a_compressed_npz_with_damaged_bytes(work: Path) -> None:
    np.savez_compressed(work / "bad.npz", inputs=np.zeros((240, 16), np.float32), labels=np.zeros(240, int))
    damaged = bytearray((work / "bad.npz").read_bytes())
    damaged[60:90] = bytes(byte ^ 255 for byte in damaged[60:90])
    (work / "bad.npz").write_bytes(damaged)
    assert calibrated(work, "bad.npz").startswith(f"error: {work}/bad.npz: not a readable NumPy file: ")


def test_a_zip_file_that_holds_no_arrays(work: Path) -> None:
    with zipfile.ZipFile(work / "bad.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    message = calibrated(work, "bad.npz")
    assert message == f"error: {work}/bad.npz: not a NumPy file: 'readme.txt' in it is no array"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("bad.csv", "{work}/bad.csv: holds no samples"),
        ("bad.json", "{work}/bad.json: not UTF-8 text (byte 11)"),
        ("bad.parquet", "{work}/bad.parquet: not a readable .parquet file: "),
    ],
)
def test_a_table_that_cannot_be_loaded(work: Path, name: str, why: str) -> None:
    (work / name).write_bytes(b'{"a": [1, \x00\xff')
    assert calibrated(work, name).startswith(f"error: {why.format(work=work)}")


def test_a_table_without_the_column_that_was_named(work: Path) -> None:
    write_rows(work, [[0.5 + i] * run.WIDTH for i in range(40)])
    message = refused(
        work, "quantize", "tiny.xml", "-r", "classification", "--data", "bad.json", "-o", "out",
        "--set", "data.source.label=labl",
    )  # fmt: skip
    assert message == f"error: {work}/bad.json: no column 'labl'; did you mean 'label'?"


# The samples that judge


def test_gate_samples_that_made_the_model(work: Path) -> None:
    message = refused(work, *COMPARE, "--seed", 8)
    assert re.sub(r"\d+ of the", "N of the", message) == (
        "error: int8: N of the 120 samples that would judge it were used to make it; compare with the recipe, data "
        "and --seed 3 that made it, or with other data"
    )


def test_gate_samples_that_made_the_model_behind_a_bundles_file(work: Path) -> None:
    message = refused(work, "compare", "tiny.xml", "int8/model.xml", *CLASSIFY, *BRIEFLY, "--seed", 8)
    assert "samples that would judge it were used to make it" in message


def test_gate_samples_that_made_the_model_under_another_name(work: Path) -> None:
    (work / "data.npz").rename(work / "renamed.npz")
    message = refused(work, *COMPARE, "-r", "classification", "--data", "renamed.npz", "--seed", 8)
    assert "samples that would judge it were used to make it" in message


def again(work: Path, name: str, share: float) -> Path:
    """Other data, of which so many are copies of what the model was calibrated with."""
    manifest = json.loads((work / "int8" / "ovopt.json").read_text())
    known = dict(np.load(work / "data.npz"))
    places = [int(sample.rpartition("#")[2]) for sample in manifest["data"]["splits"]["calibration"]]
    copied = places[: int(share * len(places))]
    fresh, labels = run.inputs_and_labels(len(places) - len(copied))
    return run.write_data(
        work / name,
        inputs=np.concatenate([known["inputs"][copied], fresh + np.float32(0.01)]),
        labels=np.concatenate([known["labels"][copied], labels]),
    )


ALL_JUDGE = ("--set", "data.splits.calibration=0", "--set", "data.splits.tuning=0")


def test_copies_of_calibration_samples_do_not_judge(work: Path) -> None:
    file = again(work, "again.npz", 0.5)
    done = run.ovopt(*COMPARE, "-r", "classification", "--data", file.name, *ALL_JUDGE, "--format", "json", cwd=work)
    assert done.code in (0, 3, 4), done.stderr
    found = json.loads(done.stdout)
    copies, judged = len(found["data"]["left_out"]), found["pairs"][0]["accuracy"]["top1"]["n"]
    assert copies == judged > 0
    assert [out["why"] for out in found["data"]["left_out"].values()] == [
        f"{file.name}#{i}: {SEEN['calibrated']}" for i in range(copies)
    ]
    (note,) = [note for note in found["notes"] if "calibration samples" in note]
    assert note.startswith(
        f"{copies} of {copies + judged} samples are the same as calibration samples and do not judge"
    )


def test_nothing_but_copies_of_calibration_samples(work: Path) -> None:
    file = again(work, "again.npz", 1.0)
    message = refused(work, *COMPARE, "-r", "classification", "--data", file.name, *ALL_JUDGE)
    assert message.startswith("error: ")
    assert SEEN["calibrated"] in message


# Settings


def test_an_unknown_device(work: Path) -> None:
    message = refused(work, *COMPARE, "--device", "TPU")
    assert message == "error: --device TPU: no such device here; did you mean 'CPU'?"


def test_a_device_in_small_letters_is_not_guessed(work: Path) -> None:
    assert refused(work, *COMPARE, "--device", "cpu").startswith("error: --device cpu: no such device here; ")


def test_an_unknown_property(work: Path) -> None:
    message = refused(work, *COMPARE, "--property", "NONSENSE=1")
    assert message.startswith("error: device CPU refuses the properties ")
    assert "NONSENSE=1" in message
    assert "Unsupported property NONSENSE" in message


def test_a_property_with_a_bad_value(work: Path) -> None:
    message = refused(work, *COMPARE, "--property", "INFERENCE_PRECISION_HINT=f99")
    assert message.startswith("error: device CPU refuses the properties ")
    assert "Supported values: bf16, f16, f32" in message


@pytest.mark.parametrize("given", ["NUM_STREAMS", "=3", "NUM_STREAMS="])
def test_a_property_that_is_no_key_and_value(work: Path, given: str) -> None:
    message = refused(work, *COMPARE, "--property", given)
    assert message == (f"error: --property {given}: write KEY=VALUE, for example INFERENCE_PRECISION_HINT=f32")


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [
        ("--ignored-name", "haed", "names: no operation is named 'haed'; did you mean 'head'?"),
        ("--ignored-type", "MatMull", "types: the model has no 'MatMull'; did you mean 'MatMul'?"),
        ("--ignored-pattern", "conv.*", "patterns: 'conv.*' matches no operation"),
        (
            "--ignored-pattern",
            "a(",
            "patterns: 'a(' is no regular expression: missing ), unterminated subpattern at position 1",
        ),
    ],
)
def test_an_ignored_scope_that_matches_nothing(work: Path, option: str, value: str, fault: str) -> None:
    message = refused(work, *QUANTIZE, option, value)
    assert message == f"error: optimize.quantize.ignored_scope.{fault}"


def test_an_ignored_subgraph_that_is_not_in_the_model(work: Path) -> None:
    setting = "optimize.quantize.ignored_scope.subgraphs=[{inputs: [nowhere], outputs: [head]}]"
    message = refused(work, *QUANTIZE, "--set", setting)
    assert message.startswith("error: optimize.quantize.ignored_scope.subgraphs: no operation is named 'nowhere'; ")


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("smooth_quant_alpa=1", ": unknown key 'smooth_quant_alpa'; did you mean 'smooth_quant_alpha'?"),
        ("overflow_fix=foo", ".overflow_fix: 'foo'; known: disable, enable, first_layer_only"),
    ],
)
def test_an_advanced_parameter_that_nncf_does_not_know(work: Path, setting: str, fault: str) -> None:
    message = refused(work, *QUANTIZE, "--set", f"optimize.quantize.advanced_parameters.{setting}")
    assert message == f"error: optimize.quantize.advanced_parameters{fault}"


def test_an_advanced_parameter_of_a_wrong_type(work: Path) -> None:
    message = refused(work, *QUANTIZE, "--set", "optimize.quantize.advanced_parameters.disable_bias_correction=[1]")
    assert message == "error: optimize.quantize.advanced_parameters.disable_bias_correction: wants bool, not [1]"


# Outputs


@pytest.mark.parametrize("output", ["data.npz/out", "data.npz/deep/out"])
def test_an_output_below_a_file(work: Path, output: str) -> None:
    message = refused(work, "quantize", "tiny.xml", *CLASSIFY, "-o", output)
    assert message == f"error: {output}: cannot be written: Not a directory; choose another -o/--output"


@pytest.mark.parametrize("output", ["data.npz/c.json", "data.npz/deep/c.json"])
def test_a_comparison_file_below_a_file(work: Path, output: str) -> None:
    message = refused(work, *COMPARE, "-o", output)
    assert message == f"error: {output}: cannot be written: Not a directory; choose another -o/--output"


def test_an_output_with_a_name_too_long_for_the_file_system(work: Path) -> None:
    name = "a" * 256
    message = refused(work, "quantize", "tiny.xml", *CLASSIFY, "-o", name)
    assert message == f"error: {name}: cannot be written: File name too long; choose another -o/--output"


@pytest.mark.parametrize(("command", "output"), [(QUANTIZE[:-2], "int8"), (COMPARE, "c.json")])
def test_an_output_that_exists(work: Path, command: tuple[str, ...], output: str) -> None:
    (work / "c.json").write_text('{"schema":"ovopt.comparison/3"')
    message = refused(work, *command, "-o", output)
    assert message == f"error: {output}: exists already; choose another -o/--output, or --force to replace it"


@pytest.mark.parametrize("output", ["tiny.xml", "data.npz"])
def test_force_does_not_put_a_bundle_in_the_place_of_a_file(work: Path, output: str) -> None:
    message = refused(work, "quantize", "tiny.xml", *CLASSIFY, "-o", output, "--force")
    assert message == f"error: {output}: is a file; name a folder"


def test_force_does_not_replace_a_folder_that_is_no_bundle(work: Path) -> None:
    (work / "photos").mkdir()
    (work / "photos" / "dear.jpg").touch()
    message = refused(work, "quantize", "tiny.xml", *CLASSIFY, "-o", "photos", "--force")
    assert message == "error: photos: not an ovopt bundle (no ovopt.json in it), so --force does not replace it"


def test_force_does_not_put_a_comparison_in_the_place_of_a_folder(work: Path) -> None:
    message = refused(work, *COMPARE, "-o", "int8", "--force")
    assert message == "error: int8: is a folder; name a file"


@pytest.mark.parametrize("output", ["tiny.xml", "data.npz", "int8/model.xml"])
def test_force_does_not_put_a_comparison_in_the_place_of_what_it_compares(work: Path, output: str) -> None:
    message = refused(work, *COMPARE, "-o", output, "--force")
    assert message == f"error: {output}: not a file that ovopt wrote, so --force does not replace it"


def test_the_folder_that_one_stands_in_is_no_bundle(work: Path) -> None:
    (work / "here").mkdir()
    done = run.ovopt("quantize", "../tiny.xml", "-r", "classification", "--data", "../data.npz", "-o", ".", "--force",
                     cwd=work / "here")  # fmt: skip
    assert not done.message.startswith("internal error")
    assert done.code in (0, 2)


# Budgets and stored comparisons


def test_a_budget_of_a_metric_that_is_not_measured(work: Path) -> None:
    message = refused(work, *COMPARE, "--budget", "accuracy.top5.max_drop=0.01")
    assert message == "error: budgets.accuracy.top5: not among `metrics`; did you mean 'top1'?"


def test_a_scenario_that_does_not_exist(work: Path) -> None:
    message = refused(work, *COMPARE, "--scenario", "latancy")
    assert message == "error: --scenario latancy: unknown; did you mean 'latency'?"


def test_a_budget_of_a_scenario_that_is_not_measured(work: Path) -> None:
    message = refused(work, *COMPARE, "--budget", "throughput.min_speedup=1")
    assert message == "error: budgets.throughput: add --scenario throughput"


@pytest.mark.parametrize(
    ("budget", "fault"),
    [
        (
            "speed=1",
            "budgets.speed: unknown key; known: accuracy, end_to_end, first_inference, latency, memory, "
            "processor_time, size, throughput",
        ),
        (
            "latency=1.2",
            "budgets.latency: must be a mapping (min_speedup, max_speedup, p50, p90, p95, p99), not 1.2",
        ),
        (
            "latency.min_speedup=fast",
            "budgets.latency.min_speedup: input should be a valid number, unable to parse string as a number, not "
            "'fast'",
        ),
        (
            "accuracy.top1.max_drop=-1",
            "budgets.accuracy.top1.max_drop: input should be greater than or equal to 0, not -1",
        ),
        ("latency.min_speedup", "write KEY=VALUE"),
    ],
)
def test_a_budget_that_is_none_is_laid_to_the_option(work: Path, budget: str, fault: str) -> None:
    assert refused(work, *COMPARE, "--budget", budget) == f"error: --budget {budget}: {fault}"


@pytest.mark.parametrize("command", ["report", "gate"])
def test_a_missing_comparison_file(work: Path, command: str) -> None:
    assert refused(work, command, "no.json") == "error: no.json: no such comparison file"


@pytest.mark.parametrize("command", ["report", "gate"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema": "ovopt.comparison/1"}', b"{}"])
def test_a_corrupt_comparison_file(work: Path, command: str, content: bytes) -> None:
    (work / "c.json").write_bytes(content)
    message = refused(work, command, "c.json")
    assert message.startswith("error: c.json: not a comparison of this version of ovopt: ")
    assert "\n" not in message


def test_a_manifest_is_no_comparison(work: Path) -> None:
    message = refused(work, "report", "int8/ovopt.json")
    assert message == (
        "error: int8/ovopt.json: not a comparison of this version of ovopt: schema: must begin with "
        "'ovopt.comparison/', is 'ovopt.bundle/2'; `ovopt compare ... -o FILE` writes one"
    )


# Mistyped words


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("quantise", "tiny.xml"), "no such command 'quantise'. Did you mean 'quantize'?; see `ovopt --help`"),
        (
            (*QUANTIZE, "--preset", "fast"),
            "--preset: 'fast' is not one of 'performance', 'mixed'; see `ovopt quantize --help`",
        ),
        ((*COMPARE, "--time-budget", "long"), "--time-budget: must be a valid number; see `ovopt compare --help`"),
        (("quantize",), "MODEL is missing; see `ovopt quantize --help`"),
    ],
)
def test_a_mistyped_word_is_answered_with_what_is_known(work: Path, arguments: tuple[str, ...], wanted: str) -> None:
    before = run.snapshot(work)
    done = run.ovopt(*arguments, cwd=work)
    assert (done.code, done.stdout, done.stderr) == (2, "", f"error: {wanted}\n")
    assert run.snapshot(work) == before


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_an_endless_time_budget(work: Path, number: str) -> None:
    done = run.ovopt(*COMPARE, "--time-budget", number, cwd=work, timeout=30)
    assert done.code == 2
    assert done.message.startswith("error: --time-budget: ")
