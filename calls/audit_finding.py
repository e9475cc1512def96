"""Which entries of the audit to show, how they read, and the same as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.audit import Action, actions, subjects
from calls.columns import Kind
from calls.export.rows import Chunk
from calls.export.sheet import Sheet
from calls.models import AuditEntry
from calls.moments import EndFilter, MomentFilter

SEE_AUDIT = "calls.view_auditentry"
CHUNK = 2_000  # rows of a file


class AuditFilter(django_filters.FilterSet):
    """Filters of entries. ``from`` and ``to`` are added below."""

    who = django_filters.CharFilter(label=gettext_lazy("Who"), method="by_who")
    action = django_filters.ChoiceFilter(label=gettext_lazy("What"), choices=Action.choices)
    subject = django_filters.CharFilter(label=gettext_lazy("About"), method="by_subject")

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def by_who(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        """By the name of a person, or of an API token."""
        return rows.filter(Q(user_name=value) | Q(token=value))

    def by_subject(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        """One thing, ``call 123``; or all of a sort, ``call``."""
        if value[-1].isdecimal():  # one thing, which an index finds
            return rows.filter(subject=value)
        return rows.filter(Q(subject=value) | Q(subject__startswith=f"{value} "))


AuditFilter.base_filters["from"] = MomentFilter(
    label=gettext_lazy("From"), field_name="at", lookup_expr="gte"
)
AuditFilter.base_filters["to"] = EndFilter(
    label=gettext_lazy("To"), field_name="at", lookup_expr="lt"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """An entry as people read it. ``address`` is where that stands which it is about, if
    anywhere."""

    entry: AuditEntry
    what: str
    details: str
    address: str


def shown(entry: AuditEntry, *, opens_admin: bool) -> Shown:
    return Shown(
        entry=entry,
        what=actions.label(entry.action),
        details=told(entry.details),
        address=subjects.address_of(entry.subject, opens_admin=opens_admin),
    )


def told(details: dict[str, Any]) -> str:
    """Details on one line: ``format: csv, rows: 12``."""
    return ", ".join(f"{name}: {_value(value)}" for name, value in details.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"({told(value)})"
    if isinstance(value, list):
        return "; ".join(map(_value, value)) or "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)


def sheet(rows: QuerySet[AuditEntry], asked: Sequence[tuple[str, str]]) -> Sheet:
    """Entries as a file, in the language and the zone in force."""
    heads = [
        (_("Number in the chain"), Kind.SECONDS),
        (_("Time"), Kind.MOMENT),
        (_("Who"), Kind.TEXT),
        (_("API token"), Kind.TEXT),
        (_("What"), Kind.TEXT),
        (_("About"), Kind.TEXT),
        (_("Details"), Kind.TEXT),
        (_("From where"), Kind.TEXT),
        (_("Hash"), Kind.TEXT),
    ]
    zone = timezone.get_current_timezone_name()
    return Sheet(
        title=_("Audit"),
        heads=[head for head, _kind in heads],
        kinds=[kind for _head, kind in heads],
        chunks=_chunks(rows),
        about_title=_("About this file"),
        about=lambda: [*asked, (_("Time zone"), zone)],
    )


def _chunks(rows: QuerySet[AuditEntry]) -> Iterator[Chunk]:
    last = None
    while True:
        page = rows.order_by("-id") if last is None else rows.filter(pk__lt=last).order_by("-id")
        found = list(page[:CHUNK])
        if not found:
            return
        last = found[-1].pk
        yield [list(column) for column in zip(*map(_cells, found), strict=True)]


def _cells(entry: AuditEntry) -> tuple[Any, ...]:
    here = timezone.localtime(entry.at)
    offset = here.utcoffset()
    wall_clock = int(here.timestamp()) + (int(offset.total_seconds()) if offset else 0)
    return (
        entry.sequence,
        wall_clock,
        entry.user_name,
        entry.token,
        actions.label(entry.action),
        entry.subject,
        told(entry.details),
        entry.address,
        entry.hash,
    )
