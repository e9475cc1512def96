"""Where the moments of a call stand in a drawing to scale. Plain Python: no database, no words.

Across, everything is a share of the drawing's width in per cent, so that it fits a telephone and a
wide screen; down, everything is in pixels, so that words keep their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

DIALLING, RINGING, TALKING = "dialling", "ringing", "talking"

LEAST_WIDTH = 0.6  # a stretch of one second in a call of an hour is still seen
ROOMY = 15.0  # what a duration written into a stretch takes on the narrowest screen
LANE_HEIGHT = 42
LABEL_HEIGHT = 20
BAR_HEIGHT = 14
DOTS_HEIGHT = 40
WORDS_HEIGHT = 38
AXIS_HEIGHT = 22
MOST_TICKS = 5

_THICKNESS = {DIALLING: 4, RINGING: 8, TALKING: BAR_HEIGHT}
_RADIUS = 9
_NARROWEST = 300.0  # pixels: a telephone of 360, without margins
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12, 24)),
)
_SECOND = timedelta(seconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """A call or one of its legs: the moments of it that are known. ``is_over`` without an
    ``ended_at`` means that nobody said when."""

    label: str
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def begins(self) -> list[tuple[str, datetime]]:
        """The phases that are known to have begun, in the order in which a call goes through."""
        phases = (DIALLING, self.started_at), (RINGING, self.rang_at), (TALKING, self.answered_at)
        return [(phase, at) for phase, at in phases if at is not None]

    @property
    def moments(self) -> list[datetime]:
        known = [self.started_at, self.rang_at, self.answered_at, self.ended_at]
        return [at for at in known if at is not None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A phase of a lane. ``seconds`` is None where nobody said when it ended: it is drawn open."""

    phase: str
    x: float
    width: float
    y: int
    height: int
    seconds: int | None

    @property
    def is_open(self) -> bool:
        return self.seconds is None

    @property
    def is_roomy(self) -> bool:
        """Whether its duration can be written into it."""
        return self.phase == TALKING and not self.is_open and self.width >= ROOMY

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    label: str
    y: int
    stretches: Sequence[Stretch]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """One happening, or several that stand too close to be told apart: first to last of them."""

    x: float
    first: int
    last: int

    @property
    def label(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def width(self) -> int:
        """In pixels."""
        return max(2 * _RADIUS, 8 * len(self.label) + 6)

    @property
    def left(self) -> int:
        """Where it begins, in pixels from its place: it grows to the side that has room."""
        has_room = self.x * _NARROWEST / 100 + self.width <= _NARROWEST + 2 * _RADIUS
        return -_RADIUS if has_room else _RADIUS - self.width

    @property
    def middle(self) -> int:
        return self.left + self.width // 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """The moment at which one side of a dialog speaks."""

    x: float
    y: int
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    x: float
    seconds: int

    @property
    def anchor(self) -> str:
        """Which part of its label stands at the tick: no label leaves the drawing."""
        if self.x < 6:
            return "start"
        return "end" if self.x > 94 else "middle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    began_at: datetime
    rows: Sequence[Row]
    dots: Sequence[Dot]
    words: Sequence[Word]
    ticks: Sequence[Tick]

    @property
    def phases(self) -> list[str]:
        """Those that are drawn, in their order."""
        drawn = {stretch.phase for row in self.rows for stretch in row.stretches}
        return [phase for phase in _THICKNESS if phase in drawn]

    @property
    def words_y(self) -> int:
        return len(self.rows) * LANE_HEIGHT

    @property
    def dots_y(self) -> int:
        return self.words_y + (WORDS_HEIGHT if self.words else 0)

    @property
    def axis_y(self) -> int:
        return self.dots_y + (DOTS_HEIGHT if self.dots else 0)

    @property
    def height(self) -> int:
        return self.axis_y + AXIS_HEIGHT


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: datetime
    span: timedelta

    def x(self, at: datetime) -> float:
        if not self.span:
            return 0.0
        return round(100 * max(0.0, min(1.0, (at - self.begin) / self.span)), 2)


def draw(
    lanes: Sequence[Lane],
    happened: Sequence[datetime] = (),
    spoken: Iterable[tuple[str, datetime]] = (),
    now: datetime | None = None,
) -> Drawing | None:
    """A call as a drawing, or None where no moment of it is known.

    ``happened`` are the moments of what happened, numbered from one in this order; ``spoken`` those
    at which a role begins to speak. ``now`` is given while the call goes on: the drawing reaches as
    far, and what has not ended is open.
    """
    words = list(spoken)
    known = [at for lane in lanes for at in lane.moments] + list(happened)
    known += [at for _, at in words]
    if not known:
        return None
    begin, end = min(known), max(known)
    if now is not None and now > end:
        end = now
    if not any(lane.ended_at for lane in lanes):
        end += min(_LAST - end, max(_SECOND, (end - begin) / 20))  # room for what is open
    scale = _Scale(begin, end - begin)
    rows = [_row(lane, n, scale, end) for n, lane in enumerate(lanes)]
    top = len(rows) * LANE_HEIGHT + LABEL_HEIGHT
    return Drawing(
        began_at=begin,
        rows=rows,
        dots=_dots(happened, scale),
        words=[
            Word(x=scale.x(at), y=top if role == "robot" else top + BAR_HEIGHT // 2, role=role)
            for role, at in words
        ],
        ticks=_ticks(scale),
    )


def _row(lane: Lane, n: int, scale: _Scale, end: datetime) -> Row:
    top = n * LANE_HEIGHT
    begins = lane.begins
    stretches = []
    for place, (phase, at) in enumerate(begins):
        later = [other for _, other in begins[place + 1 :] if other >= at]
        until = later[0] if later else lane.ended_at
        if until is not None and until < at:  # a clock went wrong: it takes no time
            until = at
        x = scale.x(at)
        width = max(LEAST_WIDTH, scale.x(until or end) - x)
        height = _THICKNESS[phase]
        stretches.append(
            Stretch(
                phase=phase,
                x=min(x, 100 - LEAST_WIDTH),
                width=round(min(width, max(LEAST_WIDTH, 100 - x)), 2),
                y=top + LABEL_HEIGHT + (BAR_HEIGHT - height) // 2,
                height=height,
                seconds=None if until is None else (until - at) // _SECOND,
            )
        )
    return Row(label=lane.label, y=top, stretches=stretches)


def _dots(happened: Sequence[datetime], scale: _Scale) -> list[Dot]:
    """Dots in order of time; those that would cover one another on a narrow screen are one."""
    dots: list[Dot] = []
    for number, at in enumerate(happened, 1):
        dots.append(Dot(x=scale.x(at), first=number, last=number))
        while len(dots) > 1 and _cover(dots[-2], dots[-1]):
            last = dots.pop().last
            dots[-1] = replace(dots[-1], last=last)
    return dots


def _cover(one: Dot, other: Dot) -> bool:
    end = one.x * _NARROWEST / 100 + one.left + one.width
    return other.x * _NARROWEST / 100 + other.left < end + 2


def _ticks(scale: _Scale) -> list[Tick]:
    """Round moments after the beginning, a handful for a call of any length."""
    span = scale.span // _SECOND
    step = next((step for step in _STEPS if span <= step * MOST_TICKS), 0)
    step = step or -(-span // (MOST_TICKS * _DAY)) * _DAY
    return [Tick(x=scale.x(scale.begin + n * _SECOND), seconds=n) for n in range(0, span + 1, step)]
