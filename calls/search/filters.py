"""The filters of calls: one table that page, form, text, API, saved views and exports share.

A filter turns its values into a condition on calls. What belongs to a call in many rows (its
numbers, references, codes) is asked for by EXISTS, so that no call comes twice. One value of a
number, a reference or a phrase is a join instead: its rows repeat when the call occurred, and an
index holds them in the order of the list, so that a number with a million calls costs no more than
one with ten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls import words
from calls.models import Account, Call, CallCode, Party, Reference, Sound, SoundState, Spoken, Tag
from calls.search import lookups, parties, reading
from calls.search.reading import ComplaintError

__all__ = ["Bounds", "Filter", "lookups"]

Rows = QuerySet[Call]
Choices = Mapping[str, str | Promise]
EXPIRES_SOON = timedelta(hours=48)
MOST_VALUES = 200  # under one name: an address must stay within what proxies pass on


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which moments calls occurred, as far as it is known before they are looked at."""

    since: datetime | None = None
    until: datetime | None = None  # included

    def on(self, relation: str) -> dict[str, datetime]:
        """The same for the rows that repeat the moment, which an index needs to be told."""
        found = {f"{relation}__occurred_at__gte": self.since}
        found[f"{relation}__occurred_at__lte"] = self.until
        return {name: at for name, at in found.items() if at is not None}


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

    def join(self, rows: Rows, value: str, bounds: Bounds) -> Rows | None:
        """The rows of one value by an index in the order of the list; None where there is none."""
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


@dataclass(frozen=True, kw_only=True)
class TextFilter(Filter):
    """A column's whole text."""

    column: str

    def condition(self, values: Sequence[str]) -> Q:
        return Q(**{f"{self.column}__in": list(values)})


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
        found = Q()
        for value in values:
            at = self.moment(value)
            found |= Q(occurred_at__lt=at) if self.is_end else Q(occurred_at__gte=at)
        return found

    def moment(self, value: str) -> datetime:
        return reading.end(value) if self.is_end else reading.moment(value)


@dataclass(frozen=True, kw_only=True)
class PresetFilter(ChoiceFilter):
    """A range of days that has a name."""

    def condition(self, values: Sequence[str]) -> Q:
        found = Q()
        for value in values:
            first, last = self.moments(value)
            found |= Q(occurred_at__gte=first, occurred_at__lt=last)
        return found

    def moments(self, value: str) -> tuple[datetime, datetime]:
        return reading.preset(reading.choice(value, list(self.choices())))


@dataclass(frozen=True, kw_only=True)
class RelatedFilter(Filter):
    """By rows that belong to a call."""

    model: type[Model]

    def rows(self, values: Sequence[str]) -> Q:
        """The condition on the rows that belong to a call."""
        raise NotImplementedError

    def condition(self, values: Sequence[str]) -> Q:
        belonging = self.model._default_manager.filter(call_id=OuterRef("pk"))
        return Q(Exists(belonging.filter(self.rows(values))))


@dataclass(frozen=True, kw_only=True)
class NumberFilter(RelatedFilter):
    """By a number in one of its parts, or in any."""

    model: type[Model] = Party
    role: str = ""
    splits: bool = True
    hint: str = "13100001111, 131*, *1111"

    def rows(self, values: Sequence[str]) -> Q:
        patterns = [parties.pattern(value) for value in values]
        whole = [key for one in patterns if one.match is parties.Match.WHOLE for key in one.keys]
        found = Q(key__in=whole) if whole else Q()
        for one in patterns:
            if one.match is not parties.Match.WHOLE:
                found |= parties.keys_match(one)
        return found & Q(**{self.role: True}) if self.role else found

    def join(self, rows: Rows, value: str, bounds: Bounds) -> Rows | None:
        found = parties.pattern(value)
        if found.match is not parties.Match.WHOLE or len(found.keys) != 1:
            return None
        role = {f"parties__{self.role}": True} if self.role else {}
        return rows.filter(
            parties__key=found.keys[0],
            parties__occurred_at=F("occurred_at"),
            **bounds.on("parties"),
            **role,
        )


@dataclass(frozen=True, kw_only=True)
class ReferenceFilter(RelatedFilter):
    """By an id of something that a call belongs to, a tag of its dialog, or keys."""

    model: type[Model] = Reference
    name: str

    def rows(self, values: Sequence[str]) -> Q:
        return Q(name=self.name, value__in=list(values))

    def join(self, rows: Rows, value: str, bounds: Bounds) -> Rows | None:
        return rows.filter(
            references__value=value,
            references__name=self.name,
            references__occurred_at=F("occurred_at"),
            **bounds.on("references"),
        )


@dataclass(frozen=True, kw_only=True)
class AnyIdFilter(Filter):
    """By any id: the vendor's of the call, or one of what the call belongs to."""

    def condition(self, values: Sequence[str]) -> Q:
        calls = Call.objects.filter(call_id__in=values).order_by().values("pk")
        references = Reference.objects.filter(value__in=list(values)).values("call_id")
        return Q(pk__in=calls.union(references))


@dataclass(frozen=True, kw_only=True)
class CodeFilter(RelatedFilter):
    """``q850/17``, or ``17`` in any scheme."""

    model: type[Model] = CallCode
    hint: str = "q850/17"

    def rows(self, values: Sequence[str]) -> Q:
        found = Q()
        for value in values:
            scheme, slash, code = value.strip().rpartition("/")
            found |= Q(scheme=scheme, value=code) if slash else Q(value=code)
        return found


@dataclass(frozen=True, kw_only=True)
class SaidFilter(RelatedFilter):
    """By words of a dialog. ``sides`` are columns of ``Spoken``."""

    model: type[Model] = Spoken
    sides: tuple[str, ...]
    hint: str = "优惠券"

    def rows(self, values: Sequence[str]) -> Q:
        return self._on("", values)

    def join(self, rows: Rows, value: str, bounds: Bounds) -> Rows | None:
        said = self._on("spoken__", [value])
        return rows.filter(said, spoken__occurred_at=F("occurred_at"), **bounds.on("spoken"))

    def _on(self, prefix: str, values: Sequence[str]) -> Q:
        found = Q()
        for value in values:
            phrase = words.phrase(value)
            if not phrase:
                raise ComplaintError(
                    _('Expected words to look for; "%(text)s" has no letter.')
                    % {"text": value[:60]}
                )
            for side in self.sides:
                found |= Q(**{f"{prefix}{side}__says": phrase})
        return found


@dataclass(frozen=True, kw_only=True)
class TagFilter(RelatedFilter):
    """By a tag that staff put on a call."""

    model: type[Model] = Tag

    def rows(self, values: Sequence[str]) -> Q:
        return Q(name__in=list(values))


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
