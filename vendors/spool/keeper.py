"""The thread of a web process that empties the spool and writes down the doors.

Files of processes that died are emptied by whichever web process finds them first.
"""

import logging
import os
import threading
import time

from django.db import connection

from vendors.spool import doors, draining, files, reach

log = logging.getLogger("callportal.edge")

LOOKS_EVERY = 10.0  # seconds, while nothing is spooled
TRIES_AGAIN_AFTER = (0.5, 1.0, 2.0, 3.0)  # seconds; well within reach.AWAY_FOR


class Keeper:
    """A thread that is started with the web process, or when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._process_id = 0

    def start(self) -> None:
        with self._lock:
            if self._process_id != os.getpid():
                self._wanted = threading.Event()
                threading.Thread(target=self._run, name="spool", daemon=True).start()
                self._process_id = os.getpid()

    def wake(self) -> None:
        """There is something in the spool, or the database went away."""
        if self._process_id != os.getpid():
            self.start()
        self._wanted.set()

    def _run(self) -> None:
        failures = 0
        while True:
            if turn():
                failures = 0
                self._wanted.wait(LOOKS_EVERY)
                self._wanted.clear()
            else:
                time.sleep(TRIES_AGAIN_AFTER[min(failures, len(TRIES_AGAIN_AFTER) - 1)])
                failures += 1


def turn() -> bool:
    """Empty what there is; whether the database let us."""
    try:
        if files.waiting():
            draining.drain()
        if doors.is_old() or reach.database.is_doubted:
            with reach.bounded(draining.TAKES_AT_MOST):
                doors.write()
            reach.database.came_back()
    except OSError as error:
        log.warning("spool not looked after", extra={"why": str(error)})
    except Exception as error:
        if reach.is_trouble(error):
            reach.database.went_away(error)
        else:
            log.exception("spool not emptied")
        return False
    finally:
        connection.close()
    return True


keeper = Keeper()
