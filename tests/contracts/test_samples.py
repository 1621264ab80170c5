import pytest

from ovopt.contracts import Samples
from ovopt.errors import DataError
from tests.factories import exactly


def samples(**columns):
    return Samples("a.csv", ("0", "1"), None, lambda index: index, "", columns=columns)


def test_a_column_has_a_value_for_each_sample():
    assert samples(speaker=lambda: ["ann", "bob"]).column("speaker") == ["ann", "bob"]


def test_a_column_that_there_is_not_is_named_with_the_nearest():
    with pytest.raises(DataError, match=exactly("a.csv: no column 'speker'; did you mean 'speaker'?")):
        samples(speaker=lambda: ["ann", "bob"]).column("speker")


def test_a_source_without_columns_says_so():
    with pytest.raises(DataError, match=exactly("a.csv: no column 'speaker'; it has none beside samples and labels")):
        samples().column("speaker")
