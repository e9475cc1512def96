"""The web server on a socket that it is handed: a new one takes over where the old one listens.

    python -m callportal.web APPLICATION --socket 3 --ready 5 --workers 2 --threads 4

The supervisor holds the listening socket, and connections wait in it while servers come and go. By
itself granian has each worker open a socket of its own, and what waits in it is reset when that
worker ends. A worker that is to end takes no more connections first: one that it had taken, and of
which it had read nothing, it would close without an answer. A byte goes into ``--ready`` when a
worker has loaded the application.
"""

import argparse
import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from granian._granian import SocketHolder
from granian._internal import load_target
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

BACKLOG = 1024
TAKE_NO_MORE = signal.SIGUSR1  # from granian's main process to its workers
IS_READ_WITHIN = 0.5  # seconds that a connection which was taken has to say what it wants


class Server(MPServer):
    """granian, with all its workers on one socket that was there before it."""

    def __init__(self, application: str, handed: int, **options: Any) -> None:
        super().__init__(application, **options)
        self._handed = handed

    def _init_shared_socket(self) -> None:
        self._sfd: Any = self._handed
        self._shd: Any = SocketHolder(self._handed, False, BACKLOG)  # type: ignore[call-arg]
        self._sso = socket.socket(fileno=self._handed)
        self._sso.set_inheritable(True)

    def _stop_workers(self) -> None:
        for worker in self.wrks:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, TAKE_NO_MORE)
        time.sleep(IS_READ_WITHIN)
        super()._stop_workers()  # type: ignore[no-untyped-call]


def _load(application: str, ready: int) -> Callable[..., Any]:
    """In a worker: the application; whoever waits for it is told."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {TAKE_NO_MORE})  # for all threads that are to come
    threading.Thread(target=_take_no_more_when_told, name="taking", daemon=True).start()
    loaded: Callable[..., Any] = load_target(application)
    with suppress(OSError):  # one that was started again is waited for by nobody
        os.write(ready, b".")
    return loaded


def _take_no_more_when_told() -> None:
    """Granian has no word for it. So a socket to which nobody connects takes the place of the one
    that it listens on; what waits there is left to other processes."""
    signal.sigwait({TAKE_NO_MORE})
    unused = socket.create_server(("127.0.0.1", 0))
    unused.setblocking(False)
    for fd in _listening():
        if fd != unused.fileno():
            os.dup2(unused.fileno(), fd, inheritable=False)


def _listening() -> list[int]:
    """The descriptors of this process on which it takes connections."""
    found = []
    with suppress(FileNotFoundError):  # Linux alone tells
        for path in list(Path("/proc/self/fd").iterdir()):
            with suppress(OSError):  # one that was closed meanwhile
                fd = int(path.name)
                if stat.S_ISSOCK(os.fstat(fd).st_mode) and _takes_connections(fd):
                    found.append(fd)
    return found


def _takes_connections(fd: int) -> bool:
    with socket.socket(fileno=os.dup(fd)) as one:
        return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def main() -> None:
    parser = argparse.ArgumentParser(prog="callportal.web")
    parser.add_argument("application")
    for name in ("--socket", "--ready", "--workers", "--threads"):
        parser.add_argument(name, type=int, required=True)
    given = parser.parse_args()
    server = Server(
        given.application,
        given.socket,
        interface=Interfaces.WSGI,
        workers=given.workers,
        blocking_threads=given.threads,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
        log_level=LogLevels.warning,
    )
    load = partial(_load, given.application, given.ready)
    server.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main()
