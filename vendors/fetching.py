"""Fetches recordings, and stores each once it is whole.

The courier claims a recording, streams it to a part in ``DATA_DIR``, looks at what it is, stores
it under a name of ours, and only then says that it is stored. What a worker that died left behind
is a part that goes on growing, never a file that looks whole.
"""

import hashlib
import logging
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.models import STORAGE, Sound, SoundState
from calls.sound import kinds
from vendors.downloading import errors
from vendors.downloading.download import download
from vendors.locating import NeverError, NotNowError, address_of, hosts_of
from vendors.models import VendorAccount

log = logging.getLogger("callportal.recordings")

MOST_AT_ONCE = 8
MOST_PER_HOST = 4
FIRST_WAIT = 15.0  # seconds; each further one is doubled
LONGEST_WAIT = 6 * 60 * 60.0
WAIT_TO_RESUME = 3.0
BEAT = 20.0  # seconds between signs of life
ABANDONED_AFTER = timedelta(seconds=120)
CHUNK = 64 * 1024


class OvertakenError(Exception):
    """Another worker has taken this fetch over."""


def fetch_due(seconds: float, ring: Callable[[], object]) -> int:
    """Fetch what is due until nothing is, or the time is up; how many were tried.

    Rings for another worker where more is due, and for the next one when its own time is up.
    """
    end = time.monotonic() + seconds
    tried = 0
    while (sound := claim()) is not None:
        if is_any_due():
            ring()
        fetch(sound)
        tried += 1
        if time.monotonic() >= end:
            if is_any_due():
                ring()
            break
    return tried


def is_any_due() -> bool:
    return _due(timezone.now()).exists()


def _due(now: datetime) -> "QuerySet[Sound]":
    return Sound.objects.filter(state=SoundState.WAITING, next_try_at__lte=now)


@transaction.atomic
def claim() -> Sound | None:
    """The next recording to fetch; None where nothing is due, or enough is being fetched."""
    now = timezone.now()
    busy = dict(
        Sound.objects.filter(state=SoundState.FETCHING)
        .values_list("host")
        .annotate(Count("pk"))
        .order_by()
    )
    if sum(busy.values()) >= MOST_AT_ONCE:
        return None
    full = [host for host, count in busy.items() if count >= MOST_PER_HOST]
    locked = _due(now).exclude(host__in=full).select_for_update(skip_locked=True)
    sound = locked.order_by("next_try_at", "id").first()
    if sound is None:
        return None
    sound.state, sound.claimed_at = SoundState.FETCHING, now
    sound.attempts += 1
    sound.save(update_fields=["state", "claimed_at", "attempts", "updated_at"])
    return sound


def fetch(sound: Sound) -> None:
    """Fetch a claimed recording, and write down what came of it."""
    try:
        _fetch(sound)
    except OvertakenError:
        log.warning("fetch overtaken", extra={"sound": sound.pk})


def _fetch(sound: Sound) -> None:
    claimed = sound.attempts
    sound = Sound.objects.select_related("call", "recording").get(pk=sound.pk)
    sound.attempts = claimed  # what is ours; another worker's is greater
    account = VendorAccount.objects.get(pk=sound.call.account_id)
    try:
        part = _load(sound, account)
        _keep(sound, account, part, _look(sound, part))
    except OvertakenError:
        raise
    except (NeverError, errors.ForbiddenAddressError, errors.TooLargeError) as error:
        _part(sound).unlink(missing_ok=True)
        _settle(sound, state=SoundState.REFUSED, problem=str(error))
    except errors.BrokenOffError as error:
        _later(sound, str(error), WAIT_TO_RESUME, validator=error.validator)
    except errors.TryLaterError as error:
        _later(sound, str(error), error.retry_after or 0.0)
    except (NotNowError, kinds.NotSoundError, errors.DownloadError) as error:
        _part(sound).unlink(missing_ok=True)
        _later(sound, str(error), getattr(error, "seconds", 0.0), validator="")
    except OSError as error:
        log.exception("recording could not be kept", extra={"sound": sound.pk})
        _later(sound, _("Our own storage failed: %(why)s") % {"why": error.strerror or error})
    except Exception as error:
        log.exception("fetch failed", extra={"sound": sound.pk})
        _later(sound, f"{type(error).__name__}: {error}"[:500])


def _load(sound: Sound, account: VendorAccount) -> Path:
    """The whole file as a part of ours; what an earlier try brought is not fetched again."""
    url = address_of(sound, account)
    path = _part(sound)
    path.parent.mkdir(parents=True, exist_ok=True)
    offset = path.stat().st_size if path.exists() and sound.validator else 0
    with path.open("r+b" if path.exists() else "w+b") as file:
        download(
            url,
            hosts=hosts_of(account),
            file=cast(BinaryIO, _Beating(file, sound)),
            offset=offset,
            validator=sound.validator,
        )
        file.flush()
        os.fsync(file.fileno())
    return path


def _part(sound: Sound) -> Path:
    return Path(settings.DATA_DIR) / "parts" / str(sound.pk)


class _Beating:
    """A file that gives a sign of life while it is written, so that nobody takes the fetch over."""

    def __init__(self, file: BinaryIO, sound: Sound) -> None:
        self._file = file
        self._sound = sound
        self._beaten_at = time.monotonic()

    def write(self, chunk: bytes) -> int:
        now = time.monotonic()
        if now - self._beaten_at > BEAT:
            _settle(self._sound, claimed_at=timezone.now())
            self._beaten_at = now
        return self._file.write(chunk)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None) -> int:
        return self._file.truncate(size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a fetched file turned out to be; ``doubt`` is empty where nothing speaks against it."""

    sound: kinds.Sound
    size: int
    sha256: str
    doubt: str


def _look(sound: Sound, path: Path) -> Look:
    """Recognise a file by what is in it. Raises NotSoundError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        found = kinds.recognise(file)
        file.seek(0)
        while chunk := file.read(CHUNK):
            digest.update(chunk)
        size = file.tell()
    announced = sound.recording.size_bytes if sound.recording else None
    doubt = ""
    if announced and announced != size:
        doubt = _("%(announced)d bytes were announced, %(size)d came.") % {
            "announced": announced,
            "size": size,
        }
    elif not found.is_whole:
        doubt = _("The file ends before its own header says that it does.")
    return Look(sound=found, size=size, sha256=digest.hexdigest(), doubt=doubt)


def _keep(sound: Sound, account: VendorAccount, part: Path, look: Look) -> None:
    """Store a part for good. A doubtful one only when the same bytes came twice: then they are what
    the vendor has."""
    if look.doubt and sound.sha256 != look.sha256:
        part.unlink(missing_ok=True)
        _settle(sound, sha256=look.sha256)
        raise NotNowError(look.doubt)
    extension = kinds.EXTENSIONS[look.sound.media_type]
    name = f"{account.pk}/{sound.call.occurred_at:%Y/%m/%d}/{sound.pk}.{extension}"
    storage = storages[STORAGE]
    _settle(sound, claimed_at=timezone.now())
    if storage.exists(name):
        storage.delete(name)  # of a worker that died before it could say so
    with part.open("rb") as file:
        stored = storage.save(name, File(file))
    _settle(
        sound,
        state=SoundState.STORED,
        problem=look.doubt,
        name=stored,
        size_bytes=look.size,
        sha256=look.sha256,
        media_type=look.sound.media_type,
        codec=look.sound.codec,
        channels=look.sound.channels,
        seconds=look.sound.exact_seconds,
        stored_at=timezone.now(),
        next_try_at=None,
        validator="",
    )
    part.unlink(missing_ok=True)
    log.info("recording stored", extra={"sound": sound.pk, "bytes": look.size})


def _settle(sound: Sound, **values: object) -> None:
    """Write about a fetch that is still ours. Raises OvertakenError."""
    ours = Sound.objects.filter(pk=sound.pk, state=SoundState.FETCHING, attempts=sound.attempts)
    if not ours.update(updated_at=timezone.now(), **values):
        raise OvertakenError


def _later(sound: Sound, problem: str, seconds: float = 0.0, **values: object) -> None:
    """Try again, after longer each time and never in step with others; gone at the deadline."""
    now = timezone.now()
    if sound.deadline_at is not None and now >= sound.deadline_at:
        _settle(sound, state=SoundState.GONE, problem=problem, next_try_at=None)
        _part(sound).unlink(missing_ok=True)
        log.warning("recording gone", extra={"sound": sound.pk})
        return
    wait = max(seconds, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(sound.attempts - 1, 12)))
    if values.get("validator"):
        wait = max(seconds, WAIT_TO_RESUME * sound.attempts)
    at = now + timedelta(seconds=wait * random.uniform(1, 1.3))  # noqa: S311 - only spreads load
    if sound.deadline_at is not None:
        at = min(at, max(sound.deadline_at, now + timedelta(seconds=FIRST_WAIT)))
    _settle(sound, state=SoundState.WAITING, problem=problem, next_try_at=at, **values)
    log.info("recording not fetched yet", extra={"sound": sound.pk, "attempts": sound.attempts})


def take_back() -> int:
    """Let fetches go on whose worker died; how many."""
    dead = Sound.objects.filter(
        state=SoundState.FETCHING, claimed_at__lt=timezone.now() - ABANDONED_AFTER
    )
    return dead.update(state=SoundState.WAITING, next_try_at=timezone.now())
