"""How the time of recordings is put into words, for templates; their states are in ``sounds``."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext

from calls.models import Sound, SoundState
from vendors.recording_filters import NOT_OURS_YET, SOON
from vendors.recordings import CAN_BE_FETCHED

register = template.Library()


@register.filter
def loses_time(sound: Sound) -> bool:
    """Whether it can still be had, for as long as the vendor keeps it."""
    return sound.deadline_at is not None and sound.state in {*NOT_OURS_YET, SoundState.REFUSED}


@register.filter
def is_soon(at: datetime) -> bool:
    return at < timezone.now() + SOON


@register.filter
def left(at: datetime) -> str:
    """The time until a moment in its two largest units: ``2 d 3 h``, ``5 h 20 min``."""
    minutes = int((at - timezone.now()).total_seconds() // 60)
    if minutes < 1:
        return gettext("Time is up")
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        gettext("%(count)d d") % {"count": days} if days else "",
        gettext("%(count)d h") % {"count": hours} if hours else "",
        gettext("%(count)d min") % {"count": minutes} if minutes and not days else "",
    ]
    return " ".join(part for part in parts if part)


@register.filter
def can_be_fetched(sound: Sound) -> bool:
    return sound.recording_id is not None and sound.state in CAN_BE_FETCHED


@register.filter
def whole(seconds: float | None) -> int | None:
    """A length in whole seconds."""
    return None if seconds is None else round(seconds)
