import os
import resource
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from vendors.doorbell import doorbell
from vendors.imports import working

MOST_MEMORY = 4 * 1024**3  # bytes of addresses: a file that was made to burst ends here


class Command(BaseCommand):
    help = "Work on the imports that wait, then end. The courier starts this by itself."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        os.nice(10)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        parent = os.getppid()
        # Without the courier that started it, it leaves the rest to the next one.
        working.work(lambda: stop.is_set() or os.getppid() != parent, doorbell.ring)
