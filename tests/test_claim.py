"""Names that one run alone writes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from ovopt import claim
from ovopt.claim import ClaimError, claimed, scratch_of, take_place
from tests.factories import exactly


def made(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "content").write_text(text)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[True, False], ids=["exchanged", "in two renames"])
def can_exchange(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Systems that exchange names in one step, and those that do not."""
    if not request.param:
        monkeypatch.setattr(claim, "_exchanged", lambda one, other: False)
    return bool(request.param)


@pytest.mark.usefixtures("can_exchange")
def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    place = made(tmp_path / "out", "old")
    with claimed(place) as scratch:
        take_place(made(scratch / "out", "new"), place, scratch)
        assert (place / "content").read_text() == "new"
    assert (names(tmp_path), (place / "content").read_text()) == (["out"], "new")


@pytest.mark.usefixtures("can_exchange")
@pytest.mark.parametrize("moment", [1, 2])
@pytest.mark.parametrize("done", [True, False], ids=["behind the rename", "in front of it"])
def test_an_interruption_leaves_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int, done: bool
) -> None:
    rename, place, left = Path.rename, made(tmp_path / "out", "old"), [*range(moment)]

    def interrupted(self: Path, target: Path) -> Path:
        last = bool(left) and not left.pop()
        if last and not done:
            raise KeyboardInterrupt
        renamed = rename(self, target)
        if last:
            raise KeyboardInterrupt
        return renamed

    monkeypatch.setattr(Path, "rename", interrupted)
    with contextlib.suppress(KeyboardInterrupt), claimed(place) as scratch:
        take_place(made(scratch / "out", "new"), place, scratch)
    assert (place / "content").read_text() in ("old", "new")
    assert (names(tmp_path), names(place)) == (["out"], ["content"])


def test_a_signal_does_not_cut_the_end_of_a_claim_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mend, signals = claim._mend, [KeyboardInterrupt]

    def interrupted(scratch: Path, place: Path) -> None:
        if signals and (scratch / "half").exists():
            raise signals.pop()
        mend(scratch, place)

    monkeypatch.setattr(claim, "_mend", interrupted)
    with pytest.raises(KeyboardInterrupt), claimed(tmp_path / "out") as scratch:
        (scratch / "half").write_text("written")
    assert names(tmp_path) == []


def killed_between_two_renames(place: Path) -> None:
    scratch = scratch_of(place)
    with claimed(place):
        place.rename(scratch / claim.REPLACED)
        (scratch / "half").write_text("written")
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_run_left_is_mended_on_the_next_start(tmp_path: Path) -> None:
    place = made(tmp_path / "out", "old")
    run = multiprocessing.get_context("fork").Process(target=killed_between_two_renames, args=(place,))
    run.start()
    run.join()
    assert (run.exitcode, names(tmp_path)) == (-signal.SIGKILL, [".out.ovopt"])
    with claimed(place) as scratch:
        assert (place / "content").read_text() == "old"
        assert names(scratch) == ["lock"]
    assert names(tmp_path) == ["out"]


def test_a_name_is_claimed_once_at_a_time_and_again_afterwards(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "out"
    with claimed(place):
        with pytest.raises(ClaimError, match=exactly(claim.BUSY)), claimed(place):
            pass
        with claimed(place.with_name("other")):
            assert names(place.parent) == [".other.ovopt", ".out.ovopt"]
        assert names(place.parent) == [".out.ovopt"]
    with claimed(place):
        pass
    assert names(tmp_path) == []


def test_a_scratch_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    mine = made(tmp_path / ".out.ovopt", "mine")
    message = f"{mine} is in the way, and is not ovopt's; move it away"
    with pytest.raises(ClaimError, match=exactly(message)), claimed(tmp_path / "out"):
        pass
    assert (mine / "content").read_text() == "mine"
    (tmp_path / ".link.ovopt").symlink_to(mine)
    message = f"{tmp_path / '.link.ovopt'} is in the way, and is not ovopt's; move it away"
    with pytest.raises(ClaimError, match=exactly(message)), claimed(tmp_path / "link"):
        pass
    assert names(mine) == ["content"]


def test_a_file_system_without_locks_gives_every_run_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(claim.fcntl, "flock", refuse)
    with claimed(tmp_path / "out") as one, claimed(tmp_path / "out") as other:
        assert one != other
        take_place(made(one / "out", "new"), tmp_path / "out", one)
    assert names(tmp_path) == ["out"]


def test_the_scratch_of_a_long_name_is_not_longer_than_names_may_be() -> None:
    names = {scratch_of(Path(letter * 250)).name for letter in "ab"}
    assert len(names) == 2
    assert max(map(len, names)) < 255
