"""Pushes that were turned away: a trace that a flood cannot make large.

For each account the newest traces of each sender are kept, up to two limits; bodies (of pushes
refused for their signature) up to a third. Releasing one puts its body into the inbox.
"""

import json
import logging

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from vendors import erased, inbox
from vendors.adapters.base import Outcome, Trust, Verdict
from vendors.evidence import Evidence
from vendors.models import Reason, RefusedPush, VendorAccount

log = logging.getLogger("callportal.edge")

MOST_PER_SENDER = 200
MOST_PER_ACCOUNT = 1_000
MOST_BODY_BYTES = 16 * 1024 * 1024
# What the vendor hears, for each reason.
OUTCOMES = {
    Reason.SIGNATURE: Outcome.UNAUTHORIZED,
    Reason.ADDRESS: Outcome.FORBIDDEN,
    Reason.DISABLED: Outcome.FORBIDDEN,
    Reason.RATE: Outcome.UNAVAILABLE,
}


@transaction.atomic
def record(account: VendorAccount, reason: Reason, evidence: Evidence, body: bytes) -> RefusedPush:
    """Leave a trace of a refused push, and drop the oldest traces over the limits."""
    mine = RefusedPush.objects.filter(account=account)
    is_quarantined = reason == Reason.SIGNATURE and _has_room(account, len(body))
    trace = RefusedPush.objects.create(
        account=account,
        reason=reason,
        kind=evidence.kind,
        received_at=evidence.received_at,
        path=evidence.path,
        query=evidence.query,
        headers=json.loads(evidence.headers),
        remote_address=evidence.remote_address,
        trust=evidence.verdict.trust.value,
        trust_form=evidence.verdict.form,
        body=_without_the_erased(body) if is_quarantined else None,
        size=len(body),
    )
    for rows, most in (
        (mine.filter(remote_address=evidence.remote_address), MOST_PER_SENDER),
        (mine, MOST_PER_ACCOUNT),
    ):
        last = rows.order_by("-id").values_list("id", flat=True)[most : most + 1].first()
        if last is not None:
            rows.filter(id__lte=last).delete()
    log.warning(
        "push refused",
        extra={
            "account": account.pk,
            "vendor": account.vendor,
            "reason": reason.value,
            "signature": evidence.verdict.trust.value,
            "sender": evidence.remote_address,
        },
    )
    return trace


def _without_the_erased(body: bytes) -> bytes:
    erased.read()
    return erased.scrubbed(body)


def _has_room(account: VendorAccount, size: int) -> bool:
    held = RefusedPush.objects.filter(account=account, body__isnull=False)
    total = held.aggregate(total=Sum("size"))["total"] or 0
    return bool(total + size <= MOST_BODY_BYTES)


@transaction.atomic
def release(trace: RefusedPush, by: str) -> bool:
    """Put a quarantined push into the inbox; whether there was one to release."""
    trace = RefusedPush.objects.select_for_update().get(pk=trace.pk)
    if trace.body is None or trace.released_at is not None:
        return False
    inbox.keep(
        trace.account,
        Evidence(
            kind=trace.kind,
            received_at=trace.received_at,
            path=trace.path,
            query=trace.query,
            headers=json.dumps(trace.headers),
            remote_address=trace.remote_address,
            verdict=Verdict(trust=Trust(trace.trust), form=trace.trust_form),
        ),
        bytes(trace.body),
    )
    trace.released_at, trace.released_by = timezone.now(), by
    trace.body = None
    trace.save(update_fields=["released_at", "released_by", "body"])
    log.info("push released", extra={"refused": trace.pk, "by": by})
    return True
