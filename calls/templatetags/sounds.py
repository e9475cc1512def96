"""How what became of a recording is put, for templates."""

from django import template
from django.utils.translation import gettext_lazy as _

from calls.models import Sound, SoundState

register = template.Library()

SOUND_SENTENCES = {
    "waiting": _("The portal is about to fetch it from the vendor."),
    "fetching": _("The portal is fetching it from the vendor."),
    "stored": _("The portal keeps a copy."),
    "missing": _("The vendor says that the call was recorded, but has not announced a recording."),
    "gone": _("The vendor no longer has it."),
    "refused": _("The portal was not allowed to fetch it."),
    "pruned": _("It was deleted when its time was over."),
}
SOUND_TONES = {
    "waiting": "live",
    "fetching": "live",
    "stored": "good",
    "missing": "warn",
    "gone": "bad",
    "refused": "bad",
    "pruned": "quiet",
}


@register.filter
def what_became_of(sound: Sound) -> str:
    """What became of a recording, in a sentence: the one that was written down, if there is one."""
    still = {SoundState.WAITING, SoundState.FETCHING}
    own = "" if sound.state in still else sound.problem
    return own or str(SOUND_SENTENCES.get(sound.state, ""))


@register.filter
def sound_tone(state: str) -> str:
    return SOUND_TONES.get(state, "quiet")
