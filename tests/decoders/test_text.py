"""Characters, names, tags, the likelihood of tokens."""

from itertools import groupby

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import log_softmax

from ovopt.decoders.text import BLOCK, CtcGreedy, Detokenize, Lookup, NextTokenNll, Tags
from ovopt.errors import DataError, RecipeError
from tests.factories import exactly

LETTERS = "abcde"


def _one_hot(ids, classes):
    return np.eye(classes, dtype=np.float32)[np.array(ids, int)].reshape(-1, classes)


@given(st.lists(st.integers(0, 5), max_size=20), st.sampled_from([0, 2, "last"]), st.booleans())
def test_ctc_is_groupby_without_blanks(ids, blank, merge):
    place = 5 if blank == "last" else blank
    names = [*LETTERS[:place], None, *LETTERS[place:]]
    kept = [i for i, _ in groupby(ids)] if merge else ids
    expected = "".join(names[i] for i in kept if i != place)
    decoder = CtcGreedy(characters=LETTERS, blank=blank, merge=merge)
    assert decoder(_one_hot(ids, 6), {}) == expected
    assert decoder(_one_hot(ids, 6)[None], {}) == expected
    assert decoder(np.array(ids, int), {}) == expected


def test_a_blank_keeps_a_double_letter():
    assert CtcGreedy(characters="helo")(np.array([1, 2, 2, 3, 0, 3, 4, 4, 0]), {}) == "hello"


def test_negative_classes_are_padding():
    assert CtcGreedy(characters="ab", merge=False)(np.array([1, 1, 2, -1, -1], np.int32), {}) == "aab"


def test_classes_may_be_whole_numbers_in_floats():
    assert CtcGreedy(characters="ab", merge=False)(np.array([1.0, 2.0, -1.0]), {}) == "ab"


def test_elements_of_a_list_may_be_empty_or_long():
    decoder = CtcGreedy(characters=["", " ", "ch", "a"])
    assert decoder(np.array([3, 4, 2, 1, 4]), {}) == "cha a"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_a_file_has_a_character_on_each_line(tmp_path, ending, last):
    characters = ["0", "é", "\u2028", " ", "\u3000", "漢", "\x0b"]
    file = tmp_path / "keys.txt"
    file.write_bytes((ending.join(characters) + ending * last).encode())
    decoder = CtcGreedy(file=str(file), space=True)
    assert decoder(np.arange(9), {}) == "".join([*characters, " "])
    assert Lookup(file=str(file))(np.array(1), {}) == "é"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(RecipeError, match=rf"\Actc_greedy.file: {tmp_path}/none.txt cannot be read: .*No such file"):
        CtcGreedy(file=f"{tmp_path}/none.txt")(np.arange(2), {})
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(RecipeError, match=rf"\Alookup.file: {tmp_path}/binary cannot be read: "):
        Lookup(file=f"{tmp_path}/binary")(np.array(0), {})


def test_no_steps_are_no_text():
    assert CtcGreedy(characters="ab")(np.zeros((0, 3)), {}) == ""
    assert CtcGreedy(characters="ab")(np.zeros(0, int), {}) == ""


@pytest.mark.parametrize("decoder", [CtcGreedy, Lookup])
def test_characters_or_a_file_must_be_given(decoder):
    field = "characters" if decoder is CtcGreedy else "classes"
    for fields in ({}, {field: ("a",), "file": "b"}):
        with pytest.raises(ValidationError, match=f"give either {field} or file"):
            decoder(**fields)


def test_lookup_gives_names():
    decoder = Lookup(classes=("cat", "dog"), separator=", ")
    assert decoder(np.array(1), {}) == "dog"
    assert decoder(np.int64(0), {}) == "cat"
    assert decoder(1, {}) == "dog"
    assert decoder(np.array([1, 0, 1]), {}) == "dog, cat, dog"
    assert decoder(np.array([], int), {}) == ""


def test_lookup_ends_at_the_stop():
    decoder = Lookup(classes=("", "a", "b"), stop=0)
    assert decoder(np.array([1, 2, 0, 1, 99]), {}) == "ab"
    assert decoder(np.array([1, 2]), {}) == "ab"
    assert decoder(np.array(0), {}) == ""


SCORES = np.array([[0, 9, 1], [2, 1, 0], [0, 0, 3], [5, 0, 0]])
MASK = {"attention_mask": np.array([[1, 1, 1, 0]])}


def test_tags_are_the_best_class_of_each_token_that_counts():
    assert Tags(labels=("O", "B", "I"))(SCORES, MASK) == ["B", "O", "I"]
    assert Tags()(SCORES, MASK) == [1, 0, 2]
    assert Tags(mask=None)(SCORES, {}) == [1, 0, 2, 0]
    assert Tags(mask="m")(SCORES, {"m": np.array([[0, 1, 0, 1]])}) == [0, 0]


def test_tags_may_leave_out_the_special_tokens():
    assert Tags(skip_special=True)(SCORES, MASK) == [0]
    assert Tags(skip_special=True, mask=None)(SCORES, {}) == [0, 2]
    assert Tags(skip_special=True)(SCORES, {"attention_mask": np.array([[1, 0, 0, 0]])}) == []


def test_no_tokens_have_no_tags():
    assert Tags()(np.zeros((0, 3)), {"attention_mask": np.zeros((1, 0))}) == []


CTC = "ctc_greedy: wants scores [steps, 3] of the blank and the characters, or classes [steps]"


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (CtcGreedy(characters="ab"), np.zeros((5, 4)), f"{CTC}, not [5, 4]"),
        (CtcGreedy(characters="ab"), np.zeros((5, 1, 3)), f"{CTC}, not [5, 1, 3]"),
        (CtcGreedy(characters="ab"), np.array([1, 3]), f"{CTC}, not [2]"),
        (CtcGreedy(characters="ab"), np.array([1, np.nan]), f"{CTC}, not [2]"),
        (CtcGreedy(characters="ab"), "text", f"{CTC}, not str"),
        (
            CtcGreedy(characters="ab", blank=4),
            np.array([1]),
            "ctc_greedy: the blank 4 is outside the 3 classes",
        ),
        (
            Lookup(classes=("a", "b")),
            np.array([0.5]),
            "lookup: wants classes of 0 to 1; `argmax` makes them of scores, not [1]",
        ),
        (
            Lookup(classes=("a", "b")),
            np.zeros((2, 2), int),
            "lookup: wants classes of 0 to 1; `argmax` makes them of scores, not [2, 2]",
        ),
        (
            Lookup(classes=("a", "b")),
            np.array([0, 2]),
            "lookup: wants classes of 0 to 1; `argmax` makes them of scores, not 2",
        ),
        (Tags(labels=("O", "B")), SCORES, "tags: wants scores at each token, [tokens, 2], not [4, 3]"),
        (Tags(), np.zeros(3), "tags: wants scores at each token, [tokens, classes], not [3]"),
        (Tags(), np.zeros((3, 0)), "tags: wants scores at each token, [tokens, classes], not [3, 0]"),
        (Tags(), SCORES, "tags: the model has no input 'attention_mask', only none; name another one"),
    ],
)
def test_what_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})


def _inputs(ids, mask):
    return {"input_ids": np.array([ids]), "attention_mask": np.array([mask])}


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("length", [2, BLOCK, BLOCK + 1, BLOCK + 2, 3 * BLOCK])
def test_nll_is_scipys_log_softmax(length, dtype):
    rng = np.random.default_rng(length)
    logits, ids = rng.normal(0, 30, (length, 17)).astype(dtype), rng.integers(17, size=length)
    shares = log_softmax(logits.astype(float), axis=1)
    expected = -sum(shares[t, ids[t + 1]] for t in range(length - 1))
    found = NextTokenNll()(logits, _inputs(ids, np.ones(length, int)))
    np.testing.assert_allclose(found, [expected, length - 1], rtol=1e-12)


@pytest.mark.parametrize("mask", [[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 0], [0] * 5])
def test_padding_neither_judges_nor_is_judged(mask):
    rng = np.random.default_rng(0)
    logits, ids = rng.normal(size=(5, 7)), rng.integers(7, size=5)
    ids[np.array(mask) == 0] = -100
    shares = log_softmax(logits, axis=1)
    pairs = [t for t in range(4) if mask[t] and mask[t + 1]]
    expected = -sum(shares[t, ids[t + 1]] for t in pairs)
    np.testing.assert_allclose(NextTokenNll()(logits, _inputs(ids, mask)), [expected, len(pairs)], atol=1e-12)


def test_without_a_mask_all_tokens_count():
    found = NextTokenNll(ids="tokens", mask=None)(np.zeros((4, 8)), {"tokens": np.array([[1, 2, 3, 4]])})
    np.testing.assert_allclose(found, [3 * np.log(8), 3])


def test_a_sole_token_foretells_nothing():
    assert NextTokenNll()(np.zeros((1, 8)), _inputs([3], [1])).tolist() == [0, 0]


def test_extreme_scores_neither_overflow_nor_warn():
    logits = np.array([[1e30, 0, -1e30], [0, -np.inf, 0], [0, 0, 0]])
    found = NextTokenNll()(logits, _inputs([0, 0, 2], [1, 1, 1]))
    np.testing.assert_allclose(found, [np.log(2), 2])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite_make_the_sum_no_number(value):
    found = NextTokenNll()(np.array([[value, 0], [0, 0]]), _inputs([0, 1], [1, 1]))
    assert np.isnan(found[0])


@pytest.mark.parametrize(
    ("output", "inputs", "message"),
    [
        (np.zeros(4), {}, "wants scores of the vocabulary at each token, [tokens, vocabulary], not [4]"),
        (np.zeros((2, 4)), {"x": np.ones(2)}, "the model has no input 'input_ids', only x; name another one"),
        (np.zeros((2, 4)), {}, "the model has no input 'input_ids', only none; name another one"),
        (np.zeros((2, 4)), _inputs([1, 2, 3], [1, 1, 1]), "the input 'input_ids' has 3 tokens, the output 2"),
        (
            np.zeros((2, 4)),
            _inputs([1, 4], [1, 1]),
            "token 4 of the input 'input_ids' is outside the 4 scores of the output",
        ),
        (
            np.zeros((2, 4)),
            _inputs([1, -1], [1, 1]),
            "token -1 of the input 'input_ids' is outside the 4 scores of the output",
        ),
    ],
)
def test_scores_or_tokens_that_do_not_fit_are_an_error(output, inputs, message):
    with pytest.raises(DataError, match=exactly(f"next_token_nll: {message}")):
        NextTokenNll()(output, inputs)


@pytest.fixture
def tokenizer(tmp_path):
    made = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({"[UNK]": 0, "</s>": 1, "the": 2, "cat": 3}, unk_token="[UNK]")
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.add_special_tokens(["</s>"])
    made.save(str(tmp_path / "tokenizer.json"))
    return str(tmp_path)


def test_ids_or_the_best_of_scores_become_text_by_the_tokenizer(tokenizer):
    decoder = Detokenize(tokenizer=tokenizer)
    ids = np.array([2, 3, 1, 2])
    assert decoder(ids, {}) == "the cat the"
    assert decoder(np.eye(4, dtype=np.float32)[ids][None], {}) == "the cat the"
    assert Detokenize(tokenizer=tokenizer, stop=1)(ids[None], {}) == "the cat"


@pytest.mark.parametrize("output", [np.zeros((2, 3), np.int64), np.array([-1]), np.zeros(3, np.float32), "text"])
def test_what_holds_no_tokens_is_told(tokenizer, output):
    with pytest.raises(
        DataError, match=r"detokenize: wants token ids \[tokens\], or scores \[tokens, vocabulary\], not"
    ):
        Detokenize(tokenizer=tokenizer)(output, {})


def test_samples_are_prepared_once_more_for_tags_only_where_their_mask_is_no_input_of_the_model():
    inputs = {"input_ids", "attention_mask"}
    assert not Tags().looks_beside(inputs)
    assert Tags(mask="word_starts").looks_beside(inputs)
    assert Tags().looks_beside({"input_ids"})
