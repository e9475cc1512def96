"""What each figure is: its name, its definition, and the calls behind it.

The one table that page, API and docs/figures.md share. ``behind`` are the filters that a figure's
calls have beside those of the page: the list then shows as many calls as the figure counts, or
averages over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calls.figures.scopes import Said
from calls.figures.sums import ANSWERED, Sums

_IS_ANSWERED: Said = ("outcome", False, ANSWERED)
_HAS_ENDED: Said = ("state", False, "ended")


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """``count`` says how many calls stand behind the figure, ``value`` what it is. ``unit`` is
    calls, percent or seconds; ``better`` is 1 where more of it is better, -1 where less is."""

    label: str | Promise
    definition: str | Promise
    count: Callable[[Sums], int]
    value: Callable[[Sums], float | None]
    behind: tuple[Said, ...] = ()
    unit: str = "calls"
    better: int = 0


FIGURES: Mapping[str, Figure] = {
    "calls": Figure(
        label=pgettext_lazy("how many", "Calls"),
        definition=_(
            "All calls that occurred in the range. A call occurs at the earliest moment that is"
            " known of it."
        ),
        count=lambda sums: sums.calls,
        value=lambda sums: sums.calls,
    ),
    "in_progress": Figure(
        label=_("In progress"),
        definition=_("Calls of the range whose end has not been told yet."),
        count=lambda sums: sums.in_progress,
        value=lambda sums: sums.in_progress,
        behind=(("state", False, "in_progress"),),
    ),
    "answered": Figure(
        label=_("Answered"),
        definition=_(
            "Calls on which people talked, also those in progress. A call over two legs is answered"
            " when its second leg is."
        ),
        count=lambda sums: sums.answered,
        value=lambda sums: sums.answered,
        behind=(_IS_ANSWERED,),
        better=1,
    ),
    "answer_rate": Figure(
        label=_("Answer rate (ASR)"),
        definition=_(
            "Of the calls that have ended, the share that was answered: the answer-seizure ratio of"
            " ITU-T E.411, each call counted as one seizure, however it was routed. A call in"
            " progress is left out until its end is told. Leads to the calls that have ended."
        ),
        count=lambda sums: sums.ended,
        value=lambda sums: sums.answer_rate,
        behind=(_HAS_ENDED,),
        unit="percent",
        better=1,
    ),
    "mean_talk": Figure(
        label=_("Average talk time (ACD)"),
        definition=_(
            "The talk seconds of answered calls, divided by how many they are. Answered calls whose"
            " talk time nobody told are left out. Leads to the calls averaged over."
        ),
        count=lambda sums: sums.talk_calls,
        value=lambda sums: sums.mean_talk,
        behind=(_IS_ANSWERED, ("talk", True, "none")),
        unit="seconds",
    ),
    "mean_ring": Figure(
        label=_("Ring time before answer"),
        definition=_(
            "The ring seconds of answered calls, divided by how many they are. Answered calls whose"
            " ring time nobody told are left out. Leads to the calls averaged over."
        ),
        count=lambda sums: sums.ring_calls,
        value=lambda sums: sums.mean_ring,
        behind=(_IS_ANSWERED, ("ring", True, "none")),
        unit="seconds",
        better=-1,
    ),
    "outcomes": Figure(
        label=_("Outcomes by hour"),
        definition=_(
            "What became of the calls that occurred in each hour of the day, by the reader's clock,"
            " over all days of the range. A call in progress is unknown until it is answered or"
            " ends."
        ),
        count=lambda sums: sums.calls,
        value=lambda sums: sums.calls,
    ),
    "hours": Figure(
        label=_("Hour and weekday"),
        definition=_(
            "How many calls occurred in each hour of the week, by the reader's clock, over all days"
            " of the range. The strongest shade is that of the busiest hour."
        ),
        count=lambda sums: sums.calls,
        value=lambda sums: sums.calls,
    ),
    "codes": Figure(
        label=_("Top failing codes"),
        definition=_(
            "The codes that most calls had that were not answered. A call that has one code in"
            " several places counts once, a call with several codes once for each."
        ),
        count=lambda sums: sums.calls,
        value=lambda sums: sums.calls,
        behind=(("outcome", True, ANSWERED),),
    ),
    "shown": Figure(
        label=_("Top numbers"),
        definition=_(
            "The numbers that most calls showed to the called side, privacy numbers among them, and"
            " how many of those calls were answered."
        ),
        count=lambda sums: sums.calls,
        value=lambda sums: sums.calls,
    ),
}
SUMMED = ("calls", "in_progress", "answered", "answer_rate", "mean_talk", "mean_ring")
