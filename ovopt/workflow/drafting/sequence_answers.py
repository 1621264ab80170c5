"""Tasks whose outputs are sequences: tags of tokens, texts that are read, the next token."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence

from ovopt.records import Port
from ovopt.workflow.drafting.answer import Answer, chosen
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.labels import Labels
from ovopt.workflow.drafting.question import question

LETTERS = string.ascii_lowercase
ALPHABETS: Mapping[str, str] = {
    "digits": string.digits,
    "digits and small letters": string.digits + LETTERS,
    "digits and capitals": string.digits + LETTERS.upper(),
    "digits, small letters and capitals": string.digits + LETTERS + LETTERS.upper(),
    "small letters": LETTERS,
    "all of ASCII": string.printable[:94],
}
"""Characters of text readers, in their usual orders."""


def tokens(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Tags: outputs with scores of each token."""
    fitting = [place for place, port in enumerate(outputs) if len(port.shape or ()) == 3]
    options = tuple(Option(f"output {outputs[i].name}", postprocess=("tags",), sections=chosen(i)) for i in fitting)
    return Answer("token-classification", Choice("output", options) if options else None)


def language(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Scores of the next token at each place of a text."""
    fitting = [place for place, port in enumerate(outputs) if len(port.shape or ()) == 3]
    options = [
        Option(f"output {outputs[i].name}", postprocess=("next_token_nll",), sections=chosen(i)) for i in fitting
    ]
    return Answer("language-modelling", Choice("output", tuple(options)) if options else None)


def texts(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Texts that are no names of classes: of a reader of images or recordings."""
    options = [one for place, port in enumerate(outputs) for one in _readers(labels, place, port)]
    if options:
        return Answer("recognition", Choice("characters", tuple(options)))
    raise question(
        f"the labels are {len(labels.distinct)} different texts, such as {labels.first!r}: how are they read from "
        f"{', '.join(map(str, outputs))}; or what are they",
        ["--set 'postprocess=[{ctc_greedy: {file: FILE}}]'", "--task classification", "--task any"],
    )


def _readers(labels: Labels, place: int, port: Port) -> Iterator[Option]:
    """Ways to read text from scores [n, steps, characters + 1]: by alphabets of so many characters that hold those of
    the labels."""
    shape = port.shape or ()
    used = {character for text in labels.distinct for character in str(text)}
    for said, alphabet in (*ALPHABETS.items(), ("those of the labels", "".join(sorted(used)))):
        if len(shape) == 3 and shape[2] == len(alphabet) + 1 and used <= {*alphabet}:
            for blank in (0, "last"):
                decoder = {"ctc_greedy": {"characters": alphabet, **({"blank": blank} if blank else {})}}
                yield Option(f"{said}, the blank {blank or 'first'}", postprocess=(decoder,), sections=chosen(place))
