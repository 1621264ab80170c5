"""The columns of a table by their use: pure, from names, kinds and first values."""

import pytest

from ovopt.data.columns import Choice, Chooser, Column, LabelQuestionError
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

FOUR = [Port(name="features", shape=(None, 4), dtype="f32")]
ANY = [Port(name="x", shape=(None, None), dtype="f32")]
IMAGE = [Port(name="x", shape=(None, 3, 8, 8), dtype="f32")]
TOKENS = [Port(name=name, shape=(None, None), dtype="i64") for name in ("input_ids", "attention_mask")]
FLOATS = {name: ("number", False, [0.5, 1.5]) for name in "abcd"}
NAMES = ("text", False, ["cat", "dog"] * 8)
WHOLE = ("number", True, [0, 1, 2] * 8)
FRACTIONS = ("number", False, [0.5, 1.5])
FREE = ("text", False, [f"text {i}" for i in range(16)])
PICTURE = ("file", False, [b"x"])


def chosen(ports, columns, **choice):
    found = {}
    for path, (kind, is_whole, head) in columns.items():
        outer, name = path.partition("/")[0], path.replace("/", ".")
        found[name] = Column(name, outer, kind, is_whole=is_whole, head=lambda head=head: head)
    return Chooser(found, ports, Choice(**choice), "t").chosen()


@pytest.mark.parametrize(
    ("ports", "columns", "label"),
    [
        (FOUR, {**FLOATS, "species": NAMES}, "species"),
        (FOUR, {**FLOATS, "species": WHOLE}, "species"),
        (FOUR, {**FLOATS, "Target": ("number", False, [0.5])}, "Target"),
        (FOUR, {**FLOATS, "speaker": ("number", True, list(range(24))), "species": WHOLE}, "species"),
        (FOUR, {**FLOATS, "remark": FREE}, None),
        (FOUR, FLOATS, None),
        (FOUR, {**FLOATS, "x": WHOLE, "y": WHOLE}, "y"),
        (ANY, {**FLOATS, "e": WHOLE}, None),
        (IMAGE, {"img": PICTURE, "fine_label": WHOLE}, "fine_label"),
        (IMAGE, {"img": PICTURE, "kind": NAMES}, "kind"),
        (IMAGE, {"img": PICTURE, "title": FREE}, None),
        (IMAGE, {"file_name": PICTURE, "text": FREE, "id": FREE}, "text"),
        (TOKENS, {"file_name": PICTURE, "text": FREE}, None),
        (IMAGE, {"img": PICTURE, "kind": NAMES, "size": WHOLE}, None),
        (IMAGE, {"jpg": PICTURE, "json": ("struct", False, []), "json/label": WHOLE}, "json.label"),
        (IMAGE, {"img": PICTURE, "label": ("struct", False, []), "label/id": WHOLE}, "label.id"),
        (TOKENS, {"review": FREE, "sentiment": NAMES}, "sentiment"),
        (TOKENS, {"text": FREE, "mood": WHOLE}, "mood"),
        (TOKENS, {"text": FREE, "label": WHOLE, "label_text": NAMES}, "label"),
        (TOKENS, {"premise": FREE, "hypothesis": FREE, "label": WHOLE}, "label"),
    ],
)
def test_the_label_is_found_by_name_by_type_or_by_what_the_model_leaves(ports, columns, label):
    assert chosen(ports, columns).label == label


@pytest.mark.parametrize(
    ("ports", "columns", "inputs"),
    [
        (FOUR, {"id": ("number", True, [1, 2, 3]), **FLOATS, "species": NAMES}, "abcd"),
        (FOUR, {"Unnamed: 0": ("number", True, [0, 1, 2]), **FLOATS}, "abcd"),
        (FOUR, {"PassengerId": ("number", True, [1, 2, 5]), **FLOATS, "Name": FREE, "label": WHOLE}, "abcd"),
        (FOUR, {"row_id": ("number", True, [4, 5, 6]), **FLOATS, "label": WHOLE}, "abcd"),
        (FOUR, {"acid": ("number", True, [4, 5, 6]), "a": WHOLE, "b": WHOLE, "c": WHOLE, "label": WHOLE},
         ["acid", *"abc"]),
        (TOKENS, {"genre": ("text", False, ["main"] * 16), "Sentence1": FREE, "Sentence2": FREE, "score": FRACTIONS},
         ["Sentence1", "Sentence2"]),
        (TOKENS, {"topic": FREE, "context": FREE, "question": FREE, "label": WHOLE}, ["question", "context"]),
        (TOKENS, {"genre": NAMES, "s1": FREE, "s2": FREE, "score": FRACTIONS}, ["s1", "s2"]),
        (TOKENS, {"one": FREE, "two": FREE, "three": FREE, "label": WHOLE}, ["one", "two", "three"]),
        (FOUR, {"idx": ("number", True, [0, 1]), "a": WHOLE, "b": WHOLE, "c": WHOLE, "label": WHOLE}, ["idx", *"abc"]),
        (FOUR, {"id": ("number", True, [7, 3, 5]), "a": WHOLE, "b": WHOLE, "c": WHOLE, "label": WHOLE}, ["id", *"abc"]),
        (FOUR, {**FLOATS, "speaker": WHOLE, "label": WHOLE}, "abcd"),
        (IMAGE, {"img": PICTURE, "width": WHOLE, "label": WHOLE}, ["img"]),
        (IMAGE, {"file_name": PICTURE, "text": FREE, "label": WHOLE}, ["file_name"]),
        (IMAGE, {"jpg": PICTURE, "cls": WHOLE, "__key__": FREE, "__url__": FREE}, ["jpg"]),
        (TOKENS, {"idx": ("number", True, [0, 1]), "premise": FREE, "hypothesis": FREE, "label": WHOLE},
         ["premise", "hypothesis"]),
        (ANY, {"a": WHOLE, "remark": FREE, "label": WHOLE}, ["a"]),
        (FOUR, {"embedding": ("list", False, [[0.5] * 4]), "age": WHOLE, "label": WHOLE}, ["embedding"]),
    ],
)  # fmt: skip
def test_the_inputs_are_the_columns_of_the_kind_that_the_model_takes(ports, columns, inputs):
    assert list(chosen(ports, columns).inputs) == [*inputs]


def test_columns_that_only_count_the_rows_are_named():
    found = chosen(FOUR, {"Unnamed: 0": ("number", True, [0, 1, 2]), **FLOATS, "species": NAMES})
    assert found.counting == ("Unnamed: 0",)


@pytest.mark.parametrize("tags", ["ner_tags", "tags", "labels"])
def test_words_and_their_tags_are_lists_of_one_sentence(tags):
    words, ids = ("list", False, [["a", "b"]]), ("list", False, [[0, 1]])
    columns = {"id": FREE, "tokens": words, "text": FREE, "pos_tags": ids, tags: ids}
    found = chosen(TOKENS, columns)
    assert (found.inputs, found.label) == ({"tokens": "tokens"}, tags)
    assert chosen(TOKENS, columns, label="pos_tags").inputs == {"tokens": "tokens"}
    assert chosen(TOKENS, columns, inputs="text").inputs == {"text": "text"}
    assert chosen(TOKENS, {**columns, "tokens": WHOLE}).inputs == {"text": "text"}


def test_columns_of_text_that_a_vector_leaves_out_are_named():
    assert chosen(FOUR, {**FLOATS, "species": NAMES, "remark": FREE, "label": WHOLE}).texts == ("species", "remark")
    assert chosen(FOUR, {**FLOATS, "remark": FREE, "label": WHOLE}, inputs=[*"abcd"]).texts == ()
    assert chosen(TOKENS, {"text": FREE, "remark": FREE, "label": WHOLE}).texts == ()


def test_columns_are_inputs_by_the_names_of_the_models_however_they_are_written():
    ports = [Port(name=name, shape=(None, 1), dtype="f32") for name in ("sepal_length", "petalWidth")]
    columns = {"Petal Width": WHOLE, "sepal.length": WHOLE, "species": NAMES}
    assert chosen(ports, columns).inputs == {"sepal_length": "sepal.length", "petalWidth": "Petal Width"}


@pytest.mark.parametrize(
    ("ports", "columns", "fault"),
    [
        (
            FOUR,
            {**FLOATS, "my price": ("number", False, [0.5])},
            "the model takes 4 numbers, and 5 columns hold some; say it, as in --set 'data.source.label=my price'; "
            "or d, c, b and 1 more",
        ),
        (
            FOUR,
            {**FLOATS, "speaker": WHOLE, "species": WHOLE},
            "the model takes 4 numbers, and 6 columns hold some; say it, as in --set data.source.label=species; or "
            "speaker",
        ),
        (
            IMAGE,
            {"img": PICTURE, "label": ("struct", False, []), "label/id": WHOLE, "label/name": NAMES},
            "'label' holds several; say it, as in --set data.source.label=label.id; or label.name",
        ),
        (
            IMAGE,
            {"img": PICTURE, "fine_label": WHOLE, "coarse_label": WHOLE},
            "2 columns may be; say it, as in --set data.source.label=fine_label; or coarse_label",
        ),
    ],
)
def test_a_label_that_cannot_be_told_is_asked_for(ports, columns, fault):
    with pytest.raises(LabelQuestionError, match=exactly(f"t: which column is the label? {fault}")) as error:
        chosen(ports, columns)
    assert chosen(ports, columns, label=error.value.columns[0]).label == error.value.columns[0]


@pytest.mark.parametrize(
    ("column", "split"),
    [
        (("text", False, ["train", "test", None]), "Split"),
        (("text", False, ["Training", "validation"]), "Split"),
        (("text", False, ["red", "test"]), None),
        (("number", True, [0, 1, 2]), None),
    ],
)
def test_a_column_of_usual_names_of_splits_is_one(column, split):
    found = chosen(IMAGE, {"img": PICTURE, "Split": column, "label": WHOLE})
    assert (found.split, found.label, list(found.inputs)) == (split, "label", ["img"])


def test_any_column_can_be_said_to_name_the_splits():
    columns = {"img": PICTURE, "part": ("text", False, ["red", "blue"]), "label": WHOLE}
    assert chosen(IMAGE, columns, split="part").split == "part"
    with pytest.raises(DataError, match=exactly("t: no column 'prat'; did you mean 'part'?")):
        chosen(IMAGE, columns, split="prat")


def test_a_column_inside_of_another_is_named_with_a_point():
    columns = {"sample": ("struct", False, []), "sample/image": PICTURE, "sample/meta": ("struct", False, [])}
    assert chosen(IMAGE, columns, inputs="sample.image").inputs == {"sample.image": "sample.image"}
    with pytest.raises(DataError, match=exactly("t: no column 'sample.imag'; did you mean 'sample.image'?")):
        chosen(IMAGE, columns, inputs="sample.imag")
