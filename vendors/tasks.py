"""Celery tasks: each calls one function of the portal and nothing else."""

import logging
from datetime import timedelta
from functools import partial

from celery import Task, shared_task
from django.core.management import call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from calls import listening
from vendors import fetching, inbox, ledger, outbox, recordings, retention, sending
from vendors.imports import keeping as kept_imports
from vendors.imports import launching as taking_imports
from vendors.imports import night
from vendors.models import SeenNonce
from vendors.trouble import jobs
from vendors.watch import balance, looking, telling

log = logging.getLogger("callportal.outbox")

NONCE_IS_REMEMBERED_FOR = timedelta(
    hours=9
)  # 8 h between the two readings of Created, and a window
_PRUNES_FOR = 60.0  # seconds
_SENDS_FOR = 2.0  # seconds that one task goes on; the next sweep continues


@shared_task
def process_pushes() -> None:
    inbox.process_all()
    if fetching.is_any_due():
        _ring(fetch_recordings)


@shared_task
def sweep_reprocessing() -> None:
    if jobs.carry_on():
        _ring(process_pushes)


@shared_task
def sweep_imports() -> None:
    kept_imports.take_back()
    taking_imports.launcher.launch()
    if night.is_any_wanted():
        _ring(fetch_wanted_pushes)


@shared_task
def fetch_failed_pushes() -> None:
    night.ask_due()


@shared_task
def fetch_wanted_pushes() -> None:
    night.ask_due(is_night=False)


@shared_task
def tidy_imports() -> None:
    kept_imports.tidy()


@shared_task
def forget_old_nonces() -> None:
    SeenNonce.objects.filter(seen_at__lt=timezone.now() - NONCE_IS_REMEMBERED_FOR).delete()


@shared_task
def send_requests() -> None:
    sending.send_due(_SENDS_FOR, partial(_ring, send_requests))


@shared_task
def sweep_requests() -> None:
    sending.take_back()
    sending.give_up_late()
    sending.send_due(_SENDS_FOR, partial(_ring, send_requests))


@shared_task
def fetch_recordings() -> None:
    fetching.fetch_due(_SENDS_FOR, partial(_ring, fetch_recordings))
    if listening.is_any_unheard():
        _ring(listen_to_recordings)


@shared_task
def sweep_recordings() -> None:
    fetching.take_back()
    recordings.close_missing()
    if fetching.is_any_due():
        _ring(fetch_recordings)
    if listening.is_any_unheard():
        _ring(listen_to_recordings)


@shared_task
def listen_to_recordings() -> None:
    listening.listen_all()


@shared_task
def prune() -> None:
    """A minute at a time, so that the courier can be stopped, and others have their turn."""
    if not retention.prune(seconds=_PRUNES_FOR):
        _ring(prune)


@shared_task
def forget_sessions() -> None:
    call_command("clearsessions")


@shared_task
def forget_old_sendings() -> None:
    ledger.forget_old()
    outbox.forget_secrets()


@shared_task
def watch_vendors() -> None:
    if looking.look():
        telling.tell_due()


@shared_task
def tell_of_alarms() -> None:
    telling.tell_due()


@shared_task
def keep_ledger() -> None:
    balance.keep()


def _ring(task: "Task[[], None]") -> None:
    """Wake another worker. Without a broker whoever rings goes on alone, and the sweep follows."""
    try:
        task.apply_async(retry=False)
    except (OSError, OperationalError) as error:
        log.warning("broker does not answer", extra={"error": type(error).__name__})
