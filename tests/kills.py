"""A worker that is killed at any of its lines, by signal 9.

A process of its own sets Django up once and has no threads; for each kill it forks a child that
does what is due, and that dies before its n-th line.

    with Courier("vendors.sending.send_due", PUBLIC_URL=…) as courier:
        for step in range(1, courier.lines() + 1):
            courier.die_at(step)
            …  # recover, and count what happened
"""

import importlib
import os
import signal
import subprocess
import sys
from types import FrameType, TracebackType
from typing import Any, Self

# Lines count where something of a request's way happens: ours, and those that write its bytes.
WATCHED = ("/vendors/", "callportal/storages", "httpcore2/_sync/", "httpcore2/_backends/sync")
FINISHED, KILLED = "finished", "killed"


class Courier:
    """Forks workers on the database that the tests use. ``work`` names a function of seconds and
    a bell; the environment may be changed."""

    def __init__(self, work: str, **environment: str) -> None:
        from django.db import connection

        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.kills", work, str(connection.settings_dict["NAME"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, sort: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.communicate()

    def lines(self) -> int:
        """Do what is due, unharmed; how many watched lines that took."""
        word, count = self._ask(0)
        assert word == FINISHED
        return int(count)

    def die_at(self, step: int) -> bool:
        """Do what is due, and die before the step-th watched line; whether it came so far."""
        return self._ask(step)[0] == KILLED

    def _ask(self, step: int) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{step}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()


def main(work: str, database: str) -> None:
    """Read steps from standard input; write what became of each worker."""
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _work(work, int(line), writing)
        os.close(writing)
        with os.fdopen(reading) as told:
            count = told.read()
        _, status = os.waitpid(child, 0)
        print(KILLED if os.WIFSIGNALED(status) else FINISHED, count or 0, flush=True)  # noqa: T201


def _work(name: str, step: int, writing: int) -> None:
    """Never returns."""
    module, _, function = name.rpartition(".")
    work = getattr(importlib.import_module(module), function)
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if not any(part in frame.f_code.co_filename for part in WATCHED):
            return None
        if event == "line":
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    work(30, ring=lambda: None)
    sys.settrace(None)
    os.write(writing, str(count).encode())
    os._exit(0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")
    main(*sys.argv[1:])
