"""Starts the process that makes big files.

Writing millions of lines keeps a core busy for minutes. In a task worker it would hold up pushes,
in the courier's threads the calls that are being placed. So the courier starts a process for it,
which yields to all others and is gone when nothing waits.
"""

import subprocess
import sys
import threading

from django.conf import settings

from calls.models import Export

COMMAND = "make_exports"

_lock = threading.Lock()
_processes: list["subprocess.Popen[bytes]"] = []


def launch() -> bool:
    """Start a process where something waits and ours is not at work; whether one was started."""
    with _lock:
        _processes[:] = [one for one in _processes if one.poll() is None]
        if _processes or not Export.objects.filter(state=Export.State.WAITING).exists():
            return False
        _processes.append(start())
        return True


def start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(settings.BASE_DIR / "manage.py"), COMMAND],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
    )
