"""The inbox: keep a push, claim a batch of them, make calls of them, settle each.

Kept means committed: the caller may thank the vendor as soon as ``keep`` returns. The same bytes
to the same account are one push for ever, counted. The table is the queue; nothing else is.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from calls import ingest
from calls.facts import CallFacts
from vendors import erased, fingerprint, outbox, recordings
from vendors.adapters.base import Reading
from vendors.evidence import Evidence
from vendors.models import Push, State, VendorAccount
from vendors.poison import notes
from vendors.poison.hand import UNREAD, Hand, Read, in_hand, within_bounds
from vendors.registry import VENDORS, read

log = logging.getLogger("callportal.inbox")

MOST_ATTEMPTS = 3
WAIT_AFTER_FAILURE = timedelta(seconds=30)
CLOCKS_DIFFER_BY = timedelta(minutes=1)  # at most, where nothing is wrong with them
ENDED = "The worker ended while it read this push"
_HARMFUL = (ENDED, "MemoryError", "TooLongError")
_TABLE = Push._meta.db_table
_KEEP = f"""
    INSERT INTO {_TABLE} (account_id, kind, received_at, path, query, headers, remote_address,
        trust, trust_form, body, digest, size, repeats, state, attempts, next_try_at, problem,
        call_ids)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 'waiting', 0, %s, '', '')
    ON CONFLICT (account_id, digest) DO UPDATE
        SET repeats = {_TABLE}.repeats + 1, last_repeated_at = excluded.received_at
    RETURNING id, repeats
"""  # noqa: S608 - the table's name is our own


@dataclass(frozen=True, slots=True)
class Kept:
    push_id: int
    is_repeat: bool


def keep(account: VendorAccount, evidence: Evidence, body: bytes) -> Kept:
    """Store a push, or count it once more if its bytes are known. Committed on return, unless the
    caller holds a transaction open."""
    at = connection.ops.adapt_datetimefield_value(evidence.received_at)
    values = [
        account.pk,
        evidence.kind,
        at,
        evidence.path,
        evidence.query,
        evidence.headers,
        evidence.remote_address,
        evidence.verdict.trust.value,
        evidence.verdict.form,
        body,
        hashlib.sha256(body).digest(),
        len(body),
        at,
    ]
    push_id, repeats = _insert(values)
    return Kept(push_id, repeats > 0)


def _insert(values: list[Any]) -> tuple[int, int]:
    """Run the one statement of the hot path. PostgreSQL is spared from parsing and planning it
    each time, for which Django's own cursor has no way: about a tenth of a push's cost."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, values)
            row: tuple[int, int] = cursor.fetchone()
            return row
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as prepared:
        kept: Any = prepared.execute(_KEEP, values, prepare=True).fetchone()
    return kept[0], kept[1]


def process_all(seconds: float = 30.0) -> int:
    """Process waiting pushes until none is left or the time is up; how many were settled."""
    end = time.monotonic() + seconds
    total = 0
    while time.monotonic() < end:
        settled = process()
        total += settled
        if not settled and not _hasten():
            break
    return total


def _hasten() -> int:
    """Let pushes be due that were never tried and wait all the same: the clock by which they were
    kept was ahead of ours."""
    now = timezone.now()
    due_later = Push.objects.filter(next_try_at__gt=now + CLOCKS_DIFFER_BY)
    untried = due_later.filter(state=State.WAITING, attempts=0)
    return untried.update(next_try_at=now) if untried.exists() else 0


def process(limit: int | None = None) -> int:
    """Claim a batch of waiting pushes, make calls of them, settle them; how many there were.

    All in one transaction: a worker killed at any moment leaves its pushes waiting, untouched. The
    next one reads those one by one that it was reading.
    """
    while left := notes.take_over():
        _follow(left)
    return _process(partial(_claim, limit or settings.PUSH_BATCH))


def _follow(left: notes.Left) -> None:
    """Count a try of the push that a worker did not survive, and have those one by one that were
    read together with it."""
    if left.culprit is not None:
        _count_end(left.culprit)
    if left.suspects:
        log.warning("worker ended, going one by one", extra={"pushes": len(left.suspects)})
    for place, key in enumerate(left.suspects, start=1):
        _process(partial(_claim_one, key), left.suspects[place:])


def _process(claim: Callable[[], Sequence[Push]], after: Sequence[int] = ()) -> int:
    began = time.monotonic()
    erased.read()
    with in_hand(claim, _read, after) as hand:
        calls = _process_in_hand(hand) if hand.pushes else 0
    if hand.claimed:
        log.info(
            "pushes processed",
            extra={
                "pushes": hand.claimed,
                "calls": calls,
                "ms": round((time.monotonic() - began) * 1000),
            },
        )
    return hand.claimed


def _claim(limit: int) -> list[Push]:
    """Waiting pushes that no other worker holds, the oldest of each account first. SQLite has no
    row locks and needs none here: its transactions take the one write lock at their start.

    Accounts have equal shares of a batch, so that none waits behind the storm of another. Whose
    oldest push is the youngest comes first: what it does not need goes to those after it.
    """
    due = Push.objects.filter(state=State.WAITING, next_try_at__lte=timezone.now())
    locked = due.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked
    )
    oldest = due.filter(account=OuterRef("pk")).order_by("next_try_at").values("next_try_at")[:1]
    waiting = VendorAccount.objects.annotate(oldest=Subquery(oldest)).filter(oldest__isnull=False)
    accounts = list(waiting.order_by("-oldest"))
    pushes: list[Push] = []
    for after, account in zip(range(len(accounts), 0, -1), accounts, strict=True):
        share = math.ceil((limit - len(pushes)) / after)
        mine = locked.filter(account=account).order_by("next_try_at", "id").defer(*UNREAD)
        for push in mine[:share]:
            push.account = account
            pushes.append(push)
    return sorted(pushes, key=lambda push: (push.next_try_at, push.pk))


def _claim_one(key: int) -> list[Push]:
    """One push, if it still waits and no other worker holds it."""
    waiting = Push.objects.filter(pk=key, state=State.WAITING, next_try_at__lte=timezone.now())
    locked = waiting.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked
    )
    return _with_accounts(list(locked.defer(*UNREAD)))


def _with_accounts(pushes: list[Push]) -> list[Push]:
    accounts = VendorAccount.objects.in_bulk({push.account_id for push in pushes})
    for push in pushes:
        push.account = accounts[push.account_id]
    return pushes


def _process_in_hand(hand: Hand) -> int:
    """Process a batch in one go, and one by one when that fails; the number of calls touched."""
    for _ in range(0 if hand.are_alone else 2):
        try:
            with within_bounds(), transaction.atomic():
                return _apply(hand.pushes, hand.reading)
        except IntegrityError:
            continue  # another worker made the same call meanwhile: now it can be found
        except OperationalError:
            raise  # the database's trouble, not the pushes': they stay waiting
        except Exception:
            log.exception("batch failed, going one by one", extra={"pushes": len(hand.pushes)})
            hand.forget()
            break
    return sum(_process_alone(hand, place) for place in range(len(hand.pushes)))


def _process_alone(hand: Hand, place: int) -> int:
    push = hand.pushes[place]
    hand.note_one(place)
    try:
        with within_bounds(), transaction.atomic():
            return _apply([push], hand.reading)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("push failed", extra={"push": push.pk, "vendor": push.account.vendor})
        _count_failure(push, _sentence(error), WAIT_AFTER_FAILURE * 2 ** (push.attempts + 1))
        return 0


@transaction.atomic
def _count_end(key: int) -> None:
    """Count a try that ended the worker itself. The second may follow at once: most workers end for
    reasons of their own."""
    waiting = Push.objects.filter(pk=key, state=State.WAITING).select_for_update()
    push = waiting.defer(*UNREAD).first()
    if push is None:
        return
    log.error("worker ended while it read a push", extra={"push": push.pk})
    tries = f"try {push.attempts + 1} of {MOST_ATTEMPTS}"
    wait = WAIT_AFTER_FAILURE * 2 if push.attempts else timedelta()
    _count_failure(push, f"{ENDED} ({tries}).", wait)


def _count_failure(push: Push, problem: str, wait: timedelta) -> None:
    push.attempts += 1
    push.problem = problem
    push.trouble = fingerprint.of_error(problem)
    push.next_try_at = timezone.now() + wait
    if push.attempts >= MOST_ATTEMPTS:
        push.state, push.settled_at = State.FAILED, timezone.now()
    push.save(
        update_fields=["attempts", "problem", "trouble", "next_try_at", "state", "settled_at"]
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"MemoryError: Reading it took more than {settings.PUSH_MEMORY >> 20} MiB of memory."
    return f"{type(error).__name__}: {error}".replace("\x00", "\ufffd")


def try_out(pushes: Sequence[Push]) -> dict[int, str]:
    """Process pushes as a worker would, whatever their state; of those at which our code raises an
    error, what it says. The caller is to take everything back.

    The caller may be the web server: what hung, ate memory or ended a worker is not tried there.
    """
    wrongs = {push.pk: push.problem for push in pushes if push.problem.startswith(_HARMFUL)}
    harmless = [push for push in pushes if push.pk not in wrongs]
    hand = Hand(_read)
    try:
        with transaction.atomic():
            if harmless:
                _apply(harmless, hand.reading)
    except OperationalError:
        raise
    except Exception:
        tried = {push.pk: _try_alone(push, hand) for push in harmless}
        wrongs |= {key: problem for key, problem in tried.items() if problem}
    return wrongs


def _try_alone(push: Push, hand: Hand) -> str:
    try:
        with transaction.atomic():
            _apply([push], hand.reading)
    except OperationalError:
        raise
    except Exception as error:
        return _sentence(error)
    return ""


def _apply(pushes: Sequence[Push], reading_of: Read) -> int:
    readings = [(push, reading_of(push)) for push in pushes]
    erased.keep_scrubbed(pushes)
    spoken_of = ingest.apply(
        [
            ingest.Statement(
                push_id=push.pk,
                received_at=push.received_at,
                account=push.account,
                facts=facts,
                is_imported=push.imported_id is not None,
            )
            for push, reading in readings
            for facts in reading.facts
        ]
    )
    outbox.hear(
        outbox.Heard(
            account_id=push.account_id,
            call_id=facts.call_id,
            token=reading.placed.get(facts.call_id, ""),
            is_final=bool(facts.is_final),
        )
        for push, reading in readings
        if VENDORS[push.account.vendor].outbound is not None
        for facts in reading.facts
    )
    recordings.expect(
        (call_id, push.account)
        for push, reading in readings
        if any(_is_recorded(push, facts) for facts in reading.facts)
        for call_id in spoken_of.get(push.pk, [])
    )
    _settle((push.pk, reading, spoken_of.get(push.pk, [])) for push, reading in readings)
    return len({call for calls in spoken_of.values() for call in calls})


def _is_recorded(push: Push, facts: CallFacts) -> bool:
    """Whether a push says that there is, or will be, a recording."""
    offer = VENDORS[push.account.vendor].recordings
    return bool(facts.recordings) or offer.is_expected(facts.details, facts.talk_seconds)


def _read(push: Push) -> Reading:
    push.body = erased.scrubbed(bytes(push.body))
    return read(VENDORS[push.account.vendor], push.kind, push.body)


def _settle(results: Iterable[tuple[int, Reading, list[int]]]) -> None:
    """Write what came of each push, all in one statement."""
    values: list[int | str] = []
    for push_id, reading, calls in results:
        state = State.UNREADABLE if reading.problems else State.DONE
        values += [push_id, state.value, "\n".join(reading.problems), " ".join(map(str, calls))]
        values.append(fingerprint.of_problems(reading.problems))
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * (len(values) // 5))
    statement = f"""
        UPDATE {_TABLE} SET state = settled.column2, problem = settled.column3,
            call_ids = settled.column4, trouble = settled.column5, settled_at = %s,
            attempts = attempts + 1
        FROM (VALUES {rows}) AS settled WHERE id = settled.column1
    """  # noqa: S608 - the table's name is our own, every value is a parameter
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(statement, [now, *values])


def put_back(pushes: "QuerySet[Push]", now: datetime | None = None) -> int:
    """Have settled pushes processed again; how many. Processing twice changes nothing. Those whose
    bodies were deleted have nothing more to say."""
    settled = pushes.exclude(state=State.WAITING).filter(emptied_at=None)
    return settled.update(state=State.WAITING, attempts=0, next_try_at=now or timezone.now())
