"""Where keys stand in a YAML document, and which are given twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ovopt.documents import composed
from ovopt.recipe.yaml_file import Lines

RECIPE = """\
# what it is for
ovopt: 1
metrics: [top1,
          {top_k: {k: 3}}]
optimize:
- quantize:
    preset: mixed

    ignored_scope: {types: [Softmax,
      MatMul]}
- quantize: &again
    preset: fast
runtime:
  "device": CPU
  properties: *again
  8: eight
model:
  shapes:
    input.1: [1, 3]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("ovopt", 2),
        ("metrics", 3),
        ("metrics[0]", 3),
        ("metrics[1].top_k.k", 4),
        ("optimize", 5),
        ("optimize[0]", 6),
        ("optimize[0].quantize.preset", 7),
        ("optimize[0].quantize.ignored_scope.types[0]", 9),
        ("optimize[0].quantize.ignored_scope.types[1]", 10),
        ("optimize[1].quantize.preset", 12),
        ("optimize.1.quantize.preset", 12),
        ("runtime.device", 14),
        ("runtime.properties.preset", 12),
        ("runtime.8", 16),
    ],
)
def test_a_key_stands_where_it_is_written(path: str, line: int) -> None:
    assert Lines(composed(RECIPE)).of(path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("metrics[7]", 3),
        ("metrics.top1", 3),
        ("optimize[1].quantize.subset_size", 11),
        ("optimize[0].quantize.preset.deeper", 7),
        ("model.shapes.input.1", 18),
        ("ovopt[0]", 2),
    ],
)
def test_what_is_not_there_stands_where_the_nearest_key_above_does(path: str, line: int) -> None:
    assert Lines(composed(RECIPE)).of(path) == line


@pytest.mark.parametrize("path", ["family", "", "[0]", "optimise[0].quantize"])
def test_what_is_below_nothing_stands_nowhere(path: str) -> None:
    assert Lines(composed(RECIPE)).of(path) is None


@pytest.mark.parametrize("text", ["", "# nothing\n", "plain", "5"])
def test_a_document_without_keys_has_no_lines(text: str) -> None:
    lines = Lines(composed(text))
    assert lines.of("a.b[0]") is None
    assert list(lines.twice()) == []


def test_a_list_at_the_top_has_lines() -> None:
    assert [Lines(composed("- a\n- b: 1\n  c: 2\n")).of(path) for path in ("[0]", "[1].b", "[1].c")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\n", []),
        ("a: 1\nb: 2\na: 3\n", [("a", 3)]),
        ("a: 1\n'a': 2\n", [("a", 2)]),
        ("a:\n  b: 1\nc:\n  b: 1\n", []),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", [("b", 4)]),
        ("a: [{b: 1,\n  b: 2}]\n", [("b", 2)]),
        ("a: 1\na: 2\na: 3\n", [("a", 2), ("a", 3)]),
        ("- a\n- a\n", []),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}\n", []),
        ("a: &x {b: 1, b: 2}\nc: *x\n", [("b", 1)]),
    ],
)
def test_a_key_that_a_mapping_gives_twice_is_told_with_its_second_line(text: str, found: list[tuple[str, int]]) -> None:
    assert list(Lines(composed(text)).twice()) == found


def test_aliases_of_aliases_are_looked_at_once() -> None:
    doubling = "".join(f"x{i}: &x{i} [*x{i - 1}, *x{i - 1}]\n" for i in range(1, 12))
    assert list(Lines(composed(f"x0: &x0 {{a: 1, a: 2}}\n{doubling}")).twice()) == [("a", 1)]


words = st.text("abcdefgh", min_size=1, max_size=5).filter(lambda word: isinstance(yaml.safe_load(word), str))
trees = st.dictionaries(
    words,
    st.recursive(
        st.just(None),
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(words, inner, min_size=1, max_size=3),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


def leaves(node: Any, path: str = "") -> Iterator[str]:
    """The key path of every leaf."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from leaves(value, f"{path}[{place}]")
    else:
        yield path


def numbered(node: Any, counter: Iterator[int]) -> Any:
    """The tree with a text of its own at each leaf."""
    if isinstance(node, dict):
        return {key: numbered(value, counter) for key, value in node.items()}
    if isinstance(node, list):
        return [numbered(value, counter) for value in node]
    return f"leaf-{next(counter)}-"


@given(trees)
def test_every_leaf_of_a_written_document_is_found_on_its_line(tree: dict[str, Any]) -> None:
    text = yaml.safe_dump(numbered(tree, iter(range(1000))), sort_keys=False)
    written = text.splitlines()
    lines = Lines(composed(text))
    for place, path in enumerate(leaves(tree)):
        (expected,) = (number for number, line in enumerate(written, 1) if f"leaf-{place}-" in line)
        assert lines.of(path) == expected
    assert list(lines.twice()) == []
