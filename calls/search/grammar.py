"""A search as text: ``vendor:yeta outcome:busy,failed talk:>30 said:"优惠券" -code:q850/16``.

Items stand between blanks. An item is a name, a colon and values between commas; a minus sign
before it negates it. A value in double quotes may hold anything; ``\\"`` and ``\\\\`` stand for a
quote and a backslash in it. An item without a name is a word: ``calls.search.box`` says what it may
mean. ``write`` and ``read`` are each other's inverse for clauses.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from calls.search.clauses import MINUS, SORT, Clauses, Problem

LONGEST = 20_000  # characters of a search
_NAME = re.compile(r"(-?)([a-z][a-z_]*):")
_PLAIN = re.compile(r'[^\s",]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Word:
    """An item without a name, and its place in the text."""

    text: str
    start: int
    end: int
    is_negated: bool = False
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What was read of a text: clauses with their places, and words that have no name yet."""

    clauses: Clauses
    words: tuple[Word, ...]
    places: dict[tuple[str, bool, str], tuple[int, int]]


def write(clauses: Clauses) -> str:
    """The text of a search."""
    items = [f"{one.key}:{','.join(map(_written, one.values))}" for one in clauses.clauses]
    if clauses.sort:
        items.append(f"{SORT}:{_written(clauses.sort)}")
    return " ".join(items)


def _written(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(text: str, is_known: Callable[[str], bool], suggest: Callable[[str], str]) -> Text:
    """Read a text. A name that is not known is a problem, with the one that is most like it."""
    if len(text) > LONGEST:
        sentence = _("The search has %(length)d characters; it may have %(most)d.") % {
            "length": len(text),
            "most": LONGEST,
        }
        return Text(Clauses(problems=(Problem("", sentence),)), (), {})
    return _Reader(text, is_known, suggest).read()


class _Reader:
    def __init__(
        self, text: str, is_known: Callable[[str], bool], suggest: Callable[[str], str]
    ) -> None:
        self.text = text
        self.is_known = is_known
        self.suggest = suggest
        self.place = 0
        self.said: list[tuple[str, bool, str]] = []
        self.words: list[Word] = []
        self.problems: list[Problem] = []
        self.places: dict[tuple[str, bool, str], tuple[int, int]] = {}
        self.sort = ""

    def read(self) -> Text:
        while self.place < len(self.text):
            if blank := _BLANK.match(self.text, self.place):
                self.place = blank.end()
            elif (name := _NAME.match(self.text, self.place)) and not self._is_time(name):
                self._item(name)
            else:
                self._word()
        clauses = Clauses.gathered(self.said, self.sort, self.problems)
        return Text(clauses, tuple(self.words), self.places)

    def _is_time(self, name: "re.Match[str]") -> bool:
        """An address that somebody pasted, such as https://…, is no filter."""
        return self.text.startswith("//", name.end())

    def _item(self, name: "re.Match[str]") -> None:
        start, self.place = self.place, name.end()
        values = self._values()
        word, is_negated = name[2], name[1] == MINUS
        if not self.is_known(word) and word != SORT:
            self._complain(word, self._unknown(word), start, name.end() - 1)
        if not values:
            sentence = _("%(name)s: expected a value after the colon, found nothing.")
            self._complain(word, sentence % {"name": word}, start, self.place)
        elif word == SORT:
            self.sort = values[-1]
            self.places[SORT, False, self.sort] = (start, self.place)
        else:
            for value in values:
                self.said.append((word, is_negated, value))
                self.places[word, is_negated, value] = (start, self.place)

    def _unknown(self, word: str) -> str:
        likely = self.suggest(word)
        if likely:
            return _('There is no filter "%(name)s". Did you mean "%(likely)s"?') % {
                "name": word,
                "likely": likely,
            }
        return _('There is no filter "%(name)s".') % {"name": word}

    def _values(self) -> list[str]:
        values = []
        while True:
            value = self._value()
            if value is not None and value.strip():
                values.append(value.strip())
            if not self.text.startswith(",", self.place):
                return values
            self.place += 1

    def _value(self) -> str | None:
        if self.text.startswith('"', self.place):
            return self._quoted()
        if plain := _PLAIN.match(self.text, self.place):
            self.place = plain.end()
            return plain[0]
        return None

    def _quoted(self) -> str:
        if quoted := _QUOTED.match(self.text, self.place):
            self.place = quoted.end()
            return _ESCAPED.sub(r"\1", quoted[1])
        start, self.place = self.place, len(self.text)
        self._complain("", _("This quotation mark has no partner."), start, start + 1)
        return self.text[start + 1 :]

    def _word(self) -> None:
        start = self.place
        is_negated = self.text.startswith(MINUS, start) and start + 1 < len(self.text)
        if is_negated:
            self.place += 1
        is_quoted = self.text.startswith('"', self.place)
        value = self._value()
        if value is None:  # a comma or a minus sign that stands alone parts words
            self.place += 1
        elif value.strip():
            word = Word(value.strip(), start, self.place, is_negated, is_quoted)
            self.words.append(word)

    def _complain(self, name: str, sentence: str, start: int, end: int) -> None:
        self.problems.append(Problem(name, sentence, start, end))


def placed(problems: Iterable[Problem], text: Text) -> list[Problem]:
    """Problems of values, each with its place in the text that was typed."""
    found = []
    for problem in problems:
        places = [at for (name, _, _), at in text.places.items() if name == problem.name]
        if problem.start is None and places:
            start, end = places[0]
            problem = Problem(problem.name, problem.text, start, end)
        found.append(problem)
    return found
