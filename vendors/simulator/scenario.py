"""A made-up call, and the pushes that a vendor would send for it.

A scenario knows what happened; a vendor's module puts it into that vendor's words. Telephone lines
are numbers below 10,000: each vendor writes them in its own form. Every push carries, unseen by
the portal, what it tells about the outcome of each call: that is what the demo expects to be shown.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from random import Random

from calls.outcomes import Outcome

BEIJING = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Fields = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """What happened in a call. Times that it never reached are None."""

    outcome: Outcome
    own_line: int
    customer_line: int
    shown_line: int
    is_inbound: bool
    started_at: datetime
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    customer_hung_up: bool
    is_campaign: bool = False

    @property
    def talk_seconds(self) -> int:
        return (self.ended_at - self.answered_at) // SECOND if self.answered_at else 0

    def moved(self, by: timedelta) -> "Scenario":
        """The same call at another time."""
        return replace(
            self,
            started_at=self.started_at + by,
            rang_at=self.rang_at + by if self.rang_at else None,
            answered_at=self.answered_at + by if self.answered_at else None,
            ended_at=self.ended_at + by,
        )


class Sort(StrEnum):
    RECORD = "record"
    STATUS = "status"
    RECORDING = "recording"
    DIALOG = "dialog"


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What one push tells about one call's outcome; None where it tells nothing of it."""

    call_id: str
    tells: Outcome | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One push, as it goes over the wire when the vendor sends it."""

    vendor: str
    kind: str
    sort: Sort
    body: bytes
    at: datetime
    words: tuple[Word, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Player:
    """A vendor as it is played: how much it calls, what it pushes, how it wants to be thanked.

    ``settings`` and ``secret`` are what its demo account needs. ``sign`` signs a push to an
    address at a moment; vendors that do not sign have none.
    """

    vendor: str
    share: float
    mix: Mapping[Outcome, float]
    pushes: Callable[[Sequence[Scenario], Random], list[Delivery]]
    is_thanked: Callable[[int, bytes], bool]
    inbound_share: float = 0.0
    campaign_share: float = 0.0
    pushes_live: bool = False
    mean_talk_seconds: float = 60.0
    settings: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    sign: Callable[[Delivery, str, str, datetime], Delivery] | None = None


SECOND = timedelta(seconds=1)


def after(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)


def seconds(at: datetime | None) -> int:
    """A unix time in seconds; a time that never came is 0."""
    return (at - EPOCH) // SECOND if at else 0


def milliseconds(at: datetime | None) -> int:
    """A unix time in milliseconds; a time that never came is 0."""
    return (at - EPOCH) // timedelta(milliseconds=1) if at else 0


def as_json(fields: Fields) -> bytes:
    """A body as programs write it: no blanks, Chinese as it is."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def digits(dice: Random, length: int) -> str:
    return str(dice.randrange(10 ** (length - 1), 10**length))


def mobile(line: int) -> str:
    """A line as a Chinese mobile number without its country code."""
    return f"1310000{line:04d}"


def hexadecimal(dice: Random, length: int) -> str:
    return f"{dice.getrandbits(4 * length):0{length}x}"
