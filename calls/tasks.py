"""Celery tasks: each calls functions of the portal and nothing else."""

from celery import shared_task

from calls.export import keeping, launching


@shared_task
def sweep_exports() -> None:
    keeping.take_back()
    keeping.remove_expired()
    launching.launch()
