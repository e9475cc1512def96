"""Celery tasks: each calls functions of the portal and nothing else."""

from celery import shared_task

from calls import rebilling, recounting
from calls.audit import linking, watching
from calls.bills import keeping as kept_bills
from calls.bills import launching as comparing_bills
from calls.export import keeping, launching
from calls.live import lost
from calls.mailings import sending

_REBILLS_FOR = 1.0  # seconds that one task goes on; the next sweep continues


@shared_task
def sweep_exports() -> None:
    keeping.take_back()
    keeping.remove_expired()
    launching.launcher.launch()


@shared_task
def sweep_bills() -> None:
    kept_bills.take_back()
    kept_bills.remove_deleted()
    comparing_bills.launcher.launch()


@shared_task
def sweep_lost_calls() -> None:
    lost.sweep()


@shared_task
def work_out_billing() -> None:
    rebilling.work(_REBILLS_FOR)


@shared_task
def send_mailings() -> None:
    sending.sweep()


@shared_task
def check_tallies() -> None:
    recounting.check_lately()


@shared_task
def link_audit() -> None:
    linking.link()


@shared_task
def check_audit() -> None:
    watching.watch()
