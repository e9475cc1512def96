"""Having a whole group processed again, in the background.

A step puts some pushes back into the inbox, where workers process them as any others; when they
have, the next step takes the next ones. Each push is put back once in a job, and a step is one
transaction, so that a process may die at any moment: whoever makes the next step goes on.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max
from django.utils import timezone

from vendors import inbox
from vendors.models import Push, ReprocessJob, State
from vendors.trouble.groups import Trouble

log = logging.getLogger("callportal.inbox")

AT_ONCE = 1_000  # pushes in the inbox: what a vendor pushes meanwhile waits for no more

RUNNING = ReprocessJob.Progress.RUNNING
_OF_A_STEP = (
    *("in_hand", "last_push", "became_done", "unreadable", "failed"),
    *("progress", "ended_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    job: ReprocessJob
    is_new: bool


def start(trouble: Trouble, user_name: str) -> Asked | None:
    """Have all pushes of a group processed again that there are now; None where there are none. Of
    one group only one job runs: whoever asks next gets that."""
    names = _names(trouble)
    found = trouble.pushes().order_by().aggregate(total=Count("id"), up_to=Max("id"))
    if not found["total"]:
        job = ReprocessJob.objects.filter(progress=RUNNING, **names).first()
        return Asked(job=job, is_new=False) if job else None
    try:
        with transaction.atomic():
            job = ReprocessJob.objects.create(
                **names, **found, asked_by=user_name, asked_at=timezone.now()
            )
    except IntegrityError:
        job = ReprocessJob.objects.filter(**names).latest("id")
        return Asked(job=job, is_new=False)
    log.info("reprocessing asked", extra={"job": job.pk, "pushes": job.total, "by": user_name})
    return Asked(job=job, is_new=True)


def _names(trouble: Trouble) -> dict[str, str]:
    return {
        "vendor": trouble.vendor,
        "kind": trouble.kind,
        "state": trouble.state,
        "trouble": trouble.what,
    }


def trouble_of(job: ReprocessJob) -> Trouble:
    return Trouble(job.vendor, job.kind, job.state, job.trouble)


def carry_on() -> bool:
    """Make a step of every job that runs; whether pushes were put back."""
    running = ReprocessJob.objects.filter(progress=RUNNING).order_by("id")
    steps = [_step(pk) for pk in running.values_list("pk", flat=True)]
    return any(steps)


@transaction.atomic
def _step(pk: int) -> bool:
    jobs = ReprocessJob.objects.filter(pk=pk, progress=RUNNING)
    job = jobs.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked
    ).first()
    if job is None or (counted := look(job)).waiting:
        return False
    job.became_done, job.unreadable = counted.became_done, counted.unreadable
    job.failed = counted.failed
    chosen = trouble_of(job).pushes().filter(pk__gt=job.last_push, pk__lte=job.up_to)
    job.in_hand = list(chosen.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if job.in_hand:
        job.last_push = job.in_hand[-1]
        inbox.put_back(Push.objects.filter(pk__in=job.in_hand))
    else:
        job.progress, job.ended_at = ReprocessJob.Progress.DONE, timezone.now()
    job.save(update_fields=_OF_A_STEP)
    if not job.in_hand:
        _log_end(job)
    return bool(job.in_hand)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What became of a job's pushes so far, those included that are being processed."""

    became_done: int
    unreadable: int
    failed: int
    waiting: int

    @property
    def settled(self) -> int:
        return self.became_done + self.unreadable + self.failed


def look(job: ReprocessJob) -> Counted:
    """How far a job is. A push that failed once counts as failed, though the inbox tries it again:
    the others need not wait for that."""
    rows = Push.objects.filter(pk__in=job.in_hand).values_list("state", "attempts")
    found = list(rows.order_by()) if job.in_hand else []
    untouched = sum(state == State.WAITING and not attempts for state, attempts in found)
    states: Sequence[str] = [state for state, _attempts in found]
    return Counted(
        became_done=job.became_done + states.count(State.DONE),
        unreadable=job.unreadable + states.count(State.UNREADABLE),
        failed=job.failed + states.count(State.FAILED) + states.count(State.WAITING) - untouched,
        waiting=untouched,
    )


def cancel(job: ReprocessJob, user_name: str) -> bool:
    """Put no more pushes back; whether it was still running. Those in the inbox are processed."""
    running = ReprocessJob.objects.filter(pk=job.pk, progress=RUNNING)
    now = timezone.now()
    if not running.update(progress=ReprocessJob.Progress.CANCELLED, ended_at=now):
        return False
    log.info("reprocessing cancelled", extra={"job": job.pk, "by": user_name})
    return True


def _log_end(job: ReprocessJob) -> None:
    log.info(
        "reprocessing ended",
        extra={
            "job": job.pk,
            "done": job.became_done,
            "unreadable": job.unreadable,
            "failed": job.failed,
        },
    )
