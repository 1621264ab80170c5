"""Text to tokens and ids, against the library `tokenizers` on tiny tokenizers made here."""

import json
import sys
from functools import cache

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers, processors, trainers

from ovopt.contracts import Parts
from ovopt.errors import DataError, RecipeError, SettingsError
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.records import Port
from ovopt.transforms.text import DecodeText, Ids, Lowercase, Strip, Tokenize
from tests.factories import exactly

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat", "##s", "a", "dog"]
TEXT, OTHER = "the cat sat on the mats", "a dog"
BERT = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))


@pytest.fixture(scope="module")
def wordpiece(tmp_path_factory):
    """A folder with a BERT tokenizer that asks for padding and truncation of its own."""
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = BERT
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    folder = tmp_path_factory.mktemp("wordpiece")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def bpe(tmp_path_factory):
    """A byte-pair tokenizer without special tokens."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([TEXT, OTHER] * 5, trainer)
    file = tmp_path_factory.mktemp("bpe") / "tokenizer.json"
    tokenizer.save(str(file))
    return file


@cache
def _plain(path):
    """For reading only."""
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _lists(done):
    return {name: array.tolist() for name, array in done.items()}


def test_a_text_becomes_the_inputs_of_a_transformer(wordpiece):
    done = Tokenize(tokenizer=str(wordpiece))(TEXT)
    assert _lists(done) == {
        "input_ids": [2, 5, 6, 7, 8, 5, 9, 10, 3],
        "attention_mask": [1] * 9,
        "token_type_ids": [0] * 9,
        "position_ids": list(range(9)),
        "beam_idx": [0],
    }
    assert {array.dtype for array in done.values()} == {np.dtype("int64")}


@given(text=st.text(max_size=40).filter(str.isprintable))
def test_ids_are_the_tokenizers_own(bpe, text):
    assert Tokenize(tokenizer=str(bpe))(text)["input_ids"].tolist() == _plain(bpe).encode(text).ids


def test_a_word_level_tokenizer_is_read(tmp_path):
    file = tmp_path / "any.json"
    tokenizer = tokenizers.Tokenizer(models.WordLevel({"<unk>": 0, "cat": 1}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(file))
    assert Tokenize(tokenizer=str(file))("cat dog cat")["input_ids"].tolist() == [1, 0, 1]


def test_a_text_is_filled_up_to_the_length(wordpiece):
    done = _lists(Tokenize(tokenizer=str(wordpiece), max_length=6, pad="max_length")(OTHER))
    assert done["input_ids"] == [2, 11, 12, 3, 0, 0]
    assert done["attention_mask"] == [1, 1, 1, 1, 0, 0]
    assert done["token_type_ids"] == [0] * 6


def test_a_text_can_be_filled_up_on_the_left(wordpiece):
    done = _lists(Tokenize(tokenizer=str(wordpiece), max_length=6, pad="max_length", pad_side="left", pad_id=99)(OTHER))
    assert done["input_ids"] == [99, 99, 2, 11, 12, 3]
    assert done["attention_mask"] == [0, 0, 1, 1, 1, 1]
    assert done["position_ids"] == [0, 0, 0, 1, 2, 3]


@pytest.mark.parametrize("length", [3, 5, 8, 9, 20])
def test_a_long_text_is_cut_and_keeps_its_special_tokens(wordpiece, length):
    expected = tokenizers.Tokenizer.from_file(str(wordpiece / "tokenizer.json"))
    expected.no_padding()
    expected.enable_truncation(length)
    done = Tokenize(tokenizer=str(wordpiece), max_length=length)(TEXT)["input_ids"].tolist()
    assert done == expected.encode(TEXT).ids
    assert len(done) == min(length, 9)
    assert (done[0], done[-1]) == (2, 3)


def test_a_long_text_is_refused_where_it_must_not_be_cut(wordpiece):
    transform = Tokenize(tokenizer=str(wordpiece), max_length=8, truncate=False)
    with pytest.raises(
        DataError, match=exactly("tokenize: 9 tokens, and max_length is 8; raise it, or set `truncate: true`")
    ):
        transform(TEXT)
    assert len(transform(OTHER)["input_ids"]) == 4


@pytest.mark.parametrize("content", [(TEXT, OTHER), [TEXT, OTHER], {"q": TEXT, "c": OTHER, "label": 1}])
def test_two_texts_become_one_joint_input(wordpiece, content):
    columns = ("q", "c") if isinstance(content, dict) else ()
    done = _lists(Tokenize(tokenizer=str(wordpiece), columns=columns)(content))
    encoded = _plain(wordpiece / "tokenizer.json").encode(TEXT, OTHER)
    assert done["input_ids"] == encoded.ids
    assert done["token_type_ids"] == encoded.type_ids == [0] * 9 + [1] * 3


@pytest.mark.parametrize(("columns", "content"), [(("text",), {"text": OTHER, "x": 1}), ((), {"text": OTHER})])
def test_a_row_of_one_text_is_that_text(wordpiece, columns, content):
    transform = Tokenize(tokenizer=str(wordpiece), columns=columns)
    assert _lists(transform(content)) == _lists(transform.model_copy(update={"columns": ()})(OTHER))


def test_special_tokens_can_be_left_out(wordpiece):
    done = Tokenize(tokenizer=str(wordpiece), special=False, max_length=1)(OTHER)
    assert done["input_ids"].tolist() == [11]


def test_names_and_type_are_the_models(wordpiece):
    done = Tokenize(tokenizer=str(wordpiece), names={"ids": "tokens", "mask": "m"}, dtype="int32")(OTHER)
    assert list(done) == ["tokens", "m", "token_type_ids", "position_ids", "beam_idx"]
    assert done["tokens"].dtype == np.int32


def test_the_preparation_hands_each_array_to_its_input(wordpiece):
    ports = tuple(Port(name=name, shape=(1, None), dtype="i64") for name in ("attention_mask", "input_ids"))
    prepared = HostPreparation((Strip(), Tokenize(tokenizer=str(wordpiece))), ports, {})
    ((mask, ids),) = prepared.preprocess(f"  {OTHER}\n")
    assert (mask.tolist(), ids.tolist()) == ([[1] * 4], [[2, 11, 12, 3]])
    assert len(prepared.preprocess(Parts((TEXT, OTHER)))) == 2


@pytest.mark.parametrize("lowercase", [None, True, False])
@pytest.mark.parametrize("config", [None, True, False])
def test_a_vocabulary_of_bert_is_read_with_its_case(tmp_path, lowercase, config):
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    if config is not None:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": config}))
    lowers = lowercase if lowercase is not None else config is not False
    for path in (tmp_path, tmp_path / "vocab.txt"):
        done = Tokenize(tokenizer=str(path), lowercase=lowercase)("The cats")["input_ids"].tolist()
        assert done == [2, 5 if lowers else 1, 6, 10, 3]


@pytest.mark.parametrize(("token", "expected"), [("<pad>", 1), ("</s>", 1), ("nothing", None)])
def test_the_padding_token_is_found(tmp_path, token, expected):
    file = tmp_path / "tokenizer.json"
    tokenizers.Tokenizer(models.WordLevel({"<unk>": 0, token: 1}, unk_token="<unk>")).save(str(file))
    transform = Tokenize(tokenizer=str(file), max_length=2, pad="max_length")
    if expected is not None:
        assert transform("a")["input_ids"].tolist() == [0, expected]
        return
    message = f"{file}: has no token to pad with; give preprocess: tokenize.pad_id"
    with pytest.raises(RecipeError, match=exactly(message)):
        transform("a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"bytes", "tokenize: wants text, not bytes; put `decode_text` before"),
        (5, "tokenize: wants text, not a int"),
        ([TEXT], "tokenize: wants text, not a list"),
        ([TEXT, None], "tokenize: wants text, not a NoneType"),
        ({"a": TEXT, "b": OTHER}, "tokenize: a row of the columns a, b; name one or two under `columns`"),
        ({}, "tokenize: a row of the columns none; name one or two under `columns`"),
        ("a\ud800", "tokenize: the text cannot be encoded: TextInputSequence must be str"),
    ],
)
def test_what_is_no_text_is_an_error(wordpiece, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        Tokenize(tokenizer=str(wordpiece))(content)


def test_a_column_that_is_missing_is_an_error(wordpiece):
    with pytest.raises(DataError, match=exactly("tokenize: no column 'b'; known: a")):
        Tokenize(tokenizer=str(wordpiece), columns=("a", "b"))({"a": TEXT})


@pytest.mark.parametrize(("content", "length"), [(TEXT, 2), ((TEXT, OTHER), 3)])
def test_a_length_without_place_for_text_is_a_fault_of_the_recipe(wordpiece, content, length):
    message = f"preprocess: tokenize.max_length of {length} leaves no place beside the special tokens"
    with pytest.raises(RecipeError, match=exactly(message)):
        Tokenize(tokenizer=str(wordpiece), max_length=length)(content)


def test_a_tokenizer_that_is_missing_or_broken_is_a_fault_of_the_recipe(tmp_path):
    publisher = "the model's publisher keeps it beside the model"
    for path, said in (
        (tmp_path / "x", "no such tokenizer"),
        (tmp_path, "a folder without tokenizer.json or vocab.txt"),
    ):
        with pytest.raises(RecipeError, match=exactly(f"{path}: {said}; {publisher}")):
            Tokenize(tokenizer=str(path))(TEXT)
    for name, text in (("broken.json", "{"), ("empty.txt", "")):
        (tmp_path / name).write_text(text)
        with pytest.raises(RecipeError, match=rf"{name}: not a tokenizer: "):
            Tokenize(tokenizer=str(tmp_path / name))(TEXT)


def test_tokenizers_missing_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(SettingsError, match=exactly("tokens need tokenizers: pip install 'ovopt[text]'")):
        Tokenize(tokenizer="never read")(TEXT)


@pytest.mark.parametrize(
    ("encoding", "content"),
    [("utf-8-sig", "\ufeffgrün".encode()), ("utf-8", "grün".encode()), ("latin-1", b"gr\xfcn"), ("utf-16", None)],
)
def test_text_is_decoded(encoding, content):
    assert DecodeText(encoding=encoding)(content or "grün".encode(encoding)) == "grün"


def test_text_that_is_decoded_passes_through():
    assert DecodeText()("grün") == "grün"


def test_bytes_that_are_no_text_are_an_error():
    why = "'utf-8' codec can't decode byte 0x89 in position 0: invalid start byte"
    message = f"decode_text: {why}; it seems to be a PNG image"
    with pytest.raises(DataError, match=exactly(message)):
        DecodeText()(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=exactly("decode_text: wants a file's bytes, not a int")):
        DecodeText()(5)


@given(st.text())
def test_case_and_white_space(text):
    assert Lowercase()(text) == text.lower()
    assert Strip()(text) == text.strip()


@given(st.text("abcdé", max_size=20))
def test_ids_are_places_in_the_vocabulary(text):
    done = Ids(vocabulary="abcd", first=1)(text)
    assert done.dtype == np.int64
    assert done.tolist() == ["_abcd".index(character) if character != "é" else 0 for character in text]


def test_a_vocabulary_can_be_a_list():
    assert Ids(vocabulary=("b", "a"))("ab").tolist() == [1, 0]


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (Ids(vocabulary="ab", unknown=None), "abx", "ids: 'x' is not in the vocabulary; add it, or give `unknown`"),
        (Ids(vocabulary="ab"), b"ab", "ids: wants text, not bytes; put `decode_text` before"),
        (Lowercase(), None, "lowercase: wants text, not a NoneType"),
        (Strip(), [1], "strip: wants text, not a list"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)


def test_a_long_text_becomes_windows_that_overlap_and_tokens_say_where_they_stand(wordpiece):
    question, context = "a dog", "the cat sat on the mats"
    made = Tokenize(tokenizer=str(wordpiece), max_length=8, stride=1, offsets=True, pad="max_length")(
        [question, context]
    )
    loaded = tokenizers.Tokenizer.from_file(str(wordpiece / "tokenizer.json"))
    loaded.no_padding()
    loaded.enable_truncation(8, stride=1, strategy="only_second")
    encoded = loaded.encode(question, context)
    windows = [encoded, *encoded.overflowing]
    assert isinstance(made, Parts)
    assert len(made) == len(windows) == 3
    seen = []
    for part, window in zip(made, windows, strict=True):
        filled = 8 - len(window.ids)
        assert part["input_ids"].tolist() == window.ids + [0] * filled
        assert part["context"] == context
        inside = [
            place if own == 1 else (-1, -1) for place, own in zip(window.offsets, window.sequence_ids, strict=True)
        ]
        assert part["offsets"].tolist() == [list(place) for place in inside + [(-1, -1)] * filled]
        seen.append([context[a:b] for a, b in part["offsets"] if a >= 0])
    assert seen == [["the", "cat", "sat"], ["sat", "on", "the"], ["the", "mat", "s"]]


def test_places_of_a_sole_text_are_its_own_whichever_side_is_padded(wordpiece):
    made = Tokenize(tokenizer=str(wordpiece), max_length=6, offsets=True, pad="max_length", pad_side="left")("the cat")
    assert made["offsets"].tolist() == [[-1, -1]] * 3 + [[0, 3], [4, 7], [-1, -1]]
    assert made["context"] == "the cat"
    assert "offsets" not in Tokenize(tokenizer=str(wordpiece))("the cat")


@pytest.mark.parametrize(
    ("settings", "starts"),
    [
        ({}, [0, 1, 1, 0, 1, 0]),
        ({"special": False}, [1, 1, 0, 1]),
        ({"max_length": 4}, [0, 1, 1, 0]),
        ({"max_length": 8, "pad": "max_length"}, [0, 1, 1, 0, 1, 0, 0, 0]),
        ({"max_length": 8, "pad": "max_length", "pad_side": "left"}, [0, 0, 0, 1, 1, 0, 1, 0]),
    ],
)
def test_words_are_tokens_of_which_the_first_of_each_is_marked(wordpiece, settings, starts):
    made = Tokenize(tokenizer=str(wordpiece), words=True, **settings)(["the", "mats", "cat"])
    assert made["word_starts"].tolist() == starts
    assert len(made["input_ids"]) == len(starts)
    assert "word_starts" not in Tokenize(tokenizer=str(wordpiece))("the mats cat")


def test_two_words_are_no_pair_of_texts(wordpiece):
    assert Tokenize(tokenizer=str(wordpiece), words=True)(["a", "dog"])["input_ids"].tolist() == [2, 11, 12, 3]
    row = {"tokens": ["a", "dog"]}
    assert Tokenize(tokenizer=str(wordpiece), words=True)(row)["input_ids"].tolist() == [2, 11, 12, 3]


def test_words_of_bytes_are_read_as_behind_a_space(bpe):
    made = Tokenize(tokenizer=str(bpe), words=True)(["sat", "cat"])
    loaded = tokenizers.Tokenizer.from_file(str(bpe))
    assert made["input_ids"].tolist() == loaded.encode(" sat cat").ids


def test_a_word_without_a_token_is_told(wordpiece):
    tokenize = Tokenize(tokenizer=str(wordpiece), words=True)
    with pytest.raises(DataError, match=exactly("tokenize: the word ' ' has no token; remove it, and its tag")):
        tokenize(["the", " ", "cat"])
    with pytest.raises(DataError, match=exactly("tokenize: wants a list of words, not a str; `words: false` reads it")):
        tokenize("the cat")
    with pytest.raises(DataError, match=exactly("tokenize: wants text, not a int")):
        tokenize(["the", 3])
    with pytest.raises(ValueError, match="`words` are of one text, without `stride` and `offsets`"):
        Tokenize(tokenizer=str(wordpiece), words=True, offsets=True)


def test_a_stride_needs_a_length_to_cut_at(wordpiece):
    with pytest.raises(ValueError, match="a `stride` needs a `max_length`, and `truncate: true`"):
        Tokenize(tokenizer=str(wordpiece), stride=2)
