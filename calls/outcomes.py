"""What became of a call, in our own words, from what the vendor said. Plain Python, no database.

The rules are few: a call that was answered is ``answered``, whatever its codes say. Otherwise the
most telling code decides: ``powered_off`` beats ``failed``. A call placed over two legs (the
platform rings A, then B) is answered when the second leg is, since only then do people talk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from calls.facts import Party, Service


class Outcome(StrEnum):
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    POWERED_OFF = "powered_off"
    SUSPENDED = "suspended"
    INVALID_NUMBER = "invalid_number"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    FAILED = "failed"
    UNKNOWN = "unknown"


class State(StrEnum):
    IN_PROGRESS = "in_progress"
    ENDED = "ended"


# The most telling first: a vendor names the general fault beside the exact one.
TELLING = (
    Outcome.BLOCKED,
    Outcome.SUSPENDED,
    Outcome.POWERED_OFF,
    Outcome.INVALID_NUMBER,
    Outcome.BUSY,
    Outcome.REJECTED,
    Outcome.CANCELLED,
    Outcome.UNREACHABLE,
    Outcome.NO_ANSWER,
    Outcome.FAILED,
    Outcome.ANSWERED,
    Outcome.UNKNOWN,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """A leg as far as it matters for judging."""

    number: str
    display_number: str = ""
    side: str = ""
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What the legs of a call say about the call as a whole."""

    caller: str | None = None
    callee: str | None = None
    display_number: str | None = None
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: Party | None = None


_FIRST = {Party.CALLER.value: 0, "": 1, Party.CALLEE.value: 2}
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def ring_order(leg: Leg) -> tuple[int, datetime, str]:
    """The calling side's leg first; where the sides are not said, in the order they were rung."""
    at = leg.started_at or leg.rang_at or leg.answered_at
    return (_FIRST[leg.side], at or _NEVER, leg.number)


def route(legs: Iterable[Leg], service: str) -> Route:
    """Read a call off its legs: the last leg is the one that people talk on.

    A single leg is the whole call, unless the call is a callback: then it is only the caller's,
    and a callback is answered when its second leg is.
    """
    ordered = sorted(legs, key=ring_order)
    if not ordered:
        return Route()
    first, last = ordered[0], ordered[-1]
    is_alone = len(ordered) == 1
    second_is_missing = is_alone and (
        service == Service.VOICE_CALLBACK or first.side == Party.CALLER.value
    )
    ends = [(leg.ended_at, leg) for leg in ordered if leg.ended_at]
    ended_at = max((at for at, _ in ends), default=None)
    ended_by = None
    if ends:
        hung_up = min(ends, key=lambda end: (end[0], end[1].number))[1]
        is_callers = hung_up is first and (not is_alone or second_is_missing)
        ended_by = Party.CALLER if is_callers else Party.CALLEE
    if is_alone and not second_is_missing:
        caller, callee = first.display_number, first.number
    else:
        caller, callee = first.number, "" if second_is_missing else last.number
    return Route(
        caller=caller or None,
        callee=callee or None,
        display_number=last.display_number or None,
        started_at=min((leg.started_at for leg in ordered if leg.started_at), default=None),
        rang_at=None if second_is_missing else last.rang_at,
        answered_at=None if second_is_missing else last.answered_at,
        ended_at=ended_at,
        ended_by=ended_by,
    )


def judge(
    *,
    is_answered: bool,
    is_ended: bool,
    has_legs: bool,
    said_by_codes: Sequence[str],
    said_by_sip: Sequence[str] = (),
    ended_by: str,
) -> Outcome:
    """The outcome of a call: see the module's own words for the rules.

    ``said_by_codes`` are the outcomes that the code tables give for the call's codes. A code that
    says "answered" is believed only of a call without legs: with legs, it may mean either of them.
    A SIP status (``said_by_sip``) is a translation of the cause, and a coarse one (480 stands for
    no answer and for unreachable): it counts only where nothing else tells.
    """
    if is_answered:
        return Outcome.ANSWERED
    if not is_ended:
        return Outcome.UNKNOWN
    not_believed = {Outcome.ANSWERED.value} if has_legs else set()
    outcome = _most_telling(set(said_by_codes) - not_believed)
    if outcome in {Outcome.UNKNOWN, Outcome.FAILED}:
        outcome = _most_telling({outcome.value, *said_by_sip} - not_believed)
    if outcome is Outcome.UNKNOWN and ended_by == Party.CALLER:
        return Outcome.CANCELLED
    return outcome


def _most_telling(heard: set[str]) -> Outcome:
    return next((outcome for outcome in TELLING if outcome.value in heard), Outcome.UNKNOWN)


LONGEST = timedelta(seconds=2**31 - 1)  # what a column of seconds holds


def seconds_between(earlier: datetime | None, later: datetime | None) -> int | None:
    """Whole seconds from one moment to another; None when one is missing, they are reversed, or
    so far apart that one of them must be wrong."""
    if earlier is None or later is None or not timedelta(0) <= later - earlier <= LONGEST:
        return None
    return (later - earlier) // timedelta(seconds=1)
