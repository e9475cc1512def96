"""What a call was before and would be after: field by field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from calls.models import OUTCOME_LABELS, STATE_LABELS, Call
from vendors import bodies, provenance, readings
from vendors.readings import Word

_OURS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "state": (_("State"), STATE_LABELS),
    "outcome": (_("Outcome"), OUTCOME_LABELS),
    "events": (_("Events"), {}),
    "turns": (_("Steps of the dialog"), {}),
    "recordings": (_("Recordings"), {}),
}
_COLUMNS = ("state", "outcome")


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What is known of a call, by the names that precedence gives it."""

    call_id: str
    known: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field that changes. One of the two may be None: nothing was known, or nothing would be."""

    label: str
    before: Word | None
    after: Word | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A call that would be made or changed. ``key`` is None of one that is not there yet."""

    key: int | None
    call_id: str
    fields: Sequence[Field]


def states(keys: Iterable[int]) -> dict[int, State]:
    """What is known of these calls now."""
    calls = Call.objects.filter(pk__in=list(keys)).prefetch_related("legs", "codes")
    counted = calls.annotate(
        count_of_events=Count("events", distinct=True),
        count_of_turns=Count("dialog__turns", distinct=True),
        count_of_recordings=Count("recordings", distinct=True),
    )
    return {call.pk: State(call_id=call.call_id, known=_known(call)) for call in counted}


def _known(call: Any) -> dict[str, Any]:
    counts = {name: getattr(call, f"count_of_{name}") for name in _OURS if name not in _COLUMNS}
    columns = {name: getattr(call, name) for name in _COLUMNS}
    return columns | provenance.known(call) | {name: n for name, n in counts.items() if n}


def between(before: Mapping[int, State], after: Mapping[int, State]) -> list[Change]:
    """The calls of which something would change, those first that would be made."""
    found = []
    for key, state in after.items():
        present = before.get(key)
        fields = _fields(present.known if present else {}, state.known)
        if fields:
            found.append(
                Change(
                    key=key if present else None, call_id=bodies.seen(state.call_id), fields=fields
                )
            )
    return sorted(found, key=lambda one: (one.key is not None, one.key or 0))


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Field]:
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Field(
            label=_label(path),
            before=_word(path, before.get(path)),
            after=_word(path, after.get(path)),
        )
        for path in paths
        if before.get(path) != after.get(path)
    ]


def _label(path: str) -> str:
    return str(_OURS[path][0]) if path in _OURS else readings.word(path, "").label


def _word(path: str, value: Any) -> Word | None:
    if value is None:
        return None
    if path not in _OURS:
        return readings.word(path, value)
    label, texts = _OURS[path]
    text = str(texts.get(value, value))
    return Word(path=path, label=str(label), value=value, form="text", text=text)
