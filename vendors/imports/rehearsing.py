"""What importing a file would make of calls, tried on some of its lines and taken back."""

import base64
import binascii

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from vendors.imports import known
from vendors.models import Import, Push
from vendors.trouble import rehearsal
from vendors.trouble.rehearsal import Rehearsal


def rehearse(job: Import) -> Rehearsal | None:
    """None where it cannot be tried now: the database is too busy, or a line came just now."""
    try:
        with transaction.atomic():
            pushes = Push.objects.bulk_create(
                _push(job, one["kind"], base64.b64decode(one["body"])) for one in job.sample
            )
            tried = rehearsal.rehearse(pushes) if pushes else None
            transaction.set_rollback(True)
    except (IntegrityError, OperationalError, binascii.Error, KeyError):
        return None
    return tried


def _push(job: Import, kind: str, body: bytes) -> Push:
    now = timezone.now()
    return Push(
        account=job.account,
        kind=kind,
        received_at=now,
        path=f"/imports/{job.pk}/",
        trust="not checked",
        body=body,
        digest=known.digest(body),
        size=len(body),
        next_try_at=now,
        imported=job,
    )
