"""Reading figures: from the tallies where they can tell, the rest of it from the rows of calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone

from calls.figures import counted, tallied
from calls.figures.scopes import Scope
from calls.figures.spans import Cover, Extent, Span, cover, has_whole_hours
from calls.figures.sums import Grouped, Sums, merged
from calls.models import Grain, Subject

_LONGEST_FIRST = {True: (Grain.HOUR,), False: (Grain.DAY, Grain.HOUR)}


def _readers_zone() -> ZoneInfo:
    zone = timezone.get_current_timezone()
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(str(zone))


@dataclass
class Reader:
    """Reads figures for one reader. ``uses_tallies`` is for those who compare both sources."""

    zone: ZoneInfo = field(default_factory=_readers_zone)
    uses_tallies: bool = True

    @cached_property
    def extent(self) -> Extent:
        return Extent.known()

    def is_quick(self, scope: Scope, names: Sequence[str] = ()) -> bool:
        """Whether tallies tell all but the edges."""
        span = self.extent.closed(scope.span)
        return span is None or self._tells(scope, span, names)

    def _tells(self, scope: Scope, span: Span, names: Sequence[str] = ()) -> bool:
        if not self.uses_tallies or not tallied.can_tell(scope.clauses):
            return False
        by_hours = tallied.needs_hours(scope.clauses, names)
        return not by_hours or has_whole_hours(span, self.zone)

    def sums(self, scope: Scope, *names: str) -> Grouped:
        """Sums by vendor, outcome, hour or weekday. By the clock, calls are counted alone."""
        span = self.extent.closed(scope.span)
        if span is None:
            return Grouped(names)
        found = Cover(rest=[span])
        if self._tells(scope, span, names):
            found = cover(span, _LONGEST_FIRST[tallied.needs_hours(scope.clauses, names)])
        rows = [
            tallied.sums(scope, found, names, self.zone),
            counted.sums(scope, found.rest, names, self.zone),
        ]
        kept = {key: one for key, one in merged(rows).items() if one.calls}
        return Grouped(names, kept)

    def codes(self, scope: Scope, most: int) -> dict[str, Sums]:
        """The codes that most calls had that were not answered, as scheme/value."""
        return self._subject(scope, Subject.CODE, counted.codes, most)

    def shown(self, scope: Scope, most: int) -> dict[str, Sums]:
        """The numbers that most calls showed, in their searchable form."""
        return self._subject(scope, Subject.SHOWN, counted.shown, most)

    def _subject(
        self,
        scope: Scope,
        subject: Subject,
        count: Callable[[Scope, Sequence[Span]], dict[str, Sums]],
        most: int,
    ) -> dict[str, Sums]:
        span = self.extent.closed(scope.span)
        if span is None:
            return {}
        known = tallied.KNOWN_OF_SUBJECTS
        if not self.uses_tallies or not tallied.can_tell(scope.clauses, known):
            return tallied.first(count(scope, [span]), most)
        found = cover(span, (Grain.MONTH, Grain.DAY))
        rows = tallied.of_subject(scope, found, subject)
        return tallied.most(rows, count(scope, found.rest), most)
