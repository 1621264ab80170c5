"""Recipes: loading, faults in full, overrides, data."""

import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ovopt.contracts import DataSource, Decoder, Transform, plugins
from ovopt.errors import DataError, RecipeError, did_you_mean
from ovopt.locate import shipped
from ovopt.recipe import (
    SECTIONS,
    TASK_METRICS,
    Recipe,
    Task,
    find_recipe,
    known_recipes,
    load_recipe,
    parse_recipe,
    with_data,
    with_overrides,
)
from ovopt.steps.quantize import Quantize
from tests.factories import exactly

SHIPPED = sorted(file.stem for file in shipped("recipes").glob("*.yaml"))
HEAD = "ovopt: 1\nfamily: example\n"

QUANTIZE_KEYS = ", ".join(Quantize.model_fields)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parse(**values) -> Recipe:
    return parse_recipe({"ovopt": 1, "family": "example", **values}, "r.yaml")


# loading --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_loads_and_its_resolved_form_is_the_same_recipe(name):
    recipe = load_recipe(name)
    assert recipe.family == name
    assert parse_recipe(recipe.resolved(), name) == recipe


@pytest.mark.parametrize(
    "values",
    [
        {"task": "classification", "metrics": []},
        {"metrics": ["top5", {"top_k": {"k": 3}}]},
        {"preprocess": [{"cast": "float32"}, {"normalize": {"mean": [0.5], "std": [0.25], "axis": -1}}]},
        {"optimize": [{"quantize": {"ignored_scope": {"types": ["MatMul"]}, "advanced_parameters": {"a": {"b": 1}}}}]},
        {"data": {"source": {"kind": "files", "path": ["a", "b"], "rename": {"py": "python", "c": 3}}}},
        {"model": {"output": [0, "boxes"], "inputs": {"rate": 16000, "size": [2.0, 3.0]}, "state": {"h": "h_next"}}},
        {"match": {"name": "^net", "inputs": [[1, None, 8]], "operations": ["LSTMSequence"], "without": ["MatMul"]}},
        {"postprocess": ["softmax"], "data": {"on_bad_sample": "skip"}},
        {"data": {"splits": {"calibration": 1, "tuning": 0.5, "gate": 1.0}, "classes": ["a", "b"]}},
        {
            "model": {"shapes": {"x": [1, 3]}, "output": "scores"},
            "runtime": {"properties": {"A": True, "B": 2, "C": 0.5}},
        },
        {"budgets": {"accuracy": {"top1": {"max_drop": 0}}, "size": {"max_ratio": 0.5}}, "runtime": {"hint": "none"}},
    ],
    ids=",".join,
)
def test_a_resolved_recipe_is_the_same_recipe(values):
    recipe = parse(**values)
    assert parse_recipe(recipe.resolved(), "again") == recipe


def test_without_a_name_the_generic_recipe_is_taken():
    assert load_recipe() == load_recipe("generic")


@pytest.mark.parametrize(("task", "labels"), [("classification", ["top1"]), ("any", ["cosine", "top1_agreement"])])
def test_a_task_brings_its_metrics(task, labels):
    assert [metric.label for metric in parse(task=task).metrics] == labels


@pytest.mark.parametrize("task", TASK_METRICS)
def test_every_task_is_judged_by_something(task):
    recipe = parse(task=task)
    assert recipe.metrics
    kinds = {metric.kind for metric in recipe.metrics}
    assert kinds == {"agreement"} if task == "any" else "accuracy" in kinds
    assert parse_recipe(recipe.resolved(), "again") == recipe


def test_the_tasks_that_may_be_named_are_those_that_have_metrics():
    assert get_args(Task) == tuple(TASK_METRICS)


def test_every_section_of_plugins_takes_a_bare_value_for_the_field_that_is_meant():
    assert parse(preprocess=[{"cast": "float32"}]) == parse(preprocess=[{"cast": {"dtype": "float32"}}])
    kinds = {section: plugins(*found) for section, found in SECTIONS.items()}
    assert set(kinds) == {"preprocess", "postprocess", "metrics", "optimize"}
    for kind in kinds.values():
        for plugin in kind.values():
            assert getattr(plugin, "sole", None) is None or plugin.sole in plugin.model_fields


def test_a_recipe_in_the_current_folder_hides_a_shipped_one(here):
    (here / "recipes").mkdir()
    (here / "recipes" / "digits.yaml").write_text(HEAD)
    assert load_recipe("digits").family == "example"
    assert load_recipe("magika").family == "magika"
    assert set(known_recipes()) == set(SHIPPED)


def test_a_recipe_is_found_by_its_path(here):
    (here / "mine.yml").write_text(HEAD)
    assert find_recipe("mine.yml") == find_recipe(here / "mine.yml").relative_to(here)
    assert load_recipe("mine.yml").family == "example"


def test_the_path_of_a_file_is_said_as_short_as_it_can_be(here):
    (here / "mine.yaml").write_text("ovopt: 1\n")
    with pytest.raises(RecipeError, match=exactly("mine.yaml: family: must be given")):
        load_recipe(here / "mine.yaml")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("magica", "no recipe is called 'magica'; did you mean 'magika'?"),
        ("nothing like it", f"no recipe is called 'nothing like it'; {did_you_mean('nothing like it', SHIPPED)}"),
        ("mine.yaml", "mine.yaml: no such recipe file"),
    ],
)
def test_a_recipe_that_is_not_there_is_an_error(here, name, message):
    with pytest.raises(RecipeError, match=exactly(message)):
        load_recipe(name)


# faults ---------------------------------------------------------------------------------------------------------------

TOP_KEYS = (
    *("ovopt", "family", "description", "match", "task", "model", "data", "preprocess", "postprocess"),
    *("metrics", "optimize", "runtime", "budgets"),
)
TASKS = len(TASK_METRICS)
SOURCES = did_you_mean("None", plugins("ovopt.data", DataSource))


def none_of(package, kind):
    """What is said to a name that is like no plug-in's and no preset's."""
    known = plugins(package, kind)
    return did_you_mean(
        "sepia", [*known, *(preset for one in known.values() for preset in getattr(one, "presets", ()))]
    )


TRANSFORMS, DECODERS = none_of("ovopt.transforms", Transform), none_of("ovopt.decoders", Decoder)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"optimise": []}, "optimise: unknown key; did you mean 'optimize'?"),
        ({"zzz": 1}, f"zzz: unknown key; {did_you_mean('zzz', TOP_KEYS)}"),
        ({"runtime": {"devise": "CPU"}}, "runtime.devise: unknown key; did you mean 'device'?"),
        (
            {"budgets": {"accuracy": {"top1": {"max_dorp": 0.1}}}},
            "budgets.accuracy.top1.max_dorp: unknown key; did you mean 'max_drop'?",
        ),
        (
            {"budgets": {"latency": {}}},
            "budgets.latency: give at least one limit (min_speedup, max_speedup, p50, p90, p95, p99), not {}",
        ),
        (
            {"budgets": {"memory": {"max_bites": 3}}},
            "budgets.memory.max_bites: unknown key; did you mean 'max_bytes'?",
        ),
        (
            {"optimize": [{"quantize": {"prest": "mixed"}}]},
            "optimize[0].quantize.prest: unknown key; did you mean 'preset'?",
        ),
        (
            {"optimize": ["quantize", {"quantize": {"ignored_scope": {"name": ["a"]}}}]},
            "optimize[1].quantize.ignored_scope.name: unknown key; did you mean 'names'?",
        ),
        (
            {"data": {"source": {"kind": "npz", "path": "a.npz", "label": "y"}}},
            "data.source.label: unknown key; did you mean 'labels'?",
        ),
        (
            {"optimize": [{"quantize": {"preset": "fast"}}]},
            "optimize[0].quantize.preset: 'fast' is not one of performance, mixed",
        ),
        ({"runtime": {"hint": "quick"}}, "runtime.hint: 'QUICK' is not one of LATENCY, THROUGHPUT, NONE"),
        ({"task": "regressing"}, f"task: 'regressing' is not one of {TASKS}; did you mean 'regression'?"),
        ({"ovopt": 2}, "ovopt: 2 is not one of 1"),
        (
            {"optimize": [{"quantize": {"subset_size": "many"}}]},
            "optimize[0].quantize.subset_size: "
            "input should be a valid integer, unable to parse string as an integer, not 'many'",
        ),
        (
            {"optimize": [{"quantize": {"subset_size": 0}}]},
            "optimize[0].quantize.subset_size: input should be greater than 0, not 0",
        ),
        ({"family": 5}, "family: input should be a valid string, not 5"),
        (
            {"data": {"classes": ["go", True]}},
            "data.classes[1]: input should be a valid string, not True; YAML reads yes, no, on, off, true and false as "
            "such: write the word in quotes, such as 'yes'",
        ),
        (
            {"data": {"classes": ["go", 3]}},
            "data.classes[1]: input should be a valid string, not 3; write it in quotes: '3'",
        ),
        (
            {"match": {"outputs": [[1, "n"]]}},
            "match.outputs[0][1]: input should be a valid integer, unable to parse string as an integer, not 'n'",
        ),
        ({"budgets": {"size": {"max_ratio": -1}}}, "budgets.size.max_ratio: input should be greater than 0, not -1"),
        (
            {"budgets": {"latency": {"min_speedup": float("nan")}}},
            "budgets.latency.min_speedup: input should be a finite number, not nan",
        ),
        (
            {"data": ["a"]},
            "data: must be a mapping (source, splits, classes, first_label, pairs, group, on_bad_sample), not ['a']",
        ),
        (
            {"data": {"classes": "no-such-names.txt"}},
            "data.classes: no-such-names.txt: cannot be read: No such file or directory; list the names, or give a "
            "text file with one on each line",
        ),
        (
            {"preprocess": [{"resize": {"interpolation": "nearest"}}]},
            "preprocess[0].resize: give exactly one of size, height, shorter_side, longer_side, closest, letterbox, "
            "not none",
        ),
        ({"preprocess": [{"normalize": {"mean": [0.5]}}]}, "preprocess[0].normalize.std: must be given"),
        ({"optimize": ["quantise"]}, "optimize[0]: unknown 'quantise'; did you mean 'quantize'?"),
        ({"metrics": ["top2"]}, "metrics[0]: unknown 'top2'; did you mean 'top5'?"),
        (
            {"preprocess": [{"cast": "float32"}, "sepia"]},
            f"preprocess[1]: unknown 'sepia'; {TRANSFORMS}",
        ),
        ({"postprocess": ["sepia"]}, f"postprocess[0]: unknown 'sepia'; {DECODERS}"),
        ({"postprocess": ["sotfmax"]}, "postprocess[0]: unknown 'sotfmax'; did you mean 'softmax'?"),
        (
            {"postprocess": "softmax"},
            "postprocess: must be a list, each entry a name or a mapping of one name to its settings",
        ),
        ({"match": {"nam": "x"}}, "match.nam: unknown key; did you mean 'name'?"),
        (
            {"match": "mobilenet"},
            "match: must be a mapping (name, inputs, outputs, operations, without), not 'mobilenet'",
        ),
        (
            {"match": {"inputs": [[1, "n"]]}},
            "match.inputs[0][1]: input should be a valid integer, unable to parse string as an integer, not 'n'",
        ),
        ({"data": {"on_bad_sample": "ignore"}}, "data.on_bad_sample: 'ignore' is not one of refuse, skip"),
        ({"data": {"source": {"kind": "nzp"}}}, "data.source.kind: unknown 'nzp'; did you mean 'npz'?"),
        ({"data": {"source": {}}}, f"data.source.kind: unknown None; {SOURCES}"),
        ({"data": {"source": "photos"}}, f"data.source.kind: unknown None; {SOURCES}"),
        ({"optimize": [None]}, "optimize[0]: give a name, or one name with its settings"),
        ({"optimize": [{"a": 1, "b": 2}]}, "optimize[0]: give a name, or one name with its settings"),
        ({"optimize": [{}]}, "optimize[0]: give a name, or one name with its settings"),
        (
            {"optimize": {"quantize": {}}},
            "optimize: must be a list, each entry a name or a mapping of one name to its settings",
        ),
        ({"metrics": "top1"}, "metrics: must be a list, each entry a name or a mapping of one name to its settings"),
        (
            {"optimize": [{"quantize": 8}]},
            f"optimize[0].quantize: must be a mapping ({QUANTIZE_KEYS}), not 8",
        ),
        (
            {"optimize": [{"quantize": False}]},
            f"optimize[0].quantize: must be a mapping ({QUANTIZE_KEYS}), not False",
        ),
        (
            {"preprocess": [{"cast": "float128"}]},
            "preprocess[0].cast.dtype: string should match pattern '^(float|int|uint)(8|16|32|64)$', not 'float128'",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_is_allowed(values, fault):
    with pytest.raises(RecipeError, match=exactly(f"r.yaml: {fault}")):
        parse(**values)


def test_several_faults_are_told_at_once():
    with pytest.raises(RecipeError) as told:
        parse_recipe(
            {
                "ovopt": 1,
                "famly": "x",
                "metrics": ["top2"],
                "optimize": [{"quantize": {"preset": "fast", "subset_size": 0}}],
                "data": {"source": {"kind": "nzp"}, "split": {}},
            },
            "r.yaml",
        )
    assert sorted(str(told.value).splitlines()) == [
        "r.yaml: data.source.kind: unknown 'nzp'; did you mean 'npz'?",
        "r.yaml: data.split: unknown key; did you mean 'splits'?",
        "r.yaml: family: must be given",
        "r.yaml: famly: unknown key; did you mean 'family'?",
        "r.yaml: metrics[0]: unknown 'top2'; did you mean 'top5'?",
        "r.yaml: optimize[0].quantize.preset: 'fast' is not one of performance, mixed",
        "r.yaml: optimize[0].quantize.subset_size: input should be greater than 0, not 0",
    ]


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"data": {"splits": {"gate": [[1]]}}}, "data.splits.gate"),
        ({"model": {"output": [[1]]}}, "model.output"),
        ({"model": {"output": {"a": 1}}}, "model.output"),
        ({"model": {"shapes": {"x": [1, [2]]}}}, "model.shapes.x[1]"),
        ({"model": {"inputs": {"length": "long"}}}, "model.inputs.length"),
        ({"model": {"state": {"h": 1}}}, "model.state.h"),
        ({"runtime": {"properties": {"NUM_STREAMS": [1]}}}, "runtime.properties.NUM_STREAMS"),
        ({"data": {"source": {"kind": "files", "path": 5}}}, "data.source.path"),
        ({"metrics": [{"top1": 5}]}, "metrics[0].top1"),
        ({"preprocess": [{"normalize": {"mean": [0.5, 0.5], "std": [0.5]}}]}, "preprocess[0].normalize"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_a_value_that_cannot_be_is_one_fault_at_its_own_place(values, place):
    with pytest.raises(RecipeError) as told:
        parse(**values)
    (line,) = str(told.value).splitlines()
    assert line.startswith(f"r.yaml: {place}: ")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{HEAD}metrics: [top1\noptimize: []\n", ":4: not valid YAML: expected ',' or ']', but got ':'"),
        ("ovopt: 1\nfamily: 'x\n", ":3: not valid YAML: found unexpected end of stream"),
        (
            f"{HEAD}description: !!python/object/apply:os.system ['touch harm']\n",
            ":3: not valid YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        (
            f"{HEAD}description: !!python/name:os.system\n",
            ":3: not valid YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/name:os.system'",
        ),
        ("- a\n- b\n", ": a recipe is a mapping of keys, this is a list"),
        ("", ": a recipe is a mapping of keys, this is empty"),
    ],
)
def test_a_file_that_is_no_recipe_is_an_error_with_its_line(here, text, fault):
    (here / "r.yaml").write_text(text)
    with pytest.raises(RecipeError, match=exactly(f"r.yaml{fault}")):
        load_recipe("r.yaml")
    assert not (here / "harm").exists()


def test_a_file_that_is_no_text_is_an_error(here):
    (here / "r.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(RecipeError, match=exactly("r.yaml: not UTF-8 text (byte 0)")):
        load_recipe("r.yaml")


# --set ----------------------------------------------------------------------------------------------------------------

RAW = {
    "runtime": {"device": "CPU"},
    "metrics": ["top1", {"top_k": {"k": 3}}],
    "optimize": [{"quantize": {"preset": "mixed"}}],
}


@pytest.mark.parametrize(
    ("override", "key", "expected"),
    [
        ("runtime.device=GPU", "runtime", {"device": "GPU"}),
        ("runtime.properties.NUM_STREAMS=4", "runtime", {"device": "CPU", "properties": {"NUM_STREAMS": 4}}),
        ("data.splits.gate=rest", "data", {"splits": {"gate": "rest"}}),
        ("metrics=[top5]", "metrics", ["top5"]),
        ("metrics[0]=top5", "metrics", ["top5", {"top_k": {"k": 3}}]),
        ("metrics[1].top_k.k=7", "metrics", ["top1", {"top_k": {"k": 7}}]),
        ("metrics.1.top_k.k=7", "metrics", ["top1", {"top_k": {"k": 7}}]),
        ("metrics.top_k.k=7", "metrics", ["top1", {"top_k": {"k": 7}}]),
        ("metrics.top1.k=2", "metrics", [{"top1": {"k": 2}}, {"top_k": {"k": 3}}]),
        (
            "optimize.quantize.subset_size=10",
            "optimize",
            [{"quantize": {"preset": "mixed", "subset_size": 10}}],
        ),
        ("optimize.prune.share=0.5", "optimize", [{"quantize": {"preset": "mixed"}}, {"prune": {"share": 0.5}}]),
        ("description=a=b", "description", "a=b"),
        ("description=", "description", None),
        ("model.shapes.x=[1, 3]", "model", {"shapes": {"x": [1, 3]}}),
    ],
)
def test_an_override_sets_one_key_and_leaves_the_rest(override, key, expected):
    changed = with_overrides(RAW, [override])
    assert changed[key] == expected
    assert {k: v for k, v in changed.items() if k != key} == {k: v for k, v in RAW.items() if k != key}


@pytest.mark.parametrize("setting", ["postprocess.python.settings.shrink=1", "postprocess[1].python.settings.shrink=1"])
def test_an_override_goes_on_below_a_value_that_stands_alone(setting):
    raw = {"postprocess": ["softmax", {"python": "head.py:decode"}]}
    full = {"python": {"call": "head.py:decode", "settings": {"shrink": 1}}}
    assert with_overrides(raw, [setting]) == {"postprocess": ["softmax", full]}
    assert with_overrides(raw, ["postprocess.python=b.py:f"]) == {"postprocess": ["softmax", {"python": "b.py:f"}]}
    resized = with_overrides({"preprocess": [{"resize": 224}]}, ["preprocess.resize.keep_aspect=true"])
    assert resized == {"preprocess": [{"resize": {"size": 224, "keep_aspect": True}}]}


def test_overrides_apply_one_after_the_other_and_never_change_the_recipe_given():
    before = repr(RAW)
    changed = with_overrides(RAW, ["runtime.device=GPU", "runtime.device=NPU", "optimize.quantize.preset=performance"])
    assert changed["runtime"]["device"] == "NPU"
    assert repr(RAW) == before


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("runtime.device", "--set runtime.device: write path.to.key=value"),
        ("=5", "--set =5: write path.to.key=value"),
        ("runtime=[1", "--set runtime=[1: the value is not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("metrics[2]=top5", "--set metrics[2]=top5: the list has 2 entries, counted from 0"),
        ("runtime.device.kind=GPU", "--set runtime.device.kind=GPU: 'kind' is below a plain value"),
    ],
)
def test_a_bad_override_is_an_error(override, message):
    with pytest.raises(RecipeError, match=exactly(message)):
        with_overrides(RAW, [override])


def test_a_fault_of_a_key_with_a_colon_is_laid_to_the_option_that_brought_it():
    setting = 'model.shapes."in: put"=[1.5]'
    said = "model.shapes.in: put[0]: input should be a valid integer, got a number with a fractional part, not 1.5"
    with pytest.raises(RecipeError, match=exactly(f"--set {setting}: {said}")):
        parse_recipe({"ovopt": 1, "family": "example"}, "r.yaml", [setting])


def test_an_override_reaches_the_plugin():
    recipe = load_recipe("digits", overrides=["optimize.quantize.preset=mixed", "budgets.accuracy.top1.max_drop=0.02"])
    assert recipe.optimize[0].preset == "mixed"
    assert recipe.budgets.accuracy["top1"].max_drop == 0.02


# --data ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(here):
    np.savez(here / "a.npz", inputs=np.zeros((4, 3)))
    (here / "a.csv").write_text("x,label\n1,0\n")
    (here / "folder").mkdir()
    (here / "a.xyz").write_text("")
    return here


@pytest.mark.parametrize(("path", "kind"), [("a.npz", "npz"), ("a.csv", "hf"), ("folder", "files")])
def test_the_path_of_data_tells_its_kind(files, path, kind):
    source = load_recipe("classification", data=path).data.source
    assert (source.name, source.path) == (kind, str(files / path))


def test_data_on_the_hub_keeps_its_name():
    source = load_recipe("classification", data="hf:org/name").data.source
    assert (source.name, source.path) == ("hf", "hf:org/name")


def test_data_in_a_folder_that_ovopt_knows_is_found():
    given = "{calibration_data}/magika/files"
    source = load_recipe("generic", data=given).data.source
    assert (source.name, source.path) == ("files", given)


def test_data_of_the_recipes_own_kind_keeps_its_other_keys(files):
    kept = load_recipe("magika", data="folder").data
    original = load_recipe("magika").data
    assert kept.source == original.source.model_copy(update={"path": str(files / "folder")})
    assert kept.splits == original.splits


def test_data_of_another_kind_starts_anew(files):
    source = load_recipe("magika", data="a.npz").data.source
    assert source.model_dump(exclude_defaults=True) == {"path": str(files / "a.npz")}


def test_overrides_come_after_data(files):
    source = load_recipe("classification", data="folder", overrides=["data.source.label=extension"]).data.source
    assert (source.label, source.path) == ("extension", str(files / "folder"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.npy5", "nowhere.npy5: no such data"),
        ("a.xyz", "a.xyz: no source reads this kind of file; say which with --set data.source.kind=..."),
    ],
)
def test_data_that_no_source_reads_is_an_error(files, path, message):
    with pytest.raises(DataError, match=exactly(message)):
        load_recipe("generic", data=path)


def test_data_replaces_a_source_that_is_broken(files):
    (files / "r.yaml").write_text(f"{HEAD}data: {{source: photos}}\n")
    assert load_recipe("r.yaml", data="a.npz").data.source.name == "npz"


def test_a_copy_of_a_shipped_recipe_is_found_first(here):
    (here / "recipes").mkdir()
    shutil.copy(shipped("recipes") / "digits.yaml", here / "recipes" / "digits2.yaml")
    assert load_recipe("digits2") == load_recipe("digits")


def test_a_source_without_its_path_waits_for_the_data():
    raw = {"ovopt": 1, "family": "pairs", "data": {"source": {"kind": "masks", "images": "low", "masks": "high"}}}
    assert parse_recipe(raw, "r.yaml").data.source is None
    source = parse_recipe(with_data(raw, str(Path(__file__).parent)), "r.yaml").data.source
    assert (source.name, source.images, source.masks) == ("masks", "low", "high")


def test_class_names_can_stand_in_a_text_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("tench, Tinca tinca\r\nhen\n", encoding="utf-8-sig")
    assert parse(data={"classes": "names.txt"}).data.classes == ("tench, Tinca tinca", "hen")


@pytest.mark.parametrize("text", ["{model}/names.txt", "{metadata:names}"])
def test_class_names_that_only_a_model_can_fill_in_are_none_without_one(text):
    assert parse(data={"classes": text}).data.classes == ()
    raw = {"ovopt": 1, "family": "f", "data": {"classes": text}}
    filled = parse_recipe(raw, "r.yaml", fill=lambda raw: {**raw, "data": {"classes": ["a", "b"]}})
    assert filled.data.classes == ("a", "b")


def test_of_thousands_of_faults_the_first_are_told_and_the_others_counted(here):
    keys = "".join(f"k{place}: 1\n" for place in range(1000))
    (here / "r.yaml").write_text(f"{HEAD}{keys}")
    with pytest.raises(RecipeError) as told:
        load_recipe("r.yaml")
    first, *_, last, more = str(told.value).splitlines()
    assert first.startswith("r.yaml:3: k0: unknown key; ")
    assert last.startswith("r.yaml:22: k19: unknown key; ")
    assert more == "r.yaml: and 980 more"


def test_a_section_lists_a_hundred_plug_ins_at_most():
    with pytest.raises(RecipeError, match=exactly("r.yaml: metrics: lists 101 entries, and at most 100 are taken")):
        parse(metrics=["top1"] * 101)


def test_a_long_value_or_key_is_quoted_shortened():
    with pytest.raises(RecipeError) as told:
        parse(task="x" * 500_000, **{"y" * 500_000: 1})
    assert len(str(told.value)) < 1500


def test_a_property_that_names_a_place_comes_from_the_command_alone(here):
    (here / "r.yaml").write_text(f"{HEAD}runtime:\n  properties:\n    CACHE_DIR: /tmp/x\n")
    message = (
        "r.yaml:5: runtime.properties.CACHE_DIR: names a place on disk, which a file may not choose for whoever runs "
        "it; take it out, and give --set runtime.properties.CACHE_DIR=... with the command"
    )
    with pytest.raises(RecipeError, match=exactly(message)):
        load_recipe("r.yaml")
    (here / "r.yaml").write_text(HEAD)
    set_by_hand = load_recipe("r.yaml", overrides=["runtime.properties.CACHE_DIR=mine"])
    assert set_by_hand.runtime.properties == {"CACHE_DIR": "mine"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("metrics[²].k=3", "metrics[2]: unknown '²'; known: "),
        (f"metrics[{'9' * 5000}]=top1", "metrics[2]: unknown '999"),
        (f"{'a.' * 40}b=1", "more than 32 keys below each other"),
    ],
)
def test_an_odd_place_is_told_like_any_other(setting, said):
    with pytest.raises(RecipeError) as told:
        parse_recipe({"ovopt": 1, "family": "x", "metrics": ["top1", "top5"]}, "r.yaml", [setting])
    assert str(told.value).partition(": ")[2].startswith(said)
