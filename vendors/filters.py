"""Which outbound requests to show: one filter set for the page and the API."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from calls.search.parties import number_keys
from vendors import stories
from vendors.models import OutboundRequest, RequestState


class RequestFilter(django_filters.FilterSet):
    """Filters of outbound requests."""

    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=RequestState.choices)
    operation = django_filters.ChoiceFilter(
        label=_("Operation"), choices=lambda: list(stories.operations().items())
    )
    account = django_filters.CharFilter(label=_("Account"), method="by_account")
    number = django_filters.CharFilter(label=_("Number"), method="by_number")
    call_id = django_filters.CharFilter(label=_("Call id"), field_name="call_id")

    class Meta:
        model = OutboundRequest
        fields: list[str] = []

    def by_account(
        self, rows: QuerySet[OutboundRequest], name: str, value: str
    ) -> QuerySet[OutboundRequest]:
        """By the account's id or its name."""
        wanted = Q(account__name=value)
        if value.isdecimal() and len(value) < 19:
            wanted |= Q(account_id=int(value))
        return rows.filter(wanted)

    def by_number(
        self, rows: QuerySet[OutboundRequest], name: str, value: str
    ) -> QuerySet[OutboundRequest]:
        """Either party."""
        keys = number_keys(value)
        return rows.filter(Q(caller_key__in=keys) | Q(callee_key__in=keys))
