"""Linking: entries get their place in the chain a few seconds after they were written.

One process links at a time, in a short transaction of its own that waits for nobody: whoever finds
another at it leaves, and whoever writes an entry never meets the lock. An entry whose transaction
commits late is linked late; its place says when it was linked, its time when it was made.
"""

import logging

from django.db import connection, transaction
from django.db.models import QuerySet

from calls.audit import chain
from calls.audit.actions import Action
from calls.audit.chain import Link
from calls.audit.recording import record
from calls.models import AuditAnchor, AuditEntry

log = logging.getLogger("callportal.audit")

AT_ONCE = 500
_LOCK = 7_120_911_035  # among PostgreSQL's advisory locks, ours for linking


def link() -> int:
    """Link what is not linked yet; how many entries that were."""
    linked = 0
    while _unlinked().exists() and (more := _link_some()):
        linked += more
    return linked


@transaction.atomic
def sign_anew() -> None:
    """Sign with the first key what was signed with one that will be gone."""
    if not alone():
        return
    for kind in AuditAnchor.Kind:
        anchor = chain.last_anchor(kind)
        if anchor is not None and chain.is_genuine(anchor):
            chain.signed(kind, chain.link_of(anchor)).save()


def _unlinked() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(sequence__isnull=True).order_by("id")


@transaction.atomic
def _link_some() -> int:
    if not alone():
        return 0
    end, is_proven = _end()
    entries = list(_unlinked()[:AT_ONCE])
    if not is_proven:
        entries = [_that_it_broke(end.sequence), *entries]
    for entry in entries:
        place = end.sequence + 1
        entry.sequence, entry.previous = place, end.hash
        entry.hash = chain.hash_of(entry, place, end.hash)
        end = Link(place, entry.hash)
    _place(entries)
    chain.signed(AuditAnchor.Kind.LINKED, end).save()
    return len(entries)


def _place(entries: list[AuditEntry]) -> None:
    """Write down their places, past the models, which refuse it; the database allows it once."""
    places = [(one.sequence, one.previous, one.hash, one.pk) for one in entries]
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET sequence = %s, previous = %s, hash = %s WHERE id = %s",  # noqa: S608 - our own table
            places,
        )


def alone() -> bool:
    """Whether nobody else works at the chain until this transaction ends."""
    if connection.vendor != "postgresql":
        return True  # there, a transaction that may write is alone from its beginning
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _end() -> tuple[Link, bool]:
    """Where the chain ends, and whether that is what was signed last."""
    last, anchor = chain.last_link(), chain.last_anchor()
    if anchor is None:
        return last or chain.BEGINNING, last is None
    signed = chain.link_of(anchor)
    if last is None:
        is_pruned = anchor.kind == AuditAnchor.Kind.PRUNED
        return signed, is_pruned and chain.is_genuine(anchor)
    if last.sequence < signed.sequence:  # the end was cut off, and the gap stays to be seen
        return signed, False
    return last, last == signed and chain.is_genuine(anchor)


def _that_it_broke(sequence: int) -> AuditEntry:
    """An entry saying that what stands before it is not what was signed."""
    log.error("audit chain broken", extra={"after": sequence})
    return record(Action.CHAIN_BROKEN, by=None, details={"after": sequence})
