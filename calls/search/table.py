"""Every filter by its name: the names are those of text, address, form and API alike."""

import difflib
from collections.abc import Mapping

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import (
    DIRECTION_LABELS,
    OUTCOME_LABELS,
    PARTY_LABELS,
    SERVICE_LABELS,
    STATE_LABELS,
)
from calls.search.filters import (
    RECORDING_LABELS,
    RECORDINGS,
    AccountFilter,
    CallIdFilter,
    ChoiceFilter,
    Choices,
    Filter,
    HourFilter,
    MomentFilter,
    PickFilter,
    PresetFilter,
    SpanFilter,
    WeekdayFilter,
    vendors,
)
from calls.search.related import (
    AnyIdFilter,
    CodeFilter,
    NumberFilter,
    ReferenceFilter,
    SaidFilter,
    TagFilter,
)

PRESET_LABELS: Choices = {
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "last-7-days": _("Last 7 days"),
    "last-30-days": _("Last 30 days"),
    "this-week": _("This week"),
    "last-week": _("Last week"),
    "this-month": _("This month"),
    "last-month": _("Last month"),
}
WEEKDAY_LABELS: Choices = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
YES_NO: Choices = {"yes": _("Yes"), "no": _("No")}
QUALITY_LABELS: Choices = {
    "merged": _("Merged from several sorts of push"),
    "conflicting": _("Pushes contradict each other"),
    "late": _("First heard of over an hour after its end"),
    "lost": _("The end was never told"),
    "no-record": _("Its record is expected, but missing"),
    "imported": _("Brought in by an import"),
}

FILTERS: Mapping[str, Filter] = {
    "number": NumberFilter(label=_("Number"), group="first"),
    "vendor": ChoiceFilter(label=_("Vendor"), column="vendor", known=vendors, group="first"),
    "when": PresetFilter(label=_("Days"), known=PRESET_LABELS, group="first"),
    "from": MomentFilter(label=_("From"), group="first"),
    "to": MomentFilter(label=_("To"), is_end=True, group="first"),
    "hour": HourFilter(label=_("Hour of the day"), hint="9-17"),
    "weekday": WeekdayFilter(label=_("Weekday"), known=WEEKDAY_LABELS),
    "outcome": ChoiceFilter(
        label=_("Outcome"), column="outcome", known=OUTCOME_LABELS, group="outcome"
    ),
    "caller": NumberFilter(label=_("Caller"), role="is_caller", group="who"),
    "callee": NumberFilter(label=_("Called party"), role="is_callee", group="who"),
    "shown": NumberFilter(label=_("Shown number"), role="is_shown", group="who"),
    "direction": ChoiceFilter(
        label=_("Direction"), column="direction", known=DIRECTION_LABELS, group="who"
    ),
    "ended_by": ChoiceFilter(
        label=_("Ended by"), column="ended_by", known=PARTY_LABELS, group="who"
    ),
    "state": ChoiceFilter(label=_("State"), column="state", known=STATE_LABELS, group="what"),
    "ring": SpanFilter(label=_("Ring seconds"), column="ring_seconds", hint="<10", group="what"),
    "talk": SpanFilter(label=_("Talk seconds"), column="talk_seconds", hint=">30", group="what"),
    "billed": SpanFilter(
        label=_("Billed seconds"), column="billed_seconds", hint=">60", group="what"
    ),
    "code": CodeFilter(label=_("Code"), group="what"),
    "service": ChoiceFilter(
        label=_("Service"), column="service", known=SERVICE_LABELS, group="what"
    ),
    "account": AccountFilter(label=_("Account"), group="what"),
    "said": SaidFilter(label=_("Said by anybody"), sides=("robot", "customer"), group="words"),
    "customer": SaidFilter(label=_("Said by the customer"), sides=("customer",), group="words"),
    "robot": SaidFilter(label=_("Said by the robot"), sides=("robot",), group="words"),
    "intent": ReferenceFilter(label=_("Intent tag"), name="intent", group="words"),
    "keys": ReferenceFilter(label=_("Keys pressed"), name="keys", hint="1", group="words"),
    "dialog": ChoiceFilter(
        label=_("Dialog"),
        known=YES_NO,
        conditions={"yes": lambda: Q(has_dialog=True), "no": lambda: Q(has_dialog=False)},
        group="words",
    ),
    "recording": ChoiceFilter(
        label=_("Recording"), known=RECORDING_LABELS, conditions=RECORDINGS, group="words"
    ),
    "call_id": CallIdFilter(label=_("Call id"), group="ids"),
    "task": ReferenceFilter(label=_("Task id"), name="task", group="ids"),
    "bind": ReferenceFilter(label=_("Bind id"), name="bind", group="ids"),
    "subscription": ReferenceFilter(label=_("Binding id"), name="subscription", group="ids"),
    "session": ReferenceFilter(label=_("Session id"), name="session", group="ids"),
    "related": ReferenceFilter(label=_("Related call id"), name="related", group="ids"),
    "record": ReferenceFilter(label=_("Record id"), name="record", group="ids"),
    "id": AnyIdFilter(label=_("Any id"), group="ids"),
    "tag": TagFilter(label=_("Tag"), group="ours"),
    "quality": ChoiceFilter(
        label=_("Data quality"),
        known=QUALITY_LABELS,
        conditions={
            "merged": lambda: Q(is_merged=True),
            "conflicting": lambda: Q(is_conflicting=True),
            "late": lambda: Q(is_late=True),
            "lost": lambda: Q(lost_at__isnull=False),
            "no-record": lambda: Q(record_due_at__lt=timezone.now()),
            "imported": lambda: Q(is_imported=True),
        },
        group="ours",
    ),
    "pick": PickFilter(label=_("Picked")),
}


def suggest(name: str) -> str:
    """The filter whose name is most like this one; empty where none is like it."""
    likely = difflib.get_close_matches(name, FILTERS, n=1, cutoff=0.6)
    return likely[0] if likely else ""
