"""The one way in which entries go: the oldest stretch at once, behind a signed anchor.

The database lets entries be deleted only up to where an anchor says that they were, so the anchor
is kept first. What stays is checked from the anchor on.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from calls.audit import chain
from calls.audit.actions import Action
from calls.audit.linking import alone
from calls.audit.recording import By, record
from calls.models import AuditAnchor, AuditEntry

log = logging.getLogger("callportal.audit")


def prunable(before: datetime) -> QuerySet[AuditEntry]:
    """The oldest whole stretch of linked entries that are all older than a moment."""
    linked = AuditEntry.objects.filter(sequence__isnull=False)
    younger = linked.filter(at__gte=before).order_by("sequence")
    first = younger.values_list("sequence", flat=True).first()
    return linked if first is None else linked.filter(sequence__lt=first)


@transaction.atomic
def prune(before: datetime, *, by: By) -> int:
    """Take away what ``prunable`` names; how many entries that were."""
    if not alone():
        return 0  # they are just being linked; the next time will do
    last = chain.first_of(prunable(before).order_by("-sequence"))
    if last is None:
        return 0
    anchor = chain.signed(AuditAnchor.Kind.PRUNED, last)
    anchor.save()
    count = _delete(QuerySet(AuditEntry).filter(sequence__lte=anchor.sequence))
    _delete(QuerySet(AuditAnchor).filter(sequence__lt=anchor.sequence))
    record(Action.AUDIT_PRUNED, by=by, details={"up to": anchor.sequence, "entries": count})
    log.info("audit pruned", extra={"up_to": anchor.sequence, "entries": count})
    return count


def _delete(rows: QuerySet[Any]) -> int:
    """Delete rows past the models, which refuse it. The database looks at the anchor."""
    return rows._raw_delete(rows.db)
