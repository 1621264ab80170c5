"""Plain text forms."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ovopt import units

positive = st.builds(lambda mantissa, power: mantissa * 10.0**power, st.floats(1, 10), st.integers(-12, 14))
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (units.milliseconds(1.09), "1.09 ms"),
        (units.milliseconds(0.02134), "0.0213 ms"),
        (units.milliseconds(213.4), "213 ms"),
        (units.milliseconds(9.999), "10.0 ms"),
        (units.milliseconds(0.0), "0 ms"),
        (units.milliseconds(None), "-"),
        (units.rate(912.2), "912 /s"),
        (units.rate(12300.4), "12,300 /s"),
        (units.rate(None), "-"),
        (units.factor(1.119), "1.12x"),
        (units.factor_interval(1.109, 1.121), "[1.11, 1.12]"),
        (units.speedup(1.119, 1.109, 1.121), "1.12x [1.11, 1.12]"),
        (units.speedup(1.119, None, 1.121), "1.12x"),
        (units.figure(1.119, "x"), "1.12x"),
        (units.figure(1.09, "ms"), "1.09 ms"),
        (units.figure(12.4, "us"), "12.4 µs"),
        (units.figure(912.2, "/s"), "912 /s"),
        (units.figure(9.8e6, "bytes"), "9.80 MB"),
        (units.figure(0.9412, "share"), "94.1 %"),
        (units.figure(0.25, "J"), "0.25 J"),
        (units.share(0.9412), "94.1 %"),
        (units.quality(0.9412, "share"), "94.1 %"),
        (units.quality(12.34567, "px"), "12.35 px"),
        (units.quality(0.99991, ""), "0.9999"),
        (units.quality_delta(-0.1081, "share"), "-10.8"),
        (units.quality_delta(0.25, "px"), "+0.25"),
        (units.quality_delta(-4.121e-05, ""), "-0.000041"),
        (units.quality_delta(3e-9, ""), "+3e-09"),
        (units.points(-0.002, "share"), "-0.2 points"),
        (units.points(0.25, "px"), "+0.25 px"),
        (units.points(0.25, ""), "+0.25"),
        (units.quality_interval(-0.011, 0.007, "share"), "[-1.1, +0.7]"),
        (units.moment("2026-11-28T19:06:57+00:00"), "28 November 2026, 19:06 UTC"),
        (units.moment("2026-03-01T00:30:00+02:00"), "28 February 2026, 22:30 UTC"),
        (units.moment("2026-11-28T19:06:57"), "2026-11-28T19:06:57"),
        (units.moment("0001-01-01T00:00:00+05:00"), "0001-01-01T00:00:00+05:00"),
        (units.moment("<b>today</b>"), "<b>today</b>"),
        (units.size(9_800_000), "9.80 MB"),
        (units.size(412_345), "412 kB"),
        (units.size(1_500_000_000), "1.50 GB"),
        (units.size(999), "999 B"),
        (units.size(0), "0 B"),
        (units.seconds(8), "8.0 s"),
        (units.seconds(59.4), "59.4 s"),
        (units.seconds(59.6), "1 min 00 s"),
        (units.seconds(125.2), "2 min 05 s"),
    ],
)
def test_a_figure_reads_like_this(said, text):
    assert said == text


def _number(text: str) -> str:
    return re.match(r"-?[\d,.]+", text).group().replace(",", "")


@given(positive)
@example(9.8)
@example(99.7)
def test_a_time_keeps_three_significant_digits(value):
    said = _number(units.milliseconds(value))
    assert "e" not in said
    assert len(said.replace(".", "").lstrip("0")) >= 3
    assert abs(float(said) - value) <= 0.501 * 10.0 ** (math.floor(math.log10(value)) - 2)


@given(st.integers(min_value=1000, max_value=10**15))
def test_a_size_keeps_three_significant_digits(size_bytes):
    text = units.size(size_bytes)
    scale = {"kB": 1e3, "MB": 1e6, "GB": 1e9}[text.split()[1]]
    assert math.isclose(float(_number(text)) * scale, size_bytes, rel_tol=0.0051)


@given(finite, st.sampled_from(["share", "px", ""]))
def test_no_finite_number_is_too_odd_to_be_written(value, unit):
    texts = [
        units.milliseconds(value),
        units.rate(value),
        units.factor(value),
        units.share(value),
        units.quality(value, unit),
        units.points(value, unit),
        units.quality_interval(value, value, unit),
        units.seconds(value),
    ]
    assert all(re.search(r"\d", text) or "inf" in text for text in texts)


@given(st.floats(0, 1e7))
def test_a_duration_is_told_in_seconds_or_in_minutes_below_sixty_seconds(value):
    minutes, _, rest = units.seconds(value).rpartition("min ")
    told = 60 * int(minutes or 0) + float(rest.removesuffix(" s"))
    assert abs(told - value) <= 0.51
    assert float(rest.removesuffix(" s")) < 60


def test_many_names_are_shortened():
    assert units.a_few("abc") == "a, b, c"
    assert units.a_few("abcde") == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("limit", "values", "places"),
    [
        (0.01, (), 1),
        (0.01, (0.002, -0.001), 1),
        (0.01, (0.0104,), 2),
        (0.01, (0.01,), 1),
        (0.0005, (0.0, 0.002), 2),
        (0.0005, (0.00049,), 3),
        (0.00633, (), 2),
        (0.0, (), 1),
        (0.0, (0.0004,), 2),
        (1e-9, (), 4),
    ],
)
def test_percent_get_the_digits_that_tell_a_figure_from_its_limit(
    limit: float, values: tuple[float, ...], places: int
) -> None:
    assert units.places_for(limit, values) == places


def test_things_are_counted_in_their_plural() -> None:
    assert [units.counted(count, "layer") for count in (0, 1, 1200)] == ["0 layers", "1 layer", "1,200 layers"]


def test_names_are_listed_as_a_sentence_has_them():
    assert [units.listed(names) for names in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
