"""Random words, names and values, and the templates that they fill."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

NOUNS = (
    "account anchor archive balance barrel batch beacon bridge bucket budget cabin cache cargo catalog "
    "channel circuit cluster column contract counter courier crate customer cycle depot device district "
    "document engine event factory field filter forecast frame garden gateway grain graph harbor header "
    "hour index invoice journey kernel label ladder layer ledger lens library limit loader margin "
    "market matrix member memory meter mirror module mountain network node order packet panel parcel "
    "parser path pattern payment pixel planet player policy price probe product profile project queue "
    "quota rate reader record region report request resource river route sample scale schedule sensor "
    "shelf signal sketch socket source station stock stream surface survey table target task "
    "theme thread ticket timer token tower track tree trigger tunnel user valley value vector vehicle "
    "vessel voyage warehouse weather weight window zone"
).split()
VERBS = (
    "accept apply attach balance build cancel check clear close collect combine compare compute convert "
    "count create deliver encode expand fetch fill find flatten format group handle "
    "insert join list load lock merge normalize open parse plan print publish push read rebuild "
    "refresh release remove render replace report reset resolve round save scan search send sort split "
    "start stop store submit sum test trim update validate visit wait write"
).split()
ADJECTIVES = (
    "active annual basic blue bright broken busy calm cheap clean cold common compact complete daily "
    "dark deep dry early empty equal exact external fast final flat fresh full global gray green heavy "
    "hidden idle inner large late light linear local long lower main manual mean middle narrow native "
    "new next old open outer parallel partial plain private public quick quiet rare raw recent red "
    "remote rough round safe sharp short silent simple slow small smooth soft solid stable steep "
    "strong sudden thin total upper valid warm weekly wide"
).split()
LINKS = (
    "the the the a a of of to to in and and for with on from by as at that this which when before after "
    "is are was can should will not each every only also between through without about"
).split()
PEOPLE = ("Ada Alan Amara Bruno Chen Clara Dmitri Elena Farid Grace Hugo Ines Jonas Kofi Lena Marta Nils Omar").split()
FAMILIES = "Adler Brandt Costa Diaz Evans Fischer Garcia Haddad Ivanov Jensen Kim Lopez Meyer Novak Okafor".split()
CITIES = ("Accra Bergen Bogota Cork Delft Fukuoka Gdansk Hanoi Izmir Lima Lyon Malmo Nairobi Porto Quito Split").split()

PLACEHOLDER = re.compile(r"@((?:file\.)?)([A-Za-z]+)(\d*)@")


@dataclass(frozen=True)
class Dice:
    """A seeded source of words and values: the same seed gives the same file."""

    rng: random.Random
    file_values: dict[str, str] = field(default_factory=dict)

    def fill(self, template: str) -> str:
        """Replace every placeholder of a template.

        ``@noun@`` is one random noun throughout the template, ``@noun2@`` another one, and ``@file.noun@``
        is the same in all the templates of a file. The word names a key of ``KINDS``.
        """
        part_values: dict[str, str] = {}

        def replace(match: re.Match[str]) -> str:
            known = self.file_values if match[1] else part_values
            if match[0] not in known:
                known[match[0]] = KINDS[match[2]](self)
            return known[match[0]]

        return PLACEHOLDER.sub(replace, template)

    def sentence(self) -> str:
        """Give 6 to 14 words, a capital first and a full stop."""
        kinds = self.rng.choices((LINKS, NOUNS, ADJECTIVES, VERBS), k=self.between(5, 13))
        words = [self.rng.choice(kind) for kind in kinds]
        return " ".join([*words, self.rng.choice(NOUNS)]).capitalize() + "."

    def paragraph(self) -> str:
        """Give 2 to 4 sentences on one line."""
        return " ".join(self.sentence() for _ in range(self.between(2, 4)))

    def between(self, low: int, high: int) -> int:
        """Give an integer from low to high, both included."""
        return self.rng.randint(low, high)

    def below_hundred(self) -> float:
        """Give a number between 0 and 100 with two digits after the point."""
        return round(self.rng.random() * 100, 2)


KINDS: dict[str, Callable[[Dice], str]] = {
    "noun": lambda dice: dice.rng.choice(NOUNS),
    "Noun": lambda dice: dice.rng.choice(NOUNS).capitalize(),
    "NOUN": lambda dice: dice.rng.choice(NOUNS).upper(),
    "verb": lambda dice: dice.rng.choice(VERBS),
    "Verb": lambda dice: dice.rng.choice(VERBS).capitalize(),
    "adj": lambda dice: dice.rng.choice(ADJECTIVES),
    "Adj": lambda dice: dice.rng.choice(ADJECTIVES).capitalize(),
    "ADJ": lambda dice: dice.rng.choice(ADJECTIVES).upper(),
    "digit": lambda dice: str(dice.between(1, 9)),
    "int": lambda dice: str(dice.between(10, 9999)),
    "float": lambda dice: f"{dice.below_hundred():.2f}",
    "hex": lambda dice: f"{dice.rng.getrandbits(24):06x}",
    "hash": lambda dice: f"{dice.rng.getrandbits(160):040x}",
    "date": lambda dice: f"{dice.between(2015, 2025)}-{dice.between(1, 12):02}-{dice.between(1, 28):02}",
    "time": lambda dice: f"{dice.between(0, 23):02}:{dice.between(0, 59):02}:{dice.between(0, 59):02}",
    "stamp": lambda dice: f"{dice.between(2015, 2025)}{dice.between(1, 12):02}{dice.between(1, 28):02}T080000Z",
    "version": lambda dice: f"{dice.between(0, 9)}.{dice.between(0, 20)}.{dice.between(0, 9)}",
    "bool": lambda dice: dice.rng.choice(("true", "false")),
    "person": lambda dice: f"{dice.rng.choice(PEOPLE)} {dice.rng.choice(FAMILIES)}",
    "city": lambda dice: dice.rng.choice(CITIES),
    "email": lambda dice: f"{dice.rng.choice(PEOPLE).lower()}@example.{dice.rng.choice(('org', 'com', 'net'))}",
    "host": lambda dice: f"{dice.rng.choice(NOUNS)}.example.{dice.rng.choice(('org', 'com', 'net'))}",
    "sentence": Dice.sentence,
    "phrase": lambda dice: f"{dice.rng.choice(VERBS)} the {dice.rng.choice(ADJECTIVES)} {dice.rng.choice(NOUNS)}",
    "Title": lambda dice: f"{dice.rng.choice(ADJECTIVES)} {dice.rng.choice(NOUNS)}".title(),
    "paragraph": Dice.paragraph,
}
