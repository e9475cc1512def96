"""Ten times as many pushes as can be processed: how long acknowledgements take, and the queue."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.benchmarks import load
from tests.benchmarks.faults.stand import Stand, wait_until
from tests.benchmarks.pushes import mixed

SECONDS = 20.0
CALIBRATING = 3.0  # seconds
OFFERED = 0.5  # of what the edge takes at once; the worker is held to a tenth of that
FLOODED = 60_000  # pushes at most
DRAINED_WITHIN = 900.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Overload:
    """Rates are pushes a second, latencies milliseconds."""

    name: str
    offered: float
    processed: float
    acknowledged: int
    p50: float
    p99: float
    longest: float
    left: int
    drained_in: float

    @property
    def has_passed(self) -> bool:
        return self.longest <= 1000

    @property
    def figures(self) -> dict[str, int | float | str]:
        return {
            "offered a second": round(self.offered),
            "processed a second meanwhile": round(self.processed),
            "acknowledged": self.acknowledged,
            "acknowledged within ms, p50": round(self.p50, 1),
            "p99": round(self.p99, 1),
            "max": round(self.longest, 1),
            "waiting at the end": self.left,
            "drained within seconds": round(self.drained_in),
        }


def slowed(stand: Stand, paths: Mapping[tuple[str, str], str]) -> Overload:
    """Half of what the edge takes comes, and the worker is held to a tenth of it: one machine could
    not offer ten times what an unhindered worker processes."""
    trying = _requests(paths, int(FLOODED * CALIBRATING / SECONDS), 7000)
    rate = OFFERED * load.send(stand.port, trying, seconds=CALIBRATING).rate
    wait_until("nothing waits", lambda: not waiting(), DRAINED_WITHIN)
    (stand.folder / "slow").write_text(str(rate / 10))
    try:
        return _offered("ten times what the worker takes", stand, paths, 7001, rate)
    finally:
        (stand.folder / "slow").unlink(missing_ok=True)


def flood(stand: Stand, paths: Mapping[tuple[str, str], str]) -> Overload:
    """As many as 16 connections get rid of, while the worker does what it can."""
    return _offered("as much as the edge takes", stand, paths, 7002, None)


def _offered(
    name: str, stand: Stand, paths: Mapping[tuple[str, str], str], seed: int, rate: float | None
) -> Overload:
    requests = _requests(paths, int((rate or FLOODED / SECONDS) * SECONDS), seed)
    wait_until("nothing waits", lambda: not waiting(), DRAINED_WITHIN)
    before = settled()
    done = load.send(stand.port, requests, seconds=SECONDS, rate=rate)
    left, processed = waiting(), settled() - before
    (stand.folder / "slow").unlink(missing_ok=True)
    began = time.monotonic()
    wait_until("the queue is drained", lambda: not waiting(), DRAINED_WITHIN)
    return Overload(
        name=name,
        offered=done.rate,
        processed=processed / done.seconds,
        acknowledged=len(done.latencies),
        p50=done.percentile(50),
        p99=done.percentile(99),
        longest=done.latencies[-1] * 1000,
        left=left,
        drained_in=time.monotonic() - began,
    )


def _requests(paths: Mapping[tuple[str, str], str], how_many: int, seed: int) -> list[bytes]:
    return [load.request(paths[one.vendor, one.kind], one.body) for one in mixed(how_many, seed)]


def waiting() -> int:
    from vendors.models import Push, State

    return Push.objects.filter(state=State.WAITING).count()


def settled() -> int:
    from vendors.models import Push, State

    return Push.objects.exclude(state=State.WAITING).count()
