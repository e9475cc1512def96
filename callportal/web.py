"""The web server on a socket that it is handed: a new one takes over where the old one listens.

    python -m callportal.web APPLICATION --socket 3 --ready 5 --workers 2 --threads 4

The supervisor holds the listening socket, and connections wait in it while servers come and go. By
itself granian has each worker open a socket of its own, and what waits in it is reset when that
worker ends. A byte goes into ``--ready`` when a worker has loaded the application.
"""

import argparse
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from granian._granian import SocketHolder
from granian._internal import load_target
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

BACKLOG = 1024


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


def _load(application: str, ready: int) -> Callable[..., Any]:
    """In a worker: the application; whoever waits for it is told."""
    loaded: Callable[..., Any] = load_target(application)
    with suppress(OSError):  # one that was started again is waited for by nobody
        os.write(ready, b".")
    return loaded


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
