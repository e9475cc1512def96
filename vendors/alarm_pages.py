"""Pages: alarms, one of them with its history, and what a person does about it."""

from datetime import timedelta
from urllib.parse import urlencode

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from calls import lists
from calls.audit import Action, record
from calls.moments import EndFilter, MomentFilter
from vendors import push_filters
from vendors.models import Alarm, AlarmSort
from vendors.paging import AlarmPagination
from vendors.permissions import HANDLE_ALARMS, SEE_PUSHES
from vendors.watch import alarms

HOURS = {
    1: gettext_lazy("1 hour"),
    8: gettext_lazy("8 hours"),
    24: gettext_lazy("1 day"),
    168: gettext_lazy("7 days"),
}


class AlarmFilter(django_filters.FilterSet):
    """Filters of alarms. ``from`` and ``to`` are added below: when they were raised."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[
            ("standing", gettext_lazy("Standing")),
            ("resolved", gettext_lazy("Resolved by itself")),
        ],
        method="by_state",
    )
    sort = django_filters.ChoiceFilter(label=gettext_lazy("Alarm"), choices=AlarmSort.choices)
    account = django_filters.CharFilter(label=gettext_lazy("Account"), method="by_account")

    class Meta:
        model = Alarm
        fields: list[str] = []

    def by_state(self, rows: QuerySet[Alarm], name: str, value: str) -> QuerySet[Alarm]:
        return rows.filter(resolved_at__isnull=value == "standing")

    def by_account(self, rows: QuerySet[Alarm], name: str, value: str) -> QuerySet[Alarm]:
        """By the account's id or its name."""
        by_id = Q(account=int(value)) if push_filters.is_key(value) else Q()
        return rows.filter(by_id | Q(account__name=value) if by_id else Q(account__name=value))


AlarmFilter.base_filters["from"] = MomentFilter(
    label=gettext_lazy("From"), field_name="raised_at", lookup_expr="gte"
)
AlarmFilter.base_filters["to"] = EndFilter(
    label=gettext_lazy("To"), field_name="raised_at", lookup_expr="lt"
)


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def alarm_list(request: HttpRequest) -> HttpResponse:
    """Alarms, newest first. htmx asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(request.path + lists.as_query(lists.spoken(request.GET)))
    filtered = AlarmFilter(request.GET, queryset=Alarm.objects.select_related("account"))
    turned = lists.turn(request, filtered, AlarmPagination())
    context = {
        "rows": turned.rows,
        "filter": filtered,
        "complaints": turned.complaints,
        "is_filtered": bool(set(request.GET) - lists.PLACE),
        "newer": turned.newer,
        "older": turned.older,
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "vendors/_alarm_table.html", context)
    else:
        context |= {"accounts": push_filters.account_choices(request.GET)}
        response = render(request, "vendors/alarm_list.html", context)
    response["Vary"] = "HX-Request"
    return response


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def alarm_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One alarm: what is the matter, what to check first, what was done, who was told."""
    alarm = get_object_or_404(Alarm.objects.select_related("account"), pk=pk)
    now = timezone.now()
    context = {
        "alarm": alarm,
        "acts": list(alarm.acts.all()),
        "tellings": list(alarm.tellings.select_related("contact")),
        "may_handle": request.user.has_perm(HANDLE_ALARMS),
        "is_snoozed": alarm.snoozed_until is not None and alarm.snoozed_until > now,
        "hours": HOURS.items(),
        "behind": _behind(alarm),
    }
    return render(request, "vendors/alarm_detail.html", context)


def _behind(alarm: Alarm) -> str:
    """Where the pushes are that it is about."""
    asked = {"account": str(alarm.account_id)} | ({"kind": alarm.kind} if alarm.kind else {})
    if alarm.sort == AlarmSort.QUEUE:
        asked["state"] = "waiting"
    if alarm.sort == AlarmSort.REFUSALS:
        asked["from"] = f"{alarm.raised_at - timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"
    page = "refusals" if alarm.sort == AlarmSort.REFUSALS else "pushes"
    return f"{reverse(page)}?{urlencode(asked)}"


@require_POST
@permission_required(HANDLE_ALARMS, raise_exception=True)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one looks after it."""
    alarm = get_object_or_404(Alarm, pk=pk)
    if alarms.acknowledge(alarm, request.user.get_username()):
        _note_down(request, Action.ALARM_ACKNOWLEDGED, alarm)
        messages.success(request, _("You look after this alarm. Others see that."))
    else:
        messages.warning(request, _("It is resolved by now, or somebody looks after it already."))
    return _back(request, alarm)


@require_POST
@permission_required(HANDLE_ALARMS, raise_exception=True)
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an acknowledgement back."""
    alarm = get_object_or_404(Alarm, pk=pk)
    if alarms.give_back(alarm, request.user.get_username()):
        _note_down(request, Action.ALARM_GIVEN_BACK, alarm)
        messages.success(request, _("Nobody looks after this alarm any more."))
    else:
        messages.warning(request, _("It is resolved by now, or nobody looked after it."))
    return _back(request, alarm)


@require_POST
@permission_required(HANDLE_ALARMS, raise_exception=True)
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Have nobody asked to look at it for some hours."""
    alarm = get_object_or_404(Alarm, pk=pk)
    given = request.POST.get("hours", "")
    if given not in map(str, HOURS):
        messages.error(request, _("Say for how long."))
        return _back(request, alarm)
    until = timezone.now() + timedelta(hours=int(given))
    if alarms.snooze(alarm, request.user.get_username(), until):
        _note_down(request, Action.ALARM_SNOOZED, alarm, hours=int(given))
        messages.success(request, _("Snoozed: until then it does not count among the alarms."))
    else:
        messages.warning(request, _("It is resolved by now."))
    return _back(request, alarm)


@require_POST
@permission_required(HANDLE_ALARMS, raise_exception=True)
def wake(request: HttpRequest, pk: int) -> HttpResponse:
    """End a snooze."""
    alarm = get_object_or_404(Alarm, pk=pk)
    if alarms.wake(alarm, request.user.get_username()):
        _note_down(request, Action.ALARM_WOKEN, alarm)
        messages.success(request, _("The snooze is over."))
    else:
        messages.warning(request, _("It is not snoozed."))
    return _back(request, alarm)


def _note_down(request: HttpRequest, action: Action, alarm: Alarm, **details: int) -> None:
    about = {"account": alarm.account_id, "sort": alarm.sort, "kind": alarm.kind} | details
    subject = f"alarm {alarm.pk}"
    record(action, by=request.user, request=request, subject=subject, details=about)


def _back(request: HttpRequest, alarm: Alarm) -> HttpResponse:
    """To the alarm, for those who may see it."""
    may_see = request.user.has_perm(SEE_PUSHES)
    return HttpResponseRedirect(alarm.get_absolute_url() if may_see else reverse("home"))
