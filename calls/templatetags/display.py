"""How what is known of a call is put into words, for templates."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from calls import codes
from calls.models import OUTCOME_LABELS, STATE_LABELS, Call, CodeMeaning

register = template.Library()

OUTCOME_SENTENCES = {
    "answered": _("The call was answered."),
    "busy": _("The called party was busy."),
    "no_answer": _("Nobody answered."),
    "rejected": _("The called party declined the call."),
    "unreachable": _("The called phone could not be reached."),
    "powered_off": _("The called phone was switched off."),
    "suspended": _("The called line is suspended."),
    "invalid_number": _("The called number is not in use."),
    "cancelled": _("The calling side gave up before anybody answered."),
    "blocked": _("The call was blocked by a list, a limit, a permission or a risk check."),
    "failed": _("The call failed in the network or on the platform."),
    "unknown": _("What became of the call is not known."),
}
ENDING_SENTENCES = {
    "caller": _("The caller hung up."),
    "callee": _("The called party hung up."),
    "platform": _("The platform ended the call."),
}
MOMENT_NAMES = {
    "started": _("Started"),
    "rang": _("Rang"),
    "answered": _("Answered"),
    "ended": _("Hung up"),
}
EVENT_NAMES = {
    "started": _("Started"),
    "callout": _("Dialled"),
    "ringing": _("Ringing"),
    "alerting": _("Ringing"),
    "answered": _("Answered"),
    "answer": _("Answered"),
    "ended": _("Hung up"),
    "disconnect": _("Hung up"),
    "collectinfo": _("Keys pressed"),
}
# Documented fields that have no column, where a word of ours says more than their name.
DETAIL_NAMES = {
    "app_id": _("Application id"),
    "app_key": _("Application key"),
    "bound_number": _("Bound number"),
    "business_id": _("Business id"),
    "business_line_id": _("Business line id"),
    "call_relation_id": _("Related call id"),
    "call_rounds": _("Dialog rounds"),
    "call_times": _("Call attempts"),
    "callee_city": _("Called party's city"),
    "callee_country": _("Called party's country"),
    "callee_province": _("Called party's province"),
    "callee_show_number": _("Number shown to the called party"),
    "caller_city": _("Caller's city"),
    "caller_country": _("Caller's country"),
    "caller_province": _("Caller's province"),
    "caller_seconds": _("Caller's seconds"),
    "caller_show_number": _("Number shown to the caller"),
    "carrier_account": _("Account at the carrier"),
    "client_tags": _("Customer tags"),
    "failed_at": _("Failed at"),
    "host_name": _("Host name"),
    "intention_grading": _("Intention grade"),
    "message_type": _("Message type"),
    "number_a": _("Number A"),
    "number_b": _("Number B"),
    "number_e": _("Number E"),
    "number_pool": _("Number pool"),
    "number_x": _("Number X"),
    "pressed_keys": _("Keys pressed"),
    "record_flag": _("Recorded"),
    "record_id": _("Record id"),
    "record_type": _("Record type"),
    "release_type": _("Release type"),
    "robot_id": _("Robot id"),
    "service_account": _("Service account"),
    "service_type": _("Service type"),
    "session_id": _("Session id"),
    "sub_service_type": _("Service subtype"),
    "subscription_id": _("Binding id"),
    "task_data_id": _("Task data id"),
    "task_id": _("Task id"),
    "task_result_desc": _("Task result"),
    "task_row": _("Task data"),
    "task_row_index": _("Task row"),
    "task_tries": _("Task attempts"),
    "tracks_split": _("Tracks split"),
    "tts_play_times": _("Announcements played"),
    "tts_seconds": _("Speech synthesis seconds"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A named thing to show: one of a text, a list of texts, pairs, or a block of JSON."""

    name: str
    label: str
    text: str = ""
    items: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    block: str = ""


@register.filter
def clock(seconds: float | None) -> str:
    """A duration as digits: ``0:07``, ``1:02:03``; empty when nobody said."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def spelled(seconds: int | None) -> str:
    """A duration in words: ``1 min 5 s``; empty when nobody said."""
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        gettext("%(count)d h") % {"count": hours} if hours else "",
        gettext("%(count)d min") % {"count": minutes} if minutes else "",
        gettext("%(count)d s") % {"count": rest} if rest or seconds < 60 else "",
    ]
    return " ".join(part for part in parts if part)


@register.filter
def size(count: int | None) -> str:
    """A size in bytes, in full and in the unit that suits it."""
    if count is None:
        return ""
    if count < 1024:
        return ngettext("%(count)d byte", "%(count)d bytes", count) % {"count": count}
    for unit in ("KiB", "MiB"):
        count_in_unit = count / 1024 ** (1 if unit == "KiB" else 2)
        if count_in_unit < 1024:
            return f"{count_in_unit:.1f} {unit}"
    return f"{count / 1024**3:.1f} GiB"


@register.simple_tag
def outcome(call: Call) -> SafeString:
    """What became of a call: colour, shape and word."""
    if call.is_in_progress:
        return _badge(call.state, STATE_LABELS)
    badge = _badge(call.outcome, OUTCOME_LABELS)
    if not call.lost_at:
        return badge
    lost = gettext("its end was never told")
    return badge + format_html(' <span class="soft small">{}</span>', lost)


def _badge(value: str, labels: Mapping[str, Any]) -> SafeString:
    return format_html(
        '<span class="badge badge--{name}">'
        '<svg aria-hidden="true"><use href="{icons}#{name}"></use></svg>{label}</span>',
        name=value,
        icons=static("icons.svg"),
        label=labels.get(value, value),
    )


@register.filter
def what_became(call: Call) -> str:
    """What became of a call, in a sentence."""
    if call.is_in_progress:
        return gettext("The call is still going on.")
    return str(OUTCOME_SENTENCES.get(call.outcome, call.get_outcome_display()))


@register.filter
def who_ended(call: Call) -> str:
    """Who hung up, in a sentence; empty when nobody said."""
    return str(ENDING_SENTENCES.get(call.ended_by, ""))


@register.filter
def event_name(kind: str) -> str:
    """An event's name; a vendor's own word where we have none."""
    return str(EVENT_NAMES.get(kind, kind))


@register.filter
def meaning(row: CodeMeaning | None) -> str:
    return codes.meaning(row) if row else ""


@register.filter
def advice(row: CodeMeaning | None) -> str:
    return codes.advice(row) if row else ""


@register.filter
def moment_input(field: Any) -> str:
    """A moment as ``datetime-local`` wants it; empty where what was typed is no moment."""
    moment = getattr(field.form, "cleaned_data", {}).get(field.name)
    if moment is None:
        return ""
    try:
        local = timezone.localtime(moment).replace(tzinfo=None)
    except OverflowError:  # a year that ends where the calendar does
        return ""
    return local.isoformat(timespec="seconds" if local.second else "minutes")


@register.filter
def words(kept: Mapping[str, Any]) -> list[Word]:
    """What a vendor said beside the columns, sorted by name, each in the form that suits it.

    Two lists called ``…_head`` and ``…_value`` are one table of pairs.
    """
    rows = dict(kept)
    shown = []
    for name in [name.removesuffix("_head") for name in kept if name.endswith("_head")]:
        heads, values = rows.get(f"{name}_head"), rows.get(f"{name}_value")
        if isinstance(heads, list) and isinstance(values, list):
            del rows[f"{name}_head"], rows[f"{name}_value"]
            pairs = zip_longest(map(as_text, heads), map(as_text, values), fillvalue="")
            shown.append(Word(name=name, label=label_of(name), pairs=tuple(pairs)))
    shown += [_word(name, value) for name, value in rows.items()]
    return sorted(shown, key=lambda word: word.name)


def label_of(name: str) -> str:
    """What a detail is called; the name as it was sent where we have no word for it."""
    return str(DETAIL_NAMES.get(name, name))


def _word(name: str, value: Any) -> Word:
    label = label_of(name)
    if isinstance(value, list) and not any(isinstance(one, (list, dict)) for one in value):
        return Word(name=name, label=label, items=tuple(map(as_text, value)))
    if isinstance(value, (list, dict)):
        return Word(name=name, label=label, block=as_text(value))
    return Word(name=name, label=label, text=as_text(value))


@register.filter
def as_text(value: Any) -> str:
    """A JSON value as people read it: text without quotes, structures with line breaks."""
    if isinstance(value, (str, SafeString)):
        return str(value)
    return json.dumps(value, ensure_ascii=False, indent=2)
