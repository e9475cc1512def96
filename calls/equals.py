"""Which codes of other tables tell of the same as a code: Q.850 for SIP, a vendor's for both.

Rows name pairs, read either way. Q.850 stands in the middle: a vendor's code is paired with its
Q.850 cause, and is equal to whatever else is paired with that, as long as both have one outcome
(Q.850 has one cause for a phone that is off and for one out of reach; vendors tell them apart).
"""

from dataclasses import dataclass

from calls import codes
from calls.codes import Key
from calls.models import CodeMeaning

ANY = "*"  # in a row about a range: the number is the same in both tables


@dataclass(frozen=True, slots=True)
class Equal:
    """A code of another table and its row there. ``source`` says that it equals the code, or the
    one named by ``via`` that is paired with both."""

    scheme: str
    value: str
    row: CodeMeaning
    source: str
    via: str = ""


def of(scheme: str, value: str) -> list[Equal]:
    """The codes of other tables that equal a code; those that a row pairs with it come first."""
    own = codes.explain(scheme, value)
    found = {key: (source, "") for key, source in _beside(scheme, value).items()}
    if own and not own.code_to:
        for key in list(found):
            for further, source in _beside(*key).items():
                row = codes.explain(*further)
                if row and row.outcome == own.outcome:
                    found.setdefault(further, (source, "/".join(key)))
    return [
        Equal(*key, row, source, via)
        for key, (source, via) in found.items()
        if key[0] != scheme and (row := codes.explain(*key))
    ]


def _beside(scheme: str, value: str) -> dict[Key, str]:
    """What rows pair with a code, and each row's source."""
    pairs = codes.pairs()
    found = {key: said for key, said in pairs.get((scheme, value), {}).items() if key[1] != ANY}
    own = codes.explain(scheme, value)
    if own and codes.in_range(own, value):
        for (other, code), said in pairs.get((scheme, own.code), {}).items():
            if code == ANY:
                found[other, value] = said
    for (other, code), said in pairs.get((scheme, ANY), {}).items():
        row = codes.explain(other, value)
        if row and row.code == code and codes.in_range(row, value):
            found[other, value] = said
    return found
