"""A worker that pushes do something to: one whose body says ``poison-hang`` hangs, and so on.

A process of its own sets Django up once and has no threads; each turn of a worker is a child that
it forks, with bounds so tight that nothing lasts.

    with Worker() as worker:
        worker.turn()  # how the child ended: 0, or minus the signal
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn, Self

READ_SECONDS, WORK_SECONDS, MEMORY = 1.0, 1.3, 64 * 1024 * 1024


def _raise() -> NoReturn:
    raise RuntimeError("this push is poison")


def _hang() -> NoReturn:
    while True:
        pass


def _sleep() -> None:
    time.sleep(60)


def _eat() -> None:
    """More than is allowed and less than there is: nothing of it is touched."""
    eaten = [bytearray(32 * 1024 * 1024) for _ in range(32)]
    del eaten


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _turn_deaf() -> NoReturn:
    while True:
        try:
            _hang()
        except Exception:  # noqa: S112 - that is what makes it deaf
            continue


POISONS: dict[str, Callable[[], object]] = {
    "raise": _raise,
    "hang": _hang,
    "sleep": _sleep,
    "eat": _eat,
    "kill": _kill,
    "deaf": _turn_deaf,
}


def taken(text: bytes) -> None:
    """Do what the text says, if it says anything."""
    for name, act in POISONS.items():
        if f"poison-{name}".encode() in text:
            act()


class Worker:
    """Forks workers on the database that the tests use."""

    def __init__(self) -> None:
        from django.db import connection

        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.poisons", str(connection.settings_dict["NAME"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, sort: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.communicate()

    def turn(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def poison() -> None:
    """Have this process read pushes as a poisoned one, and merge what they say as one."""
    from django.conf import settings

    from calls import ingest
    from vendors import inbox
    from vendors.adapters.base import Reading
    from vendors.models import Push

    settings.PUSH_READ_SECONDS, settings.PUSH_WORK_SECONDS = READ_SECONDS, WORK_SECONDS
    settings.PUSH_MEMORY = MEMORY
    read, apply = inbox._read, ingest.apply

    def reading(push: Push) -> Reading:
        taken(bytes(push.body))
        return read(push)

    def applying(statements: Any) -> Any:
        for one in statements:
            taken(one.facts.call_id.replace("merged", "poison").encode())
        return apply(statements)

    inbox._read, ingest.apply = reading, applying


def main(database: str) -> None:
    import django

    django.setup()
    from django.db import connection

    from vendors import inbox
    from vendors.poison import bounds

    connection.settings_dict["NAME"] = database
    bounds.GRACE = 0.0
    poison()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            inbox.process_all()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")
    main(*sys.argv[1:])
