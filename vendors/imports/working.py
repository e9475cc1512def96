"""Works on the imports that wait, one after the other, in a process of its own."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import IO

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.jobs.claiming import claim
from calls.jobs.pulse import Pulse, StoppedError
from vendors.imports import checking, keeping, taking
from vendors.imports.archives import RefusedFileError
from vendors.models import Import

log = logging.getLogger("callportal.imports")


def work(is_over: Callable[[], bool], ring: Callable[[], None] = lambda: None) -> None:
    """Work on what waits until nothing does, or until it is over. ``ring`` wakes a worker."""
    while not is_over() and (job := claim(Import)) is not None:
        pulse = Pulse(job, is_over)
        with pulse.beating(), translation.override(job.language):
            carry_on(job, pulse, ring)


def carry_on(job: Import, pulse: Pulse, ring: Callable[[], None]) -> None:
    """Do the next stage of a claimed import, and write down what came of it."""
    try:
        with keeping.opened(job) as file:
            if job.stage == Import.Stage.CHECK:
                _check(job, pulse, file)
            else:
                _take(job, pulse, file, ring)
    except StoppedError:
        log.info("import stopped", extra={"import": job.pk})
    except RefusedFileError as error:
        _fail(job, pulse, str(error))
    except FileNotFoundError:
        _fail(job, pulse, _("The file is gone. Drop it again."))
    except Exception as error:
        log.exception("import failed", extra={"import": job.pk})
        _fail(job, pulse, f"{type(error).__name__}: {error}"[:500])


def _fail(job: Import, pulse: Pulse, problem: str) -> None:
    if pulse.settle(**keeping.failure(problem)):
        log.warning("import refused", extra={"import": job.pk, "vendor": job.account.vendor})


def _check(job: Import, pulse: Pulse, file: IO[bytes]) -> None:
    found = checking.look(job, file, pulse.tell)
    by_night = job.way == Import.Way.NIGHT
    pulse.settle(
        # At night nobody is there to confirm: what the vendor itself hands out is taken in.
        state=Import.State.WAITING if by_night else Import.State.READY,
        stage=Import.Stage.TAKE if by_night else Import.Stage.CHECK,
        counts={} if by_night else dict(found.counts),
        first_problems=found.first_problems,
        sample=found.sample,
        claimed_at=None,
        breaks=0,
        lines_done=0,
        confirmed_at=timezone.now() if by_night else None,
    )
    log.info("import looked through", extra={"import": job.pk, **_figures(found.counts)})


def _take(job: Import, pulse: Pulse, file: IO[bytes], ring: Callable[[], None]) -> None:
    began = time.monotonic()
    if job.began_at is None:
        pulse.settle(began_at=timezone.now())
    counts = taking.take(job, file, pulse.tell, ring)
    is_ours = pulse.settle(
        state=Import.State.DONE,
        counts=dict(counts),
        claimed_at=None,
        finished_at=timezone.now(),
        problem="",
    )
    if is_ours:
        keeping.drop_file(job)
        ms = round((time.monotonic() - began) * 1000)
        said = {"import": job.pk, "vendor": job.account.vendor, "ms": ms}
        log.info("import done", extra=said | _figures(counts))


def _figures(counts: Mapping[str, int]) -> dict[str, int]:
    names = ("new", "same_bytes", "same_call", "unreadable")
    return {name: counts.get(name, 0) for name in names}
