"""``./portal bench faults``: exits with 1 when anything that was acknowledged is not found."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from tests.benchmarks.faults import found, overload, strikes, traffic
from tests.benchmarks.faults.overload import Overload
from tests.benchmarks.faults.stand import Stand, stand, wait_until
from tests.benchmarks.faults.strikes import Point, Trouble
from tests.benchmarks.faults.traffic import Heard, Vendors
from tests.benchmarks.report import aligned, say
from tests.benchmarks.stage import ROOT, StageError
from tests.servers import ServerMissingError
from vendors.simulator import records
from vendors.simulator.scenario import Delivery

SETTLED_WITHIN = 400.0  # seconds: a recording whose courier died is taken back after 120
RATE = 200.0  # pushes a second
MOST_SHOWN = 8


@dataclass(slots=True)
class Part:
    """A point or a fault, the pushes that came meanwhile, and what became of them."""

    act: Point | Trouble
    pushes: Sequence[Delivery]
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    heard: Heard = field(default_factory=Heard)
    tried: int = 0
    found: int = 0
    problem: str = "not tried"

    @property
    def has_passed(self) -> bool:
        return not self.problem and self.found == len(self.heard.different) > 0

    @property
    def figures(self) -> dict[str, int | float | str]:
        return {
            "times tried": self.tried,
            "acknowledged": len(self.heard.digests),
            "different": len(self.heard.different),
            "found afterwards": self.found,
            "answered 503": self.heard.refused,
            "unanswered": self.heard.broken,
            "slowest acknowledgement, s": round(self.heard.longest, 2),
        }

    def play(self, one: Stand, vendors: Vendors) -> None:
        """Send the pushes, and strike meanwhile."""
        self.began_at, self.problem = datetime.now(UTC), ""
        problems: list[str] = []
        sending = threading.Thread(target=self._send, args=(vendors, problems))
        try:
            if isinstance(self.act, Point):
                sending.start()
                for _ in range(self.act.times):
                    time.sleep(0.3)
                    self.act.strike(one)
                    self.tried += 1
            else:
                with self.act.lasts(one):
                    sending.start()
                    time.sleep(strikes.SECONDS)
                self.tried += 1
        except (StageError, ServerMissingError, OSError, psycopg.Error) as error:
            problems.append(str(error))
        if sending.ident is not None:
            sending.join()
        self.problem = "; ".join(problems)
        say(f"{self.act.name}: {self.problem or self.figures}")

    def _send(self, vendors: Vendors, problems: list[str]) -> None:
        try:
            lasting = len(self.pushes) / strikes.SECONDS
            rate = RATE if isinstance(self.act, Point) else lasting * 1.1
            vendors.send(self.pushes, self.heard, rate)
        except StageError as error:
            problems.append(str(error))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./portal bench faults")
    parser.add_argument("--embedded", action="store_true", help="SQLite and no Redis")
    parser.add_argument("--record", action="store_true", help="note each as a trial")
    parser.add_argument("--pushes", type=int, default=10_000, help="how many come in all")
    parser.add_argument("--only", default="", help="points and faults whose names hold this")
    parser.add_argument("--no-overload", action="store_true", help="kills and faults alone")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # and clear away
    operators = dict(os.environ)
    parts: list[Part] = []
    loads: list[Overload] = []
    checks: dict[str, list[str]] = {}
    try:
        with (
            records.served(0) as records_url,
            _playing(given.embedded, records_url) as (one, paths),
        ):
            parts = _parts(given, traffic.made(given.pushes, 1, records_url))
            vendors = Vendors(one.port, paths)
            for part in parts:
                part.play(one, vendors)
            checks = _check(one, parts)
            if not given.no_overload:
                loads = [overload.slowed(one, paths), overload.flood(one, paths)]
                checks["the ledger after overload"] = _command(one, "ledger")
    except (StageError, ServerMissingError) as error:
        checks["the trial itself"] = [str(error)]
    _tell(parts, loads, checks)
    if given.record:
        _record(operators, parts, loads, "embedded" if given.embedded else "PostgreSQL and Redis")
    is_good = all(part.has_passed for part in parts) and all(one.has_passed for one in loads)
    return 0 if is_good and not any(checks.values()) else 1


@contextmanager
def _playing(
    is_embedded: bool, records_url: str
) -> Iterator[tuple[Stand, Mapping[tuple[str, str], str]]]:
    """A portal that runs, and this process among its own."""
    with stand(is_embedded=is_embedded) as one:
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        ours = {k: v for k, v in one.environment.items() if k != "PYTHONPATH"}
        os.environ.update(ours | {"DJANGO_SETTINGS_MODULE": "callportal.settings"})
        import django

        django.setup()
        from urllib.parse import urlsplit

        from vendors import accounts

        paths = {}
        for vendor, given in records.settings(records_url).items():
            account = accounts.create(vendor, "Faults", given)
            for kind, address in accounts.webhooks(account).items():
                paths[vendor, kind] = urlsplit(address).path
        yield one, paths


def _parts(given: argparse.Namespace, pushes: Sequence[Delivery]) -> list[Part]:
    """The pushes, shared among the points and faults that can be tried here."""
    acts: list[Point | Trouble] = [
        one for one in strikes.POINTS if not (one.needs_servers and given.embedded)
    ]
    acts += [one for one in strikes.TROUBLES if one.needs_servers in {None, not given.embedded}]
    acts = [one for one in acts if given.only in one.name]
    share = -(-len(pushes) // len(acts))
    return [
        Part(act, pushes[number * share : (number + 1) * share]) for number, act in enumerate(acts)
    ]


def _check(one: Stand, parts: Sequence[Part]) -> dict[str, list[str]]:
    """What is wrong now that nothing is done to the portal any more; nothing, one hopes."""
    from vendors.models import Push, State

    _reconnect()
    wanted = {digest for part in parts for digest in part.heard.digests}
    with suppress(StageError):  # what is missing then is told below
        wait_until("all are done", lambda: found.done(wanted) == len(wanted), SETTLED_WITHIN)
    for part in parts:
        part.found = found.done(part.heard.digests)
    bad = Push.objects.exclude(state=State.DONE).values_list("pk", "state", "problem")
    everything = [(push.vendor, push.kind, push.body) for part in parts for push in part.pushes]
    checks = {
        "pushes that are not done": [f"push {pk} is {state}: {why}" for pk, state, why in bad]
    }
    checks["calls, against an undisturbed run"] = found.different(
        found.calls(), found.undisturbed(everything)
    )
    checks["./portal ledger"] = _command(one, "ledger")
    checks["./portal recount"] = _command(one, "recount")
    checks["recordings"] = _recordings()
    return checks


def _reconnect() -> None:
    from django.db import connection

    connection.close()


def _recordings() -> list[str]:
    """Those that are to be had are stored, whatever happened to who fetched them."""
    from calls.models import Sound, SoundState

    fetching = Sound.objects.filter(state=SoundState.FETCHING)
    wait_until("no recording is being fetched", lambda: not fetching.exists(), SETTLED_WITHIN)
    due = Sound.objects.filter(state=SoundState.WAITING, attempts=0)
    wait_until("every recording was tried", lambda: not due.exists(), SETTLED_WITHIN)
    return []


def _command(one: Stand, *words: str) -> list[str]:
    """What a command complains about."""
    ran = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={name: text for name, text in one.environment.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    say(f"./portal {' '.join(words)}:\n{ran.stdout.rstrip()}")
    return [] if ran.returncode == 0 else (ran.stdout + ran.stderr).strip().splitlines()[-3:]


def _tell(
    parts: Sequence[Part], loads: Sequence[Overload], checks: Mapping[str, Sequence[str]]
) -> None:
    head = ("", "tried", "acknowledged", "different", "found", "503", "no answer", "slowest, s", "")
    rows = [head]
    for part in parts:
        cells = [str(value) for value in part.figures.values()]
        rows.append((part.act.name, *cells, "kept" if part.has_passed else "FAILED"))  # type: ignore[arg-type]
    say()
    aligned(rows)
    for part in parts:
        if part.problem:
            say(f"{part.act.name}: {part.problem}")
    for load in loads:
        say(f"\n{load.name}: {'kept' if load.has_passed else 'FAILED'}")
        aligned([(name, str(value)) for name, value in load.figures.items()])
    say()
    for name, wrong in checks.items():
        say(f"{name}: {'right' if not wrong else f'{len(wrong)} wrong'}")
        for line in wrong[:MOST_SHOWN]:
            say(f"  {line}")


def _record(
    operators: Mapping[str, str], parts: Sequence[Part], loads: Sequence[Overload], where: str
) -> None:
    """Note each in the operator's own portal, whose settings this command was given."""
    told = [
        ("fault", f"{part.act.name} ({where})"[:80], part.has_passed, part.figures, part.began_at)
        for part in parts
    ]
    now = datetime.now(UTC)
    told += [("load", f"{x.name} ({where})"[:80], x.has_passed, x.figures, now) for x in loads]
    words = (
        "import json, sys, django; django.setup()\n"
        "from datetime import datetime\n"
        "from vendors import trials\n"
        "from vendors.models import TrialKind\n"
        "for kind, name, passed, figures, at in json.load(sys.stdin):\n"
        "    trials.note(TrialKind(kind), name, has_passed=passed, figures=figures,"
        " began_at=datetime.fromisoformat(at))\n"
    )
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", words],
        cwd=ROOT,
        env={**operators, "DJANGO_SETTINGS_MODULE": "callportal.settings"},
        input=json.dumps(told, default=str),
        text=True,
        check=True,
    )
    say(f"{len(told)} trials were noted.")


if __name__ == "__main__":
    sys.exit(main())
