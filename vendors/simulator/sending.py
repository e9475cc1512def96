"""Sends a plan's pushes over HTTP, as the vendors would: signed, thanked, repeated when not.

A vendor repeats a push that was not acknowledged, after seconds at first and hours at last. Here
the waits are short and end after about a minute. Huawei never repeats a status; here it does, so
that a web process that dies under the demo costs nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2

from vendors.simulator.scenario import Delivery, Player

WAITS = (0.2, 0.5, 1, 2, 4, 8, 15, 30)
ANSWER_WITHIN = 10.0


class NotTakenError(Exception):
    """A push was not acknowledged and never will be: stop, and show the sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A vendor's way to its account: the addresses that it was given, and the shared secret."""

    player: Player
    addresses: Mapping[str, str]
    secret: str


@dataclass(slots=True)
class Sent:
    """By vendor: how many pushes were acknowledged, and how often one had to be repeated."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)


class Pace:
    """Lets at most so many pass in a second, from any number of threads."""

    def __init__(self, a_second: float) -> None:
        self._gap = 1 / a_second
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def wait(self) -> None:
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._gap
        time.sleep(max(0.0, turn - time.monotonic()))


class Sender:
    """Sends pushes to the portal at ``url``, whatever host the addresses name."""

    def __init__(
        self, client: httpx2.Client, url: str, lines: Mapping[str, Line], a_second: float
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._lines = lines
        self._pace = Pace(a_second)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.sent = Sent()

    def send_all(
        self, deliveries: Iterable[Delivery], threads: int, on_taken: Callable[[], object]
    ) -> None:
        """Send in order, several at a time. Raises NotTakenError at the first that is not taken."""
        rest = iter(deliveries)
        with ThreadPoolExecutor(threads) as pool:
            workers = [pool.submit(self._work, rest, on_taken) for _ in range(threads)]
            try:
                for worker in workers:
                    worker.result()
            finally:
                self._stopped.set()

    def _work(self, rest: Iterator[Delivery], on_taken: Callable[[], object]) -> None:
        try:
            while not self._stopped.is_set():
                with self._lock:
                    push = next(rest, None)
                if push is None:
                    return
                self.send(push)
                with self._lock:
                    on_taken()
        except BaseException:
            self._stopped.set()
            raise

    def send(self, push: Delivery) -> None:
        """Send one push until it is acknowledged."""
        problem = ""
        for wait in (0.0, *WAITS):
            if self._stopped.wait(wait):
                return
            self._pace.wait()
            problem = self._try(push)
            if not problem:
                self._count(self.sent.acknowledged, push)
                return
            self._count(self.sent.repeated, push)
        raise NotTakenError(f"The portal stopped taking pushes. {problem}")

    def _try(self, push: Delivery) -> str:
        """Send once; why it is worth another try, or nothing when it was acknowledged."""
        line = self._lines[push.vendor]
        address = line.addresses[push.kind]
        signed = push
        if line.player.sign:
            signed = line.player.sign(push, address, line.secret, datetime.now(UTC))
        try:
            answer = self._client.post(
                self._url + urlsplit(address).path,
                content=signed.body,
                headers=dict(signed.headers),
                params=dict(signed.query),
                timeout=ANSWER_WITHIN,
            )
        except httpx2.TransportError as error:
            return f"{push.vendor} {push.kind}: {type(error).__name__}: {error}"
        if line.player.is_thanked(answer.status_code, answer.content):
            return ""
        sentence = (
            f"{push.vendor} {push.kind} was answered {answer.status_code}: {answer.text!r:.80}"
        )
        if answer.is_server_error:
            return sentence
        raise NotTakenError(f"{sentence}. {_ADVICE.get(answer.status_code, '')}".strip())

    def _count(self, counter: Counter[str], push: Delivery) -> None:
        with self._lock:
            counter[push.vendor] += 1


_ADVICE = {
    401: "The portal does not accept the demo's signature: compare PUBLIC_URL of both.",
    403: "The demo's account is disabled, or has a list of allowed addresses.",
    404: "The portal does not know the demo's account: compare DATA_DIR and DATABASE_URL of both.",
}
