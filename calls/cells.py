"""The cells of the list: what stands in a column for a call.

They are put into markup here, in one step each: a page has five hundred of them, and a template for
each would cost more than all the rest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.defaultfilters import truncatechars
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from calls import masking
from calls.columns import Column, Kind
from calls.models import Call
from calls.templatetags.codes import side_label, why
from calls.templatetags.display import clock, outcome, spelled

LONGEST_WORDS = 120
NOTHING = SafeString("")


@dataclass(frozen=True, slots=True)
class Row:
    """A call, and the cells of its row as markup."""

    call: Call
    html: SafeString


def needs(columns: Iterable[Column]) -> list[str]:
    """What is to be fetched beside the calls for these columns."""
    keys = {column.key for column in columns}
    gathered = [column for column in columns if column.kind in {Kind.GATHERED, Kind.GATHERED_WORDS}]
    found = ["codes"] if keys & {"codes", "why", "outcome"} else []
    found += ["tags"] if "tags" in keys else []
    others = [one for one in gathered if one.key not in {"codes", "why", "tags"}]
    return [*found, "references"] if others else found


def rows(calls: Iterable[Call], columns: Sequence[Column]) -> list[Row]:
    """The rows of the list, for whoever reads."""
    nothing = format_html('<span class="soft" title="{}">–</span>', _("Not said"))
    begin = '<td class="calls__{}" role="cell" data-label="{}">'
    parts = [
        (
            format_html(begin, column.key, column.label),
            column,
            _WRITERS.get(column.key) or _KINDS.get(column.kind, _text),
            "" if column.kind is Kind.FLAG else nothing,
        )
        for column in columns
    ]
    return [
        Row(
            call,
            # Each piece is markup already: what is a vendor's word was escaped by its writer.
            SafeString(
                "".join(
                    f"{head}{write(call, column) or blank}</td>"
                    for head, column, write, blank in parts
                )
            ),
        )
        for call in calls
    ]


def _value(call: Call, column: Column) -> Any:
    return getattr(call, column.fields[0])


def _text(call: Call, column: Column) -> SafeString:
    value = _value(call, column)
    shown = column.labels.get(value, value) if column.kind is Kind.LABEL else value
    return format_html('<span class="cell-text">{}</span>', shown) if shown else NOTHING


def _words(call: Call, column: Column) -> SafeString:
    shown = truncatechars(masking.text(_value(call, column)), LONGEST_WORDS)
    return format_html('<span class="cell-text">{}</span>', shown) if shown else NOTHING


def _number(call: Call, column: Column) -> SafeString:
    number = _value(call, column)
    if not number:
        return NOTHING
    return format_html('<span class="number">{}</span>', masking.number(number))


def _moment(call: Call, column: Column) -> SafeString:
    at: datetime | None = _value(call, column)
    if at is None:
        return NOTHING
    return format_html(
        '<time datetime="{}">{}</time>',
        f"{at:%Y-%m-%dT%H:%M:%SZ}",  # the database gives UTC
        f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}",
    )


def _lead(call: Call, column: Column) -> SafeString:
    """When the call was, which is the way to it."""
    return format_html(
        '<a href="{}" data-row>{}</a>', call.get_absolute_url(), _moment(call, column)
    )


def _seconds(call: Call, column: Column) -> SafeString:
    seconds = _value(call, column)
    if seconds is None:
        return NOTHING
    return format_html(
        '<span class="number" title="{}">{}</span>', spelled(seconds), clock(seconds)
    )


def _flag(call: Call, column: Column) -> SafeString:
    if not _value(call, column):
        return NOTHING
    return format_html(
        '<span title="{label}"><svg aria-hidden="true"><use href="{icons}#{name}"></use></svg>'
        '<span class="visually-hidden">{label}</span></span>',
        label=column.label,
        icons=static("icons.svg"),
        name=column.key,
    )


def _vendor(call: Call, column: Column) -> SafeString:
    return format_html(
        '<span class="cell-text">{}<span class="calls__account">{}</span></span>',
        call.vendor,
        call.account.name,
    )


def _account(call: Call, column: Column) -> SafeString:
    return format_html('<span class="cell-text">{}</span>', call.account.name)


def _state(call: Call, column: Column) -> SafeString:
    if not call.lost_at:
        return _text(call, column)
    return format_html(
        '<span class="cell-text">{}<span class="calls__account">{}</span></span>',
        call.get_state_display(),
        _("its end was never told"),
    )


def _list(call: Call, column: Column) -> SafeString:
    if column.key == "tags":
        found = [tag.name for tag in call.tags.all()]
    else:
        found = [one.value for one in call.references.all() if one.name == column.key]
    shown = [(masking.text(one) if column.kind is Kind.GATHERED_WORDS else one,) for one in found]
    return format_html_join(", ", '<span class="cell-text">{}</span>', shown)


def _outcome(call: Call, column: Column) -> SafeString:
    """What became of a call, and why it did not connect."""
    reason = why(call)
    because: SafeString = NOTHING
    if reason:
        because = format_html(
            ' <span class="cell-why small"><strong>{}:</strong> {}</span>',
            side_label(reason.side),
            reason.meaning,
        )
    return format_html('<span class="cell-outcome">{}{}</span>', outcome(call), because)


def _why(call: Call, column: Column) -> SafeString:
    reason = why(call)
    return format_html('<span class="cell-text">{}</span>', reason.meaning) if reason else NOTHING


def _codes(call: Call, column: Column) -> SafeString:
    return render_to_string("calls/cells/codes.html", {"codes": call.codes.all()})


Writer = Callable[[Call, Column], SafeString]
_KINDS: Mapping[Kind, Writer] = {
    Kind.NUMBER: _number,
    Kind.WORDS: _words,
    Kind.MOMENT: _moment,
    Kind.SECONDS: _seconds,
    Kind.ACCOUNT: _account,
    Kind.FLAG: _flag,
    Kind.GATHERED: _list,
    Kind.GATHERED_WORDS: _list,
}
_WRITERS: Mapping[str, Writer] = {
    "time": _lead,
    "vendor": _vendor,
    "state": _state,
    "outcome": _outcome,
    "why": _why,
    "codes": _codes,
}
