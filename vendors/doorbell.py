"""Rings for a worker when there is something to do, without ever holding up whoever rings.

One bell for the inbox, one for the outbox, one for recordings. One thread a bell and process sends
the rings; a hundred in a moment are one. A broker that is away costs the thread its time and nobody
else's: the sweep finds what was not rung for.
"""

import logging
import os
import threading
import time

from celery import Task

from vendors.tasks import fetch_recordings, process_pushes, send_requests

log = logging.getLogger("callportal.doorbell")

PAUSE = 0.05  # seconds between rings
PAUSE_AFTER_FAILURE = 5.0


class Doorbell:
    """A thread that waits to be told, started at the first ring in each process."""

    def __init__(self, task: "Task[[], None]") -> None:
        self._task = task
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._process_id = 0

    def ring(self) -> None:
        """Ask for a worker. Returns at once, whatever the broker does."""
        if self._process_id != os.getpid():
            self._start()
        self._wanted.set()

    def _start(self) -> None:
        with self._lock:
            if self._process_id != os.getpid():
                self._wanted = threading.Event()
                threading.Thread(target=self._run, name="doorbell", daemon=True).start()
                self._process_id = os.getpid()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._task.apply_async(retry=False)
                time.sleep(PAUSE)
            except Exception as error:
                log.warning("broker does not answer", extra={"error": type(error).__name__})
                time.sleep(PAUSE_AFTER_FAILURE)


doorbell = Doorbell(process_pushes)
outbox_bell = Doorbell(send_requests)
recordings_bell = Doorbell(fetch_recordings)
