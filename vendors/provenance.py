"""Which push said what of a call: each field's value now, whose word it is, what others said.

A row remembers only whose word counts. What the others said is read from their bytes once more.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calls.draft import CALL_FIELDS, LEG_FIELDS
from calls.models import Call, CallCode
from vendors import readings
from vendors.models import Push
from vendors.readings import Told, Word

MOST_PUSHES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """A word, and the push that said it. A push that is not at hand has its id alone."""

    push_id: int
    source: str = ""
    word: Word | None = None
    is_guess: bool = False
    is_imported: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A field: its value now, whose word that is (nobody's where the portal worked it out), who
    said the same, and who said otherwise."""

    now: Word
    by: Voice | None
    echoes: Sequence[Voice]
    others: Sequence[Voice]

    @property
    def is_conflict(self) -> bool:
        """Whether two pushes contradict each other outright: a guess contradicts nobody."""
        is_guess = self.by is not None and self.by.is_guess
        return not is_guess and any(not other.is_guess for other in self.others)

    @property
    def sent(self) -> Word | None:
        """Where the vendor's own way of writing the value stands, if it is known."""
        word = self.by.word if self.by else None
        return word if word is not None and word.sent else None


def pushes_of(call: Call) -> list[Push]:
    """The pushes behind a call, oldest first; the first so many of them."""
    keys = sorted(int(key) for key in call.said)[:MOST_PUSHES]
    rows = Push.objects.filter(pk__in=keys, emptied_at=None).select_related("account")
    return list(rows.defer("headers", "query", "digest").order_by("received_at", "id"))


def lines(call: Call, pushes: Sequence[Push]) -> list[Line]:
    """What is known of a call, field by field."""
    said: dict[str, list[Voice]] = defaultdict(list)
    for push in pushes:
        for told in _told(call, push):
            for path, word in told.words.items():
                said[path].append(
                    Voice(
                        push_id=push.pk,
                        source=told.source_name,
                        word=word,
                        is_guess=path in told.guesses,
                        is_imported=push.imported_id is not None,
                    )
                )
    holders = _holders(call)
    imported = frozenset(push.pk for push in pushes if push.imported_id is not None)
    return [
        _line(readings.word(path, value), holders.get(path), said.get(path, []), imported)
        for path, value in known(call).items()
    ]


def _told(call: Call, push: Push) -> list[Told]:
    """What a push says of this call among the many that it may be about."""
    read = readings.read(push.account, push.kind, bytes(push.body), only=call.call_id)
    return list(read.told)


def known(call: Call) -> dict[str, Any]:
    """The call's values by the names that precedence gives them; no value, no line."""
    found = {name: getattr(call, name) for name in CALL_FIELDS}
    for leg in call.legs.all():
        found |= {readings.leg_path(leg.key, name): getattr(leg, name) for name in LEG_FIELDS}
    found |= {_path(code): code.value for code in _codes(call)}
    found |= {f"details.{name}": value for name, value in call.details.items()}
    found |= {f"extra.{name}": value for name, value in call.extra.items()}
    return {path: value for path, value in found.items() if value is not None and value != ""}


def _codes(call: Call) -> list[CallCode]:
    return sorted(call.codes.all(), key=lambda one: (one.place, one.pk))


def _holders(call: Call) -> dict[str, tuple[int, str, bool]]:
    """By path: the push whose word counts, what sort it is, and whether that is a guess."""
    found = _speakers(call.said)
    for leg in call.legs.all():
        spoken = _speakers(leg.said)
        found |= {readings.leg_path(leg.key, name): holder for name, holder in spoken.items()}
    for code in _codes(call):
        source = call.said.get(str(code.push_id), [""])[0]
        found[_path(code)] = (code.push_id, source, False)
    return found


def _path(code: CallCode) -> str:
    return readings.code_path(code.place, code.scheme, code.value)


def _speakers(said: Mapping[str, Any]) -> dict[str, tuple[int, str, bool]]:
    return {
        path.removeprefix("?"): (int(push), source, path.startswith("?"))
        for push, (source, _stated_at, paths) in said.items()
        for path in paths
    }


def _line(
    now: Word,
    holder: tuple[int, str, bool] | None,
    voices: Sequence[Voice],
    imported: frozenset[int],
) -> Line:
    by = None
    if holder is not None:
        push_id, source, is_guess = holder
        own = [one.word for one in voices if one.push_id == push_id and _says(one, now)]
        by = Voice(
            push_id=push_id,
            source=readings.source_name(source),
            word=own[0] if own else None,
            is_guess=is_guess,
            is_imported=push_id in imported,
        )
    rest = [one for one in voices if by is None or one.push_id != by.push_id]
    return Line(
        now=now,
        by=by,
        echoes=[one for one in rest if _says(one, now)],
        others=[one for one in rest if not _says(one, now)],
    )


def _says(voice: Voice, now: Word) -> bool:
    return voice.word is not None and voice.word.value == now.value
