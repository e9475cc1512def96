"""Hearing recordings: who may, addresses that open for a moment, and who heard what.

An address carries a ticket: the view of the call's page that it was given to, signed for one
sound, one act and one session, and for a few minutes. A playing that began in time may go on for
twice its length; after that the page asks for new addresses, as its view.
"""

import logging
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from calls import audit
from calls.audit import Action
from calls.models import Hearing, Sound
from calls.requests import client_address
from calls.sound.kinds import EXTENSIONS

log = logging.getLogger("callportal.hearing")

HEAR = "calls.hear_sound"
DOWNLOAD = "calls.download_sound"
SEE_HEARINGS = "calls.view_hearing"
HOLD = "calls.add_hold"
RELEASE = "calls.delete_hold"

START_WITHIN = timedelta(minutes=5)

_NEEDS = {Hearing.PLAYED: HEAR, Hearing.DOWNLOADED: DOWNLOAD}
_ACTIONS = {
    Hearing.PLAYED: Action.RECORDING_PLAYED,
    Hearing.DOWNLOADED: Action.RECORDING_DOWNLOADED,
}
_PLAYED_BY_BROWSERS = frozenset({"pcm8", "pcm16", "mp3", "vorbis", "opus"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where a sound is had by one view of a page; empty where it may not be, or cannot be."""

    audio: str
    peaks: str
    download: str
    renewal: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def new_view() -> str:
    return secrets.token_urlsafe(12)


def can_be_played(sound: Sound) -> bool:
    """Whether there is something that browsers play: the file itself, or a copy for them."""
    return bool(sound.playable_name or (sound.name and sound.codec in _PLAYED_BY_BROWSERS))


def addresses(request: HttpRequest, sound: Sound, view: str) -> Addresses:
    """A stored sound's addresses, as far as this person may use them."""

    def address(name: str, act: str) -> str:
        if not request.user.has_perm(_NEEDS[act]):
            return ""
        return reverse(name, args=[sound.pk, _signer(request, sound, act).sign(view)])

    is_playable = can_be_played(sound)
    return Addresses(
        audio=address("sound-audio", Hearing.PLAYED) if is_playable else "",
        peaks=address("sound-peaks", Hearing.PLAYED) if is_playable else "",
        download=address("sound-download", Hearing.DOWNLOADED),
        renewal=address("sound-renewal", Hearing.PLAYED) if is_playable else "",
    )


def _signer(request: HttpRequest, sound: Sound, act: str) -> TimestampSigner:
    session = request.session.session_key
    if not session:
        raise PermissionDenied
    return TimestampSigner(salt=f"calls.hearing {act} {sound.pk} {session}")


def admit(request: HttpRequest, sound: Sound, act: str, ticket: str) -> str:
    """The view that a ticket was given to. Raises PermissionDenied."""
    _check_permission(request, act)
    signer = _signer(request, sound, act)
    try:
        return signer.unsign(ticket, max_age=START_WITHIN)
    except SignatureExpired:
        return _admit_late(signer, sound, act, ticket)
    except BadSignature:
        raise PermissionDenied from None


def _admit_late(signer: TimestampSigner, sound: Sound, act: str, ticket: str) -> str:
    """Let a playing go on that began in time."""
    lasts = START_WITHIN + timedelta(seconds=2 * (sound.seconds or 0))
    try:
        view = signer.unsign(ticket, max_age=lasts)
    except BadSignature:
        raise PermissionDenied from None
    began = Hearing.objects.filter(view=view, sound=sound, act=Hearing.PLAYED)
    if act != Hearing.PLAYED or not began.exists():
        raise PermissionDenied
    return view


def renew(request: HttpRequest, sound: Sound, ticket: str) -> Addresses:
    """New addresses for a view whose own ran out, while its session lasts.

    Raises PermissionDenied.
    """
    _check_permission(request, Hearing.PLAYED)
    try:
        view = _signer(request, sound, Hearing.PLAYED).unsign(ticket)
    except BadSignature:
        raise PermissionDenied from None
    return addresses(request, sound, view)


def _check_permission(request: HttpRequest, act: str) -> None:
    if not request.user.has_perm(_NEEDS[act]):
        raise PermissionDenied


def record(
    request: HttpRequest, sound: Sound, act: str, view: str, *, is_rest: bool = False
) -> None:
    """Write down that somebody hears a sound or takes it away.

    Once for all pieces of a playing. A download that is taken up again (``is_rest``) is the one
    that was written down before.
    """
    before = Hearing.objects.filter(view=view, sound=sound, act=act)
    if (act == Hearing.PLAYED or is_rest) and before.exists():
        return
    who = request.user.get_username()
    try:
        with transaction.atomic():
            Hearing.objects.create(
                sound=sound,
                call_id=sound.call_id,
                user_id=request.user.pk,
                user_name=who,
                act=act,
                address=client_address(request, settings.TRUSTED_PROXIES)[:64],
                view=view,
            )
            audit.record(
                _ACTIONS[act],
                by=request.user,
                request=request,
                subject=f"call {sound.call_id}",
                details={"recording": sound.pk},
            )
    except IntegrityError:  # two pieces were asked for at once, and the other came first
        return
    facts = {"sound": sound.pk, "user": who}
    if act == Hearing.PLAYED:
        log.info("recording played", extra=facts)
    else:
        log.info("recording downloaded", extra=facts)


def file_name(sound: Sound) -> str:
    """What a download is called: of our own making, so that it is safe on any disk."""
    at = timezone.localtime(sound.call.occurred_at)
    extension = EXTENSIONS.get(sound.media_type, "bin")
    return f"call-{sound.call_id}-{at:%Y%m%d-%H%M%S}-recording-{sound.pk}.{extension}"
