"""A load client: one thread, a bounded number of kept connections, HTTP/1.1, nothing else.

It shares its two cores with what it measures, so it does as little as it can: requests are bytes,
and of an answer it reads the status and the length.
"""

import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from select import select

CONNECTIONS = 16
LONGEST = 30.0  # seconds without any answer after which a benchmark gives up
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class RefusedError(Exception):
    """A push was not acknowledged: there is nothing to measure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a load came to. Latencies are in seconds, sorted."""

    seconds: float
    latencies: Sequence[float] = field(repr=False)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """The latency, in milliseconds, that so many of a hundred answers did not exceed."""
        place = min(int(len(self.latencies) * percent / 100), len(self.latencies) - 1)
        return self.latencies[place] * 1000


@dataclass(slots=True)
class _Line:
    connection: socket.socket
    answer: bytes = b""
    sent_at: float = 0.0

    def fileno(self) -> int:
        return self.connection.fileno()


def request(path: str, body: bytes) -> bytes:
    """A push, as a vendor's program would send it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: vendor/1.0\r\nAccept: */*\r\n"
        f"Content-Type: application/json;charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(
    port: int,
    requests: Iterable[bytes],
    *,
    seconds: float | None = None,
    rate: float | None = None,
    connections: int = CONNECTIONS,
) -> Load:
    """Send requests until there are no more, or for so many seconds, and await every answer.

    With ``rate`` they follow a fixed schedule, whatever the server does: a request that is sent
    late, because every connection waits for an answer, counts from the moment it was due.
    A connection is opened when it is first needed, as a vendor would.
    """
    idle: list[_Line] = []
    busy: list[_Line] = []
    latencies: list[float] = []
    left = iter(requests)
    taken, is_over = 0, False
    began = now = time.perf_counter()
    try:
        while True:
            while len(busy) < connections and not is_over:
                due = began + taken / rate if rate else now
                if due > now:
                    break
                one = next(left, None)
                is_over = one is None or (seconds is not None and due - began >= seconds)
                if one is None or is_over:
                    break
                taken += 1
                line = idle.pop() if idle else _Line(_connect(port))
                line.sent_at = due
                line.connection.sendall(one)
                busy.append(line)
                now = time.perf_counter()
            if is_over and not busy:
                break
            is_free = len(busy) < connections and not is_over
            next_due = began + taken / rate if rate and is_free else None
            wait = LONGEST if next_due is None else max(0.0, next_due - time.perf_counter())
            answering = select(busy, (), (), wait)[0]
            if not answering and next_due is None:
                raise RefusedError(f"{len(busy)} pushes had no answer within {LONGEST:.0f} s")
            for line in answering:
                if _is_answered(line):
                    latencies.append(time.perf_counter() - line.sent_at)
                    busy.remove(line)
                    idle.append(line)
            now = time.perf_counter()
    finally:
        for line in (*idle, *busy):
            line.connection.close()
    return Load(seconds=now - began, latencies=sorted(latencies))


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _is_answered(line: _Line) -> bool:
    """Read what has come; whether the answer is whole. Anything but a 200 ends the benchmark."""
    come = line.connection.recv(65536)
    line.answer += come
    head, end, body = line.answer.partition(_END_OF_HEAD)
    if not come or (end and not head.startswith(b"HTTP/1.1 200 ")):
        raise RefusedError(f"expected 200, got {line.answer[:200]!r}")
    if not end:
        return False
    length = head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
    if len(body) < int(length):
        return False
    line.answer = b""
    return True
