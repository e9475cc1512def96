"""The one filter set that page and API share: the same names, the same rows."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from calls.facts import Direction
from calls.models import (
    DIRECTION_LABELS,
    OUTCOME_LABELS,
    SERVICE_LABELS,
    STATE_LABELS,
    Account,
    Call,
    CallCode,
    Leg,
)
from calls.numbers import search_key
from calls.outcomes import Outcome, State

# Telephone calls happen between these; beyond them a day more or a zone overflows.
FIRST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9000, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class MomentField(forms.DateTimeField):
    """A moment: ISO 8601, or a day. Without a zone it is meant in the portal's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {
        "invalid": _("Expected a date and time such as 2026-11-01T08:30 or 2026-11-01T08:30:00Z.")
    }

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().to_python(value)
        except OverflowError:
            moment = FIRST_MOMENT  # a date that no zone can shift
        if moment is not None and not FIRST_MOMENT < moment < LAST_MOMENT:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class EndField(MomentField):
    """The end of a range, not included; a day alone means the end of that day."""

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment is not None and isinstance(value, str) and _DAY.fullmatch(value.strip()):
            moment += timedelta(days=1)
        return moment


class MomentFilter(django_filters.Filter):
    field_class = MomentField


class EndFilter(django_filters.Filter):
    field_class = EndField


def number_keys(number: str) -> set[str]:
    """The searchable forms of a number, whichever country an account assumes for it."""
    regions = set(Account.objects.values_list("default_region", flat=True).distinct()) | {"CN", ""}
    return {search_key(number, region) for region in regions}


class CallFilter(django_filters.FilterSet):
    """Filters of calls. ``from`` and ``to`` are added below, since Python keeps the first word."""

    vendor = django_filters.CharFilter(label=_("Vendor"), field_name="vendor")
    account = django_filters.CharFilter(label=_("Account"), method="by_account")
    number = django_filters.CharFilter(label=_("Number"), method="by_number")
    caller = django_filters.CharFilter(label=_("Caller"), method="by_party")
    callee = django_filters.CharFilter(label=_("Called party"), method="by_party")
    call_id = django_filters.CharFilter(label=_("Call id"), method="by_call_id")
    outcome = django_filters.MultipleChoiceFilter(
        label=_("Outcome"), choices=[(one.value, OUTCOME_LABELS[one.value]) for one in Outcome]
    )
    direction = django_filters.ChoiceFilter(
        label=_("Direction"),
        choices=[(one.value, DIRECTION_LABELS[one.value]) for one in Direction],
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=[(one.value, STATE_LABELS[one.value]) for one in State]
    )
    service = django_filters.ChoiceFilter(label=_("Service"), choices=list(SERVICE_LABELS.items()))
    code = django_filters.CharFilter(label=_("Code"), method="by_code")

    class Meta:
        model = Call
        fields: list[str] = []

    def by_account(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """By the account's id or its name."""
        wanted = Q(account__name=value)
        if value.isdecimal() and len(value) < 19:
            wanted |= Q(account_id=int(value))
        return rows.filter(wanted)

    def by_number(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """Any party to the call, or a number that was shown."""
        keys = number_keys(value)
        return rows.filter(
            Q(caller_key__in=keys)
            | Q(callee_key__in=keys)
            | Q(display_key__in=keys)
            | Q(pk__in=Leg.objects.filter(key__in=keys).values("call_id"))
        )

    def by_party(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        return rows.filter(**{f"{name}_key__in": number_keys(value)})

    def by_call_id(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        return rows.filter(call_id=value.strip())

    def by_code(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """``q850/17``, or ``17`` in any scheme."""
        scheme, slash, code = value.strip().rpartition("/")
        codes = CallCode.objects.filter(call_id=OuterRef("pk"), value=code)
        return rows.filter(Exists(codes.filter(scheme=scheme) if slash else codes))


CallFilter.base_filters["from"] = MomentFilter(
    label=_("From"), field_name="occurred_at", lookup_expr="gte"
)
CallFilter.base_filters["to"] = EndFilter(label=_("To"), field_name="occurred_at", lookup_expr="lt")


def check_names(
    given: set[str],
    also_known: set[str],
    filters: type[django_filters.FilterSet] = CallFilter,
) -> None:
    """Raises ValidationError for a filter that does not exist: ignoring it would show all rows."""
    known = set(filters.base_filters) | also_known
    if unknown := sorted(given - known):
        raise ValidationError(
            {
                name: _("There is no such filter; known are %(known)s.")
                % {"known": ", ".join(sorted(known))}
                for name in unknown
            }
        )
