"""What one push can say about one telephone call.

Facts are frozen and plain. ``None`` always means "this push did not say" and never erases what
another push said. Times are aware; durations are whole seconds; ids and numbers are text as sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]


class Source(StrEnum):
    """The sort of push that speaks. ``calls.ingest`` says whose word counts most."""

    RECORD = "record"
    SUMMARY = "summary"
    TABLE = "table"  # a row of a table that somebody imported
    STATUS = "status"
    DIALOG = "dialog"
    RECORDING = "recording"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Party(StrEnum):
    """Who did something: the calling side, the called side, or the platform between them."""

    CALLER = "caller"
    CALLEE = "callee"
    PLATFORM = "platform"


class Service(StrEnum):
    """What sort of call was bought."""

    VOICE_SIP = "voice_sip"
    VOICE_CALLBACK = "voice_callback"
    VOICE_NOTIFICATION = "voice_notification"
    VOICE_VERIFICATION = "voice_verification"
    VOICE_ANNOUNCEMENT = "voice_announcement"  # a notification or a verification code: not said
    VOICE_ROBOT = "voice_robot"
    PRIVACY_NUMBER = "privacy_number"


class Track(StrEnum):
    """Which side of the conversation a recording holds."""

    MIXED = "mixed"
    LEFT = "left"
    RIGHT = "right"


class Role(StrEnum):
    ROBOT = "robot"
    CUSTOMER = "customer"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeFact:
    """A vendor's code: ``scheme`` names the table, ``place`` the field that carried it."""

    scheme: str
    value: str
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegFacts:
    """One telephone's part in a call; ``number`` tells the legs of a call apart."""

    number: str
    side: Party | None = None
    display_number: str | None = None
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    codes: tuple[CodeFact, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFacts:
    """Something that happened during a call; ``kind`` may be a word that we do not know yet."""

    kind: str
    at: datetime
    number: str | None = None
    party: Party | None = None
    digits: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HitFacts:
    """An intent that the robot recognised in the customer's words."""

    text: str | None = None
    picked: bool | None = None
    answer_id: str | None = None
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnFacts:
    """One step of a dialog; ``key`` is its number in it, or its place where none is sent."""

    key: str
    role: Role | None = None
    text_robot: str | None = None
    text_customer: str | None = None
    started_at: datetime | None = None
    spoke_at: datetime | None = None
    node_id: str | None = None
    node_name: str | None = None
    node_type: str | None = None
    content_id: str | None = None
    label: str | None = None
    tag_name: str | None = None
    tag_desc: str | None = None
    question_id: str | None = None
    hits: tuple[HitFacts, ...] = ()
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DialogFacts:
    began_at: datetime | None = None
    ended_at: datetime | None = None
    turns: tuple[TurnFacts, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFacts:
    """Where a recording can be had: an address (perhaps relative), or a name to ask for."""

    track: Track = Track.MIXED
    address: str | None = None
    object_name: str | None = None
    object_domain: str | None = None
    object_bucket: str | None = None
    size_bytes: int | None = None
    seconds: int | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFacts:
    """All that one push says about one call.

    ``stated_at`` is when the vendor made the record, where it says so: of two contradicting
    records the later one counts. ``is_final`` says that the call is over. Fields named in
    ``unsure`` are an adapter's inference; anything said outright beats them. ``details`` are
    documented fields that have no column, ``extra`` is whatever nobody asked for.
    """

    call_id: str
    source: Source
    stated_at: datetime | None = None
    is_final: bool | None = None
    service: Service | str | None = None
    direction: Direction | None = None
    caller: str | None = None
    callee: str | None = None
    display_number: str | None = None
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ring_seconds: int | None = None
    talk_seconds: int | None = None
    ended_by: Party | None = None
    user_data: str | None = None
    unsure: frozenset[str] = frozenset()
    codes: tuple[CodeFact, ...] = ()
    legs: tuple[LegFacts, ...] = ()
    events: tuple[EventFacts, ...] = ()
    dialog: DialogFacts | None = None
    recordings: tuple[RecordingFacts, ...] = ()
    details: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
