"""How what happened in a call and what was said in it is put, for templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls import billing, conversation
from calls.chronicle import Happening
from calls.models import PARTY_LABELS, Call
from calls.templatetags.display import MOMENT_NAMES, Word, event_name, words

register = template.Library()

PHASE_NAMES = {
    "dialling": _("Dialling"),
    "ringing": _("Ringing"),
    "talking": _("Talking"),
}


@register.filter
def what_happened(one: Happening) -> str:
    """What happened, in the word that we have for it; otherwise in the vendor's own."""
    return event_name(one.kind) if one.event else str(MOMENT_NAMES[one.kind])


@register.filter
def phase_name(phase: str) -> str:
    return str(PHASE_NAMES[phase])


@register.filter
def party_name(party: str) -> str:
    """Whose side it is; empty where nobody said."""
    return str(PARTY_LABELS.get(party, party))


@register.filter
def marking(text: str, find: str) -> SafeString:
    """A text in which the words that are looked for are marked."""
    return conversation.mark(text, find)


@register.filter
def tables(kept: Mapping[str, Any]) -> list[Word]:
    """What a vendor said as two lists that belong together: headings and values."""
    return [word for word in words(kept) if word.pairs]


@register.filter
def without_tables(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of it."""
    names = {f"{word.name}_{part}" for word in tables(kept) for part in ("head", "value")}
    return {name: value for name, value in kept.items() if name not in names}


@register.filter
def billed_how(call: Call) -> str:
    """By which rule a call is billed, and whether that is known."""
    rule = billing.rule_of(call.account, call.service)
    said = {"rule": billing.in_words(rule)}
    if rule.is_own:
        return gettext("%(rule)s: this account's own rule.") % said
    if rule.source.startswith(billing.ASSUMED):
        return gettext("%(rule)s, which is assumed.") % said
    return gettext("%(rule)s.") % said


@register.filter
def billed_source(call: Call) -> str:
    """Who says that a call is billed by this rule."""
    return billing.rule_of(call.account, call.service).source
