"""Made-up calls of Huawei's three services: which leg rang when, who was called, why it failed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from calls.outcomes import Outcome
from vendors.simulator.huawei_causes import (
    CALLED,
    CALLING,
    HANGUP,
    INSTRUCTED,
    REFUSED,
    UNLISTED,
    Cause,
)
from vendors.simulator.scenario import Fields, Scenario, after, digits

HOST = "callenabler245.huaweicaas.example"


class Service(StrEnum):
    """A service by the number that its sessionIds begin with."""

    VERIFICATION = "1200"
    CALLBACK = "1201"
    NOTIFICATION = "1202"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    number: str
    shown: str
    started_at: datetime
    rang_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HuaweiCall:
    session_id: str
    service: Service
    outcome: Outcome
    cause: Cause
    legs: tuple[Leg, ...]
    ended_at: datetime
    first_to_hang_up: int
    user_data: Fields
    pressed: str = ""
    fee_extras: Fields = field(default_factory=dict)

    @property
    def tells(self) -> Outcome | None:
        return None if self.outcome is Outcome.UNKNOWN else self.outcome


def make_call(s: Scenario, dice: Random) -> HuaweiCall:
    service = _service(s, dice)
    cause = _cause(s.outcome, service, dice)
    a_seconds = dice.randrange(4, 12)
    is_forwarded = service is Service.CALLBACK and cause.point not in _ENDS_AT_A
    ends = s.moved(timedelta(seconds=a_seconds)) if is_forwarded else s
    reached = _leg(
        ends, s.customer_line if is_forwarded or service is not Service.CALLBACK else s.own_line
    )
    legs = (_first_leg(s, a_seconds), reached) if is_forwarded else (reached,)
    return HuaweiCall(
        session_id=_session_id(service, s.started_at, dice),
        service=service,
        outcome=s.outcome,
        cause=cause,
        legs=legs,
        ended_at=ends.ended_at,
        first_to_hang_up=len(legs) - 1 if s.customer_hung_up else 0,
        user_data={"userData": f"order-{digits(dice, 6)}"} if dice.random() < 0.4 else {},
        pressed=_pressed(s, service, dice),
        fee_extras=_recording(ends, is_forwarded, dice),
    )


_ENDS_AT_A = {
    cause.point for group in (CALLING, REFUSED) for row in group.values() for cause in row
}


def _service(s: Scenario, dice: Random) -> Service:
    """Campaigns are notifications. Who cancels is the calling person, so that is a callback."""
    if s.is_campaign or s.outcome is Outcome.UNKNOWN:
        return Service.NOTIFICATION
    return dice.choices(
        [Service.CALLBACK, Service.NOTIFICATION, Service.VERIFICATION], [55, 25, 20]
    )[0]


def _cause(outcome: Outcome, service: Service, dice: Random) -> Cause:
    if outcome is Outcome.ANSWERED:
        return HANGUP
    if outcome is Outcome.UNKNOWN:
        return UNLISTED
    if outcome is Outcome.CANCELLED and service is not Service.CALLBACK:
        return INSTRUCTED
    causes = [*CALLED.get(outcome, ()), *REFUSED.get(outcome, ())]
    if service is Service.CALLBACK:
        causes += CALLING.get(outcome, ())
    return dice.choice(causes)


def _first_leg(s: Scenario, a_seconds: int) -> Leg:
    """A's leg of a callback: always picked up, or B would not be called."""
    return Leg(
        number=_number(s.own_line),
        shown=_number(s.shown_line),
        started_at=s.started_at,
        rang_at=after(s.started_at, 2),
        answered_at=after(s.started_at, a_seconds),
    )


def _leg(s: Scenario, line: int) -> Leg:
    return Leg(
        number=_number(line),
        shown=_number(s.shown_line),
        started_at=s.started_at,
        rang_at=s.rang_at,
        answered_at=s.answered_at,
    )


def _pressed(s: Scenario, service: Service, dice: Random) -> str:
    asks = service is Service.NOTIFICATION and s.answered_at and dice.random() < 0.5
    return dice.choice(["1", "2", "02", "9"]) if asks else ""


def _recording(s: Scenario, is_forwarded: bool, dice: Random) -> Fields:
    """Only callbacks of three seconds and more are recorded."""
    if not is_forwarded or s.talk_seconds < 3 or dice.random() < 0.4:
        return {"recordFlag": 0}
    return {
        "recordFlag": 1,
        "recordStartTime": clock(s.answered_at),
        "recordObjectName": f"{s.ended_at:%y%m%d%H%M%S}{digits(dice, 12)}.wav",
        "recordBucketName": "sp-demo",
        "recordDomain": "ostor.huawei.example",
    }


def _session_id(service: Service, at: datetime, dice: Random) -> str:
    return f"{service.value}_{digits(dice, 12)}_4294967295_{at:%Y%m%d%H%M%S}@{HOST}"


def clock(at: datetime | None) -> str:
    """A time as this vendor writes it, in UTC; one that never came is empty."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else ""


def _number(line: int) -> str:
    return f"+861310000{line:04d}"
