"""Signs of life of whoever does a job: how far it is, and whether it is still wanted."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Model
from django.utils import timezone

log = logging.getLogger("callportal.jobs")

BEAT = 1.0  # seconds


class StoppedError(Exception):
    """The job is not wanted any more, or this process is to end."""


class Pulse:
    """``tell`` is for whoever does the job, ``beat`` for the thread beside it: the job may be one
    long transaction, in which nothing could be written."""

    def __init__(self, job: Model, is_over: Callable[[], bool] = lambda: False) -> None:
        attempts: Any = job
        self._mine = type(job)._default_manager.filter(
            pk=job.pk, state="running", attempts=attempts.attempts
        )
        self._name = job._meta.model_name
        self._is_over = is_over
        self._ended = threading.Event()
        self._total, self._done = 0, 0
        self.is_wanted = True
        self.is_released = False

    def tell(self, total: int, done: int) -> None:
        """Say how far it is. Raises StoppedError where nobody wants to know."""
        self._total, self._done = total, done
        if not self.is_wanted:
            raise StoppedError

    def beat(self) -> None:
        """Write down how far it is, and look whether it was cancelled or taken over."""
        if self._is_over():
            self.is_released, self.is_wanted = True, False
            self.settle(state="waiting", claimed_at=None, rows_done=0)
        elif not self.settle(
            rows_total=self._total, rows_done=self._done, claimed_at=timezone.now()
        ):
            self.is_wanted = False

    def settle(self, **values: object) -> bool:
        """Write something down of the job, if it is still ours."""
        return bool(self._mine.update(**values))

    @contextmanager
    def beating(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _run(self) -> None:
        while self.is_wanted and not self._ended.wait(BEAT):
            try:
                self.beat()
            except DatabaseError as error:
                # The next beat tries again; without any for long, somebody else takes over.
                said = {"job": self._name, "error": type(error).__name__}
                log.warning("job not followed", extra=said)
                connection.close()
        connection.close()
