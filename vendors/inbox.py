"""The inbox: keep a push, claim a batch of them, make calls of them, settle each.

Kept means committed: the caller may thank the vendor as soon as ``keep`` returns. The same bytes
to the same account are one push for ever, counted. The table is the queue; nothing else is.
"""

import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from calls import ingest
from calls.facts import CallFacts
from vendors import fingerprint, outbox, recordings
from vendors.adapters.base import Reading
from vendors.evidence import Evidence
from vendors.models import Push, State, VendorAccount
from vendors.registry import VENDORS

log = logging.getLogger("callportal.inbox")

MOST_ATTEMPTS = 3
WAIT_AFTER_FAILURE = timedelta(seconds=30)
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
        if not settled:
            break
    return total


def process(limit: int | None = None) -> int:
    """Claim a batch of waiting pushes, make calls of them, settle them; how many there were.

    All in one transaction: a worker killed at any moment leaves its pushes waiting, untouched.
    """
    began = time.monotonic()
    with transaction.atomic():
        pushes = _claim(limit or settings.PUSH_BATCH)
        if not pushes:
            return 0
        calls = _process_together(pushes)
    log.info(
        "pushes processed",
        extra={
            "pushes": len(pushes),
            "calls": calls,
            "ms": round((time.monotonic() - began) * 1000),
        },
    )
    return len(pushes)


def _claim(limit: int) -> list[Push]:
    """Waiting pushes that no other worker holds. SQLite has no row locks and needs none here: its
    transactions take the one write lock at their start."""
    waiting = Push.objects.filter(state=State.WAITING, next_try_at__lte=timezone.now())
    locked = waiting.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked
    )
    pushes = list(locked.order_by("next_try_at", "id")[:limit])
    accounts = VendorAccount.objects.in_bulk({push.account_id for push in pushes})
    for push in pushes:
        push.account = accounts[push.account_id]
    return pushes


def _process_together(pushes: Sequence[Push]) -> int:
    """Process a batch in one go, and one by one when that fails; the number of calls touched."""
    for _ in range(2):
        try:
            with transaction.atomic():
                return _apply(pushes)
        except IntegrityError:
            continue  # another worker made the same call meanwhile: now it can be found
        except OperationalError:
            raise  # the database's trouble, not the pushes': they stay waiting
        except Exception:
            log.exception("batch failed, going one by one", extra={"pushes": len(pushes)})
            break
    return sum(_process_alone(push) for push in pushes)


def _process_alone(push: Push) -> int:
    try:
        with transaction.atomic():
            return _apply([push])
    except OperationalError:
        raise
    except Exception as error:
        log.exception("push failed", extra={"push": push.pk, "vendor": push.account.vendor})
        push.attempts += 1
        push.problem = _sentence(error)
        push.trouble = fingerprint.of_error(push.problem)
        push.next_try_at = timezone.now() + WAIT_AFTER_FAILURE * 2**push.attempts
        if push.attempts >= MOST_ATTEMPTS:
            push.state, push.settled_at = State.FAILED, timezone.now()
        push.save(
            update_fields=["attempts", "problem", "trouble", "next_try_at", "state", "settled_at"]
        )
        return 0


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\x00", "\ufffd")


def try_out(pushes: Sequence[Push]) -> dict[int, str]:
    """Process pushes as a worker would, whatever their state; of those at which our code raises an
    error, what it says. The caller is to take everything back."""
    try:
        with transaction.atomic():
            _apply(pushes)
            return {}
    except OperationalError:
        raise
    except Exception:
        return {push.pk: problem for push in pushes if (problem := _try_alone(push))}


def _try_alone(push: Push) -> str:
    try:
        with transaction.atomic():
            _apply([push])
    except OperationalError:
        raise
    except Exception as error:
        return _sentence(error)
    return ""


def _apply(pushes: Sequence[Push]) -> int:
    readings = [(push, _read(push)) for push in pushes]
    spoken_of = ingest.apply(
        [
            ingest.Statement(
                push_id=push.pk, received_at=push.received_at, account=push.account, facts=facts
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
    return VENDORS[push.account.vendor].read(push.kind, bytes(push.body))


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
    """Have settled pushes processed again; how many. Processing twice changes nothing."""
    settled = pushes.exclude(state=State.WAITING)
    return settled.update(state=State.WAITING, attempts=0, next_try_at=now or timezone.now())
