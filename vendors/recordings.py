"""Recordings that vendors have: expected, announced, wanted again.

A ``Sound`` is made for every recording that a push announces, and for every call that is said to
be recorded, in the transaction that applies the push. ``vendors.fetching`` fetches them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.models import Call, Recording, Sound, SoundState
from calls.outcomes import Outcome
from vendors import erased
from vendors.models import VendorAccount
from vendors.registry import VENDORS

AGAIN_LASTS = timedelta(days=1)
CAN_BE_FETCHED = (SoundState.GONE, SoundState.REFUSED, SoundState.WAITING)


def expect(calls: Iterable[tuple[int, VendorAccount]]) -> int:
    """Make a row for each recording of these calls that has none yet, and for those that are said
    to exist but were not announced. Runs in the transaction that applies pushes."""
    owners = dict(calls)
    for call_id in erased.silenced(owners):
        del owners[call_id]
    if not owners:
        return 0
    now = timezone.now()
    made = _announced(owners, now)
    return made + _missing(owners, now)


def _announced(owners: dict[int, VendorAccount], now: datetime) -> int:
    found = list(Recording.objects.filter(call_id__in=owners, sound=None).order_by("id"))
    held = Sound.objects.filter(call_id__in=owners, recording=None).select_for_update()
    waiting = {sound.call_id: sound for sound in held}
    new = []
    for recording in found:
        lives = VENDORS[owners[recording.call_id].vendor].recordings.lives
        sound = waiting.pop(recording.call_id, None)
        if sound is None:
            new.append(
                Sound(
                    call_id=recording.call_id,
                    recording=recording,
                    state=SoundState.WAITING,
                    next_try_at=now,
                    deadline_at=now + lives,
                    host=_host(recording, owners[recording.call_id]),
                )
            )
            continue
        sound.recording, sound.state, sound.next_try_at = recording, SoundState.WAITING, now
        sound.save(update_fields=["recording", "state", "next_try_at", "updated_at"])
    Sound.objects.bulk_create(new, ignore_conflicts=True)
    return len(found)


def _missing(owners: dict[int, VendorAccount], now: datetime) -> int:
    without = Call.objects.filter(
        pk__in=owners, has_recording=False, sounds=None, outcome=Outcome.ANSWERED.value
    )
    new = [
        Sound(
            call=call,
            state=SoundState.MISSING,
            deadline_at=now + VENDORS[owners[call.pk].vendor].recordings.lives,
            problem=_("The vendor says that the call was recorded, and has not said where."),
        )
        for call in without.only("pk", "details", "talk_seconds")
        if VENDORS[owners[call.pk].vendor].recordings.is_expected(call.details, call.talk_seconds)
    ]
    Sound.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _host(recording: Recording, account: VendorAccount) -> str:
    """Whom its fetch keeps busy: a host, or the account's own where the address says none."""
    try:
        name = urlsplit(recording.address).hostname
    except ValueError:
        name = None
    return name or f"account {account.pk}"


def close_missing() -> int:
    """Call those gone that were expected and never announced in all their time; how many."""
    late = Sound.objects.filter(state=SoundState.MISSING, deadline_at__lt=timezone.now())
    return late.update(state=SoundState.GONE, updated_at=timezone.now())


def fetchable(sounds: "QuerySet[Sound]") -> "QuerySet[Sound]":
    """Those that ``fetch_again`` has fetched again."""
    return sounds.filter(recording__isnull=False, state__in=CAN_BE_FETCHED)


def fetch_again(sounds: "QuerySet[Sound]") -> int:
    """Have recordings fetched once more, with a day's time at least; how many can be."""
    now = timezone.now()
    again = fetchable(sounds)
    late = again.filter(deadline_at__lt=now + AGAIN_LASTS)
    late.update(deadline_at=now + AGAIN_LASTS)
    return again.update(
        state=SoundState.WAITING, next_try_at=now, attempts=0, problem="", sha256="", updated_at=now
    )
