"""Listens to stored recordings once: the peaks of a waveform, and a copy that browsers play.

Decoding is a C library's work on strangers' bytes, so it is done in a task process of its own sort
and not where calls are placed.
"""

import logging
import tempfile
import time
from typing import BinaryIO, cast

from django.core.files import File
from django.core.files.storage import storages
from django.db.models import QuerySet

from calls.models import STORAGE, Sound, SoundState
from calls.sound import kinds, peaks, playing

log = logging.getLogger("callportal.recordings")

NO_PEAKS = b""  # it was listened to, and nothing could be drawn


def is_any_unheard() -> bool:
    return _unheard().exists()


def _unheard() -> "QuerySet[Sound]":
    return Sound.objects.filter(state=SoundState.STORED, peaks=None)


def listen_all(seconds: float = 20.0) -> int:
    """Listen to what nobody has listened to yet; how many."""
    end = time.monotonic() + seconds
    heard = 0
    while time.monotonic() < end and (sound := _unheard().order_by("id").first()) is not None:
        listen(sound)
        heard += 1
    return heard


def listen(sound: Sound) -> None:
    """Draw a sound's peaks, and make its copy for browsers where they cannot play it.

    What cannot be decoded keeps no peaks, once and for all: it can still be downloaded.
    """
    drawn, copy = NO_PEAKS, ""
    try:
        with storages[STORAGE].open(sound.name) as opened:
            file = cast(BinaryIO, opened)
            drawn = peaks.peaks(file).to_bytes()
            if not kinds.recognise(file).plays_in_browsers:
                copy = _copy(sound, file)
    except ConnectionError:
        raise  # the storage is away: all of them are listened to later
    except Exception as error:
        log.exception("recording not understood", extra={"sound": sound.pk, "why": error})
    kept = Sound.objects.filter(pk=sound.pk, name=sound.name, state=SoundState.STORED)
    if not kept.update(peaks=drawn, playable_name=copy) and copy:
        storages[STORAGE].delete(copy)  # it was deleted meanwhile


def _copy(sound: Sound, source: BinaryIO) -> str:
    name = f"{sound.name.rpartition('.')[0]}.playable.wav"
    storage = storages[STORAGE]
    with tempfile.TemporaryFile() as into:
        playing.for_browsers(source, into)
        into.seek(0)
        if storage.exists(name):
            storage.delete(name)
        return storage.save(name, File(into))
