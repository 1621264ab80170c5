"""Hostile .pt2 archives, one for every way in which PyTorch reads one: nothing in them runs without trust."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ovopt.errors import ModelError
from ovopt.model.files.read import read_model

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

RAN = "ran"
Members = list[tuple[str, bytes]]


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)

    def __reduce__(self):
        return (open, (self.file, "w"))


class Shifted(torch.nn.Module):
    """x @ weights + a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 4)
        self.shift = torch.arange(4.0)

    def forward(self, x):
        return self.layer(x) + self.shift


@pytest.fixture
def harmless(tmp_path: Path) -> Path:
    file = tmp_path / "m.pt2"
    torch.export.save(torch.export.export(Shifted().eval(), (torch.zeros(1, 3),)), str(file))
    return file


@pytest.fixture
def bomb(tmp_path: Path) -> bytes:
    torch.save(Bomb(tmp_path / RAN), tmp_path / "bomb")
    return (tmp_path / "bomb").read_bytes()


def members(file: Path) -> Members:
    with zipfile.ZipFile(file) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def write(file: Path, held: Members) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in held:
            archive.writestr(name, content)


def pickled(held: Members, config: str, path_name: str) -> Members:
    """The archive whose weights or constants are said to be pickled under a name."""

    def changed(content: bytes) -> bytes:
        said = json.loads(content)
        for entry in said["config"].values():
            entry.update(use_pickle=True, path_name=path_name)
        return json.dumps(said).encode()

    return [(name, changed(content) if name.endswith(config) else content) for name, content in held]


def weight_at(place: str) -> Callable[[Members, bytes], Members]:
    def hostile(held: Members, bomb: bytes) -> Members:
        return [*pickled(held, "weights_config.json", place), (f"m/data/weights/{place}", bomb)]

    return hostile


def constant_at(place: str) -> Callable[[Members, bytes], Members]:
    def hostile(held: Members, bomb: bytes) -> Members:
        return [*pickled(held, "constants_config.json", place), (f"m/data/constants/{place}", bomb)]

    return hostile


def added(name: str) -> Callable[[Members, bytes], Members]:
    return lambda held, bomb: [*((n, c) for n, c in held if n != f"m/{name}"), (f"m/{name}", bomb)]


def in_other_letters(held: Members, bomb: bytes) -> Members:
    """PyTorch's reader finds members whatever the case of their letters."""
    hostile = weight_at("zz")(held, bomb)
    return [(name.replace("weights_config", "WEIGHTS_CONFIG"), content) for name, content in hostile]


def older_format(held: Members, bomb: bytes) -> Members:
    """As torch 2.7 wrote it."""
    program = next(content for name, content in held if name.endswith("models/model.json"))
    parts = ("state_dict", "constants", "example_inputs")
    return [
        ("version", b"8.8"),
        ("serialized_exported_program.json", program),
        *((f"serialized_{part}.pt", bomb) for part in parts),
    ]


HOSTILE: dict[str, Callable[[Members, bytes], Members]] = {
    "weight": weight_at("weight_0"),
    "weight beside": weight_at("zz"),
    "weight in a folder": weight_at("sub/zz"),
    "weight in a folder's folder": weight_at("a/b/zz"),
    "weight above": weight_at("../zz"),
    "constant": constant_at("tensor_0"),
    "constant in a folder": constant_at("tensor_x/zz"),
    "custom object": constant_at("custom_obj_0"),
    "opaque object": constant_at("opaque_obj_0"),
    "opaque object in a folder": constant_at("opaque_obj_/zz"),
    "weights of the older kind": added("data/weights/model.pt"),
    "constants of the older kind": added("data/constants/model.pt"),
    "sample inputs": added("data/sample_inputs/model.pt"),
    "compiled code": added("data/aotinductor/model/model.so"),
    "a configuration in capitals": in_other_letters,
    "the format of torch 2.7": older_format,
}


def test_the_harmless_program_is_read(harmless: Path) -> None:
    assert [list(port.shape) for port in read_model(harmless).inputs] == [[1, 3]]
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


@pytest.mark.parametrize("way", HOSTILE)
def test_nothing_in_an_exported_program_runs_without_trust(
    tmp_path: Path, harmless: Path, bomb: bytes, way: str
) -> None:
    file = tmp_path / "hostile.pt2"
    write(file, HOSTILE[way](members(harmless), bomb))
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert not (tmp_path / RAN).exists()
    assert str(told.value).startswith(f"{file}: ")


@pytest.mark.parametrize("hostile_last", [False, True])
def test_of_a_configuration_that_is_given_twice_neither_runs(
    tmp_path: Path, harmless: Path, bomb: bytes, hostile_last: bool
) -> None:
    """PyTorch's reader and Python's may take different ones."""
    held = members(harmless)
    hostile = weight_at("zz")(held, bomb)
    other = held if hostile_last else hostile
    config = next(member for member in other if member[0].endswith("weights_config.json"))
    rest = [member for member in hostile if hostile_last or not member[0].endswith("weights_config.json")]
    twice = [config, *rest] if hostile_last else [*rest, config, *[m for m in held if m[0] == config[0]]]
    write(tmp_path / "hostile.pt2", twice)
    with suppress(ModelError):
        read_model(tmp_path / "hostile.pt2")
    assert not (tmp_path / RAN).exists()


def test_what_would_run_is_named_with_the_way_to_allow_it(tmp_path: Path, harmless: Path, bomb: bytes) -> None:
    file = tmp_path / "hostile.pt2"
    write(file, weight_at("sub/zz")(members(harmless), bomb))
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value) == (
        f"{file}: data/weights/sub/zz in it can run code when it is read; if you trust its origin, allow that with "
        "--trust"
    )


@pytest.mark.parametrize(
    "text", [b"[]", b'{"config": []}', b'{"config": {"w": 1}}', b'{"config": {"w": {}}}', b"[" * 99_999]
)
def test_a_configuration_that_is_none_is_not_taken_on_trust(tmp_path: Path, harmless: Path, text: bytes) -> None:
    file = tmp_path / "odd.pt2"
    write(file, [(name, text if name.endswith("weights_config.json") else held) for name, held in members(harmless)])
    with pytest.raises(ModelError, match=r"odd\.pt2: .*weights_config\.json in it can run code when it is read; "):
        read_model(file)


def test_the_bomb_goes_off_with_trust(tmp_path: Path, harmless: Path, bomb: bytes) -> None:
    """Or else the tests above would show nothing."""
    file = tmp_path / "hostile.pt2"
    write(file, weight_at("sub/zz")(members(harmless), bomb))
    with pytest.raises(ModelError):
        read_model(file, trust=True)
    assert (tmp_path / RAN).exists()
