"""What a person means who types something without a name into the one box.

A text is a number in any form, a pasted list of numbers, an id, a code, a word of ours, or words of
a dialog. Readings are tried from the most telling to the least; the first that finds a call is
taken, and the others that would find some are offered beside it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _

from calls import codes, masking
from calls.models import Account, Call, CallCode, CodeMeaning, Party, Reference
from calls.search import FILTERS, Search, read_words
from calls.search.clauses import Clauses, Problem, merged
from calls.search.filters import MOST_VALUES, of_vendors_id
from calls.search.grammar import Text, Word, placed
from calls.search.parties import number_keys

_NUMBERS = re.compile(r"[\s,;，；、]+")
_NUMBER = re.compile(r"\+?[\d*()./\-\u2010-\u2015]{3,}")
_SPACED_NUMBER = re.compile(r"\+?\d[\d\s().\-\u2010-\u2015]{4,24}\d")
FEWEST_DIGITS, MOST_DIGITS = 7, 15  # of a whole number
MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What was made of a text: the search, and other readings of it that find something."""

    typed: str
    search: Search
    problems: tuple[Problem, ...]
    others: tuple[Search, ...] = ()


def find(typed: str) -> Found:
    """Make sense of what was typed."""
    typed = typed.replace("\x00", "\ufffd")  # which no database takes
    if numbers := _pasted_numbers(typed):
        return _of_numbers(typed, numbers)
    read = read_words(typed)
    search = Search(read.clauses)
    if problems := placed(search.problems, read):
        return Found(typed, search, tuple(problems))
    if not read.words:
        return Found(typed, search, ())
    readings = _readings(read)
    chosen = next((one for one in readings if _finds(one)), None)
    if chosen is None:
        return Found(typed, readings[0], ())
    others = [one for one in readings if one is not chosen and _finds(one)]
    return Found(typed, chosen, (), tuple(others[:MOST_READINGS]))


def _pasted_numbers(typed: str) -> list[str]:
    """The numbers of a text that holds nothing else; none where it holds something else."""
    text = typed.strip()
    digits = sum(one.isdigit() for one in text)
    if _SPACED_NUMBER.fullmatch(text) and digits <= MOST_DIGITS and "\n" not in text:
        return [text] if digits >= FEWEST_DIGITS and re.search(r"\s", text) else []
    ones = [one for one in _NUMBERS.split(text) if one]
    if len(ones) > 1 and all(_is_whole_number(one) for one in ones):
        return list(dict.fromkeys(ones))
    return []


def _is_whole_number(text: str) -> bool:
    digits = sum(one.isdigit() for one in text)
    return FEWEST_DIGITS <= digits <= 20 and _NUMBER.fullmatch(text) is not None


def _of_numbers(typed: str, numbers: Sequence[str]) -> Found:
    if len(numbers) > MOST_VALUES:
        sentence = _(
            "%(count)d numbers were pasted; at most %(most)d can be looked for at once."
            " Paste a part of them."
        ) % {"count": len(numbers), "most": MOST_VALUES}
        return Found(typed[:200], Search(Clauses()), (Problem("number", sentence),))
    said = [("number", False, number) for number in numbers]
    return Found(typed, Search(Clauses.gathered(said)), ())


def _readings(read: Text) -> list[Search]:
    """Every search that the text may mean, the most telling first."""
    if len(read.words) == 1:
        found: Iterator[tuple[str, str]] = _of_word(read.words[0])
    else:
        found = chain(_of_phrase(read.words), [("said", _phrase(read.words))])
    is_negated = len(read.words) == 1 and read.words[0].is_negated
    readings: dict[str, Search] = {}
    for name, value in found:
        clauses = merged(read.clauses, Clauses.gathered([(name, is_negated, value)]))
        search = Search(clauses)
        if not search.problems:
            readings.setdefault(search.text, search)
    if not readings:  # nothing but signs: the complaint of the last reading is the clearest
        clauses = Clauses.gathered([("said", is_negated, _phrase(read.words))])
        readings[""] = Search(merged(read.clauses, clauses))
    return list(readings.values())


def _phrase(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _of_phrase(words: Sequence[Word]) -> Iterator[tuple[str, str]]:
    """Several words that are one name: of an account, of an outcome."""
    yield from _of_our_words(_phrase(words))


def _of_word(word: Word) -> Iterator[tuple[str, str]]:
    text = word.text
    if not word.is_quoted:
        yield from _of_ids(text)
        yield from _of_number(text)
        yield from _of_code(text)
        yield from _of_our_words(text)
    yield "said", text


def _of_ids(text: str) -> Iterator[tuple[str, str]]:
    """An id, where a call has it."""
    if Call.objects.filter(of_vendors_id([text])).exists():
        yield "call_id", text
    names = Reference.objects.filter(value=text).order_by().values_list("name", flat=True)
    # As many as tell the names apart, and no more: a task may have a million calls.
    for name in dict.fromkeys(names[:50]):
        yield name, text


def _of_number(text: str) -> Iterator[tuple[str, str]]:
    """A number, where calls have it: whole, then by its last digits, then by its first."""
    plain = re.sub(r"[\s().\-\u2010-\u2015/]", "", text)
    if "*" in plain:
        yield "number", plain
        return
    digits = plain.lstrip("+")
    if not (digits.isascii() and digits.isdecimal()) or not 3 <= len(digits) <= 20:
        return
    if Party.objects.filter(key__in=number_keys(text)).exists():
        yield "number", text
    if len(digits) <= 8:
        yield "number", f"*{digits}"
    if masking.sees_numbers():
        yield "number", f"{plain}*"
        if len(digits) > 8:
            yield "number", f"*{digits}"
    if len(digits) >= FEWEST_DIGITS:
        yield "number", text


def _of_code(text: str) -> Iterator[tuple[str, str]]:
    """A code, where calls have it or a table knows it."""
    scheme, slash, value = text.rpartition("/")
    seen = CallCode.objects.filter(value=value)
    if slash:
        if codes.explain(scheme, value) or seen.filter(scheme=scheme).exists():
            yield "code", text
        return
    for scheme in _schemes(value):
        yield "code", f"{scheme}/{value}"


def _schemes(value: str) -> list[str]:
    """The schemes in which calls have a code of this value."""
    known = CodeMeaning.objects.order_by("scheme").values_list("scheme", flat=True).distinct()
    codes_of = CallCode.objects.order_by()
    return [one for one in known if codes_of.filter(scheme=one, value=value).exists()]


def _of_our_words(text: str) -> Iterator[tuple[str, str]]:
    """A word of a choice, as it is shown or as it is written: busy, 忙线, yeta, an account."""
    for account in Account.objects.all():
        if text.lower() == account.name.lower():
            yield "account", account.name
    for name in ("vendor", "outcome", "state", "direction", "service"):
        yield from ((name, value) for value in _chosen(FILTERS[name].choices(), text))


def _chosen(choices: Mapping[str, object], text: str) -> list[str]:
    folded = text.casefold()
    return [
        value
        for value, label in choices.items()
        if folded in {value.casefold(), str(label).casefold()}
    ]


def _finds(search: Search) -> bool:
    return bool(search.some(1))
