"""Runtime settings in benchmark_app's JSON form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovopt.cli.options import given_data, read_settings, write_settings
from ovopt.errors import SettingsError, UsageError
from ovopt.records import Settings
from tests.factories import exactly

NOTHING = 'settings.json: holds no settings for CPU; the form is {"CPU": {"KEY": "VALUE"}}'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("settings.json")


def settings(hint: str | None, **properties: str) -> Settings:
    return Settings(
        scenarios=("latency",), device="CPU", hint=hint, properties=properties, seed=0, time_budget_s=1, precision=0.02
    )


def test_the_settings_of_one_device_are_read_as_text(file: Path) -> None:
    file.write_text('{"CPU": {"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": 4, "PERF_COUNT": true}, "GPU": {"A": "1"}}')
    assert read_settings(file, "CPU") == {"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "4", "PERF_COUNT": "true"}
    assert read_settings(file, "GPU") == {"A": "1"}


def test_a_device_without_properties_has_none(file: Path) -> None:
    file.write_text('{"CPU": {}}')
    assert read_settings(file, "CPU") == {}


@pytest.mark.parametrize("text", ["[]", "3", "{}", '{"GPU": {"A": "1"}}', '{"CPU": ["A"]}', '{"NUM_STREAMS": "2"}'])
def test_a_file_without_the_devices_settings_shows_the_form(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=exactly(NOTHING)):
        read_settings(file, "CPU")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"NUM_STREAMS=2"])
def test_a_corrupt_file_is_named(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"\Asettings\.json: not a JSON file of settings: .+\Z"):
        read_settings(file, "CPU")


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"\Asettings\.json: cannot be read: No such file or directory\Z"):
        read_settings(file, "CPU")


@pytest.mark.parametrize(
    ("hint", "written"),
    [(None, {}), ("NONE", {}), ("LATENCY", {"PERFORMANCE_HINT": "LATENCY"})],
)
def test_what_is_written_is_what_was_asked_for(file: Path, hint: str | None, written: dict[str, str]) -> None:
    write_settings(file, settings(hint, NUM_STREAMS="2"))
    assert json.loads(file.read_text()) == {"CPU": {**written, "NUM_STREAMS": "2"}}


def test_what_is_written_is_read_again(file: Path) -> None:
    properties = {"NUM_STREAMS": "AUTO", "CACHE_DIR": "some folder", "ENABLE_CPU_PINNING": "YES"}
    write_settings(file, settings("THROUGHPUT", **properties))
    assert read_settings(file, "CPU") == {"PERFORMANCE_HINT": "THROUGHPUT", **properties}


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (None, None),
        (["val/"], "val/"),
        (["hf:org/name"], "hf:org/name"),
        (["train=a.npz", "test=b.npz", "train=c.npz"], {"train": ["a.npz", "c.npz"], "test": ["b.npz"]}),
        (["test.clean=a.npz"], {"test.clean": ["a.npz"]}),
        (["./a=b.npz"], "./a=b.npz"),
        (["train="], "train="),
    ],
)
def test_data_is_a_path_or_a_path_for_each_split(options: list[str] | None, given: object) -> None:
    assert given_data(options) == given


def test_a_file_whose_name_looks_like_a_part_is_a_file(file: Path) -> None:
    Path("a=b.npz").touch()
    assert given_data(["a=b.npz"]) == "a=b.npz"


@pytest.mark.parametrize("options", [["a.npz", "train=b.npz"], ["a.npz", "b.npz"]])
def test_of_several_data_each_says_its_split(options: list[str]) -> None:
    with pytest.raises(UsageError, match=exactly("--data a.npz: of several, each names its split: --data train=a.npz")):
        given_data(options)
