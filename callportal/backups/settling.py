"""What a database needs after it was restored: it remembers less than happened since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from callportal import migrating
from callportal.backups import keys
from calls.models import Export, Mail
from vendors import outbox
from vendors.models import OutboundRequest, RequestState

BY = "restore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """``mails`` and ``held`` may have been sent since the backup; ``exports`` have lost their file.
    ``secrets`` opened, ``unreadable`` ones did not. ``would_dial`` are requests that the courier
    would send."""

    held: int
    mails: int
    exports: int
    secrets: int
    unreadable: int
    would_dial: int


def settle() -> Settled:
    """Bring the tables up to this version, and let nothing happen twice."""
    migrating.migrate()
    held = outbox.hold_all(BY)
    now = timezone.now()
    mails = Mail.objects.filter(
        state__in=[Mail.State.WAITING, Mail.State.MAKING, Mail.State.SENDING]
    ).update(state=Mail.State.UNCERTAIN, next_try_at=None, claimed_at=None)
    exports = (
        Export.objects.filter(state=Export.State.DONE)
        .exclude(name="")
        .update(state=Export.State.EXPIRED, name="", expires_at=now)
    )
    secrets = list(_secrets())
    unreadable = keys.that_open(secrets)[1]
    return Settled(
        held=held,
        mails=mails,
        exports=exports,
        secrets=len(secrets) - unreadable,
        unreadable=unreadable,
        would_dial=OutboundRequest.objects.filter(
            state__in=[RequestState.WAITING, RequestState.SENDING]
        ).count(),
    )


def _secrets() -> Iterator[str]:
    for model, column in (*keys.sealed_columns(), *keys.json_columns()):
        for value in model._default_manager.order_by().values_list(column, flat=True).iterator():
            yield from keys.tokens_in(value)


def counted(tables: Iterable[str]) -> dict[str, int]:
    """The rows of each of these tables, as they were loaded; -1 where there is no such table."""
    there = set(connection.introspection.table_names())
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            if table not in there:
                found[table] = -1
                continue
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = int(cursor.fetchone()[0])
    return found
