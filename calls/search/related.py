"""Filters by what belongs to a call in many rows: its numbers, references, codes, words and tags.

They ask by EXISTS, so that no call comes twice. Numbers, references and codes can lead instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q
from django.utils.translation import gettext as _

from calls import masking, words
from calls.ids import these
from calls.models import Call, CallCode, Party, Reference, Spoken, Tag
from calls.search import keys, lookups, parties
from calls.search.filters import Filter, Lead, of_vendors_id
from calls.search.reading import ComplaintError
from calls.written import tag_name

lookups.register()

MOST_LEADS = 10  # ids that are walked one by one
MOST_IDS = 5_000  # calls that are few enough to be found by their ids


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
        if len(values) > MOST_LEADS or not all("/" in value for value in values):
            return None  # the index begins with the scheme
        return [self._lead(*value.strip().rpartition("/")) for value in values]

    def _lead(self, scheme: str, _slash: str, code: str) -> Lead:
        """A call may have one code in several places: the first of them leads to it."""
        others = CallCode.objects.filter(
            call_id=OuterRef("lead__call_id"),
            scheme=scheme,
            value=code,
            place__lt=OuterRef("lead__place"),
        )
        return Lead("codes", Q(lead__scheme=scheme, lead__value=code) & ~Q(Exists(others)))


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
