"""Why a call was not answered, and on whose side that lies: the most telling of its codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from calls import codes
from calls.models import Call, CallCode, CodeMeaning, Side
from calls.outcomes import Outcome

# What can be mended comes first; of what cannot, a code that says more than "it was not us".
_ACTIONABLE = {Side.US: 0, Side.VENDOR: 1, Side.NOBODY: 3}
_COARSE = "sip"  # a translation of the cause, and often a poor one


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a call was not answered. ``note`` is what an administrator wrote of the code."""

    meaning: str
    side: str = ""
    advice: str = ""
    scheme: str = ""
    value: str = ""
    note: str = ""

    @property
    def side_label(self) -> str:
        return str(Side(self.side).label) if self.side else ""

    @property
    def address(self) -> str:
        return address(self.scheme, self.value)


def why(call: Call) -> Reason | None:
    """Of a call that is over and was not answered, the code that says why; None where none does.

    Asks for nothing that is not there: the call's codes are prefetched.
    """
    if call.is_in_progress:
        return None
    found = telling(call.outcome, list(call.codes.all()))
    return _reason(call, *found) if found else None


def telling(outcome: str, given: Sequence[CallCode]) -> tuple[CallCode, CodeMeaning | None] | None:
    """Of the codes of a call that came to this, in their order, the one that says why, and its row.

    Without a row it is one that an administrator wrote a note of.
    """
    if outcome == Outcome.ANSWERED.value:
        return None
    agreeing = [
        (_rank(outcome, row), number, code, row)
        for number, code in enumerate(given)
        if (row := codes.explain(code.scheme, code.value)) and row.outcome == outcome
    ]
    if agreeing:
        _best, _number, code, row = min(agreeing)
        return code, row
    noted = next((code for code in given if codes.note(code.scheme, code.value)), None)
    return (noted, None) if noted else None


def _rank(outcome: str, row: CodeMeaning) -> tuple[bool, int, bool, bool]:
    """How well a row of the right outcome explains it; the lowest explains best.

    A vendor's word is more exact than Q.850, but where it knows no more than that the call failed,
    Q.850 says more.
    """
    knows_only_failure = outcome == Outcome.FAILED.value
    return (
        row.scheme == _COARSE,
        _ACTIONABLE.get(Side(row.side), 2) if row.side else 3,
        bool(row.code_to),
        codes.is_vendors(row.scheme) == knows_only_failure,
    )


def _reason(call: Call, code: CallCode, row: CodeMeaning | None) -> Reason:
    text = _noted(code)
    return Reason(
        meaning=meaning(code, row),
        side=side_in(call, code, row),
        advice=codes.advice(row) if row else "",
        scheme=code.scheme,
        value=code.value,
        note=text if row else "",
    )


def meaning(code: CallCode, row: CodeMeaning | None) -> str:
    """What a telling code says, in the reader's language."""
    return codes.meaning(row) if row else _noted(code)


def _noted(code: CallCode) -> str:
    note = codes.note(code.scheme, code.value)
    return note.text if note else ""


def side_in(call: Call, code: CallCode, row: CodeMeaning | None) -> str:
    """Whose side a code's trouble lies on in this call.

    The platform calls both parties of a callback: to the network, the caller is then the one who
    is called.
    """
    if row is None:
        return ""
    is_about_caller = code.leg_key and code.leg_key == call.caller_key != call.callee_key
    return Side.CALLER if row.side == Side.CALLEE and is_about_caller else row.side


def address(scheme: str, value: str) -> str:
    """Where a code's page is; empty for a value that no address can hold."""
    try:
        return reverse("code", args=[scheme, value])
    except NoReverseMatch:
        return ""
