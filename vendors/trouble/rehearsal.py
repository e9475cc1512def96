"""What processing pushes again would change, tried on some of them: the real processing, in a
transaction that is taken back. Nobody is rung for, nothing is fetched, nothing is sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import transaction
from django.db.models import QuerySet

from vendors import bodies, inbox
from vendors.models import Push, State
from vendors.trouble import differences
from vendors.trouble.differences import Change

SAMPLE = 20  # pushes
MOST_BYTES = 256 * 1024  # of their bodies: calls stay locked meanwhile
MOST_CALLS = 50  # that are compared


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A push of the sample, what would become of it, and why."""

    push: Push
    state: State
    problem: str
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """``changes`` are those of the first ``compared`` calls of the ``calls`` that the sample speaks
    of."""

    tried: Sequence[Tried]
    calls: int
    compared: int
    changes: Sequence[Change]

    @property
    def states(self) -> list[tuple[State, int]]:
        """How many would become what."""
        counted = Counter(one.state for one in self.tried)
        return [(state, counted[state]) for state in State if counted[state]]

    @property
    def made(self) -> int:
        return sum(one.key is None for one in self.changes)

    @property
    def fields(self) -> list[tuple[str, int]]:
        """Which fields would change, and in how many calls that are there already."""
        known = [one for one in self.changes if one.key is not None]
        return Counter(field.label for one in known for field in one.fields).most_common()


def sample(pushes: QuerySet[Push]) -> list[Push]:
    """The newest and the oldest of these: what they say of the others between them."""
    rows = pushes.order_by("received_at", "id").values_list("pk", "size")
    oldest, newest = rows[: SAMPLE // 2], rows.reverse()[: SAMPLE // 2]
    chosen: list[int] = []
    size = 0
    for key, its_size in dict(chain(newest, oldest)).items():
        size += its_size
        if chosen and size > MOST_BYTES:
            break
        chosen.append(key)
    found = Push.objects.filter(pk__in=chosen).select_related("account")
    return list(found.defer("headers", "query", "digest").order_by("-received_at", "-id"))


def rehearse(pushes: Sequence[Push]) -> Rehearsal:
    """Process these pushes and take all of it back. Raises OperationalError where the database was
    too busy for it."""
    with transaction.atomic():  # around both, so that SQLite lets nobody write between them
        with transaction.atomic():
            wrongs = inbox.try_out(pushes)
            settled = _settled(pushes)
            keys = _calls(settled.values())
            after = differences.states(keys[:MOST_CALLS])
            transaction.set_rollback(True)
        before = differences.states(after)
    return Rehearsal(
        tried=[_tried(push, settled[push.pk], wrongs.get(push.pk)) for push in pushes],
        calls=len(keys),
        compared=len(after),
        changes=differences.between(before, after),
    )


def _settled(pushes: Sequence[Push]) -> Mapping[int, Push]:
    rows = Push.objects.only("state", "problem", "call_ids")
    return rows.in_bulk([push.pk for push in pushes])


def _calls(settled: Iterable[Push]) -> list[int]:
    return sorted({int(key) for push in settled for key in push.call_ids.split()})


def _tried(push: Push, settled: Push, wrong: str | None) -> Tried:
    """``settled`` is the push as it was left; one at which our code raised an error was not."""
    return Tried(
        push=push,
        state=State.FAILED if wrong else State(settled.state),
        problem=bodies.seen(wrong or settled.problem),
        calls=0 if wrong else len(settled.call_ids.split()),
    )
