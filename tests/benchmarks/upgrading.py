"""Whether a rolling upgrade loses anything: pushes come all the time while the portal is renewed.

Half of those who push open a connection for each push, as most vendors do; the others keep theirs,
as a proxy does, and open a new one when the server has closed it between two pushes.
"""

import http.client
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests import servers
from tests.benchmarks.pushes import yeta_records
from tests.benchmarks.report import say
from tests.benchmarks.rooms import Room, room
from tests.benchmarks.stage import ROOT, StageError

THREADS = 8
PATIENCE = 180.0  # seconds for the portal to start, to be renewed, or to work everything off


@dataclass
class Pushing:
    """What those who push see. ``slowest`` is in seconds."""

    port: int
    path: str
    every: float
    seen: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    is_over: threading.Event = field(default_factory=threading.Event)
    bodies: Iterator[bytes] = field(default_factory=lambda: yeta_records(1))
    turn: threading.Lock = field(default_factory=threading.Lock)

    def run(self, *, keeps: bool) -> None:
        kept: http.client.HTTPConnection | None = None
        while not self.is_over.wait(self.every):
            with self.turn:
                body = next(self.bodies)
            began = time.perf_counter()
            is_fresh = kept is None
            connection = kept or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            came = self._post(connection, body, keeps=keeps)
            if came == "closed" and not is_fresh:
                self.note("closed between two pushes", 0.0)
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                came = self._post(connection, body, keeps=keeps)
            self.note(came, time.perf_counter() - began)
            kept = connection if keeps and came == "acknowledged" else None
            if kept is None:
                connection.close()

    def _post(self, connection: http.client.HTTPConnection, body: bytes, *, keeps: bool) -> str:
        head = {"Content-Type": "application/json"} | ({} if keeps else {"Connection": "close"})
        try:
            connection.request("POST", self.path, body, head)
            answer = connection.getresponse()
            answer.read()
        except ConnectionRefusedError:
            return "refused"
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            connection.close()
            return "closed"
        except OSError as error:
            return type(error).__name__
        return "acknowledged" if answer.status == 200 else f"answered {answer.status}"

    def note(self, what: str, seconds: float) -> None:
        with self.turn:
            self.seen[what] += 1
            self.slowest = max(self.slowest, seconds)


def upgrading(rounds: int, rate: float, *, is_embedded: bool) -> bool:
    """Renew a portal so many times under such a load, pushes a second; whether nothing was lost."""
    with room("upgrading", None, is_embedded=is_embedded) as place, _portal(place) as portal:
        made = place.run("manage.py", "account", "add", "yeta", "--name", "Bench", "--json")
        path = urlsplit(json.loads(made)["webhooks"]["receiveCallRecord"]).path
        pushing = Pushing(port=portal.port, path=path, every=THREADS / rate)
        threads = [
            threading.Thread(target=pushing.run, kwargs={"keeps": bool(number % 2)})
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)
        for number in range(1, rounds + 1):
            began = time.monotonic()
            portal.renew()
            took = time.monotonic() - began
            say(f"upgrade {number}: renewed in {took:.1f} s, so far {dict(pushing.seen)}")
        pushing.is_over.set()
        for thread in threads:
            thread.join()
        stored, left = _kept(place)
    return _told(pushing, stored, left)


def _told(pushing: Pushing, stored: int, left: int) -> bool:
    acknowledged = pushing.seen["acknowledged"]
    harmless = {"acknowledged", "closed between two pushes"}
    failed = {what: count for what, count in pushing.seen.items() if what not in harmless}
    lost = acknowledged - stored
    print(  # noqa: T201
        f"acknowledged {acknowledged}, stored {stored}, lost {max(0, lost)}, not processed {left}, "
        f"refused or failed {failed or 0}, kept connections closed between two pushes "
        f"{pushing.seen['closed between two pushes']}, slowest answer {pushing.slowest:.2f} s"
    )
    return not failed and lost <= 0 and not left


@dataclass
class _Running:
    port: int
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        for line in self.process.stdout or ():
            with self.came:
                self.lines.append(line)
                self.came.notify_all()

    def wait_for(self, words: str, since: int = 0) -> None:
        def has_come() -> bool:
            return any(words in line for line in self.lines[since:])

        with self.came:
            if not self.came.wait_for(has_come, PATIENCE):
                raise StageError(f'No "{words}" within {PATIENCE:.0f} s: {self.lines[-5:]}')

    def renew(self) -> None:
        since = len(self.lines)
        self.process.send_signal(signal.SIGHUP)
        self.wait_for("| renewed", since)


@contextmanager
def _portal(place: Room) -> Iterator[_Running]:
    port = servers.free_port()
    environment = dict(place.environment) | {"PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = _Running(port, process)
    threading.Thread(target=running.read, daemon=True).start()
    try:
        running.wait_for("callportal:")
        _await(lambda: _is_ready(port), "The portal did not get ready")
        yield running
    finally:
        servers.end(process)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _await(is_so: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise StageError(f"{otherwise} within {PATIENCE:.0f} s.")
        time.sleep(0.2)


_COUNT = """
from vendors.models import Push
print(Push.objects.count(), Push.objects.filter(state="waiting").count())
"""


def _kept(place: Room) -> tuple[int, int]:
    """How many pushes are stored, and how many are not processed in the end."""
    for _ in itertools.repeat(None, 60):
        stored, left = map(
            int, place.run("manage.py", "shell", "--verbosity", "0", "-c", _COUNT).split()
        )
        if not left:
            break
        time.sleep(1)
    return stored, left
