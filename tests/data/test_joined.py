"""Tables put one below the other."""

import datasets
import pytest

from ovopt.data.joined import joined, lacking
from ovopt.errors import DataError
from tests.factories import exactly


def table(**columns):
    return datasets.Dataset.from_dict(columns)


def test_rows_stand_in_the_order_of_their_tables_and_numbers_become_the_widest():
    rows = joined({"train": table(a=[1, 2], b=["x", "y"]), "test": table(a=[0.5], b=["z"])}, "t")
    assert rows[:] == {"a": [1.0, 2.0, 0.5], "b": ["x", "y", "z"]}
    assert str(rows.features["a"].dtype) == "float64"


def test_a_column_that_a_table_lacks_or_leaves_empty_holds_nothing_there():
    tables = {"train": table(a=[1], label=[0]), "test": table(a=[2]), "more": table(a=[3], label=[None])}
    assert joined(tables, "t")["label"][:] == [0, None, None]
    assert lacking(tables) == {"test": ["label"]}


def test_columns_stand_as_in_the_training_table():
    tables = {"test": table(b=[3], c=[5], a=[4]), "train": table(a=[1], b=[2])}
    rows = joined(tables, "t")
    assert rows.column_names == ["a", "b", "c"]
    assert rows[:] == {"a": [4, 1], "b": [3, 2], "c": [5, None]}


def test_one_table_is_as_it_was():
    one = table(a=[1])
    assert joined({"": one}, "t") is one


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        (table(a=["x"]), "int64 in 'train', and string in 'test'"),
        (
            table(a=[1]).cast_column("a", datasets.ClassLabel(names=["no", "yes"])),
            "int64 in 'train', and the classes no, yes in 'test'",
        ),
    ],
)
def test_a_column_of_different_things_is_an_error(other, fault):
    message = f"t: the column 'a' holds {fault}; mend one of them"
    with pytest.raises(DataError, match=exactly(message)):
        joined({"train": table(a=[1]), "test": other}, "t")
