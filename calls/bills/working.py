"""Compares the bills that wait, one after the other, in a process of its own."""

import logging
import time
from collections.abc import Callable

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.bills import comparing, keeping, sums, writing
from calls.bills.files import UnreadableFileError
from calls.jobs.claiming import claim
from calls.jobs.pulse import Pulse, StoppedError
from calls.models import Bill, Verdict

log = logging.getLogger("callportal.bills")


def work(is_over: Callable[[], bool]) -> None:
    """Compare what waits until nothing does, or until it is over."""
    while not is_over() and (bill := claim(Bill)) is not None:
        pulse = Pulse(bill, is_over)
        with pulse.beating(), translation.override(bill.language):
            compare(bill, pulse)


def compare(bill: Bill, pulse: Pulse) -> None:
    """Compare a claimed bill, and write down what came of it."""
    began = time.monotonic()
    try:
        about = comparing.compare(bill, lambda stage: pulse.settle(stage=stage), pulse.tell)
    except StoppedError:
        log.info("bill stopped", extra={"bill": bill.pk})
        _clear_if_cancelled(bill)
    except UnreadableFileError as error:
        pulse.settle(**keeping.failure(bill, str(error)))
    except FileNotFoundError:
        pulse.settle(**keeping.failure(bill, _("The file is gone. Drop the bill again.")))
    except Exception as error:
        log.exception("bill failed", extra={"bill": bill.pk})
        pulse.settle(**keeping.failure(bill, f"{type(error).__name__}: {error}"[:500]))
    else:
        _finish(bill, pulse, about, began)


def _finish(bill: Bill, pulse: Pulse, about: comparing.Range | None, began: float) -> None:
    added = sums.add_up(bill)
    is_ours = pulse.settle(
        state=Bill.State.DONE,
        stage="",
        problem="",
        sums=added,
        spans_from=about.begins if about else None,
        spans_to=about.ends if about else None,
        claimed_at=None,
        finished_at=timezone.now(),
    )
    if not is_ours:  # cancelled in the last moment
        _clear_if_cancelled(bill)
        return
    ms = round((time.monotonic() - began) * 1000)
    rows = {verdict: amount.rows for verdict, amount in sums.totals(added).lists.items()}
    billed = sum(rows.values()) - rows[Verdict.NOT_BILLED]
    said = {"bill": bill.pk, "user": bill.user_name, "rows": billed, "ms": ms}
    log.info("bill compared", extra=said | {"alike": rows[Verdict.ALIKE]})


def _clear_if_cancelled(bill: Bill) -> None:
    """Leave nothing behind; what another process took over is that one's."""
    stopped = Bill.objects.filter(pk=bill.pk, state__in=[Bill.State.CANCELLED, Bill.State.DELETED])
    if stopped.exists():
        writing.clear(bill)
        stopped.update(claimed_at=None)
