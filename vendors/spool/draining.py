"""Emptying the spool: each push is kept as if the database had been there when it came.

Doing it twice changes nothing. A push that is in the inbox with this very moment of arrival is one
that was kept before somebody died, or while the edge no longer waited; it is passed over.
"""

import hashlib
import logging
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path

from django.db import connection, transaction

from vendors import inbox, refusals, signatures, vault
from vendors.adapters.base import ENFORCE
from vendors.doorbell import doorbell
from vendors.models import Push, Reason, RefusedPush, VendorAccount
from vendors.spool import files, frames, reach, records
from vendors.spool.frames import Damage, Frame
from vendors.spool.records import Record
from vendors.watch import counting

log = logging.getLogger("callportal.edge")

BATCH = 100  # pushes in one transaction,
BATCH_BYTES = 4 * 1024 * 1024  # or so many bytes
TAKES_AT_MOST = 5.0  # seconds, for one transaction
Arrival = tuple[int, bytes, object]  # account, digest, moment


class _GoneError(Exception):
    """The account that a push is of is no longer there."""


def drain() -> int:
    """Keep what stands in the files that no other process writes, oldest first; how many pushes.

    Raises what the database raises: then all that is not kept yet still stands there.
    """
    drained = sum(_empty(path) for path in files.waiting())
    files.writer.hand_over()
    return drained + sum(_empty(path) for path in files.waiting())


def _empty(path: Path) -> int:
    with files.claimed(path) as data:
        if data is None:
            return 0
        try:
            drained, is_done = _keep_all(data, path)
        except vault.SealedWithAnotherKeyError as error:
            log.error("spool file set aside", extra={"file": path.name, "why": str(error)})  # noqa: TRY400
            files.set_aside(path)
            return 0
        if is_done:
            files.remove(path)
        else:
            files.set_aside(path)
    if drained:
        log.info("spool drained", extra={"file": path.name, "pushes": drained})
    return drained


def _keep_all(data: "mmap | bytes", path: Path) -> tuple[int, bool]:
    """How many pushes were kept, and whether that was all that there ever was."""
    drained, is_done = 0, True
    for batch in _batches(data):
        whole = [found for found in batch if isinstance(found, Frame)]
        for found in batch:
            if isinstance(found, Damage):
                _tell(found, path)
                is_done = is_done and found.is_torn_end
        kept = _keep_batch(whole)
        drained += kept
        is_done = is_done and kept == len(whole)
        if whole:
            reach.database.came_back()
            doorbell.ring()
    return drained, is_done


def _tell(damage: Damage, path: Path) -> None:
    facts = {"file": path.name, "at": damage.start, "bytes": damage.size}
    if damage.is_torn_end:
        log.info("torn push passed over", extra=facts)
    else:
        log.error("spool file damaged", extra=facts)


def _batches(data: "mmap | bytes") -> Iterator[list[Frame | Damage]]:
    batch: list[Frame | Damage] = []
    size = 0
    for found in frames.read(data):
        batch.append(found)
        size += len(found.payload) if isinstance(found, Frame) else 0
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _keep_batch(batch: list[Frame]) -> int:
    """How many of them are kept. One that nobody can keep does not cost its neighbours."""
    if not batch:
        return 0
    try:
        return _keep_together(batch)
    except vault.SealedWithAnotherKeyError:
        raise
    except Exception as error:
        if reach.is_trouble(error):
            raise
    return sum(_keep_alone(frame) for frame in batch)


def _keep_alone(frame: Frame) -> int:
    try:
        return _keep_together([frame])
    except vault.SealedWithAnotherKeyError:
        raise
    except Exception as error:
        if reach.is_trouble(error):
            raise
        log.exception("spooled push could not be kept")
        return 0


def _keep_together(batch: list[Frame]) -> int:
    came = [records.unpack(frame) for frame in batch]
    told: list[tuple[Record, bool | None]] = []
    with reach.bounded(TAKES_AT_MOST), transaction.atomic():
        _end_with_us()
        accounts = VendorAccount.objects.in_bulk({one.account_id for one in came})
        known, bodies = _known(came)
        for one in came:
            account = accounts.get(one.account_id)
            if account is None:
                raise _GoneError(f"There is no account {one.account_id} any more.")
            digest = hashlib.sha256(one.body).digest()
            if (one.account_id, digest, one.evidence.received_at) in known:
                continue
            told.append((one, _keep(account, one, is_known=(one.account_id, digest) in bodies)))
            bodies.add((one.account_id, digest))
    for one, is_repeat in told:
        _count(one, is_repeat)
    return len(batch)


def _end_with_us() -> None:
    """Nothing goes on in the server for whoever has given it up."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {round(TAKES_AT_MOST * 1000)}")


def _known(came: list[Record]) -> tuple[set[Arrival], set[tuple[int, bytes]]]:
    """The arrivals that are in the inbox, and the bodies."""
    digests = [hashlib.sha256(one.body).digest() for one in came]
    rows = Push.objects.filter(account__in={one.account_id for one in came}, digest__in=digests)
    arrivals: set[Arrival] = set()
    bodies: set[tuple[int, bytes]] = set()
    for account_id, digest, received_at, last_at in rows.order_by().values_list(
        "account_id", "digest", "received_at", "last_repeated_at"
    ):
        bodies.add((account_id, bytes(digest)))
        arrivals.add((account_id, bytes(digest), received_at))
        arrivals.add((account_id, bytes(digest), last_at))
    return arrivals, bodies


def _keep(account: VendorAccount, one: Record, *, is_known: bool) -> bool | None:
    """Whether its bytes had come before; None where it was not kept, but refused."""
    nonce = one.evidence.verdict.nonce
    if one.reason is None and nonce and not signatures.is_new(account.pk, nonce) and not is_known:
        one = one.replayed()
    is_strict = account.options.get("push_signature") == ENFORCE
    reason = Reason.SIGNATURE if one.is_replayed and is_strict else one.reason
    if reason is None:
        return inbox.keep(account, one.evidence, one.body).is_repeat
    at = one.evidence.received_at
    if not RefusedPush.objects.filter(account=account, received_at=at).exists():
        refusals.record(account, reason, one.evidence, one.body)
    return None


def _count(one: Record, is_repeat: bool | None) -> None:
    """What was refused was counted when it was; a nonce that turned out to be old was not."""
    at, kind = one.evidence.received_at, one.evidence.kind
    if is_repeat is not None:
        counting.edge.kept(
            one.account_id, kind, at, one.seconds, is_repeat=is_repeat, is_drained=True
        )
    elif one.reason is None:
        counting.edge.refused(one.account_id, kind, at)
