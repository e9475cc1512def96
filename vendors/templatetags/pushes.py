"""How pushes are put into colours and words, for templates."""

from django import template

from vendors import bodies
from vendors.models import ReprocessJob, State

register = template.Library()

TONES = {
    State.WAITING: "live",
    State.DONE: "good",
    State.UNREADABLE: "warn",
    State.FAILED: "bad",
}
JOB_TONES = {
    ReprocessJob.Progress.RUNNING: "live",
    ReprocessJob.Progress.DONE: "good",
    ReprocessJob.Progress.CANCELLED: "quiet",
}


@register.filter
def push_tone(state: str) -> str:
    """The colour and shape of a push's state."""
    return TONES[State(state)]


@register.filter
def push_state(state: str) -> str:
    """A push's state in the reader's words."""
    return str(State(state).label)


@register.filter
def job_tone(progress: str) -> str:
    """The colour and shape of how far a reprocessing is."""
    return JOB_TONES[ReprocessJob.Progress(progress)]


@register.filter
def sent_text(text: str) -> str:
    """Text that a stranger sent, as the reader may see it."""
    return bodies.seen(text)


@register.filter
def call_keys(call_ids: str) -> list[str]:
    """The keys of the calls that a push spoke of."""
    return call_ids.split()
