"""A report as its page shows it: periods, their rows, totals, and where each figure leads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls import masking
from calls.reports import counting, periods
from calls.reports.asking import SUBJECTS, Asked, By, services
from calls.reports.counting import NOTHING, Counted, Sums
from calls.reports.links import ANSWERED, BILLED, Links
from calls.reports.periods import Days
from calls.snapshot import one_moment

MOST_LINES = 500  # of numbers or tasks on a page
FEWEST_LINES = 5  # of a period, however many periods there are


@dataclass(frozen=True, slots=True)
class Line:
    """A row. Without addresses its calls cannot be listed: they have no more in common than that
    they are the rest, or the reader may not see by what they would be found."""

    label: str
    sums: Sums
    calls: str = ""
    answered: str = ""
    billed: str = ""
    is_soft: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A period with its rows; ``total`` is that of all its calls."""

    label: str
    lines: Sequence[Line]
    total: Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    asked: Asked
    groups: Sequence[Group]
    total: Line

    @property
    def is_empty(self) -> bool:
        return not self.total.sums.calls


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: its period, what its calls have in common. ``is_whole`` says that it is of
    all periods."""

    period: Days
    label: str
    sums: Sums
    is_whole: bool = False


def build(asked: Asked) -> Report:
    """The report for whoever reads, as of one moment."""
    found = periods.periods(asked.days, asked.step)
    with one_moment():
        whole = _by_period(_totals(asked))
        rows = _rows(asked, len(found))
    grouped: dict[int, list[Counted]] = defaultdict(list)
    for row in rows:
        grouped[row.period].append(row)
    if asked.by not in SUBJECTS and asked.by != By.NOTHING:
        whole = {place: _sum(group) for place, group in grouped.items()}
    names, links = Names(asked), Links(asked)
    groups = [
        _group(asked, days, grouped[place], whole.get(place, NOTHING), names, links)
        for place, days in enumerate(found)
        if place in whole
    ]
    total = sum(whole.values(), NOTHING)
    return Report(
        asked=asked, groups=groups, total=_line(_("Total"), total, links, asked.days, None)
    )


def _totals(asked: Asked) -> list[Counted]:
    """Of each period; nothing where its rows add up to that by themselves."""
    is_needed = asked.by in SUBJECTS or asked.by == By.NOTHING
    return counting.totals(asked) if is_needed else []


def _by_period(rows: Iterable[Counted]) -> dict[int, Sums]:
    return {row.period: row.sums for row in rows}


def _sum(rows: Iterable[Counted]) -> Sums:
    return sum((row.sums for row in rows), NOTHING)


def _rows(asked: Asked, count: int) -> list[Counted]:
    """The rows of a page of so many periods, those with most calls first."""
    if asked.by == By.NOTHING:
        return []
    if asked.by in SUBJECTS:
        return counting.top_rows(asked, max(FEWEST_LINES, MOST_LINES // count))
    return _of_vendors(asked) if asked.by == By.VENDOR else counting.rows(asked)


def _of_vendors(asked: Asked) -> list[Counted]:
    """Accounts put together by their vendor."""
    found: dict[tuple[int, str], Sums] = defaultdict(lambda: NOTHING)
    for row in counting.rows(asked):
        account = asked.accounts.get(int(row.key or 0))
        found[row.period, account.vendor if account else ""] += row.sums
    order = sorted(found.items(), key=lambda one: (one[0][0], -one[1].calls, one[0][1]))
    return [Counted(period, vendor, 1, sums) for (period, vendor), sums in order]


class Names:
    """What rows are called, for whoever reads."""

    def __init__(self, asked: Asked) -> None:
        self._by = asked.by
        self._accounts = {str(pk): str(account) for pk, account in asked.accounts.items()}
        self._services = {key: str(label) for key, label in services().items()}

    def of(self, key: str) -> str:
        if self._by == By.ACCOUNT:
            return self._accounts.get(key, key)
        if self._by == By.SERVICE:
            return self._services.get(key, key)
        if self._by == By.SHOWN:
            return masking.number(key)
        return masking.text(key) if self._by == By.TASK else key

    def may_find(self, key: str) -> bool:
        """Whether the reader may see by what these calls are found."""
        if self._by == By.SHOWN:
            return masking.sees_numbers()
        return self._by != By.TASK or self.of(key) == key


def _group(
    asked: Asked, days: Days, rows: Sequence[Counted], whole: Sums, names: Names, links: Links
) -> Group:
    lines = [
        _line(names.of(row.key), row.sums, links, days, row.key, is_open=names.may_find(row.key))
        for row in rows
        if row.key is not None
    ]
    lines += [_rest(asked, row) for row in rows if row.key is None]
    if asked.by in SUBJECTS and (unsaid := whole - _sum(rows)).calls:
        lines.append(Line(_unsaid(asked.by), unsaid, is_soft=True))
    label = periods.label(days, asked.step)
    return Group(label, lines, _line(label, whole, links, days, None))


def _line(
    label: str, sums: Sums, links: Links, days: Days, key: str | None, *, is_open: bool = True
) -> Line:
    if not is_open:
        return Line(label, sums)
    address = links.address(days, key)
    return Line(label, sums, address, f"{address}{ANSWERED}", f"{address}{BILLED}")


def _unsaid(by: str) -> str:
    """What calls are called that have no number or task."""
    return _("No shown number") if by == By.SHOWN else _("No task")


def _rest(asked: Asked, row: Counted) -> Line:
    if asked.by == By.SHOWN:
        said = ngettext("%(count)d other number", "%(count)d other numbers", row.rows)
    else:
        said = ngettext("%(count)d other task", "%(count)d other tasks", row.rows)
    return Line(said % {"count": row.rows}, row.sums, is_soft=True)


def every_row(asked: Asked) -> Iterator[Row]:
    """All rows of a report, as its file has them. To be read within one moment."""
    found, names = periods.periods(asked.days, asked.step), Names(asked)
    if asked.by == By.NOTHING:
        return
    named: dict[int, Sums] = defaultdict(lambda: NOTHING)
    for row in _of_vendors(asked) if asked.by == By.VENDOR else counting.every_row(asked):
        named[row.period] += row.sums
        yield Row(found[row.period], names.of(row.key or ""), row.sums)
    if asked.by in SUBJECTS:
        for period, whole in sorted(_by_period(counting.totals(asked)).items()):
            if (unsaid := whole - named[period]).calls:
                yield Row(found[period], _unsaid(asked.by), unsaid)


def every_total(asked: Asked) -> list[Row]:
    """The total of each period and of all, which a file has after its rows."""
    found = periods.periods(asked.days, asked.step)
    rows = sorted(counting.totals(asked), key=lambda row: row.period)
    totals = [Row(found[row.period], _("Total"), row.sums) for row in rows]
    return [*totals, Row(asked.days, _("Total"), _sum(rows), is_whole=True)]
