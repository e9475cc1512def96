"""Which column of a table says what of a call, and how it says it."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from calls.bills import cells, heads

ID, CALLER, CALLEE, SHOWN, DIRECTION = "call_id", "caller", "callee", "display_number", "direction"
STARTED, RANG, ANSWERED, ENDED = "started_at", "rang_at", "answered_at", "ended_at"
RING, TALK, RESULT, USER_DATA = "ring_seconds", "talk_seconds", "result", "user_data"
MOMENTS = (STARTED, RANG, ANSWERED, ENDED)
DURATIONS = (RING, TALK)
LABELS: AnyMapping[str, Any] = {
    ID: _("Call id"),
    CALLER: _("Caller"),
    CALLEE: _("Called party"),
    SHOWN: _("Shown number"),
    DIRECTION: _("Direction"),
    STARTED: _("Started"),
    RANG: _("Rang"),
    ANSWERED: _("Answered"),
    ENDED: _("Hung up"),
    RING: _("Ring time"),
    TALK: _("Talk time"),
    RESULT: _("Result code"),
    USER_DATA: _("User data"),
}
# What heads of bills are taken for, in our words.
_GUESSED = {
    "id": ID,
    "caller": CALLER,
    "callee": CALLEE,
    "start": STARTED,
    "seconds": TALK,
}
_MORE = {
    "显示号码": SHOWN,
    "外显号码": SHOWN,
    "displaynumber": SHOWN,
    "呼叫方向": DIRECTION,
    "方向": DIRECTION,
    "direction": DIRECTION,
    "振铃时间": RANG,
    "ringtime": RANG,
    "rangat": RANG,
    "接通时间": ANSWERED,
    "应答时间": ANSWERED,
    "answertime": ANSWERED,
    "answeredat": ANSWERED,
    "answerat": ANSWERED,
    "结束时间": ENDED,
    "挂断时间": ENDED,
    "endtime": ENDED,
    "endedat": ENDED,
    "hangupat": ENDED,
    "振铃时长": RING,
    "ringseconds": RING,
    "呼叫结果": RESULT,
    "外呼结果": RESULT,
    "callresult": RESULT,
    "taskresult": RESULT,
    "result": RESULT,
    "userdata": USER_DATA,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """``fields`` gives the place of the column of each field that has one, from 0; rows up to
    ``head_row``, from 1, are no calls."""

    sheet: str = ""
    head_row: int = 1
    fields: AnyMapping[str, int] = field(default_factory=dict)
    unit: str = cells.SECONDS
    order: str = cells.YMD
    zone: str = "UTC"

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, kept: AnyMapping[str, Any]) -> "Mapping":
        """What was kept; whatever is unknown by now is left out."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        fields = kept.get("fields", {})
        known["fields"] = {name: place for name, place in fields.items() if name in LABELS}
        return cls(**known)


def guess(names: Sequence[str]) -> dict[str, int]:
    """The place of the column of each field that is recognised; no column stands for two."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        known = _MORE.get(heads.plain(name))
        if known is not None:
            found.setdefault(known, place)
    for theirs, place in heads.fields(names).items():
        ours = _GUESSED.get(theirs)
        if ours is not None and ours not in found and place not in found.values():
            found[ours] = place
    return found
