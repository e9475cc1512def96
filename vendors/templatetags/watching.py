"""How alarms are put into words and colours, for templates."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vendors.models import Alarm, TellingState
from vendors.watch import wording

register = template.Library()

TONES = {
    TellingState.WAITING: "live",
    TellingState.TOLD: "good",
    TellingState.GIVEN_UP: "bad",
}


@register.filter
def alarm_title(alarm: Alarm) -> str:
    return wording.title(alarm)


@register.filter
def alarm_advice(alarm: Alarm) -> str:
    return wording.check_first(alarm)


@register.filter
def alarm_state(alarm: Alarm) -> str:
    return wording.state(alarm)


@register.filter
def alarm_tone(alarm: Alarm) -> str:
    return wording.tone(alarm)


@register.filter
def telling_tone(state: str) -> str:
    """The colour and shape of a message's state."""
    return TONES[TellingState(state)]


@register.simple_tag
def figure(count: int, link: str = "", tone: str = "") -> SafeString:
    """A count that leads to the pushes behind it; ``tone`` is that of a count that is not 0. Pages
    show hundreds, so it is no template of its own."""
    if not count or not link:
        words = f"number figure--{tone}" if tone and count else "number"
        return format_html('<span class="{}">{}</span>', words, f"{count:,}")
    words = f"number figure--{tone}" if tone else "number"
    return format_html('<a class="{}" href="{}">{}</a>', words, link, f"{count:,}")
