"""The Celery application. Tasks carry a row's key or nothing at all; rows carry the truth."""

import os
import signal
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")

from callportal.processes import die_with_parent

app = Celery("callportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_process_init.connect
def die_with_the_worker(**_: Any) -> None:
    """At once: whatever it holds is rolled back, and waits for the next worker."""
    die_with_parent(signal.SIGKILL)
