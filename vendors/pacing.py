"""How fast an account may be asked, how much at once, and when its queue stands still.

All of it is read and written under the lock of the account's ``OutboundQueue`` row.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls import codes
from vendors.hours import QuietHours
from vendors.models import OutboundQueue, OutboundRequest, RequestState, VendorAccount

log = logging.getLogger("callportal.outbox")

FAULTS_UNTIL_STOP = 3
FAULTS = frozenset({"account", "stop"})  # words of retry_after that are about the account
LONGEST_CALL = timedelta(hours=25)  # a call may last 24 hours; after that its end was lost
ROOM_IS_LOOKED_FOR_EVERY = timedelta(seconds=1)


def lock(account_id: int) -> OutboundQueue:
    """The account's queue, locked until the transaction ends."""
    OutboundQueue.objects.get_or_create(account_id=account_id)
    return OutboundQueue.objects.select_for_update().get(account_id=account_id)


def is_stopped(queue: OutboundQueue, now: datetime) -> bool:
    """Whether nothing may be sent. A stop with an end ends by itself."""
    if queue.stopped_at is None:
        return False
    if queue.stopped_until is not None and now >= queue.stopped_until:
        _start(queue)
        return False
    return True


def turn(queue: OutboundQueue, account: VendorAccount, now: datetime) -> datetime:
    """When the account may dial next: ``now``, or later."""
    if queue.next_slot_at is not None and queue.next_slot_at > now:
        return queue.next_slot_at
    if calls_up(account, now) >= int(_option(account, "calls_at_once", "50")):
        return now + ROOM_IS_LOOKED_FOR_EVERY
    return now


def take_turn(queue: OutboundQueue, account: VendorAccount, now: datetime) -> None:
    """Let the next one pass only after its share of a second."""
    queue.next_slot_at = now + timedelta(
        seconds=1 / float(_option(account, "calls_per_second", "5"))
    )
    queue.save(update_fields=["next_slot_at"])


def calls_up(account: VendorAccount, now: datetime) -> int:
    """Calls being placed, and those placed whose end is not known; a call of which no push came
    within the account's wait is no longer counted."""
    up = Q(state=RequestState.SENDING) | Q(
        Q(heard_at__isnull=False, settled_at__gt=now - LONGEST_CALL)
        | Q(heard_at=None, settled_at__gt=now - push_wait(account)),
        state=RequestState.ACCEPTED,
        ended_at=None,
    )
    return OutboundRequest.objects.filter(up, account=account, dials=True).count()


def quiet_hours(account: VendorAccount) -> QuietHours | None:
    return QuietHours.of(_option(account, "quiet_hours", ""))


def push_wait(account: VendorAccount) -> timedelta:
    """How long pushes may take to show that a call was placed; then a person decides."""
    return timedelta(minutes=int(_option(account, "push_wait_minutes", "15")))


def note_refusal(queue: OutboundQueue, scheme: str, status: str, code: str) -> str:
    """Count what a refusal says of the account, by the vendor's table; the first word of its
    ``retry_after``, which says what becomes of what was asked."""
    row = codes.explain(scheme, code, status)
    word, _, number = (row.retry_after if row else "").partition(":")
    if word in FAULTS:
        note_fault(queue, status, code, int(number) if number else None)
    else:
        note_answer(queue)
    return word


def note_fault(queue: OutboundQueue, status: str, code: str, seconds: int | None = None) -> None:
    """The vendor refused the account itself. A few in a row stop the queue until a person looks;
    with ``seconds`` it stops at once, for so long."""
    queue.faults_in_a_row += 1
    if seconds is not None or queue.faults_in_a_row >= FAULTS_UNTIL_STOP:
        now = timezone.now()
        queue.stopped_at = now
        queue.stopped_until = now + timedelta(seconds=seconds) if seconds is not None else None
        queue.stopped_status, queue.stopped_code = status, code
        log.error(
            "outbound queue stopped",
            extra={"account": queue.account_id, "status": status, "code": code},
        )
    _save(queue)


def note_answer(queue: OutboundQueue) -> None:
    """The vendor knows the account: faults are counted from nought again."""
    if queue.faults_in_a_row:
        queue.faults_in_a_row = 0
        _save(queue)


@transaction.atomic
def resume(account: VendorAccount, by: str) -> bool:
    """Let a stopped queue go on; whether it was stopped."""
    queue = lock(account.pk)
    if queue.stopped_at is None:
        return False
    _start(queue)
    log.info("outbound queue resumed", extra={"account": account.pk, "by": by})
    return True


def _start(queue: OutboundQueue) -> None:
    queue.stopped_at = queue.stopped_until = None
    queue.stopped_status = queue.stopped_code = ""
    queue.faults_in_a_row = 0
    _save(queue)


def _save(queue: OutboundQueue) -> None:
    queue.save(
        update_fields=[
            "faults_in_a_row",
            "stopped_at",
            "stopped_until",
            "stopped_status",
            "stopped_code",
        ]
    )


def _option(account: VendorAccount, key: str, default: str) -> str:
    return str(account.options.get(key) or default)
