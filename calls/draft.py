"""A call while facts are merged into it, with everything that belongs to it.

A draft takes statements in any order. ``settle`` then works out what nobody said. It touches no
database: ``calls.ingest`` fills it before and writes it after.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from calls import codes, handles, outcomes, records, tallies
from calls.billing import billed_seconds
from calls.facts import (
    CallFacts,
    CodeFact,
    DialogFacts,
    EventFacts,
    HitFacts,
    LegFacts,
    RecordingFacts,
    TurnFacts,
)
from calls.models import Account, Call, CallCode, Dialog, Event, Leg, Recording, Turn
from calls.numbers import search_key
from calls.precedence import Memory, Speaker, rank

CALL_FIELDS = (
    "service",
    "direction",
    "caller",
    "callee",
    "display_number",
    "started_at",
    "rang_at",
    "answered_at",
    "ended_at",
    "ring_seconds",
    "talk_seconds",
    "ended_by",
    "user_data",
)
LEG_FIELDS = (
    "side",
    "number",
    "display_number",
    "started_at",
    "rang_at",
    "answered_at",
    "ended_at",
)
_TEXTS = frozenset(
    {"service", "direction", "caller", "callee", "display_number", "ended_by", "user_data"}
    | {"side", "number"}
)
IS_FINAL = "is_final"
SIP = "sip"
LATE = timedelta(hours=1)  # a call that is first heard of so long after its end is late

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One push's facts about one call, and where they came from."""

    push_id: int
    received_at: datetime
    account: Account
    facts: CallFacts
    is_imported: bool = False  # somebody brought it in, afterwards


Belonging = Leg | Event | CallCode | Dialog | Turn | Recording


class Draft:
    """A call while facts are merged into it, with all rows that belong to it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.memory = Memory(call.said)
        self.is_changed = call.pk is None
        self.legs: dict[str, Leg] = {}
        self.leg_memories: dict[str, Memory] = {}
        self.events: dict[str, Event] = {}
        self.codes: dict[tuple[str, str, str], CallCode] = {}
        self.dialog: Dialog | None = None
        self.turns: dict[str, Turn] = {}
        self.recordings: dict[str, Recording] = {}
        self._touched: dict[int, Belonging] = {}
        self._found_by = handles.Handles()
        self._counted = tallies.NOTHING

    def remember(self) -> None:
        """Note what the call can be found by and what it adds to tallies, once all that is known of
        it has been read."""
        self._found_by = self._handles()
        self._counted = self._contribution(self._found_by)

    def _handles(self) -> handles.Handles:
        return handles.of(self.call, self.legs.values(), self.events.values(), self.turns.values())

    def _contribution(self, found_by: handles.Handles) -> tallies.Contribution:
        return tallies.of(self.call, self.codes.values(), found_by.references)

    def add_to(self, difference: handles.Difference, counted: tallies.Difference) -> None:
        """Tell what the call can be found by now that it could not before, and the other way; and
        what it adds to tallies."""
        after = self._handles()
        counted.add(self._counted, self._contribution(after))
        difference.add(self.call, self._found_by, after)
        is_moved = after.occurred_at != self._found_by.occurred_at
        if self.turns and (is_moved or self.changed(Turn)):
            difference.speak(self.call, list(self.turns.values()))

    def hear(self, statement: Statement) -> None:
        """Take in what one push says."""
        facts = statement.facts
        call = self.call
        if statement.received_at < call.first_received_at:
            call.first_received_at = statement.received_at
            self.is_changed = True
        if statement.is_imported and not call.is_imported:
            call.is_imported = self.is_changed = True
        speaker = self.memory.introduce(statement.push_id, statement.facts)
        for name in CALL_FIELDS:
            value = _plain(getattr(facts, name))
            if value is not None and self.memory.hears(
                speaker, name, value, getattr(call, name), unsure=name in facts.unsure
            ):
                setattr(call, name, value)
                self.is_changed = True
        if facts.is_final and IS_FINAL not in self.memory.holders:
            self.memory.hears(speaker, IS_FINAL, True, None)
        self._hear_words(speaker, "details", facts.details)
        self._hear_words(speaker, "extra", facts.extra)
        self._hear_codes(statement.push_id, facts.codes, "")
        for leg in facts.legs:
            self._hear_leg(statement, leg)
        for event in facts.events:
            self._hear_event(statement, event)
        if facts.dialog is not None:
            self._hear_dialog(facts.dialog)
        for recording in facts.recordings:
            self._hear_recording(statement.push_id, recording)

    def _hear_words(self, speaker: Speaker, column: str, words: Mapping[str, Any]) -> None:
        kept: dict[str, Any] = getattr(self.call, column)
        for name, value in words.items():
            if value is not None and self.memory.hears(
                speaker, f"{column}.{name}", value, kept.get(name)
            ):
                kept[name] = value
                self.is_changed = True

    def _hear_codes(self, push_id: int, said: Iterable[CodeFact], leg_key: str) -> None:
        for code in said:
            key = (code.scheme, code.value, code.place)
            row = self.codes.get(key)
            if row is None:
                row = self.codes[key] = CallCode(
                    call=self.call,
                    scheme=code.scheme,
                    value=code.value,
                    place=code.place,
                    leg_key=leg_key,
                    push_id=push_id,
                )
                self._touch(row)
            elif leg_key > row.leg_key:  # one code said of two legs: as with fields, the greater
                row.leg_key = leg_key
                self._touch(row)

    def _hear_leg(self, statement: Statement, said: LegFacts) -> None:
        key = search_key(said.number, statement.account.default_region)
        leg = self.legs.setdefault(key, Leg(call=self.call, key=key))
        memory = self.leg_memories.setdefault(key, Memory(leg.said))
        speaker = memory.introduce(statement.push_id, statement.facts)
        for name in LEG_FIELDS:
            value = _plain(getattr(said, name))
            if value is not None and memory.hears(speaker, name, value, getattr(leg, name)):
                setattr(leg, name, value)
                self._touch(leg)
        written = memory.written()
        if written != leg.said:
            leg.said = written
            self._touch(leg)
        self._hear_codes(statement.push_id, said.codes, key)

    def _hear_event(self, statement: Statement, said: EventFacts) -> None:
        number_key = search_key(said.number or "", statement.account.default_region)
        key = event_key(said.kind, said.at, number_key, said.party, said.digits)
        event = self.events.get(key)
        if event is None:
            event = self.events[key] = Event(
                call=self.call,
                key=key,
                kind=said.kind,
                at=said.at,
                party=_plain(said.party) or "",
                digits=said.digits or "",
                push_id=statement.push_id,
            )
            self._touch(event)
        for name, value in (("number", said.number or ""), ("note", said.note or "")):
            if value > getattr(event, name):  # told in two ways: as with fields, the greater
                setattr(event, name, value)
                self._touch(event)

    def _hear_dialog(self, said: DialogFacts) -> None:
        if self.dialog is None:
            self.dialog = Dialog(call=self.call)
            self._touch(self.dialog)
        began = _earliest(self.dialog.began_at, said.began_at)
        ended = _latest(self.dialog.ended_at, said.ended_at)
        if (began, ended) != (self.dialog.began_at, self.dialog.ended_at):
            self.dialog.began_at, self.dialog.ended_at = began, ended
            self._touch(self.dialog)
        for turn in said.turns:
            self._hear_turn(self.dialog, turn)
        self._mark("has_dialog")

    def _hear_turn(self, dialog: Dialog, said: TurnFacts) -> None:
        """A turn is taken whole: of two versions of one turn the greater one counts."""
        row = Turn(
            dialog=dialog,
            key=said.key,
            position=_position(said.key),
            hits=[_hit(hit) for hit in said.hits],
            extra=dict(said.extra),
            **{
                name: value
                for name in _TURN_FIELDS
                if (value := _plain(getattr(said, name))) is not None
            },
        )
        present = self.turns.get(said.key)
        if present is None or _turn_rank(row) > _turn_rank(present):
            row.pk = present.pk if present else None
            self.turns[said.key] = row
            if present is not None:
                self._touched.pop(id(present), None)
            self._touch(row)

    def _hear_recording(self, push_id: int, said: RecordingFacts) -> None:
        """One row per track and file; a new signature on an old address is no new recording."""
        key = recording_key(said.track, said.object_name or said.address)
        row = self.recordings.get(key)
        if row is None:
            row = Recording(call=self.call, key=key, track=said.track.value, push_id=push_id)
            self.recordings[key] = row
            self._touch(row)
        for name in _RECORDING_FIELDS:
            value = _plain(getattr(said, name))
            if value is None:
                continue
            present = getattr(row, name)
            if present in {None, ""} or rank(value) > rank(present):
                setattr(row, name, value)
                self._touch(row)
        self._mark("has_recording")

    def settle(self) -> bool:
        """Work out what nobody said; whether the call's own row is to be written."""
        call = self.call
        before = [getattr(call, name) for name in _DERIVED]
        self._derive()
        said = self.memory.written()
        sources = {source for source, _at, _paths in said.values()}
        call.is_merged = len(sources) > 1
        call.record_due_at = records.due_at(call, sources)
        call.is_conflicting = call.is_conflicting or self.memory.is_contradicted
        call.is_late = call.first_received_at - (call.ended_at or call.occurred_at) > LATE
        if said != call.said or before != [getattr(call, name) for name in _DERIVED]:
            self.is_changed = True
        call.said = said
        if self.is_changed:
            call.updated_at = timezone.now()
        return self.is_changed

    def _derive(self) -> None:
        call, said = self.call, self.memory.holders
        route = outcomes.route([_leg(leg) for leg in self.legs.values()], call.service)
        for name in _ROUTE_FIELDS:
            if name not in said:
                value = _plain(getattr(route, name))
                setattr(call, name, value if value is not None else _nothing(name))
        if IS_FINAL in said or call.ended_at is not None:
            call.lost_at = None  # it was told after all
            is_ended = True
        else:
            is_ended = call.lost_at is not None
        call.state = (outcomes.State.ENDED if is_ended else outcomes.State.IN_PROGRESS).value
        call.outcome = outcomes.judge(
            is_answered=call.answered_at is not None,
            is_ended=is_ended,
            has_legs=bool(self.legs),
            said_by_codes=self._outcomes_of_codes(sip=False),
            said_by_sip=self._outcomes_of_codes(sip=True),
            ended_by=call.ended_by,
        ).value
        if "ring_seconds" not in said:
            call.ring_seconds = outcomes.seconds_between(
                call.rang_at, call.answered_at or call.ended_at
            )
        if "talk_seconds" not in said:
            call.talk_seconds = outcomes.seconds_between(call.answered_at, call.ended_at)
        region = call.account.default_region
        call.caller_key = search_key(call.caller, region)
        call.callee_key = search_key(call.callee, region)
        call.display_key = search_key(call.display_number, region)
        known = [call.started_at, call.rang_at, call.answered_at, call.ended_at]
        if self.dialog is not None:
            known.append(self.dialog.began_at)
        call.occurred_at = min((at for at in known if at), default=call.first_received_at)
        call.billed_seconds = billed_seconds(call, self.legs.values())
        for code in self.codes.values():
            if code.occurred_at != call.occurred_at:
                code.occurred_at = call.occurred_at
                self._touch(code)

    def _outcomes_of_codes(self, *, sip: bool) -> list[str]:
        return codes.outcomes_of(
            (scheme, value) for scheme, value, _ in self.codes if (scheme == SIP) is sip
        )

    def _mark(self, flag: str) -> None:
        if not getattr(self.call, flag):
            setattr(self.call, flag, True)
            self.is_changed = True

    def _touch(self, row: Belonging) -> None:
        self._touched[id(row)] = row

    def changed(self, kind: type[Row]) -> list[Row]:
        return [row for row in self._touched.values() if isinstance(row, kind)]


_ROUTE_FIELDS = tuple(f.name for f in fields(outcomes.Route))
_TURN_FIELDS = tuple(f.name for f in fields(TurnFacts) if f.name not in {"key", "hits", "extra"})
_RECORDING_FIELDS = tuple(f.name for f in fields(RecordingFacts) if f.name != "track")
_DERIVED = (
    *_ROUTE_FIELDS,
    "lost_at",
    "state",
    "outcome",
    "ring_seconds",
    "talk_seconds",
    "billed_seconds",
    "caller_key",
    "callee_key",
    "display_key",
    "occurred_at",
    "is_merged",
    "is_conflicting",
    "is_late",
    "record_due_at",
)


def _plain(value: Any) -> Any:
    """An enumeration as its text, which is how a row holds it."""
    return value.value if isinstance(value, Enum) else value


def _nothing(name: str) -> str | None:
    return "" if name in _TEXTS else None


def _leg(row: Leg) -> outcomes.Leg:
    return outcomes.Leg(
        number=row.number,
        display_number=row.display_number,
        side=row.side,
        started_at=row.started_at,
        rang_at=row.rang_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
    )


def _hit(hit: HitFacts) -> dict[str, Any]:
    said = {"text": hit.text, "picked": hit.picked, "answer_id": hit.answer_id}
    return {name: value for name, value in said.items() if value is not None} | dict(hit.extra)


def _turn_rank(row: Turn) -> tuple[tuple[int, str, str], ...]:
    return tuple(rank(getattr(row, name) or "") for name in (*_TURN_FIELDS, "hits", "extra"))


def _position(key: str) -> int:
    """Where a turn stands in its dialog: its number, whatever was added to tell it from others."""
    number = key.partition("/")[0].removeprefix("#")
    return min(int(number), _LAST_POSITION) if number.isdecimal() else 0


_LAST_POSITION = 2**31 - 1


def event_key(
    kind: str, at: datetime, number_key: str, party: str | None, digits: str | None
) -> str:
    """What makes a repeated event the same row, however its number is written."""
    return _digest(kind, at.astimezone(UTC).isoformat(), number_key, party, digits)


def recording_key(track: str, where: str | None) -> str:
    """Likewise a recording: by its file, whatever signature its address has."""
    return _digest(track, (where or "").partition("?")[0])


def _digest(*words: str | None) -> str:
    text = json.dumps([_plain(word) or "" for word in words], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at), default=None)
