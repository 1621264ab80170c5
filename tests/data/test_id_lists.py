"""Files that list the samples of a split."""

import pytest

from ovopt.data.id_lists import listed_samples, lists_samples
from ovopt.data.own_splits import SplitError
from tests.factories import exactly

IDS = ["images/cat/1.jpg", "images/cat/2.jpg", "images/dog/1.jpg", "images/dog/3.jpg", "set.npz#4"]


def listed(folder, *lines, **more):
    (folder / "gate.txt").write_text("\n".join(lines))
    return listed_samples(IDS, {"gate": str(folder / "gate.txt"), **more})["gate"]


@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("images/cat/2.jpg", 1),
        ("cat/2.jpg", 1),
        ("2.jpg", 1),
        ("2", 1),
        ("cat/1", 0),
        ("./images/dog/3.jpg", 3),
        ("/home/me/set/images/dog/3.jpg", 3),
        ("dog/1.jpg 7", 2),
        ("2 -1", 1),
        ("set.npz#4", 4),
    ],
)
def test_a_line_names_a_sample_by_its_id_or_a_part_that_only_it_has(tmp_path, line, index):
    assert listed(tmp_path, line) == [index]


def test_blank_lines_and_repeated_ones_do_not_count(tmp_path):
    assert listed(tmp_path, "3", "", "2", "3.jpg") == [3, 1]


def test_what_several_samples_are_called_or_none_is_refused(tmp_path):
    message = (
        f"data.splits.gate: {tmp_path}/gate.txt: no single sample is called '1.jpg', '9.jpg'; ids are as "
        "'images/cat/1.jpg'"
    )
    with pytest.raises(SplitError, match=exactly(message)):
        listed(tmp_path, "1.jpg", "2.jpg", "9.jpg")


def test_a_sample_in_two_lists_is_refused(tmp_path):
    (tmp_path / "more.lst").write_text("2")
    message = f"data.splits.gate: {tmp_path}/gate.txt: images/cat/2.jpg is in the list of calibration, too"
    with pytest.raises(SplitError, match=exactly(message)):
        listed_samples(IDS, {"calibration": str(tmp_path / "more.lst"), "gate": str(_with(tmp_path, "2"))})


def _with(folder, line):
    (folder / "gate.txt").write_text(line)
    return folder / "gate.txt"


def test_only_a_file_lists_samples():
    assert [lists_samples(choice) for choice in ("a.txt", "a.IDS", "test", 3, ("a.txt",), None)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
