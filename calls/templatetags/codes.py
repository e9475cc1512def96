"""Codes on pages: what each means, on whose side it is, and which of a call's says the most."""

from django import template
from django.utils.translation import gettext

from calls import codes, reasons
from calls.models import Call, CallCode, CodeMeaning, CodeNote, Side
from calls.reasons import Reason
from calls.templatetags.display import OUTCOME_SENTENCES

register = template.Library()

SCHEME_NAMES = {"q850": "Q.850", "sip": "SIP", "freeswitch": "FreeSWITCH"}
# Whose side it is where no code says so, but what became of the call does.
_SIDES = {
    "busy": Side.CALLEE,
    "no_answer": Side.CALLEE,
    "rejected": Side.CALLEE,
    "unreachable": Side.CALLEE,
    "powered_off": Side.CALLEE,
    "suspended": Side.CALLEE,
    "invalid_number": Side.CALLEE,
    "cancelled": Side.CALLER,
}
_TONES = {Side.US: "bad", Side.VENDOR: "warn", Side.NETWORK: "warn", Side.NOBODY: "good"}


@register.simple_tag
def why(call: Call) -> Reason | None:
    """Why a call was not answered; None for one that was, that goes on, or that nothing explains.

    Needs the call's codes prefetched.
    """
    reason = reasons.why(call)
    if reason or call.is_in_progress or call.outcome not in _SIDES:
        return reason
    return Reason(meaning=str(OUTCOME_SENTENCES[call.outcome]), side=_SIDES[call.outcome])


@register.filter
def code_page(scheme: str, value: str) -> str:
    """Where a code's page is; empty for one that no address can hold."""
    return reasons.address(scheme, value)


@register.filter
def code_note(code: CallCode) -> CodeNote | None:
    """What an administrator wrote of a code."""
    return codes.note(code.scheme, code.value)


@register.filter
def side_of(code: CallCode, row: CodeMeaning) -> str:
    """Whose side a code of a call is about: on the leg to the caller, the caller is called."""
    return reasons.side_in(code.call, code, row)


@register.filter
def scheme_name(scheme: str) -> str:
    """What a table is called: a standard by its name, a vendor's by its key."""
    return SCHEME_NAMES.get(scheme, scheme)


@register.filter
def term(row: CodeMeaning | None) -> str:
    """The vendor's own Chinese term, where it is not what the reader reads already."""
    return codes.term(row) if row else ""


@register.filter
def side_label(side: str) -> str:
    """Whose side it is, in the reader's language."""
    return str(Side(side).label) if side in Side.values else gettext("Not known")


@register.filter
def side_tone(side: str) -> str:
    """The colour of a side: louder where somebody can mend it."""
    return _TONES.get(Side(side), "quiet") if side in Side.values else "quiet"
