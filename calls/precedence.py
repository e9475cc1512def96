"""Which of several words about one field counts, and who said it.

Every field is the greatest of all that was said about it: by the sort of push, then by the date
that the vendor gave its record, then by the value itself. The moment of arrival plays no part, so
any order and any repetition of a call's pushes end in the same row.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from calls.facts import CallFacts, Source

# Whose word counts most. A vendor's record is made when the call is over and all is known.
WEIGHTS: Mapping[str, int] = {
    Source.RECORD.value: 6,
    Source.SUMMARY.value: 5,
    Source.TABLE.value: 4,
    Source.STATUS.value: 3,
    Source.DIALOG.value: 2,
    Source.RECORDING.value: 1,
    "unsure": 0,
}
# Of two equally good words the greater counts: the later time, the longer duration. Not for these.
LEAST_COUNTS = frozenset({"started_at"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Speaker:
    """What one push said that still counts: an entry of ``said``."""

    push_id: int
    source: str
    stated_at: str
    fields: list[str] = field(default_factory=list)
    spoke_before: bool = False
    said_again: set[str] = field(default_factory=set)


class Memory:
    """Which push set which field of a row, and what it takes to set it anew."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.speakers = {
            push_id: Speaker(int(push_id), source, stated_at, list(paths), spoke_before=True)
            for push_id, (source, stated_at, paths) in said.items()
        }
        self.holders = {
            path.removeprefix("?"): (speaker, path.startswith("?"))
            for speaker in self.speakers.values()
            for path in speaker.fields
        }
        self.is_contradicted = False  # two pushes said different things outright

    def introduce(self, push_id: int, facts: CallFacts) -> Speaker:
        """The speaker for a push, known from now on even if all it says was said before."""
        stated_at = facts.stated_at.isoformat() if facts.stated_at else ""
        new = Speaker(push_id, facts.source.value, stated_at)
        speaker = self.speakers.setdefault(str(push_id), new)
        # A mended adapter may know the push for something else than it was taken for.
        speaker.source, speaker.stated_at = new.source, new.stated_at
        return speaker

    def hears(
        self, speaker: Speaker, path: str, value: Any, present: Any, *, unsure: bool = False
    ) -> bool:
        """Whether this word is to replace the present value; if so, remember who said it.

        A push that is processed again, after its adapter was mended, takes its old word back.
        """
        holder = self.holders.get(path)
        is_first_word = path not in speaker.said_again
        speaker.said_again.add(path)
        if holder is not None:
            old, old_unsure = holder
            takes_back = old is speaker and speaker.spoke_before and is_first_word
            if takes_back and (value, unsure) == (present, old_unsure):
                return False
            if not (takes_back or unsure or old_unsure or "." in path):
                self.is_contradicted = self.is_contradicted or _word(value) != _word(present)
            strength = _strength(speaker, path, value, unsure=unsure)
            if not takes_back and strength <= _strength(old, path, present, unsure=old_unsure):
                return False
            old.fields.remove(f"?{path}" if old_unsure else path)
        speaker.fields.append(f"?{path}" if unsure else path)
        self.holders[path] = (speaker, unsure)
        return True

    def written(self) -> dict[str, list[Any]]:
        return {
            str(one.push_id): [one.source, one.stated_at, sorted(one.fields)]
            for one in sorted(self.speakers.values(), key=lambda one: one.push_id)
        }


def _strength(
    speaker: Speaker, path: str, value: Any, *, unsure: bool
) -> tuple[int, str, int, str, str]:
    """By weight of the source, then by the record's own date, then by the value itself.

    The value decides last and not the moment of arrival, so that any order gives the same row.
    """
    weight = WEIGHTS["unsure" if unsure else speaker.source]
    number, text, kind = rank(value)
    if path in LEAST_COUNTS:
        number = -number
    return weight, speaker.stated_at, number, text, kind


def _word(value: Any) -> Any:
    """What a value says to the second: vendors give one moment with and without milliseconds."""
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def rank(value: Any) -> tuple[int, str, str]:
    """What makes one value greater than another of its kind; any two values compare, and only
    equal ones are equal: ``"1.5"`` is more than ``1.5``."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND, "", ""
    if isinstance(value, int) and not isinstance(value, bool):
        return value, "", ""
    if isinstance(value, str):
        return 0, value, "text"
    return 0, json.dumps(value, sort_keys=True, ensure_ascii=False), ""
