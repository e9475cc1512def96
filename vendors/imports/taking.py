"""Takes a confirmed file in: its new lines go into the inbox, where workers find them.

A portion of lines and how far the file is done are written in one transaction: whoever goes on
after a crash begins behind the last portion. Nothing waits in the inbox but a few portions, so that
what vendors push meanwhile does not wait behind a file.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO

from django.db import transaction
from django.utils import timezone

from calls.jobs.pulse import StoppedError
from vendors.imports import checking, entries, known
from vendors.imports.entries import Entry
from vendors.imports.known import Seen, Sort
from vendors.models import Import, Push, State

CHUNK = 200  # lines of one transaction
MOST_WAITING = 1_000  # pushes of imports in the inbox
PAUSE = 0.2  # seconds
LONGEST_HEADER = 200

Tell = Callable[[int, int], None]


def take(job: Import, file: IO[bytes], tell: Tell, ring: Callable[[], None]) -> Counter[str]:
    """Put what is new into the inbox; how much of what there was. Raises StoppedError where the job
    is not ours any more, or RefusedFileError."""
    counts = Counter({name: int(count) for name, count in job.counts.items()})
    done, seen = 0, Seen()
    total = job.size_bytes if not job.is_table else 0
    for chunk in checking.chunks(entries.of(job, file), CHUNK):
        done += len(chunk)
        tell(total, chunk[-1].done)
        if done <= job.lines_done:  # taken in before it broke off
            continue
        _wait_for_room(partial(tell, total, chunk[-1].done))
        counts.update(_put(job, chunk, seen, counts, done))
        ring()
    return counts


def _wait_for_room(tell: Callable[[], None]) -> None:
    """Wait until workers have caught up; ``tell`` raises where nobody wants that any more."""
    while True:
        tell()
        waiting = Push.objects.filter(state=State.WAITING, imported__isnull=False)
        if waiting.order_by()[:MOST_WAITING].count() < MOST_WAITING:
            return
        time.sleep(PAUSE)


@transaction.atomic
def _put(
    job: Import, chunk: Sequence[Entry], seen: Seen, before: Counter[str], done: int
) -> dict[str, int]:
    """Put a portion into the inbox, if the job is still ours; what was in it."""
    sorts = known.sorted_out(job.account, chunk, seen)
    found = known.counted(chunk, sorts)
    mine = Import.objects.filter(pk=job.pk, state=Import.State.RUNNING, attempts=job.attempts)
    if not mine.update(lines_done=done, counts=dict(before + Counter(found))):
        raise StoppedError
    new = [one for one, sort in zip(chunk, sorts, strict=True) if sort is Sort.NEW]
    # A push that comes at this very moment with the same bytes is the same one.
    Push.objects.bulk_create([_push(job, one) for one in new], ignore_conflicts=True)
    return found


def _push(job: Import, entry: Entry) -> Push:
    assert entry.line is not None  # noqa: S101 - it is new
    now, line = timezone.now(), entry.line
    told = {"file": job.file_name, "path": entry.place.path, "line": str(entry.place.number)}
    return Push(
        account=job.account,
        kind=line.kind,
        received_at=now,
        path=f"/imports/{job.pk}/",
        headers={name: _clean(text) for name, text in {**told, **line.said}.items() if text},
        trust="not checked",
        body=line.body,
        digest=known.digest(line.body),
        size=len(line.body),
        next_try_at=now,
        imported=job,
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:LONGEST_HEADER]
