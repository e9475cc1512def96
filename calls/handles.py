"""What a call can be found by, beside its own columns: numbers, references, the words of a dialog.

Each is a function of the call and of what belongs to it, so a change of a call is a difference
between what it could be found by before and after. Every row repeats the call's ``occurred_at``: an
index then holds the calls of a number in the order in which they are listed. (A call's codes do so
too; ``calls.draft`` sees to that.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from calls import words
from calls.models import ID_LENGTH, Call, Event, Leg, Party, Reference, Spoken, Turn

# Details that are ids of something a call belongs to, and the word of the filter that finds them.
REFERENCE_NAMES = {
    "task_id": "task",
    "task_data_id": "task",
    "bind_id": "bind",
    "customer_bind_id": "bind",
    "subscription_id": "subscription",
    "session_id": "session",
    "call_relation_id": "related",
    "record_id": "record",
    "client_tags": "intent",
    "pressed_keys": "keys",
}
Roles = tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class Handles:
    """What a call can be found by. ``parties`` are caller, callee, shown by searchable number."""

    occurred_at: datetime | None = None
    parties: Mapping[str, Roles] = field(default_factory=dict)
    references: frozenset[tuple[str, str]] = frozenset()


def of(call: Call, legs: Iterable[Leg], events: Iterable[Event], turns: Iterable[Turn]) -> Handles:
    keys = {leg.key for leg in legs} | {call.caller_key, call.callee_key, call.display_key}
    parties = {
        key: (key == call.caller_key, key == call.callee_key, key == call.display_key)
        for key in keys
        if key
    }
    references = {
        (name, text)
        for detail, name in REFERENCE_NAMES.items()
        for text in _texts(call.details.get(detail))
    }
    references |= {("keys", event.digits) for event in events if event.digits}
    references |= {("intent", turn.tag_name) for turn in turns if turn.tag_name}
    return Handles(call.occurred_at, parties, frozenset(references))


def _texts(value: Any) -> list[str]:
    """The ids in a detail: a text, a number, or a list of them; anything else names nothing."""
    if isinstance(value, list):
        return [text for one in value if not isinstance(one, list) for text in _texts(one)]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return []
    text = str(value).strip()
    return [text] if 0 < len(text) <= ID_LENGTH else []


@dataclass(slots=True)
class Difference:
    """Rows to write and rows to delete, of many calls."""

    parties: list[Party] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    lost_parties: list[tuple[int, str]] = field(default_factory=list)
    lost_references: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, call: Call, before: Handles, after: Handles) -> None:
        at = call.occurred_at
        is_moved = before.occurred_at != at
        for key, roles in after.parties.items():
            if is_moved or before.parties.get(key) != roles:
                self.parties.append(_party(call, key, roles))
        for name, value in sorted(after.references):
            if is_moved or (name, value) not in before.references:
                self.references.append(
                    Reference(call_id=call.pk, name=name, value=value, occurred_at=at)
                )
        self.lost_parties += [(call.pk, key) for key in before.parties.keys() - after.parties]
        self.lost_references += [(call.pk, *lost) for lost in before.references - after.references]

    def speak(self, call: Call, turns: Sequence[Turn]) -> None:
        self.spoken.append(spoken(call, turns))

    def write(self) -> None:
        for key in self.lost_parties:
            Party.objects.filter(pk=key).delete()
        for reference in self.lost_references:
            Reference.objects.filter(pk=reference).delete()
        # Sorted, so that two workers never wait for each other's rows.
        _put(Party, sorted(self.parties, key=lambda row: (row.call_id, row.key)))
        _put(
            Reference,
            sorted(self.references, key=lambda row: (row.call_id, row.name, row.value)),
        )
        _put(Spoken, sorted(self.spoken, key=lambda row: row.call_id))


def _party(call: Call, key: str, roles: Roles) -> Party:
    caller, callee, shown = roles
    return Party(
        call_id=call.pk,
        key=key,
        mirror=key[::-1],
        occurred_at=call.occurred_at,
        is_caller=caller,
        is_callee=callee,
        is_shown=shown,
    )


def spoken(call: Call, turns: Sequence[Turn]) -> Spoken:
    """The row by which the words of a call's dialog are found."""
    ordered = sorted(turns, key=lambda turn: (turn.position, turn.key))
    return Spoken(
        call_id=call.pk,
        occurred_at=call.occurred_at,
        robot=words.pieces(turn.text_robot for turn in ordered),
        customer=words.pieces(turn.text_customer for turn in ordered),
    )


def _put(model: Any, rows: Sequence[Any]) -> None:
    """Insert rows, or overwrite those that are there."""
    if not rows:
        return
    keys = [one.name for one in model._meta.pk_fields]
    others = [
        one.name for one in model._meta.concrete_fields if one.name not in keys and one.name != "pk"
    ]
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=keys, update_fields=others)


def rebuild(calls: Sequence[Call]) -> None:
    """Make these calls findable anew, from what is known of them."""
    ids = [call.pk for call in calls]
    Party.objects.filter(call_id__in=ids).delete()
    Reference.objects.filter(call_id__in=ids).delete()
    Spoken.objects.filter(call_id__in=ids).delete()
    belongings: dict[int, tuple[list[Leg], list[Event], list[Turn]]] = {
        pk: ([], [], []) for pk in ids
    }
    for leg in Leg.objects.filter(call_id__in=ids):
        belongings[leg.call_id][0].append(leg)
    for event in Event.objects.filter(call_id__in=ids):
        belongings[event.call_id][1].append(event)
    for turn in Turn.objects.filter(Q(dialog__call_id__in=ids)).select_related("dialog"):
        belongings[turn.dialog.call_id][2].append(turn)
    difference = Difference()
    for call in calls:
        legs, events, turns = belongings[call.pk]
        difference.add(call, Handles(), of(call, legs, events, turns))
        if turns:
            difference.speak(call, turns)
    difference.write()
