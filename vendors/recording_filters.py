"""Which recordings to show, and which are lost soon."""

from datetime import timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Sound, SoundState

SOON = timedelta(hours=48)
NOT_OURS_YET = (SoundState.WAITING, SoundState.FETCHING, SoundState.MISSING)


def lost_soon() -> Q:
    """Not ours yet, and lost within two days, or lost already without anybody having noted it."""
    return Q(state__in=NOT_OURS_YET, deadline_at__lt=timezone.now() + SOON)


class SoundFilter(django_filters.FilterSet):
    """Filters of recordings."""

    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=SoundState.choices)
    vendor = django_filters.CharFilter(label=_("Vendor"), field_name="call__vendor")
    account = django_filters.CharFilter(label=_("Account"), method="by_account")
    call_id = django_filters.CharFilter(label=_("Call id"), method="by_call_id")
    expiring = django_filters.ChoiceFilter(
        label=_("Lost within 48 hours"),
        choices=[("1", _("Lost within 48 hours"))],
        method="by_time_left",
    )

    class Meta:
        model = Sound
        fields: list[str] = []

    def by_account(self, rows: QuerySet[Sound], name: str, value: str) -> QuerySet[Sound]:
        """By the account's id or its name."""
        wanted = Q(call__account__name=value)
        if value.isdecimal() and len(value) < 19:
            wanted |= Q(call__account_id=int(value))
        return rows.filter(wanted)

    def by_call_id(self, rows: QuerySet[Sound], name: str, value: str) -> QuerySet[Sound]:
        return rows.filter(call__call_id=value.strip())

    def by_time_left(self, rows: QuerySet[Sound], name: str, value: str) -> QuerySet[Sound]:
        return rows.filter(lost_soon())
