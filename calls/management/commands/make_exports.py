import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from calls.export import working


class Command(BaseCommand):
    help = "Make the big exports that wait, then end. The courier starts this by itself."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        os.nice(10)
        parent = os.getppid()
        # Without the courier that started it, it leaves the rest to the next one.
        working.work(lambda: stop.is_set() or os.getppid() != parent)
