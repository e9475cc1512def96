"""Who has a job: one process at a time, the job that has waited longest first."""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

Job = TypeVar("Job", bound=Model)


@transaction.atomic
def claim(model: type[Job]) -> Job | None:
    """The job that has waited longest; None where nothing waits."""
    waiting = model._default_manager.filter(state="waiting").order_by("id")
    job: Any = waiting.select_for_update(skip_locked=True).first()
    if job is None:
        return None
    job.state, job.claimed_at = "running", timezone.now()
    job.attempts += 1
    job.save(update_fields=["state", "claimed_at", "attempts"])
    claimed: Job = job
    return claimed
