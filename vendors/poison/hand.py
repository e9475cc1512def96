"""The pushes that a worker has in hand for the length of a transaction, noted and bounded."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction

from vendors.adapters.base import Reading
from vendors.models import Push, State
from vendors.poison import bounds, notes

UNREAD = ("body", "headers", "query", "path")  # of no use to who processes, or fetched later

Read = Callable[[Push], Reading]


@dataclass(slots=True)
class Hand:
    """``after`` are keys of pushes that are to be read one by one after these. ``known`` is what
    pushes say, as far as they were read; of one that took too long, that it did."""

    read: Read
    after: Sequence[int] = ()
    pushes: Sequence[Push] = ()
    claimed: int = 0
    are_alone: bool = False
    known: dict[int, Reading | bounds.TooLongError] = field(default_factory=dict)

    def take(self, claimed: Sequence[Push]) -> None:
        """Those that were tried before, if there are any: they are read one by one, and cost nobody
        anything. Else as many as may be in memory at once."""
        tried = [push for push in claimed if push.attempts]
        self.pushes, self.are_alone = tried or _together(claimed), bool(tried)
        self.claimed = len(self.pushes)
        if not claimed:
            return
        self.note()
        keys = [push.pk for push in self.pushes]
        bodies = dict(Push.objects.filter(pk__in=keys).values_list("pk", "body"))
        for push in self.pushes:
            push.body = bodies[push.pk]

    def note(self) -> None:
        """That all of them are read, from now on."""
        notes.write([push.pk for push in self.pushes], self.after)

    def note_one(self, place: int) -> None:
        """That one of them is, and the others after it."""
        keys = [push.pk for push in self.pushes]
        notes.write(keys[place : place + 1], [*keys[:place], *keys[place + 1 :], *self.after])

    def reading(self, push: Push) -> Reading:
        """What a push says. Nobody waits a second time for one that takes too long."""
        found = self.known.get(push.pk)
        if found is None:
            try:
                with bounds.of_reading(settings.PUSH_READ_SECONDS):
                    found = self.read(push)
            except bounds.TooLongError as error:
                found = error
            self.known[push.pk] = found
        if isinstance(found, bounds.TooLongError):
            raise found
        return found

    def forget(self) -> None:
        """Keep nothing but who took too long: what was read may be what was too much."""
        self.known = {
            key: one for key, one in self.known.items() if isinstance(one, bounds.TooLongError)
        }


@contextmanager
def in_hand(
    claim: Callable[[], Sequence[Push]], read: Read, after: Sequence[int] = ()
) -> Iterator[Hand]:
    """Claim pushes for the length of a transaction. A database without row locks has one write
    lock, and whoever keeps a push waits for it: there they are read before it is taken."""
    hand = Hand(read, after)
    try:
        if connection.features.has_select_for_update:
            with transaction.atomic():
                hand.take(claim())
                yield hand
        else:
            hand.take(claim())
            _read_ahead(hand)
            with transaction.atomic() if hand.pushes else nullcontext():
                _drop_settled(hand)
                yield hand
    finally:
        if hand.claimed:
            notes.clear()


def within_bounds() -> AbstractContextManager[None]:
    return bounds.of_work(settings.PUSH_WORK_SECONDS, settings.PUSH_MEMORY)


def _together(claimed: Sequence[Push]) -> Sequence[Push]:
    sizes = itertools.accumulate(push.size for push in claimed)
    fitting = sum(size <= settings.PUSH_BATCH_BYTES for size in sizes)
    return claimed[: max(1, fitting)]


def _read_ahead(hand: Hand) -> None:
    """Read what is in hand. What goes wrong goes wrong again where that is written down."""
    with suppress(Exception), within_bounds():
        for place, push in enumerate(hand.pushes):
            if hand.are_alone:
                hand.note_one(place)
            with suppress(Exception):
                hand.reading(push)
    hand.note()


def _drop_settled(hand: Hand) -> None:
    """Leave out what another worker settled before this one held the lock."""
    waiting = Push.objects.filter(pk__in=[push.pk for push in hand.pushes], state=State.WAITING)
    keys = set(waiting.values_list("pk", flat=True))
    hand.pushes = [push for push in hand.pushes if push.pk in keys]
