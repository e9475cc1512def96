"""Figures in words, beside what they are held against, each leading to the calls behind it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from calls.figures.scopes import Said, Scope
from calls.figures.sums import Sums
from calls.figures.table import FIGURES, Figure
from calls.search import Search
from calls.search.clauses import MINUS
from calls.templatetags.display import clock

NONE = "–"


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """A text that stands for so many calls; ``address`` is the list of them, empty where there are
    none, or where the reader may not be led to them."""

    text: str
    calls: int
    address: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How a figure differs from what it is held against. ``tone`` is good, bad or quiet."""

    text: str
    tone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A figure, and what it was; ``figure`` is its key."""

    figure: str
    label: str
    now: Behind
    before: Behind | None = None
    change: Change | None = None


class Leads:
    """Leads from a scope to the lists of some of its calls. What all addresses have in common is
    written once: a page has hundreds of them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._list = reverse("calls")
        self._begun: dict[frozenset[str], str] = {}

    def behind(self, text: str, calls: int, *said: Said) -> Behind:
        """The calls that have these values beside what the scope asks for."""
        return Behind(text=text, calls=calls, address=self._address(said) if calls else "")

    def count(self, calls: int, *said: Said) -> Behind:
        return self.behind(f"{calls:,}", calls, *said)

    def _address(self, said: tuple[Said, ...]) -> str:
        """Of a list in which these values take the place of those asked for under their names."""
        replaced = frozenset(name for name, is_negated, _value in said if not is_negated)
        begun = self._begun.get(replaced)
        if begun is None:
            begun = self._begun[replaced] = _query(self.scope.without(replaced).search)
        rest = urlencode([(MINUS * negated + name, value) for name, negated, value in said])
        return f"{self._list}?{'&'.join(one for one in (begun, rest) if one)}"


def _query(search: Search) -> str:
    return QueryDict(search.query).urlencode(safe=":/")


def cell(
    key: str, leads: Leads, sums: Sums, before: tuple[Leads, Sums] | None, *said: Said
) -> Cell:
    """One figure of the calls of a scope that have these values."""
    figure = FIGURES[key]
    found = Cell(figure=key, label=str(figure.label), now=_stated(figure, leads, sums, said))
    if before is None:
        return found
    earlier, was = before
    if not (figure.value(sums) or figure.value(was)):
        return found  # nothing then, nothing now
    return Cell(
        figure=key,
        label=found.label,
        now=found.now,
        before=_stated(figure, earlier, was, said),
        change=_change(figure, figure.value(sums), figure.value(was)),
    )


def _stated(figure: Figure, leads: Leads, sums: Sums, said: tuple[Said, ...]) -> Behind:
    text = written(figure.unit, figure.value(sums))
    return leads.behind(text, figure.count(sums), *said, *figure.behind)


def written(unit: str, value: float | None) -> str:
    if value is None:
        return NONE
    if unit == "percent":
        return f"{value:.1f} %"
    return clock(round(value)) if unit == "seconds" else f"{round(value):,}"


def _change(figure: Figure, now: float | None, was: float | None) -> Change | None:
    if now is None or was is None:
        return None
    more = now - was
    text, is_same = _WORDS[figure.unit](more, was)
    if is_same:
        return Change(text=_("the same"), tone="quiet")
    tone = {1: "good", -1: "bad", 0: "quiet"}[figure.better * (1 if more > 0 else -1)]
    return Change(text=text, tone=tone)


def _of_calls(more: float, was: float) -> tuple[str, bool]:
    amount = f"{100 * more / was:+.1f} %" if was else f"{more:+,.0f}"
    word = (
        pgettext("of calls, than before", "more")
        if more > 0
        else pgettext("of calls, than before", "fewer")
    )
    return f"{amount} {word}", not more


def _of_rates(more: float, _was: float) -> tuple[str, bool]:
    words = _("%(points)s points higher") if more > 0 else _("%(points)s points lower")
    return words % {"points": f"{more:+.1f}"}, not round(more, 1)


def _of_seconds(more: float, _was: float) -> tuple[str, bool]:
    words = _("%(seconds)s s longer") if more > 0 else _("%(seconds)s s shorter")
    return words % {"seconds": f"{more:+.0f}"}, not round(more)


_WORDS = {"calls": _of_calls, "percent": _of_rates, "seconds": _of_seconds}
