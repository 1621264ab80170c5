"""Functions of the user's own: what runs, when, and what is said of those that fail."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from ovopt.contracts.own_code import OwnCode, as_answer, holds_nan
from ovopt.decoders.python import PythonDecoder
from ovopt.errors import DataError, RecipeError
from ovopt.metrics.python import PythonMetric
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.records import Port
from ovopt.transforms.python import PythonTransform

CODE = """
import numpy as np
def scaled(output, factor=2.0):
    return output * factor
def sized(output, inputs):
    return output * inputs["image"].shape[3]
def fails(output):
    nothing = 0
    return 1 / nothing
def leaves(output):
    raise SystemExit(3)
def none(output): pass
def nan(output): return output * np.nan
def writes(output): output *= 2; return output
def mapping(output): return {"a": 1}
def ragged(output): return [np.zeros(2), object()]
def names(output): return np.array(["cat", "dog"])
def distance(output, target): return np.abs(output - target).mean()
def three(output, target): return np.zeros(3)
"""
OUTPUT = np.array([1.0, 2.0], np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "my_head.py"
    file.write_text(CODE)
    return file


def decoder(file: Path, function: str, **settings: object) -> PythonDecoder:
    return PythonDecoder(call=f"{file}:{function}", settings=settings).trusted()


def said(file: Path, function: str) -> str:
    with pytest.raises(DataError) as caught:
        decoder(file, function)(OUTPUT, {})
    return str(caught.value).removeprefix(f"{file}:")


def test_a_function_decodes_with_its_settings_and_with_inputs_where_it_asks_for_them(file: Path) -> None:
    assert decoder(file, "scaled")(OUTPUT, {}).tolist() == [2, 4]
    assert decoder(file, "scaled", factor=10)(OUTPUT, {}).tolist() == [10, 20]
    assert decoder(file, "sized")(OUTPUT, {"image": np.zeros((1, 3, 4, 5))}).tolist() == [5, 10]
    assert decoder(file, "names")(OUTPUT, {}) == ["cat", "dog"]


def test_nothing_of_a_file_runs_unless_its_user_trusts_it(tmp_path: Path) -> None:
    file = tmp_path / "evil.py"
    file.write_text(
        f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\ndef decode(output): return output\n"
    )
    own = PythonDecoder(call=f"{file}:decode")
    with pytest.raises(RecipeError) as caught:
        own(OUTPUT, {})
    assert str(caught.value) == f"{file}:decode: to use it is to run the code in {file}; allow that with --trust"
    assert not (tmp_path / "ran").exists()
    own.trusted()
    assert (tmp_path / "ran").exists()


def test_a_process_that_is_handed_a_trusted_function_loads_it_itself(file: Path) -> None:
    handed = pickle.dumps(decoder(file, "scaled"))
    assert b"ovopt_own" not in handed
    assert pickle.loads(handed)(OUTPUT, {}).tolist() == [2, 4]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("fails", "9: fails fails: ZeroDivisionError: division by zero"),
        ("leaves", "11: leaves fails: SystemExit: 3"),
        ("none", "12: none gives None, where an array, a number, a text, or a list of them is needed"),
        ("nan", "13: nan gives numbers of which some are NaN, where an array, a number, a text, or a list of them is "
         "needed"),
        ("mapping", "15: mapping gives {'a': 1} (dict), where an array, a number, a text, or a list of them is needed"),
    ],
)  # fmt: skip
def test_an_answer_of_no_use_is_refused_with_file_line_and_function(file: Path, function: str, message: str) -> None:
    assert said(file, function) == message


def test_a_list_that_holds_something_else_is_no_answer(file: Path) -> None:
    assert said(file, "ragged").startswith("16: ragged gives [array([0., 0.]), <object object")


def test_a_function_may_write_into_what_it_is_given(file: Path) -> None:
    assert decoder(file, "writes")(OUTPUT, {}).tolist() == [2, 4]
    PythonTransform(call=f"{file}:writes").trusted().apply(OUTPUT)
    assert OUTPUT.tolist() == [1, 2]


def test_what_the_output_holds_already_is_no_fault_of_the_function(file: Path) -> None:
    assert holds_nan(decoder(file, "scaled")(np.array([np.nan, 1.0]), {}))


def test_a_metric_gives_a_number_with_its_unit_and_direction(file: Path) -> None:
    metric = PythonMetric(call=f"{file}:distance", unit="px", higher_is_better=False).trusted()
    assert (metric.label, metric.unit, metric.higher_is_better) == ("distance", "px", False)
    assert metric.row(OUTPUT, np.array([0.0, 4.0])) == 1.5
    assert PythonMetric(call=f"{file}:distance", figure="far").label == "far"
    with pytest.raises(DataError) as caught:
        PythonMetric(call=f"{file}:three").trusted().row(OUTPUT, 0)
    assert str(caught.value) == f"{file}:19: three gives float64[3], where a number is needed"


def test_a_transform_takes_a_row_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "rows.py"
    file.write_text("def pair(row): return {'x': [row['a'], row['b']]}\n")
    assert PythonTransform(call=f"{file}:pair").trusted().apply({"a": 1, "b": 2}) == {"x": [1, 2]}


def test_a_function_that_is_not_there_and_one_of_other_arguments_are_told_before_any_sample(file: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        decoder(file, "scale")
    assert str(caught.value) == f"{file}: has no function 'scale'; did you mean 'scaled'?"
    with pytest.raises(RecipeError) as caught:
        decoder(file, "scaled", by=3)
    assert str(caught.value) == (
        f"{file}:3: scaled(output, factor=2.0): got an unexpected keyword argument 'by'"
    )  # fmt: skip
    with pytest.raises(RecipeError) as caught:
        decoder(file.with_name("gone.py"), "scaled")
    assert str(caught.value) == f"{file.with_name('gone.py')}: no such file of code"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\ndef decode(:\n", "2: the code fails: SyntaxError: invalid syntax"),
        ("x = 1\ny = x / 0\n", "2: the code fails: ZeroDivisionError: division by zero"),
        (
            "import beside_it\n",
            "1: the code fails: ModuleNotFoundError: No module named 'beside_it'; beside_it.py lies beside it, but one "
            "file holds all the code: move what it needs into head.py",
        ),
    ],
)
def test_code_that_fails_as_it_is_read_is_told_with_its_line(tmp_path: Path, code: str, message: str) -> None:
    (tmp_path / "beside_it.py").touch()
    file = tmp_path / "head.py"
    file.write_text(code)
    with pytest.raises(RecipeError) as caught:
        decoder(file, "decode")
    assert str(caught.value).partition(" (head.py")[0] == f"{file}:{message}"


def test_another_content_than_the_digest_stands_for_is_refused(file: Path) -> None:
    own = decoder(file, "scaled")
    file.write_text(CODE.replace("2.0", "3.0"))
    with pytest.raises(RecipeError, match=r"my_head.py: has changed \(sha256 \w{12}\.\.\., now \w{12}\.\.\.\); bring"):
        own.trusted()
    assert decoder(file, "scaled")(OUTPUT, {}).tolist() == [3, 6]
    assert own(OUTPUT, {}).tolist() == [2, 4], "a run goes on with the code that it began with"


def test_a_call_names_a_file_and_a_function() -> None:
    with pytest.raises(ValueError, match=r"write FILE\.py:FUNCTION"):
        OwnCode(call="os.system")


def test_arrays_of_other_libraries_are_answers() -> None:
    class Tensor:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return np.arange(2.0)

    assert as_answer(Tensor()).tolist() == [0, 1]
    assert as_answer((Tensor(), 1))[0].tolist() == [0, 1]
    assert as_answer(np.array([1j])) is None


def test_what_a_transform_gives_and_the_model_cannot_take_is_told_with_the_function(tmp_path: Path) -> None:
    file = tmp_path / "rows.py"
    file.write_text("import numpy as np\ndef three(content): return np.zeros(3, np.float32)\n")
    own = PythonTransform(call=f"{file}:three").trusted()
    prepared = HostPreparation((own,), (Port(name="x", shape=(1, 2), dtype="f32"),), {})
    with pytest.raises(DataError) as caught:
        prepared.preprocess(0, "s1")
    assert str(caught.value) == (
        "s1: shape [3] does not fit the model's input 'x' f32[1,2] (the batch dimension of 1 may be left out); it "
        f"comes from {file}:2: three"
    )
