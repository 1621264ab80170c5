"""Plug-ins from other packages: found beside ovopt's own, or left out with the reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovopt.contracts import Brought, Metric, Outside, Report, discovery, outside, plugin, plugins
from ovopt.metrics.classification import TopK
from tests.packages import lay_down

METRIC = """
from typing import ClassVar
from ovopt.contracts import Metric

class {class_name}(Metric):
    "A metric."
    name: ClassVar[str] = "{name}"
    unit: ClassVar[str] = ""

    def row(self, output, target):
        return 0.0
"""


def metric(class_name: str, name: str) -> str:
    return METRIC.format(class_name=class_name, name=name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python imports from."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    discovery._installed.cache_clear()


def look(package: str = "ovopt.metrics", kind: type = Metric) -> Outside:
    """What is there now, whatever was found before."""
    discovery._installed.cache_clear()
    found: Outside = outside.__wrapped__(package, kind)
    return found


def test_a_class_that_a_package_names_is_found_with_where_it_comes_from(folder: Path) -> None:
    lay_down(folder, "outer-one", {"ovopt.metrics: x": "outer_one:Mine"}, outer_one=metric("Mine", "mine"))
    found = look()
    assert [(name, kind.__module__) for name, kind in found.found.items()] == [("mine", "outer_one")]
    assert found.brought == [Brought(kind="Metric", name="mine", package="outer-one 1.0")]
    assert found.left_out == []


def test_a_module_brings_all_classes_that_it_defines(folder: Path) -> None:
    text = "from ovopt.metrics.classification import TopK" + metric("A", "a_of_two") + metric("B", "b_of_two")
    lay_down(folder, "outer-two", {"ovopt.metrics: all": "outer_two"}, outer_two=text)
    assert list(look().found) == ["a_of_two", "b_of_two"]


def test_a_class_that_is_named_twice_is_one_plugin(folder: Path) -> None:
    entries = {"ovopt.metrics: a": "outer_twice", "ovopt.metrics: b": "outer_twice:Mine"}
    lay_down(folder, "outer-twice", entries, outer_twice=metric("Mine", "only_once"))
    found = look()
    assert list(found.found) == ["only_once"]
    assert not found.left_out


def test_a_group_holds_plugins_of_its_own_kind_alone(folder: Path) -> None:
    lay_down(folder, "outer-kind", {"ovopt.metrics: x": "outer_kind"}, outer_kind=metric("Mine", "of_a_kind"))
    assert look("ovopt.reports", Report).found == {}


FAULTS = {
    "fails": ("raise RuntimeError('no licence')", "bad_fails:X", "cannot be imported: RuntimeError: no licence"),
    "leaves": ("raise SystemExit(3)", "bad_leaves:X", "cannot be imported: SystemExit: 3"),
    "nowhere": ("", "no_such_module_at_all:X", "cannot be imported: ModuleNotFoundError: No module named "
                "'no_such_module_at_all'"),
    "lacking": ("", "bad_lacking:X", "cannot be imported: AttributeError: module 'bad_lacking' has no attribute 'X'"),
    "taken": (metric("X", "cosine"), "bad_taken:X", "the name 'cosine' is taken by ovopt"),
    "preset": (metric("X", "top1"), "bad_preset:X", "the name 'top1' is taken by ovopt"),
    "function": ("def X(): ...", "bad_function:X", "X is no Metric"),
    "other": ("from ovopt.reports.json import Json as X", "bad_other:X", "Json is no Metric"),
    "abstract": ("from ovopt.contracts import Metric\nclass X(Metric): ...", "bad_abstract:X",
                 "X is abstract: it lacks row"),
    "nameless": (metric("X", ""), "bad_nameless:X", "X has no `name`"),
    "empty": ("", "bad_empty", "the module defines no Metric"),
}  # fmt: skip


@pytest.mark.parametrize("word", FAULTS)
def test_what_cannot_be_taken_is_left_out_with_the_reason(
    folder: Path, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    text, value, why = FAULTS[word]
    lay_down(folder, f"bad-{word}", {"ovopt.metrics: x": value}, **{f"bad_{word}": text})
    with caplog.at_level(logging.WARNING, "ovopt"):
        found = look()
    assert not found.found
    (one,) = found.left_out
    assert str(one) == f"bad-{word} 1.0 (ovopt.metrics: x = {value}): {why}"
    assert caplog.messages == [f"plug-in left out: {one}; mend the package or uninstall it"]


def test_of_two_packages_with_the_same_name_the_first_is_taken_and_the_other_is_named(folder: Path) -> None:
    for package in ("rival-a", "rival-b"):
        module = package.replace("-", "_")
        lay_down(folder, package, {"ovopt.metrics: x": f"{module}:Mine"}, **{module: metric("Mine", "rival")})
    found = look()
    assert [(one.name, one.package) for one in found.brought] == [("rival", "rival-a 1.0")]
    assert [str(one) for one in found.left_out] == [
        "rival-b 1.0 (ovopt.metrics: x = rival_b:Mine): the name 'rival' is taken by rival-a 1.0"
    ]


def test_a_broken_package_leaves_all_others_standing(folder: Path) -> None:
    lay_down(folder, "half-broken", {"ovopt.metrics: x": "half_broken"}, half_broken="import no_such_thing")
    lay_down(folder, "half-sound", {"ovopt.metrics: x": "half_sound"}, half_sound=metric("Mine", "still_there"))
    assert list(look().found) == ["still_there"]
    assert plugins("ovopt.metrics", Metric)["top_k"] is TopK


def test_one_of_ovopts_own_is_found_without_a_look_at_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "outside", None)
    assert plugin.__wrapped__("ovopt.metrics", Metric, "top_k") is TopK


@pytest.mark.parametrize(
    ("group", "near"),
    [
        ("ovopt.metric", "did you mean 'ovopt.metrics'?"),
        ("ovopt_metrics", "did you mean 'ovopt.metrics'?"),
        ("Ovopt.Data", "did you mean 'ovopt.data'?"),
        ("ovpt.decoders", "did you mean 'ovopt.decoders'?"),
        ("ovopt.bench.scenarios", "did you mean 'ovopt.scenarios'?"),
        ("ovopt", "did you mean 'ovopt.data'?"),
    ],
)
def test_a_misspelt_group_is_named_with_its_package(
    folder: Path, caplog: pytest.LogCaptureFixture, group: str, near: str
) -> None:
    entries = {f"{group}: x": "misspelt_one:X", "console_scripts: y": "misspelt_one:X", "pytest11.data: z": "z"}
    lay_down(folder, "misspelt-one", entries)
    discovery._installed.cache_clear()
    with caplog.at_level(logging.WARNING, "ovopt"):
        (one,) = discovery.misspelt.__wrapped__()
    assert str(one) == f"misspelt-one 1.0 ({group}: x = misspelt_one:X): there is no group {group!r}; {near}"
    assert caplog.messages == [f"plug-in left out: {one}; mend the package or uninstall it"]


def test_an_error_in_a_plugin_is_laid_to_its_package(folder: Path) -> None:
    failing = metric("Mine", "mine").replace("return 0.0", "return 1 / 0")
    lay_down(folder, "outer-fails", {"ovopt.metrics: x": "outer_fails:Mine"}, outer_fails=failing)
    made = look().found["mine"]()
    with pytest.raises(ZeroDivisionError) as raised:
        made.row(None, None)
    assert discovery.blamed(raised.value) == "the plug-in 'mine' of the package outer-fails 1.0 (outer_fails.py:11)"
    with pytest.raises(ZeroDivisionError) as raised:
        _ = 1 / 0
    assert discovery.blamed(raised.value) == ""
