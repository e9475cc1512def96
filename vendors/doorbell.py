"""Rings for a worker after a push was kept, without ever holding up the answer.

One thread a process sends the rings; a hundred pushes in a moment are one ring. A broker that is
away costs the thread its time and nobody else's: the sweep finds what was not rung for.
"""

import logging
import os
import threading
import time

from vendors.tasks import process_pushes

log = logging.getLogger("callportal.doorbell")

PAUSE = 0.05  # seconds between rings
PAUSE_AFTER_FAILURE = 5.0


class Doorbell:
    """A thread that waits to be told, started at the first ring in each process."""

    def __init__(self) -> None:
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
                process_pushes.apply_async(retry=False)
                time.sleep(PAUSE)
            except Exception as error:
                log.warning("broker does not answer", extra={"error": type(error).__name__})
                time.sleep(PAUSE_AFTER_FAILURE)


doorbell = Doorbell()
