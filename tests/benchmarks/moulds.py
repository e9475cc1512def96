"""Calls of the simulator as moulds: rows with holes where a call has its own number, id or time.

A mould is made as a call is. Its pushes go through the vendor's adapter, through ``calls.draft``
and ``calls.handles``; so whatever is cast from it is what ``calls.ingest`` would have written.
Before that, what is to differ from call to call is replaced by marks that come through unharmed:
words between ``zz``, numbers of the simulator's lines, moments near the call's own.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from operator import itemgetter
from random import Random
from typing import Any

from django.db import models

from calls import handles
from calls.draft import Draft, Statement
from calls.facts import CallFacts, DialogFacts
from calls.models import (
    Account,
    Call,
    Party,
    Recording,
    Reference,
    Sound,
    SoundState,
    Spoken,
    Turn,
)
from tests.benchmarks.rows import cell, columns
from vendors.registry import VENDORS
from vendors.simulator import plan

MADE_AT = datetime(2026, 3, 2, tzinfo=UTC)  # the end of the simulator's month
FIXED = ("pk", "account", "call_id", "own", "customer", "line", "digits", "hex", "bind", "week")
MARKED = (*FIXED, "nwo", "remotsuc", "enil", "dialog", "said0", "words0", "said1", "words1")
TURNS = (6, 10)  # of a dialog
_FIRST_PUSH = 990_000_000_000
_CARRIED = timedelta(days=3)  # how far a call's own moments may lie from its start
_MARK = re.compile(
    r"zz(?P<word>[a-z_]+\d?)(?:x(?P<cut>\d+))?zz"
    r"|(?:1310000|8520000)(?P<number>\d{4})"
    r"|99000000(?P<push>\d{4})"
    r"|(?P<moment>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)"
    r"|(?<=34579864)(?P<robot>\d{7})(?P<week>\d\d)"
)
_HEX = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_HOLE = re.compile("\x01([^\x02]*)\x02")
Values = Sequence[Any]
Filled = tuple[str, Callable[[Values], Any]]


@dataclass(frozen=True, slots=True)
class Mould:
    """The rows of a call, each text with holes, and how the values for them are to be made.

    ``moments`` are pairs: seconds from the call's first, and the letter between date and time.
    """

    vendor: str
    call_id: str
    is_in_progress: bool
    moments: tuple[tuple[int, str], ...]
    pushes: int
    recordings: int
    has_dialog: bool
    keys: tuple[Filled, ...]
    rows: tuple[tuple[str, str, Callable[[Values], Any]], ...]
    first_at: datetime
    places: Mapping[str, int]
    statements: tuple[tuple[int, datetime, CallFacts], ...]

    def said(self, values: Values, at: datetime) -> list[tuple[int, datetime, CallFacts]]:
        """What the pushes of one call say, with their numbers and when they came."""
        shift = at - self.first_at

        def text(given: str) -> str:
            return _MARK.sub(self._filled_by(values), given)

        return [
            (
                values[self.places[f"push{number}"]],
                came + shift,
                mapped(facts, text, lambda one: one + shift),
            )
            for number, came, facts in self.statements
        ]

    def _filled_by(self, values: Values) -> "Callable[[re.Match[str]], str]":
        def fill(found: "re.Match[str]") -> str:
            name, _, cut = _hole(found, self.first_at).partition(":")
            if name not in self.places:
                return found[0]
            value = str(values[self.places[name]])
            return (found["robot"] or "") + (value[: int(cut)] if cut else value)

        return fill


def make(seed: int, calls: int, accounts: Mapping[str, Account]) -> dict[str, list[Mould]]:
    """Moulds of a simulated month by vendor."""
    made = plan.make(seed=seed, end=MADE_AT, days=30, calls=calls)
    heard: dict[tuple[str, str], list[tuple[bytes, datetime, CallFacts]]] = defaultdict(list)
    for push in made.deliveries:
        for facts in VENDORS[push.vendor].read(push.kind, push.body).facts:
            heard[push.vendor, facts.call_id].append((push.body, push.at, facts))
    dice = Random(seed)  # noqa: S311 - no secret
    marks = _Marks(dice, [one for said in heard.values() for _, _, one in said])
    moulds: dict[str, list[Mould]] = defaultdict(list)
    for (vendor, _), said in sorted(heard.items(), key=lambda one: one[0]):
        moulds[vendor].append(_mould(accounts[vendor], said, marks, dice))
    return dict(moulds)


def _mould(
    account: Account,
    said: Sequence[tuple[bytes, datetime, CallFacts]],
    marks: "_Marks",
    dice: Random,
) -> Mould:
    bodies = {body: number for number, body in enumerate(dict.fromkeys(b for b, _, _ in said))}
    statements = [(bodies[body], at, marks.put(facts)) for body, at, facts in said]
    draft = Draft(
        Call(
            account=account,
            vendor=account.vendor,
            call_id="zzcall_idzz",
            first_received_at=statements[0][1],
        )
    )
    for number, at, facts in statements:
        draft.hear(
            Statement(push_id=_FIRST_PUSH + number, received_at=at, account=account, facts=facts)
        )
    draft.settle()
    draft.call.updated_at = max(at for _, at, _ in statements) + timedelta(seconds=2)
    return _Cutter(draft, len(bodies), dice).mould(said[0][2].call_id, tuple(statements))


class _Marks:
    """Puts marks into facts, where one call's differ from another's of the same kind."""

    def __init__(self, dice: Random, heard: Iterable[CallFacts]) -> None:
        self.dice = dice
        dialogs = [one.dialog for one in heard if one.dialog]
        self.turns = [turn for one in dialogs for turn in one.turns if turn.hits]

    def put(self, facts: CallFacts) -> CallFacts:
        def text(given: str) -> str:
            return given.replace(facts.call_id, "zzcall_idzz")

        details = dict(facts.details)
        for name, mark in _DETAILS.items():
            if name in details:
                details[name] = mark
        marked: CallFacts = mapped(replace(facts, details=details), text, lambda at: at)
        recordings = tuple(
            replace(
                one,
                address=one.address and _HEX.sub("zzhexx32zz", one.address),
                object_name=one.object_name and _OBJECT.sub("zzdigitsx12zz.wav", one.object_name),
            )
            for one in marked.recordings
        )
        return replace(marked, recordings=recordings, dialog=self._longer(marked.dialog))

    def _longer(self, dialog: DialogFacts | None) -> DialogFacts | None:
        """The dialog with turns of others before its last one, and the customer's last two
        sentences to be filled in."""
        if dialog is None or not dialog.turns:
            return dialog
        missing = max(0, self.dice.randint(*TURNS) - len(dialog.turns))
        turns = [*dialog.turns[:-1], *self.dice.sample(self.turns, missing), dialog.turns[-1]]
        spoken = [place for place, turn in enumerate(turns) if turn.text_customer][-2:]
        first, last = dialog.turns[0].started_at, dialog.turns[-1].started_at
        slot = (last - first) / len(turns) if first and last else timedelta(0)
        made = []
        for place, turn in enumerate(turns):
            at = first + slot * place if first else None
            made.append(
                replace(
                    turn,
                    key=str(place + 1),
                    started_at=at,
                    spoke_at=at + slot / 2 if at and turn.spoke_at else None,
                    text_customer=f"zzsaid{spoken.index(place)}zz"
                    if place in spoken
                    else turn.text_customer,
                )
            )
        return replace(dialog, turns=tuple(made))


_OBJECT = re.compile(r"\d{12}\.wav$")
_DETAILS = {
    "task_data_id": "zzdigitsx18zz",
    "record_id": "zzdigitsx12zz",
    "call_relation_id": "demo-zzdigitsx10zz",
    "bind_id": "zzbindzz",
    "customer_bind_id": "zzbindx10zz",
    "subscription_id": "subzzlinezz",
}


def mapped(value: Any, text: Callable[[str], str], moment: Callable[[datetime], datetime]) -> Any:
    """The same facts with every text and every moment in them replaced."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return text(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (tuple, list, frozenset)):
        return type(value)(mapped(one, text, moment) for one in value)
    if isinstance(value, Mapping):
        return {key: mapped(one, text, moment) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            one.name: mapped(getattr(value, one.name), text, moment) for one in fields(value)
        }
        return type(value)(**changed)
    return value


class _Cutter:
    """Cuts the rows of a draft into texts with holes."""

    def __init__(self, draft: Draft, pushes: int, dice: Random) -> None:
        self.draft = draft
        self.pushes = pushes
        self.dice = dice
        first = draft.call.occurred_at
        self.first_at = first.replace(microsecond=0)
        self.moments: dict[tuple[int, str], None] = {}
        self.keys: dict[str, None] = {}
        self.rows: list[tuple[str, str]] = []

    def mould(self, call_id: str, statements: tuple[tuple[int, datetime, CallFacts], ...]) -> Mould:
        draft = self.draft
        draft.call.pk = 0
        self._add_all(draft)
        places = self._places()
        return Mould(
            vendor=draft.call.vendor,
            call_id=call_id,
            is_in_progress=draft.call.is_in_progress,
            moments=tuple(self.moments),
            pushes=self.pushes,
            recordings=len(draft.recordings),
            has_dialog=draft.dialog is not None,
            keys=tuple(_compiled(one, places) for one in self.keys),
            rows=tuple((table, *_compiled(text, places)) for table, text in self.rows),
            first_at=self.first_at,
            places=places,
            statements=statements,
        )

    def _places(self) -> dict[str, int]:
        """Where in a call's values each hole finds its own."""
        names = [*MARKED]
        names += [f"at{offset}{letter}" for offset, letter in self.moments]
        names += [f"push{number}" for number in range(self.pushes)]
        names += [f"recording{number}" for number in range(len(self.draft.recordings))]
        names += [f"key{number}" for number in range(len(self.keys))]
        return {name: place for place, name in enumerate(names)}

    def _add_all(self, draft: Draft) -> None:
        call = draft.call
        turns = list(draft.turns.values())
        self._add(call, pk="pk", account_id="account")
        for leg in draft.legs.values():
            self._add(leg, call_id="pk")
        for event in draft.events.values():
            keys = [leg.key for leg in draft.legs.values() if leg.number == event.number]
            self._add(event, call_id="pk", key=self._event_key(event, "".join(keys[:1])))
        for code in draft.codes.values():
            self._add(code, call_id="pk")
        if draft.dialog is not None:
            self._add(draft.dialog, pk="dialog", call_id="pk")
            for turn in turns:
                self._add(turn, dialog_id="dialog")
            self._add(handles.spoken(call, turns), call_id="pk")
        self._add_handles(draft, turns)
        for number, recording in enumerate(draft.recordings.values()):
            self._add_recording(recording, number)

    def _add_handles(self, draft: Draft, turns: Sequence[Turn]) -> None:
        call = draft.call
        found = handles.of(call, draft.legs.values(), draft.events.values(), turns)
        for key, (is_caller, is_callee, is_shown) in found.parties.items():
            row = Party(
                key=key,
                occurred_at=call.occurred_at,
                is_caller=is_caller,
                is_callee=is_callee,
                is_shown=is_shown,
            )
            self._add(row, call_id="pk", mirror=_mirrored(self._holed(key)))
        for name, value in sorted(found.references):
            row_of_it = Reference(name=name, value=value, occurred_at=call.occurred_at)
            self._add(row_of_it, call_id="pk")

    def _event_key(self, event: Any, number_key: str) -> str:
        said = [event.kind, event.at.isoformat(), number_key, event.party, event.digits]
        return self._key(said)

    def _key(self, said: Sequence[str]) -> str:
        """A hole for the digest of these words, as ``calls.draft`` makes it."""
        text = self._holed(json.dumps(said, ensure_ascii=False))
        self.keys.setdefault(text)
        return f"\x01key{list(self.keys).index(text)}\x02"

    def _add_recording(self, row: Recording, number: int) -> None:
        file = (row.object_name or row.address or "").partition("?")[0]
        self._add(row, pk=f"recording{number}", call_id="pk", key=self._key([row.track, file]))
        at = self.draft.call.updated_at
        state = self.dice.choices(
            [SoundState.STORED, SoundState.GONE, SoundState.REFUSED], [88, 11, 1]
        )[0]
        is_stored = state == SoundState.STORED
        sound = Sound(
            state=state,
            problem="" if is_stored else "404: the vendor no longer has it.",
            attempts=1 if is_stored else 9,
            deadline_at=at + timedelta(days=7),
            host=f"{row.object_domain or self.draft.call.vendor}.example",
            name=f"{self.draft.call.vendor}/zzhexx32zz.wav" if is_stored else "",
            size_bytes=row.size_bytes or 480_044 if is_stored else None,
            sha256="zzhexx32zzzzhexx32zz" if is_stored else "",
            media_type="audio/wav" if is_stored else "",
            codec="alaw" if is_stored else "",
            channels=1 if is_stored else None,
            seconds=30.0 if is_stored else None,
            peaks=bytes(range(8)) * 40 if is_stored else None,
            stored_at=at if is_stored else None,
            updated_at=at,
        )
        self._add(sound, call_id="pk", recording_id=f"recording{number}")

    def _add(self, row: models.Model, **holes: str) -> None:
        """A row, with holes named for some of its columns; the others are searched for marks."""
        cells = []
        for column in columns(type(row)):
            name = holes.get(column.attname) or (holes.get("pk") if column.primary_key else None)
            if name is not None:
                cells.append(name if "\x01" in name else f"\x01{name}\x02")
            else:
                cells.append(self._holed(cell(column, getattr(row, column.attname))))
        text = "\t".join(cells) + "\n"
        if isinstance(row, Spoken):  # holds the pieces of a sentence, not the sentence
            text = text.replace("\x01said", "\x01words")
        self.rows.append((row._meta.db_table, text))

    def _holed(self, text: str) -> str:
        return _MARK.sub(self._dug, text)

    def _dug(self, found: "re.Match[str]") -> str:
        name = _hole(found, self.first_at)
        if not name:
            return found[0]
        if found["moment"]:
            self.moments.setdefault((int(name[2:-1]), name[-1]))
        return f"{found['robot'] or ''}\x01{name}\x02"


def _hole(found: "re.Match[str]", first_at: datetime) -> str:
    """The name of the hole that a mark stands for; empty where it is no mark after all."""
    said = found.groupdict()
    if word := said["word"]:
        return f"{word}:{said['cut']}" if said["cut"] else word
    if said["number"]:
        return _role(int(said["number"]))
    if said["push"]:
        return f"push{int(said['push'])}"
    if said["week"]:
        return "week"
    at = datetime.fromisoformat(said["moment"]).replace(tzinfo=UTC)
    if abs(at - first_at) > _CARRIED:
        return ""
    return f"at{(at - first_at) // timedelta(seconds=1)}{said['moment'][10]}"


def _role(line_number: int) -> str:
    if line_number in plan.CUSTOMERS:
        return "customer"
    return "own" if line_number in plan.OWN_LINES else "line"


def _mirrored(text: str) -> str:
    """The text backwards, its holes standing for what they hold backwards."""
    parts = _HOLE.split(text)
    turned = [
        f"\x01{part[::-1]}\x02" if place % 2 else part[::-1] for place, part in enumerate(parts)
    ]
    return "".join(reversed(turned))


def _compiled(text: str, places: Mapping[str, int]) -> Filled:
    """A format and what picks its arguments out of a call's values."""
    parts = _HOLE.split(text.replace("%", "%%"))
    picked: list[int] = []
    for place in range(1, len(parts), 2):
        name, _, cut = parts[place].partition(":")
        picked.append(places[name])
        parts[place] = f"%.{cut}s" if cut else "%s"
    if not picked:
        return "".join(parts), lambda values: ()
    return "".join(parts), itemgetter(*picked)
