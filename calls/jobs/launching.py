"""Starts the processes that do what takes long.

Writing or comparing millions of lines keeps a core busy for minutes. In a task worker it would hold
up pushes, in the courier's threads the calls that are being placed. So the courier starts a process
for it, which yields to all others and is gone when nothing waits.
"""

import subprocess
import sys
import threading
from typing import Any

from django.conf import settings
from django.db.models import Model


class Launcher:
    """Starts the command that does the jobs of one model, one process at a time."""

    def __init__(self, command: str, model: type[Model]) -> None:
        self.command = command
        self.processes: list[Any] = []
        self._model = model
        self._lock = threading.Lock()

    def launch(self) -> bool:
        """Start a process where something waits and ours is not at work; whether one was
        started."""
        with self._lock:
            self.processes[:] = [one for one in self.processes if one.poll() is None]
            if self.processes or not self._model._default_manager.filter(state="waiting").exists():
                return False
            self.processes.append(self.start())
            return True

    def start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(settings.BASE_DIR / "manage.py"), self.command],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
        )
