"""Pushes of all four vendors, shuffled and repeated, sent until each is acknowledged."""

import hashlib
import http.client
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from tests.benchmarks.stage import StageError
from vendors.simulator import plan, records
from vendors.simulator.scenario import Delivery

THREADS = 8
REPEATED = 0.15  # of the pushes are sent twice
CALLS_PER_PUSH = 0.27  # about; what is too much is cut
GIVEN_UP_AFTER = 180.0  # seconds without an acknowledgement
ANSWER_WITHIN = 10.0
WAIT = 0.2


def made(how_many: int, seed: int, records_url: str) -> list[Delivery]:
    """So many pushes, in no order, some of them twice. The same seed gives the same."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    calls = max(8, round(how_many * CALLS_PER_PUSH))
    month = plan.make(seed=seed, end=end, days=30, calls=calls)
    dice = Random(seed)  # noqa: S311 - no secret
    served = records.announced(month, records_url)
    both = zip(month.deliveries, served.deliveries, strict=True)
    # A tenth of the recordings is to be had: fetching all of them would take longer than the rest.
    pushes = [there if zlib.crc32(push.body) % 10 == 0 else push for push, there in both]
    pushes = pushes[: round(how_many / (1 + REPEATED))]
    pushes += dice.choices(pushes, k=how_many - len(pushes))
    dice.shuffle(pushes)
    return pushes


@dataclass(slots=True)
class Heard:
    """What came of sending some pushes: digests that were thanked for, and how long that took."""

    digests: list[tuple[str, bytes]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    broken: int = 0

    @property
    def different(self) -> set[tuple[str, bytes]]:
        return set(self.digests)

    @property
    def longest(self) -> float:
        return max(self.seconds, default=0.0)


class Vendors:
    """Whoever pushes to the portal at a port of the loopback."""

    def __init__(self, port: int, paths: Mapping[tuple[str, str], str]) -> None:
        self._port, self._paths = port, paths

    def send(self, pushes: Sequence[Delivery], heard: Heard, rate: float = 1000.0) -> None:
        """Send all of them, several at a time, each until it is thanked for."""
        rest, turn = iter(pushes), threading.Lock()
        problems: list[str] = []
        began = time.monotonic()
        numbers = iter(range(len(pushes)))

        def work() -> None:
            line = _Line(self._port)
            try:
                while not problems:
                    with turn:
                        push, number = next(rest, None), next(numbers, 0)
                    if push is None:
                        return
                    time.sleep(max(0.0, began + number / rate - time.monotonic()))
                    self._send(line, push, heard)
            except StageError as error:
                problems.append(str(error))
            finally:
                line.close()

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        if problems:
            raise StageError(problems[0])

    def _send(self, line: "_Line", push: Delivery, heard: Heard) -> None:
        path = self._paths[push.vendor, push.kind]
        end = time.monotonic() + GIVEN_UP_AFTER
        while time.monotonic() < end:
            began = time.monotonic()
            status, said = line.post(path, push.body)
            if status == 200:
                heard.seconds.append(time.monotonic() - began)
                heard.digests.append((push.vendor, hashlib.sha256(push.body).digest()))
                return
            if status and status != 503:
                raise StageError(f"{push.vendor} {push.kind} was answered {status}: {said!r}")
            if status:
                heard.refused += 1
            else:
                heard.broken += 1
            time.sleep(WAIT)
        raise StageError(f"{push.vendor} {push.kind} was not acknowledged: {said!r}")


class _Line:
    """A vendor's connection, which it keeps while it lasts."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN)

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and answer; 0 where none came."""
        try:
            self._connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, repr(error).encode()

    def close(self) -> None:
        self._connection.close()


def shares(pushes: Sequence[Delivery], sizes: Iterable[int]) -> Iterator[list[Delivery]]:
    """The pushes in parts of these sizes, one after another."""
    begin = 0
    for size in sizes:
        yield list(pushes[begin : begin + size])
        begin += size
