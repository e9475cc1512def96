"""The columns that the list of calls and exports share: what each is called, what its value is.

What stands in the call's own row is named by ``fields``; what stands in other tables is fetched by
``calls.gathering``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calls.models import (
    DIRECTION_LABELS,
    OUTCOME_LABELS,
    PARTY_LABELS,
    SERVICE_LABELS,
    STATE_LABELS,
)


class Kind(Enum):
    """What a column's value is."""

    TEXT = auto()  # an id or a name, as it is
    NUMBER = auto()  # a telephone number, as the reader may see it
    WORDS = auto()  # free text, in which numbers may stand
    MOMENT = auto()
    SECONDS = auto()
    ACCOUNT = auto()
    LABEL = auto()  # a word of ours, or a vendor's where we have none
    OUTCOME = auto()  # the outcome, or that the call is in progress
    FLAG = auto()
    GATHERED = auto()  # codes, from another table
    GATHERED_WORDS = auto()  # text from other tables, in which numbers may stand


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """``sort`` is the word by which a search sorts by this column; empty where none does."""

    key: str
    label: Any
    kind: Kind = Kind.TEXT
    fields: tuple[str, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    is_default: bool = False
    sort: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Columns in the order in which they were chosen, and the keys that name none (any more)."""

    columns: tuple[Column, ...]
    dropped: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        return [column.key for column in self.columns]


ALL = (
    Column(
        key="time",
        label=_("Time"),
        kind=Kind.MOMENT,
        fields=("occurred_at",),
        is_default=True,
        sort="time",
    ),
    Column(key="vendor", label=_("Vendor"), fields=("vendor",), is_default=True),
    Column(
        key="account",
        label=_("Account"),
        kind=Kind.ACCOUNT,
        fields=("account_id",),
    ),
    Column(key="call_id", label=_("Call id"), fields=("call_id",)),
    Column(
        key="service",
        label=_("Service"),
        kind=Kind.LABEL,
        fields=("service",),
        labels=SERVICE_LABELS,
    ),
    Column(
        key="direction",
        label=_("Direction"),
        kind=Kind.LABEL,
        fields=("direction",),
        labels=DIRECTION_LABELS,
    ),
    Column(key="caller", label=_("Caller"), kind=Kind.NUMBER, fields=("caller",), is_default=True),
    Column(
        key="callee",
        label=_("Called party"),
        kind=Kind.NUMBER,
        fields=("callee",),
        is_default=True,
    ),
    Column(
        key="shown",
        label=_("Shown number"),
        kind=Kind.NUMBER,
        fields=("display_number",),
        is_default=True,
    ),
    Column(key="started_at", label=_("Started"), kind=Kind.MOMENT, fields=("started_at",)),
    Column(key="rang_at", label=_("Rang"), kind=Kind.MOMENT, fields=("rang_at",)),
    Column(
        key="answered_at",
        label=pgettext_lazy("when the call was", "Answered"),
        kind=Kind.MOMENT,
        fields=("answered_at",),
    ),
    Column(key="ended_at", label=_("Hung up"), kind=Kind.MOMENT, fields=("ended_at",)),
    Column(
        key="ring",
        label=_("Ring time"),
        kind=Kind.SECONDS,
        fields=("ring_seconds",),
        sort="ring",
    ),
    Column(
        key="outcome",
        label=_("Outcome"),
        kind=Kind.OUTCOME,
        fields=("outcome", "state"),
        labels=OUTCOME_LABELS,
        is_default=True,
    ),
    Column(
        key="talk",
        label=_("Talk time"),
        kind=Kind.SECONDS,
        fields=("talk_seconds",),
        is_default=True,
        sort="talk",
    ),
    Column(key="billed", label=_("Billed"), kind=Kind.SECONDS, fields=("billed_seconds",)),
    Column(
        key="ended_by",
        label=_("Ended by"),
        kind=Kind.LABEL,
        fields=("ended_by",),
        labels=PARTY_LABELS,
        is_default=True,
    ),
    Column(key="state", label=_("State"), kind=Kind.LABEL, fields=("state",), labels=STATE_LABELS),
    Column(key="codes", label=_("Codes"), kind=Kind.GATHERED),
    Column(key="why", label=_("Why"), kind=Kind.GATHERED_WORDS),
    Column(
        key="dialog", label=_("Dialog"), kind=Kind.FLAG, fields=("has_dialog",), is_default=True
    ),
    Column(
        key="recording",
        label=_("Recording"),
        kind=Kind.FLAG,
        fields=("has_recording",),
        is_default=True,
    ),
    Column(key="user_data", label=_("User data"), kind=Kind.WORDS, fields=("user_data",)),
    Column(key="tags", label=_("Tags"), kind=Kind.GATHERED_WORDS),
    Column(key="task", label=_("Task"), kind=Kind.GATHERED_WORDS),
    Column(key="bind", label=_("Binding"), kind=Kind.GATHERED_WORDS),
    Column(key="subscription", label=_("Subscription"), kind=Kind.GATHERED_WORDS),
    Column(key="session", label=_("Session"), kind=Kind.GATHERED_WORDS),
    Column(key="intent", label=_("Intent"), kind=Kind.GATHERED_WORDS),
    Column(key="keys", label=_("Keys pressed"), kind=Kind.GATHERED_WORDS),
)
BY_KEY = {column.key: column for column in ALL}
DEFAULT = tuple(column for column in ALL if column.is_default)
# What a cell of the list shows as well; a file has a column for each.
SHOWN_AS_WELL = {"vendor": "account", "outcome": "why"}


def chosen(keys: Iterable[Any]) -> Chosen:
    """The columns of these keys, each once; the default ones where none is known.

    What was kept with a view or with somebody's preferences may name a column that is gone.
    """
    asked = list(dict.fromkeys(str(key) for key in keys))
    found = tuple(BY_KEY[key] for key in asked if key in BY_KEY)
    dropped = tuple(key for key in asked if key not in BY_KEY)
    return Chosen(columns=found or DEFAULT, dropped=dropped)


def in_a_file(shown: Chosen) -> Chosen:
    """The columns of a file that says what the list says in these."""
    keys: list[str] = []
    for key in shown.keys:
        keys.append(key)
        also = SHOWN_AS_WELL.get(key)
        if also and also not in shown.keys:
            keys.append(also)
    return chosen(keys)
