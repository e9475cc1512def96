"""Cuts the rows of a call into texts with holes: a mould."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

from django.db import models

from calls import handles
from calls.draft import Draft
from calls.facts import CallFacts
from calls.models import Party, Recording, Reference, Sound, SoundState, Spoken, Turn
from tests.benchmarks.marks import MARK, hole
from tests.benchmarks.mould import Filled, Mould
from tests.benchmarks.rows import cell, columns

FIXED = ("pk", "account", "call_id", "own", "customer", "line", "digits", "hex", "bind", "week")
MARKED = (*FIXED, "nwo", "remotsuc", "enil", "dialog", "said0", "words0", "said1", "words1")
_HOLE = re.compile("\x01([^\x02]*)\x02")


class Cutter:
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
        return MARK.sub(self._dug, text)

    def _dug(self, found: "re.Match[str]") -> str:
        name = hole(found, self.first_at)
        if not name:
            return found[0]
        if found["moment"]:
            self.moments.setdefault((int(name[2:-1]), name[-1]))
        return f"{found['robot'] or ''}\x01{name}\x02"


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
