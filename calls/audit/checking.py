"""Checking the chain: every hash is worked out anew, and the end must be what was signed last."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls import snapshot
from calls.audit import chain
from calls.audit.actions import Action
from calls.audit.chain import Link
from calls.models import AuditAnchor, AuditEntry

LINKED_WITHIN = timedelta(minutes=5)
MOST_FINDINGS = 20
_GUARDS = {
    "audit_entry_unchanged",
    "audit_entry_linked_once",
    "audit_entry_kept",
    "audit_anchor_unchanged",
    "audit_anchor_kept",
}


class Trouble(models.TextChoices):
    """What can be wrong with the chain at a place."""

    CHANGED = "changed", _("entry %(at)d is not what it was")
    GAP = "gap", _("entries are missing before entry %(at)d")
    UNHINGED = "unhinged", _("entry %(at)d does not continue the one before it")
    BROKEN = "broken", _("entry %(at)d says that the chain before it was found broken")
    CUT = "cut", _("the end is missing: %(at)d entries were linked")
    UNSIGNED = "unsigned", _("the end, entry %(at)d, is not what was signed")
    FORGED = "forged", _("that the entries up to %(at)d were removed was not signed by us")
    OTHER = "other", _("entry %(at)d is not the one of your copy")
    LATE = "late", _("row %(at)d has not been linked for minutes")
    UNGUARDED = "unguarded", _("the database no longer refuses changes (%(at)d triggers are gone)")


@dataclass(frozen=True, slots=True)
class Finding:
    trouble: Trouble
    at: int

    def __str__(self) -> str:
        return str(self.trouble.label) % {"at": self.at}


@dataclass(slots=True)
class Checked:
    """What was looked at, and what is wrong with it, in order of place; not more than a few."""

    entries: int = 0
    first: int = 0
    end: Link = chain.BEGINNING
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.findings

    def find(self, trouble: Trouble, at: int) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(trouble, at))


def check(
    since: datetime | None = None,
    until: datetime | None = None,
    copy: Link | None = None,
) -> Checked:
    """Check the chain, or the stretch in which the entries of a time stand.

    ``copy`` is a link as somebody wrote it down elsewhere.
    """
    checked = Checked()
    with snapshot.one_moment():
        pruned = chain.last_anchor(AuditAnchor.Kind.PRUNED)
        if pruned is not None and not chain.is_genuine(pruned):
            checked.find(Trouble.FORGED, pruned.sequence)
        start = chain.link_of(pruned) if pruned else chain.BEGINNING
        _walk(checked, start, since, until)
        if until is None:
            _check_end(checked, start)
        if copy is not None and not _stands(copy, start):
            checked.find(Trouble.OTHER, copy.sequence)
        if gone := len(_GUARDS - _guards()):
            checked.find(Trouble.UNGUARDED, gone)
    return checked


def _walk(
    checked: Checked,
    start: Link,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """From link to link. Where one is wrong, the next is held against what stands there, so that
    one change is one finding."""
    end = start
    for entry, place in _linked(since, until):
        if since is not None and not checked.entries:
            end = chain.link_at(place - 1) or Link(place - 1, entry.previous)
        if place != end.sequence + 1:
            checked.find(Trouble.GAP, place)
        elif entry.previous != end.hash:
            checked.find(Trouble.UNHINGED, place)
        if entry.hash != chain.hash_of(entry, place, entry.previous):
            checked.find(Trouble.CHANGED, place)
        if entry.action == Action.CHAIN_BROKEN:
            checked.find(Trouble.BROKEN, place)
        checked.first = checked.first or place
        checked.entries += 1
        end = Link(place, entry.hash)
    checked.end = end


def _linked(since: datetime | None, until: datetime | None) -> Iterator[tuple[AuditEntry, int]]:
    """The entries from the first to the last of a time, in their order, with their places."""
    rows = AuditEntry.objects.filter(sequence__isnull=False)
    if since is not None:
        first = rows.filter(at__gte=since).aggregate(first=Min("sequence"))["first"]
        rows = rows.filter(sequence__gte=first) if first else rows.none()
    if until is not None:
        last = rows.filter(at__lt=until).aggregate(last=Max("sequence"))["last"]
        rows = rows.filter(sequence__lte=last) if last else rows.none()
    for entry in rows.order_by("sequence").iterator():
        yield entry, entry.sequence


def _check_end(checked: Checked, start: Link) -> None:
    """The last link must be the one that was signed last, and what is not linked must be new."""
    end, anchor = chain.last_link() or start, chain.last_anchor()
    signed = chain.link_of(anchor) if anchor else chain.BEGINNING
    if signed.sequence > end.sequence:
        checked.find(Trouble.CUT, signed.sequence)
    elif signed != end or (anchor is not None and not chain.is_genuine(anchor)):
        checked.find(Trouble.UNSIGNED, end.sequence)
    late = AuditEntry.objects.filter(
        sequence__isnull=True, at__lt=timezone.now() - LINKED_WITHIN
    ).order_by("id")
    for key in late.values_list("pk", flat=True)[:MOST_FINDINGS]:
        checked.find(Trouble.LATE, key)


def _stands(copy: Link, start: Link) -> bool:
    """Whether a link is the one that somebody wrote down. Of those taken away, nobody can tell."""
    if copy.sequence <= start.sequence:
        return copy.sequence < start.sequence or copy == start
    return chain.link_at(copy.sequence) == copy


def _guards() -> set[str]:
    """The triggers that refuse changes, as the database has them."""
    question = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        question = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(question)
        return {name for (name,) in cursor.fetchall()}
