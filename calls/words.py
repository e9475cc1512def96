"""Words of a dialog cut into pieces, so that any of them is found by an index, in any language.

Chinese is written without spaces: each character makes a piece with the one after it, and the last
of a run stands alone. Other scripts give whole words. ``您好coupon`` becomes ``您好 好 coupon``. A
text holds a phrase where its pieces hold the phrase's pieces side by side; the last piece of a
phrase may be a beginning, since a person may still be typing it.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import zip_longest

# Ideographs of all planes, kana and hangul: scripts that are searched by parts of words.
_IDEOGRAPHS = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
_ONE = re.compile(f"[{_IDEOGRAPHS}]|[^\\W{_IDEOGRAPHS}]+")
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
LONGEST_PIECE = 64
MOST_CHARACTERS = 200_000  # of all pieces of one side; PostgreSQL's vector holds a megabyte
_BETWEEN_TURNS = "/"  # no piece of a phrase, so that no phrase reaches from one turn into the next


def pieces(texts: Iterable[str]) -> str:
    """The pieces of what one side said, turn by turn, with single blanks between them."""
    turns = [" ".join(_cut(text)) for text in texts if text]
    # PostgreSQL takes no empty piece: a turn of signs alone says nothing.
    said = f" {_BETWEEN_TURNS} ".join(turn for turn in turns if turn)
    if len(said) <= MOST_CHARACTERS:
        return said
    return said[:MOST_CHARACTERS].rpartition(" ")[0]


def phrase(text: str) -> list[str]:
    """The pieces to look for, the last of them a beginning; none where there is no letter."""
    found = _cut(text)
    ends_a_run = len(found) > 1 and _IDEOGRAPH.fullmatch(found[-1]) is not None
    if ends_a_run and _IDEOGRAPH.match(found[-2]):
        found.pop()  # what follows it in the text is not known
    return found


def _cut(text: str) -> list[str]:
    ones = _ONE.findall(unicodedata.normalize("NFKC", text).lower())
    cut = []
    for one, following in zip_longest(ones, ones[1:], fillvalue=""):
        if _IDEOGRAPH.match(one):
            cut.append(one + following if _IDEOGRAPH.match(following) else one)
        else:
            cut.append(one[:LONGEST_PIECE])
    return cut
