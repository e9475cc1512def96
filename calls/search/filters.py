"""The filters of calls: one table that page, form, text, API, saved views and exports share.

A filter turns its values into a condition on calls. What belongs to a call in many rows (its
numbers, references, codes) is asked for by EXISTS, so that no call comes twice. One value of them
can lead instead (``leads``): its rows repeat when the call occurred, and an index holds them in the
order of the list, so that a number with a million calls costs no more than one with ten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.models import Account, Sound, SoundState
from calls.search import reading
from calls.search.reading import ComplaintError

Choices = Mapping[str, str | Promise]
EXPIRES_SOON = timedelta(hours=48)
MOST_VALUES = 200  # under one name: an address must stay within what proxies pass on


@dataclass(frozen=True, slots=True)
class Lead:
    """Rows that lead to calls in the order in which they occurred: by an index of ``relation``,
    under ``condition``, whose fields begin with ``lead``."""

    relation: str
    condition: Q


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter. ``form`` says how a form shows it; ``hint`` is an example of a value."""

    label: str | Promise
    hint: str = ""
    form: str = "text"
    group: str = "more"
    splits: bool = False  # values never hold commas or blanks, so a form's field may hold several

    def check(self, value: str) -> None:
        """Raises ComplaintError for a value that cannot be meant."""
        self.condition([value])

    def condition(self, values: Sequence[str]) -> Q:
        """The condition on calls: any of the values."""
        raise NotImplementedError

    def leads(self, values: Sequence[str]) -> list[Lead | Q] | None:
        """Parts that together are all calls of these values, each of them quick to find: by rows
        that lead to them in order, or by a condition that few calls meet. None where the filter
        is not among those that narrow a list best."""
        return None

    def choices(self) -> Choices:
        """The values to choose from, by what is shown; none where anything may be written."""
        return {}


@dataclass(frozen=True, kw_only=True)
class ChoiceFilter(Filter):
    """One of a few words, each of which has a column's value or a condition of its own."""

    column: str = ""
    known: Choices | Callable[[], Choices] = field(default_factory=dict)
    conditions: Mapping[str, Callable[[], Q]] = field(default_factory=dict)
    form: str = "choice"

    def choices(self) -> Choices:
        return self.known() if callable(self.known) else self.known

    def condition(self, values: Sequence[str]) -> Q:
        known = list(self.choices())
        chosen = [reading.choice(value, known) for value in values]
        if self.column:
            return Q(**{f"{self.column}__in": chosen})
        found = Q()
        for one in chosen:
            found |= self.conditions[one]()
        return found


@dataclass(frozen=True, kw_only=True)
class AccountFilter(Filter):
    """By an account's name or id."""

    form: str = "choice"

    def choices(self) -> Choices:
        return {str(account.pk): str(account) for account in Account.objects.all()}

    def condition(self, values: Sequence[str]) -> Q:
        ids: set[int] = set()
        for value in values:
            wanted = Q(name=value)
            if value.isascii() and value.isdecimal() and len(value) < 19:
                wanted |= Q(pk=int(value))
            found = set(Account.objects.filter(wanted).values_list("pk", flat=True))
            if not found:
                raise ComplaintError(_('There is no account "%(text)s".') % {"text": value[:60]})
            ids |= found
        return Q(account_id__in=ids)


def of_vendors_id(values: Sequence[str]) -> Q:
    """By the vendor's own id. The accounts are named, since the index begins with them."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    return Q(account_id__in=accounts, call_id__in=list(values))


@dataclass(frozen=True, kw_only=True)
class CallIdFilter(Filter):
    """By the vendor's own id of the call."""

    def condition(self, values: Sequence[str]) -> Q:
        return of_vendors_id(values)


@dataclass(frozen=True, kw_only=True)
class PickFilter(Filter):
    """Calls by the ids of their rows: those that somebody picked on the page."""

    form: str = "none"
    splits: bool = True

    def condition(self, values: Sequence[str]) -> Q:
        return Q(pk__in=[reading.whole(value) for value in values])


@dataclass(frozen=True, kw_only=True)
class SpanFilter(Filter):
    """Whole seconds."""

    column: str
    form: str = "span"

    def condition(self, values: Sequence[str]) -> Q:
        found = Q()
        for value in values:
            span = reading.span(value)
            if span.is_unsaid:
                found |= Q(**{f"{self.column}__isnull": True})
                continue
            one = Q(**{f"{self.column}__isnull": False})
            if span.low is not None:
                one &= Q(**{f"{self.column}__gte": span.low})
            if span.high is not None:
                one &= Q(**{f"{self.column}__lte": span.high})
            found |= one
        return found


@dataclass(frozen=True, kw_only=True)
class MomentFilter(Filter):
    """From a moment on, or up to one."""

    is_end: bool = False
    form: str = "moment"

    def condition(self, values: Sequence[str]) -> Q:
        return self.when(values, "occurred_at")

    def when(self, values: Sequence[str], column: str) -> Q:
        """The condition on the column that says when a call occurred."""
        found = Q()
        for value in values:
            at = self.moment(value)
            found |= Q(**{f"{column}__lt" if self.is_end else f"{column}__gte": at})
        return found

    def moment(self, value: str) -> datetime:
        return reading.end(value) if self.is_end else reading.moment(value)


@dataclass(frozen=True, kw_only=True)
class PresetFilter(ChoiceFilter):
    """A range of days that has a name."""

    def condition(self, values: Sequence[str]) -> Q:
        return self.when(values, "occurred_at")

    def when(self, values: Sequence[str], column: str) -> Q:
        found = Q()
        for value in values:
            first, last = reading.preset(reading.choice(value, list(self.choices())))
            found |= Q(**{f"{column}__gte": first, f"{column}__lt": last})
        return found


@dataclass(frozen=True, kw_only=True)
class HourFilter(Filter):
    """Hours of the day, as the reader's clock shows them."""

    form: str = "none"

    def condition(self, values: Sequence[str]) -> Q:
        return self.when(values, "occurred_at")

    def when(self, values: Sequence[str], column: str) -> Q:
        hours = {hour for value in values for hour in reading.hours(value)}
        return Q(**{f"{column}__hour__in": sorted(hours)})


@dataclass(frozen=True, kw_only=True)
class WeekdayFilter(ChoiceFilter):
    """Days of the week in the reader's zone; the first that is known is Monday."""

    form: str = "none"

    def condition(self, values: Sequence[str]) -> Q:
        return self.when(values, "occurred_at")

    def when(self, values: Sequence[str], column: str) -> Q:
        known = list(self.choices())
        days = {known.index(reading.choice(value, known)) + 1 for value in values}
        return Q(**{f"{column}__iso_week_day__in": sorted(days)})


def vendors() -> Choices:
    """The vendors that there are accounts of."""
    names = Account.objects.order_by("vendor").values_list("vendor", flat=True).distinct()
    return {name: name for name in names}


def _sounds(**wanted: Any) -> Q:
    return Q(Exists(Sound.objects.filter(call_id=OuterRef("pk"), **wanted)))


def expiring() -> Q:
    """Not ours yet, and lost soon."""
    waited_for = [SoundState.WAITING, SoundState.FETCHING, SoundState.MISSING]
    return _sounds(state__in=waited_for, deadline_at__lt=timezone.now() + EXPIRES_SOON)


RECORDINGS: Mapping[str, Callable[[], Q]] = {
    "yes": lambda: Q(has_recording=True),
    "no": lambda: Q(has_recording=False),
    "stored": lambda: _sounds(state=SoundState.STORED),
    "missing": lambda: _sounds(state=SoundState.MISSING),
    "expiring": expiring,
}
RECORDING_LABELS: Choices = {
    "yes": gettext_lazy("Has a recording"),
    "no": gettext_lazy("Has none"),
    "stored": gettext_lazy("Stored here"),
    "missing": gettext_lazy("Expected, but missing"),
    "expiring": gettext_lazy("Lost within 48 hours"),
}
