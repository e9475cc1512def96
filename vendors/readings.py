"""What a push says, read once more from its bytes, for people to look at."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls import masking
from calls.draft import CALL_FIELDS, LEG_FIELDS
from calls.facts import CallFacts, LegFacts, Source
from calls.models import DIRECTION_LABELS, PARTY_LABELS, SERVICE_LABELS
from calls.numbers import search_key
from calls.templatetags.display import as_text, label_of
from vendors import bodies, registry
from vendors.adapters.reader import SentTime, noting_times
from vendors.models import VendorAccount
from vendors.registry import VENDORS

SOURCE_NAMES = {
    Source.RECORD.value: _("Call record"),
    Source.SUMMARY.value: _("Short call record"),
    Source.TABLE.value: _("Row of an imported table"),
    Source.STATUS.value: _("Status"),
    Source.DIALOG.value: _("Dialog"),
    Source.RECORDING.value: _("Recording"),
}
FIELD_NAMES = {
    "service": _("Service"),
    "direction": _("Direction"),
    "caller": _("Caller"),
    "callee": _("Called party"),
    "display_number": _("Shown number"),
    "started_at": _("Started"),
    "rang_at": _("Rang"),
    "answered_at": _("Answered"),
    "ended_at": _("Hung up"),
    "ring_seconds": _("Ring time"),
    "talk_seconds": _("Talk time"),
    "ended_by": _("Ended by"),
    "user_data": _("User data"),
    "side": _("Side"),
    "number": _("Number"),
}
_NUMBERS = frozenset({"caller", "callee", "display_number", "number"})
_SECONDS = frozenset({"ring_seconds", "talk_seconds"})
_MEANINGS: Mapping[str, Mapping[str, Any]] = {
    "service": SERVICE_LABELS,
    "direction": DIRECTION_LABELS,
    "ended_by": PARTY_LABELS,
    "side": PARTY_LABELS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One thing that is said of a call. ``form`` is how it is drawn: time, number, seconds, text.

    ``sent`` is how the vendor wrote a time, and ``place`` where.
    """

    path: str
    label: str
    value: Any
    form: str
    text: str = ""
    place: str = ""
    sent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a push says about one call; ``guesses`` are what its adapter infers from it."""

    call_id: str
    source: str
    stated_at: datetime | None
    words: Mapping[str, Word]
    guesses: frozenset[str]
    counts: Sequence[tuple[str, int]]

    @property
    def source_name(self) -> str:
        return source_name(self.source)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    told: Sequence[Told] = ()
    problems: Sequence[str] = ()


def source_name(source: str) -> str:
    return str(SOURCE_NAMES.get(Source(source), source)) if source in SOURCE_NAMES else source


def read(account: VendorAccount, kind: str, body: bytes, only: str | None = None) -> Reading:
    """What the vendor's adapter makes of a body today, whatever it made of it when it came; of all
    calls, or ``only`` of one."""
    vendor = VENDORS.get(account.vendor)
    if vendor is None:
        return Reading(problems=[gettext("The portal does not know this vendor any more.")])
    try:
        with noting_times() as times:
            found = registry.read(vendor, kind, body)
    except Exception as error:  # our mistake, which is why somebody looks at this push
        return Reading(problems=[f"{type(error).__name__}: {error}"])
    sent = {id(time.at): time for time in times}
    told = [
        _told(facts, sent, account.default_region)
        for facts in found.facts
        if only is None or facts.call_id == only
    ]
    return Reading(told=told, problems=list(found.problems))


def _told(facts: CallFacts, sent: Mapping[int, SentTime], region: str) -> Told:
    said = {name: getattr(facts, name) for name in CALL_FIELDS}
    said |= {f"details.{name}": value for name, value in facts.details.items()}
    said |= {f"extra.{name}": value for name, value in facts.extra.items()}
    said |= {code_path(one.place, one.scheme, one.value): one.value for one in facts.codes}
    for leg in facts.legs:
        said |= _leg(leg, search_key(leg.number, region))
    turns = facts.dialog.turns if facts.dialog else ()
    counts = [
        (gettext("Events"), len(facts.events)),
        (gettext("Steps of the dialog"), len(turns)),
        (gettext("Recordings"), len(facts.recordings)),
    ]
    return Told(
        call_id=facts.call_id,
        source=facts.source.value,
        stated_at=facts.stated_at,
        words={
            path: word(path, value, sent.get(id(value)))
            for path, value in said.items()
            if value is not None
        },
        guesses=facts.unsure,
        counts=[(label, count) for label, count in counts if count],
    )


def _leg(leg: LegFacts, key: str) -> dict[str, Any]:
    said = {leg_path(key, name): getattr(leg, name) for name in LEG_FIELDS}
    return said | {code_path(one.place, one.scheme, one.value): one.value for one in leg.codes}


def leg_path(key: str, name: str) -> str:
    return f"legs.{key}.{name}"


def code_path(place: str, scheme: str, value: str) -> str:
    return f"codes.{place}.{scheme}/{value}"


def word(path: str, value: Any, sent: SentTime | None = None) -> Word:
    """A word in the form in which the present reader may see it."""
    name = path.rpartition(".")[2] if path.startswith("legs.") else path
    plain = value.value if isinstance(value, Enum) else value
    form = "text"
    if isinstance(plain, datetime):
        form = "time"
    elif name in _NUMBERS:
        form = "number"
    elif name in _SECONDS:
        form = "seconds"
    elif path.startswith("codes."):
        plain = path.split(".", 2)[2]
    text = str(_MEANINGS.get(name, {}).get(plain, "")) if isinstance(plain, str) else ""
    return Word(
        path=path,
        label=_label(path),
        value=plain,
        form=form,
        text=text or (bodies.seen(_as_text(plain)) if form == "text" else ""),
        place=bodies.seen(sent.place) if sent else "",
        sent=bodies.seen(sent.text) if sent else "",
    )


def _as_text(value: Any) -> str:
    """A value as people read it; a list without lists in it on one line."""
    if isinstance(value, list) and not any(isinstance(one, (list, dict)) for one in value):
        return json.dumps(value, ensure_ascii=False)
    return as_text(value)


def _label(path: str) -> str:
    group, _dot, rest = path.partition(".")
    if not rest:
        return str(FIELD_NAMES[path])
    if group == "details":
        return label_of(rest)
    if group == "legs":
        key, _dot, name = rest.rpartition(".")
        said = gettext("%(field)s, leg %(number)s")
        return said % {"field": FIELD_NAMES[name], "number": masking.number(key)}
    if group == "codes":
        return gettext("Code in %(place)s") % {"place": bodies.seen(rest.partition(".")[0])}
    return bodies.seen(rest)
