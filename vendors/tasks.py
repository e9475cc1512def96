"""Celery tasks: each calls one function of the portal and nothing else."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from vendors import inbox, ledger, outbox, sending
from vendors.models import SeenNonce

log = logging.getLogger("callportal.outbox")

NONCE_IS_REMEMBERED_FOR = timedelta(
    hours=9
)  # 8 h between the two readings of Created, and a window
_SENDS_FOR = 2.0  # seconds that one task goes on; the next sweep continues


@shared_task
def process_pushes() -> None:
    inbox.process_all()


@shared_task
def forget_old_nonces() -> None:
    SeenNonce.objects.filter(seen_at__lt=timezone.now() - NONCE_IS_REMEMBERED_FOR).delete()


@shared_task
def send_requests() -> None:
    sending.send_due(_SENDS_FOR, _ring_for_another)


@shared_task
def sweep_requests() -> None:
    sending.take_back()
    sending.give_up_late()
    sending.send_due(_SENDS_FOR, _ring_for_another)


@shared_task
def forget_old_sendings() -> None:
    ledger.forget_old()
    outbox.forget_secrets()


def _ring_for_another() -> None:
    """Wake another thread of the courier. Without a broker this one goes on alone."""
    try:
        send_requests.apply_async(retry=False)
    except (OSError, OperationalError) as error:
        log.warning("broker does not answer", extra={"error": type(error).__name__})
