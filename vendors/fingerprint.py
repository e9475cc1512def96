"""What went wrong with a push, without the particulars: what pushes of one trouble have in common.

``feeLst[3].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got "yesterday"`` is one of many that read
``feeLst[*].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got …``. Digits go with the particulars, so
that no telephone number stays.
"""

import re
from collections.abc import Iterable, Sequence

LONGEST = 200  # characters
GONE = "…"
_MOST_SORTS = 3  # of wrongs in one push

_COMPLAINT = re.compile(r"(.*?): (expected .*?)(?:, got (.*))?", re.DOTALL)
_WHERE_IN_JSON = re.compile(r" at line \d+ column \d+$")
_WORDS = re.compile(r"[a-z ]+")
_INDEX = re.compile(r"\[\d+\]")
_WITH_DIGITS = re.compile(r"\w*\d[\w-]*")
_QUOTED = re.compile(r"(['\"])((?:(?!\1)[^\\]|\\.)*)\1", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][A-Za-z_.]{0,59}")
# What these quote are names of ours. Others quote what came.
_OF_CODE = ("AttributeError", "ImportError", "KeyError", "NameError", "TypeError")


def of_problems(problems: Sequence[str]) -> str:
    """What is wrong with a push that its adapter could not read: each sort of wrong once. Empty
    where nothing is."""
    sorts = sorted({_cut(_of_complaint(one)) for one in problems})
    return _cut("; ".join(sorts[:_MOST_SORTS] + ([GONE] if len(sorts) > _MOST_SORTS else [])))


def of_error(problem: str) -> str:
    """What went wrong in our own code, of a line such as ``KeyError: 'talk'``."""
    line = problem.strip().partition("\n")[0]  # what a database adds below are values
    quotes_names = line.startswith(_OF_CODE)

    def plain(quoted: re.Match[str]) -> str:
        word = quoted[2]
        is_name = _NAME.fullmatch(word) and (quotes_names or "_" in word)
        return quoted[0] if is_name else GONE

    return _cut(_WITH_DIGITS.sub(GONE, _QUOTED.sub(plain, line)))


def _of_complaint(problem: str) -> str:
    found = _COMPLAINT.fullmatch(problem)
    if found is None:
        return of_error(problem)
    place, expected, got = found.groups()
    said = f"{_place(place)}: {expected}"
    if got is None:
        return said
    got = _WHERE_IN_JSON.sub("", got)
    return f"{said}, got {got if _WORDS.fullmatch(got) else GONE}"


def _place(place: str) -> str:
    steps: Iterable[str] = _INDEX.split(place)
    return "[*]".join(_WITH_DIGITS.sub(GONE, step) for step in steps)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + GONE
