"""What is known of a telephone number: its calls over all vendors, and what became of them.

A number may have millions of calls. Everything but the first and the last of them is worked out
from the newest ``MOST``, found by one index.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from calls.ids import these
from calls.models import OUTCOME_LABELS, Call, Party
from calls.outcomes import Outcome, State

LISTED = 50
MOST = 2000  # calls that are looked at for everything that is counted
WITH_DIALOG = 10
OTHERS = 10
TOP = 5  # pixels above the highest bar of a drawing

_HEAVY = ("said", "details", "extra", "user_data")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """The calls of one hour of the day, and how many of them were answered."""

    hour: int
    calls: int = 0
    answered: int = 0

    @property
    def rate(self) -> int | None:
        """In per cent; None without calls."""
        return round(100 * self.answered / self.calls) if self.calls else None

    @property
    def x(self) -> float:
        """Where it stands in a drawing of the day, in per cent of the width."""
        return 100 / 24 * self.hour

    @property
    def top(self) -> int:
        """Where its bar begins in a drawing of 100 pixels, below a margin."""
        return TOP + 100 - (self.rate or 0)

    @property
    def is_labelled(self) -> bool:
        return self.hour % 3 == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Became:
    outcome: str
    calls: int

    @property
    def label(self) -> str:
        return str(OUTCOME_LABELS.get(self.outcome, self.outcome))


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """A number that appears in calls of this one: as it was sent, and in how many."""

    key: str
    number: str
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """``total`` counts no further than ``MOST``. ``to_it`` and ``from_it`` are hours of the day;
    there are none without such calls."""

    key: str
    name: str
    vendors: Sequence[str]
    total: int
    is_more: bool
    first_at: datetime | None
    last_at: datetime | None
    calls: Sequence[Call]
    with_dialog: Sequence[Call]
    outcomes: Sequence[Became]
    to_it: Sequence[Hour]
    from_it: Sequence[Hour]
    shown: Sequence[Other]
    partners: Sequence[Other]
    is_shown: bool


def is_known(key: str) -> bool:
    return Party.objects.filter(key=key).exists()


def tell(key: str) -> Story:
    rows = Party.objects.filter(key=key)
    newest = rows.order_by("-occurred_at", "-call_id").values_list("call_id", flat=True)
    ids = list(newest[: MOST + 1])
    looks = _looks(ids[:MOST])
    ended = [look for look in looks if look.state == State.ENDED.value]
    dialogs = [look.pk for look in looks if look.has_dialog][:WITH_DIALOG]
    spans = rows.order_by("occurred_at", "call_id").values_list("occurred_at", flat=True)
    return Story(
        key=key,
        name=_name(key, looks),
        vendors=sorted({look.vendor for look in looks}),
        total=len(looks),
        is_more=len(ids) > MOST,
        first_at=spans.first(),
        last_at=looks[0].occurred_at if looks else None,
        calls=_whole([look.pk for look in looks[:LISTED]]),
        with_dialog=_whole(dialogs),
        outcomes=[
            Became(outcome=outcome, calls=calls)
            for outcome, calls in Counter(look.outcome for look in ended).most_common()
        ],
        to_it=_hours(look for look in ended if look.callee_key == key),
        from_it=_hours(look for look in ended if look.caller_key == key),
        shown=_others(key, ((one.display_key, one.display_number) for one in looks)),
        partners=_others(key, (side for one in looks for side in one.sides)),
        is_shown=any(look.display_key == key for look in looks),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked at of a call."""

    pk: int
    vendor: str
    occurred_at: datetime
    outcome: str
    state: str
    has_dialog: bool
    caller: str
    caller_key: str
    callee: str
    callee_key: str
    display_number: str
    display_key: str

    @property
    def sides(self) -> list[tuple[str, str]]:
        return [(self.caller_key, self.caller), (self.callee_key, self.callee)]

    @property
    def spellings(self) -> list[tuple[str, str]]:
        return [*self.sides, (self.display_key, self.display_number)]


def _looks(ids: Sequence[int]) -> list[_Look]:
    """What is looked at of these calls, in their order."""
    rows = Call.objects.filter(pk__in=these(ids)).order_by()
    found = {row[0]: _Look(*row) for row in rows.values_list(*_Look.__dataclass_fields__)}
    return [found[pk] for pk in ids if pk in found]


def _whole(ids: Sequence[int]) -> list[Call]:
    """Calls as they are listed, in this order."""
    rows: QuerySet[Call] = Call.objects.select_related("account").defer(*_HEAVY)
    found = rows.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _name(key: str, looks: Sequence[_Look]) -> str:
    """The number as it was last sent."""
    spelled = (number for look in looks for other, number in look.spellings if other == key)
    return next(spelled, key)


def _hours(looks: Iterable[_Look]) -> list[Hour]:
    calls: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    for look in looks:
        hour = timezone.localtime(look.occurred_at).hour
        calls[hour] += 1
        answered[hour] += look.outcome == Outcome.ANSWERED.value
    hours = range(24) if calls else ()
    return [Hour(hour=hour, calls=calls[hour], answered=answered[hour]) for hour in hours]


def _others(key: str, seen: Iterable[tuple[str, str]]) -> list[Other]:
    """The numbers that are seen most, this one left out, each in the spelling seen first."""
    counts: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for other, number in seen:
        if other and other != key:
            counts[other] += 1
            spelled.setdefault(other, number)
    return [
        Other(key=other, number=spelled[other], calls=calls)
        for other, calls in counts.most_common(OTHERS)
    ]
