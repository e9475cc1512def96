"""The filters of calls: one table that page, form, text, API, saved views and exports share.

A filter turns its values into a condition on calls. What belongs to a call in many rows (its
numbers, references, codes) is asked for by EXISTS, so that no call comes twice. One value of a
number or a reference can lead instead (``leads``): its rows repeat when the call occurred, and an
index holds them in the order of the list, so that a number with a million calls costs no more than
one with ten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls import masking, words
from calls.ids import these
from calls.models import Account, Call, CallCode, Party, Reference, Sound, SoundState, Spoken, Tag
from calls.search import keys, lookups, parties, reading
from calls.search.reading import ComplaintError
from calls.written import tag_name

__all__ = ["Filter", "Lead", "lookups"]

Choices = Mapping[str, str | Promise]
EXPIRES_SOON = timedelta(hours=48)
MOST_LEADS = 10  # ids that are walked one by one
MOST_IDS = 5_000  # calls that are few enough to be found by their ids
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
class RelatedFilter(Filter):
    """By rows that belong to a call."""

    model: type[Model]

    def rows(self, values: Sequence[str]) -> Q:
        """The condition on the rows that belong to a call."""
        raise NotImplementedError

    def condition(self, values: Sequence[str]) -> Q:
        return self._belonging(self.rows(values))

    def _belonging(self, condition: Q) -> Q:
        rows = self.model._default_manager.filter(call_id=OuterRef("pk"))
        return Q(Exists(rows.filter(condition)))

    def _few(self, condition: Q) -> Q | None:
        """The condition on calls by their ids; None where they are many. A database that has to
        guess how few they are may rather read the whole list."""
        rows = self.model._default_manager.filter(condition).order_by().values("call_id")
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:  # it is plain that there are none
            return Q(pk__in=[])
        # Planned for all of them: for the first ones alone, many a row would be read in vain.
        found = f"WITH found AS MATERIALIZED ({sql}) SELECT call_id FROM found LIMIT %s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(found, [*params, MOST_IDS + 1])
            ids = [pk for (pk,) in cursor.fetchall()]
        return None if len(ids) > MOST_IDS else Q(pk__in=these(ids))


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
        return self._in_role(found)

    def _in_role(self, condition: Q) -> Q:
        return condition & Q(**{self.role: True}) if self.role else condition

    def leads(self, values: Sequence[str]) -> list[Lead | Q] | None:
        found: set[str] = set()
        for value in values:
            some = keys.keys_of(parties.pattern(value))
            if some is None:
                return None
            found |= set(some)
        role = {f"lead__{self.role}": True} if self.role else {}
        parts: list[Lead | Q] = []
        for group in keys.grouped(sorted(found)):
            if len(group) == 1:
                parts.append(Lead("parties", Q(lead__key=group[0], **role)))
            else:
                light = self._in_role(Q(key__in=group))
                parts.append(self._few(light) or self._belonging(light))
        return parts


@dataclass(frozen=True, kw_only=True)
class ReferenceFilter(RelatedFilter):
    """By an id of something that a call belongs to, a tag of its dialog, or keys."""

    model: type[Model] = Reference
    name: str

    def rows(self, values: Sequence[str]) -> Q:
        return Q(name=self.name, value__in=list(values))

    def leads(self, values: Sequence[str]) -> list[Lead | Q] | None:
        if len(values) > MOST_LEADS:
            return None
        return [Lead("references", Q(lead__name=self.name, lead__value=value)) for value in values]


@dataclass(frozen=True, kw_only=True)
class AnyIdFilter(Filter):
    """By any id: the vendor's of the call, or one of what the call belongs to."""

    def condition(self, values: Sequence[str]) -> Q:
        calls = Call.objects.filter(of_vendors_id(values)).order_by().values("pk")
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

    def leads(self, values: Sequence[str]) -> list[Lead | Q] | None:
        if not all("/" in value for value in values):  # the index begins with the scheme
            return None
        few = self._few(self.rows(values))
        return None if few is None else [few]


@dataclass(frozen=True, kw_only=True)
class SaidFilter(RelatedFilter):
    """By words of a dialog. ``sides`` are columns of ``Spoken``."""

    model: type[Model] = Spoken
    sides: tuple[str, ...]
    hint: str = "优惠券"

    def rows(self, values: Sequence[str]) -> Q:
        return self._on("", values, "says")

    def leads(self, values: Sequence[str]) -> list[Lead | Q] | None:
        if connection.vendor != "postgresql":  # no index of words: all dialogs would be read
            return None
        few = self._few(self.rows(values))
        return None if few is None else [few]

    def near(self, values: Sequence[str]) -> Q:
        """The condition on ``lead`` without the index of words: for a stretch of the list that is
        short enough to be read, where a phrase that is said all the time is found at once."""
        return self._on("lead__", values, "holds")

    def _on(self, prefix: str, values: Sequence[str], lookup: str) -> Q:
        found = Q()
        for value in values:
            if masking.gives_away(value):
                raise ComplaintError(
                    _('Your numbers are masked: "%(text)s" may be a part of one. Say the whole.')
                    % {"text": value[:60]}
                )
            phrase = words.phrase(value)
            if not phrase:
                raise ComplaintError(
                    _('Expected words to look for; "%(text)s" has no letter.')
                    % {"text": value[:60]}
                )
            for side in self.sides:
                found |= Q(**{f"{prefix}{side}__{lookup}": phrase})
        return found


@dataclass(frozen=True, kw_only=True)
class TagFilter(RelatedFilter):
    """By a tag that staff put on a call."""

    model: type[Model] = Tag

    def rows(self, values: Sequence[str]) -> Q:
        return Q(name__in=[tag_name(value) for value in values])


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
