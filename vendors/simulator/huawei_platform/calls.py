"""The calls of the simulated platform: placed, rung, talked, ended, paid for.

A call lives on a thread of its own, so its pushes keep their order (4.4, 4.5) and calls do not wait
for one another. ``step`` seconds pass between its events.
"""

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from vendors.simulator.huawei_calls import HOST, Leg
from vendors.simulator.huawei_causes import HANGUP, Cause
from vendors.simulator.huawei_platform.orders import Order
from vendors.simulator.huawei_platform.parameters import SERVICES, Operation
from vendors.simulator.huawei_platform.pushes import Pusher, Story, fee, status
from vendors.simulator.huawei_platform.records import Records
from vendors.simulator.huawei_platform.results import NO_ANSWER, Behaviour, Pushing

# 8017 and 8010 stand in the lists of 7.1 and of 7.3 alike.
STOPPED = Cause(8017, "The user instructs to release the call.", 0, 8017, 0)
OVERTIME = Cause(8010, "The call exceeds the longest duration.", 0, 8010, 0)
REJECTED = 8004


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Seconds between events, of a talk, and for a minute of maxDuration."""

    step: float = 0.0
    talk: float = 0.0
    minute: float = 60.0


class _ClosingError(Exception):
    """The platform closes: the call ends without another word."""


class _Busy:
    """Counts what is going on, for those who wait until nothing is."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def add(self, number: int) -> None:
        with self._changed:
            self._count += number
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout)


class Calls:
    """All calls of a platform; safe to use from any thread."""

    def __init__(
        self, pusher: Pusher, records: Records, *, now: Callable[[], datetime], pace: Pace
    ) -> None:
        self.pusher = pusher
        self.records = records
        self.now = now
        self.pace = pace
        self.closing = threading.Event()
        self.busy = _Busy()
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._calls: dict[str, Call] = {}

    def place(self, order: Order, behaviour: Behaviour) -> "Call":
        """A new call, which does nothing before it is begun."""
        with self._lock:
            number = next(self._numbers)
            call = Call(self, order, behaviour, number, self._session_id(order, number))
            self._calls[call.session_id] = call
        self.busy.add(1)
        return call

    def stop(self, app_key: str, session_id: str) -> bool:
        """End a call of this app; False where there is none, or it has ended."""
        with self._lock:
            call = self._calls.get(session_id)
        return call is not None and call.app_key == app_key and call.hang_up()

    def close(self) -> None:
        """End all threads; what was not pushed yet never is."""
        self.closing.set()
        self.pusher.stop_waiting()
        with self._lock:
            calls = list(self._calls.values())
        for call in calls:
            call.end()
        self.pusher.close()

    def _session_id(self, order: Order, number: int) -> str:
        at = f"{self.now():%Y%m%d%H%M%S}"
        digits = f"{secrets.randbelow(900) + 100}{number:09d}"
        return f"{SERVICES[order.operation].value}_{digits}_4294967295_{at}@{HOST}"


class Call:
    """One call. It is over once it is settled why it ends; from then on it cannot be stopped."""

    def __init__(
        self, calls: Calls, order: Order, behaviour: Behaviour, number: int, session_id: str
    ) -> None:
        self.session_id = session_id
        self.app_key = order.app_key
        self._calls = calls
        self._behaviour = behaviour
        self._number = number
        self._story = Story(session_id=session_id, order=order)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._is_over = False
        self._is_parked = False
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Go on by itself from here."""
        self._thread = threading.Thread(target=self._run, name=f"call {self._number}", daemon=True)
        self._thread.start()

    def tell_all_events(self) -> None:
        """Live until the fee, before this returns; ``begin`` does the rest."""
        with suppress(_ClosingError):
            self._live_until_fee()

    def hang_up(self) -> bool:
        """The platform ends the call, as callStop has it; False where it has ended."""
        with self._lock:
            if self._is_over or self._stopped.is_set():
                return False
            self._stopped.set()
            if self._is_parked:
                self._is_parked = False
                self._calls.busy.add(1)
        return True

    def end(self) -> None:
        """Wait for its thread, which finds the platform closing."""
        self.hang_up()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            if not self._is_over:
                self._live_until_fee()
            if self._behaviour.pushing is not Pushing.NEVER and not self._calls.closing.is_set():
                self._calls.pusher.push_fee(self._story, fee(self._story, self._number))
        except _ClosingError:
            return
        finally:
            self._calls.busy.add(-1)

    def _live_until_fee(self) -> None:
        cause = self._connect() or self._talk()
        if self._calls.closing.is_set():
            raise _ClosingError
        with self._lock:
            self._is_over = True
            self._story.cause = STOPPED if self._stopped.is_set() else cause
        self._story.ended_at = self._calls.now()
        self._keep_recording()
        self._disconnect()

    def _connect(self) -> Cause | None:
        """Ring the parties in turn; why it came to no talk, or None."""
        order, behaviour = self._story.order, self._behaviour
        if behaviour.ends_at_a and len(order.parties) == 1:
            behaviour = NO_ANSWER
        for place, (shown, number) in enumerate(order.parties):
            is_last = place == len(order.parties) - 1
            is_missed = behaviour.cause is not HANGUP and (is_last or behaviour.ends_at_a)
            leg = Leg(
                number=number,
                shown=shown,
                started_at=self._calls.now(),
                rang_at=None,
                answered_at=None,
            )
            self._story.legs.append(leg)
            if self._tells("callout"):
                return STOPPED
            if behaviour.rings or not is_missed:
                self._story.legs[-1] = leg = replace(leg, rang_at=self._calls.now())
                if self._tells("alerting"):
                    return STOPPED
            if is_missed:
                return behaviour.cause
            self._story.legs[-1] = replace(leg, answered_at=self._calls.now())
            if self._tells("answer"):
                return STOPPED
        return None

    def _talk(self) -> Cause:
        """Until the callee, the platform or the clock ends it; why."""
        pace, minutes = self._calls.pace, self._story.order.most_minutes
        if self._story.order.asks_for_keys and self._behaviour.presses:
            self._push("collectInfo", {"digitInfo": self._behaviour.presses})
        lasts = None if self._behaviour.stays_up else pace.talk
        limit = minutes * pace.minute if minutes else None
        if limit is not None and (lasts is None or limit < lasts):
            return STOPPED if self._stopped.wait(limit) else OVERTIME
        if lasts is None:
            self._park()
        return STOPPED if self._stopped.wait(lasts) else HANGUP

    def _park(self) -> None:
        """Nothing happens any more unless somebody asks for it, so nobody waits for this call."""
        with self._lock:
            if not self._stopped.is_set():
                self._is_parked = True
                self._calls.busy.add(-1)

    def _tells(self, event: str) -> bool:
        """Push an event, let a step pass; whether the call was stopped meanwhile."""
        self._push(event, {})
        return self._stopped.wait(self._calls.pace.step)

    def _keep_recording(self) -> None:
        story = self._story
        if story.order.is_recorded and story.is_connected and story.ended_at:
            story.file_name = f"{story.ended_at:%y%m%d%H%M%S}{self._number:012d}.wav"
            self._calls.records.keep(story.file_name)

    def _disconnect(self) -> None:
        """One event, of the leg that ended first: B's where both were rung (table 4-18)."""
        cause, order = self._story.cause, self._story.order
        fields: dict[str, object] = {"stateCode": cause.state, "stateDesc": cause.description}
        if order.operation is Operation.CALLBACK and order.names_party:
            is_party = cause is HANGUP or cause.state == REJECTED
            fields = {"partyType": "callee" if is_party else "platform", **fields}
        self._push("disconnect", fields)

    def _push(self, event: str, fields: dict[str, object]) -> None:
        if self._calls.closing.is_set():
            raise _ClosingError
        if self._behaviour.pushing is not Pushing.NEVER:
            body = status(self._story, event, self._calls.now(), fields)
            self._calls.pusher.push_status(self._story, event, body)
