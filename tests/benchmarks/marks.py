"""Marks in the facts of a call, where one call's differ from another's of the same kind."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from random import Random
from typing import Any

from calls.facts import CallFacts, DialogFacts
from vendors.simulator import plan

TURNS = (4, 8)  # of a dialog
MARK = re.compile(
    r"zz(?P<word>[a-z_]+\d?)(?:x(?P<cut>\d+))?zz"
    r"|(?:1310000|8520000)(?P<number>\d{4})"
    r"|99000000(?P<push>\d{4})"
    r"|(?P<moment>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)"
    r"|(?<=34579864)(?P<robot>\d{7})(?P<week>\d\d)"
)
_CARRIED = timedelta(days=3)  # how far a call's own moments may lie from its start
_HEX = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_OBJECT = re.compile(r"\d{12}\.wav$")
_DETAILS = {
    "task_data_id": "zzdigitsx18zz",
    "record_id": "zzdigitsx12zz",
    "call_relation_id": "demo-zzdigitsx10zz",
    "bind_id": "zzbindzz",
    "customer_bind_id": "zzbindx10zz",
    "subscription_id": "subzzlinezz",
}


class Marks:
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


def hole(found: "re.Match[str]", first_at: datetime) -> str:
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
