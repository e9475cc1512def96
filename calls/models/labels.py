"""Our words for what is true of any call, in the reader's language; lengths that columns share."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from calls import facts, outcomes

ID_LENGTH = 255
NUMBER_LENGTH = 64


def choices(names: type[Any], labels: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name.value, labels[name.value]) for name in names]


OUTCOME_LABELS = {
    "answered": _("Answered"),
    "busy": _("Busy"),
    "no_answer": _("No answer"),
    "rejected": _("Rejected"),
    "unreachable": _("Unreachable"),
    "powered_off": _("Powered off"),
    "suspended": _("Suspended"),
    "invalid_number": _("Invalid number"),
    "cancelled": _("Cancelled"),
    "blocked": _("Blocked"),
    "failed": _("Failed"),
    "unknown": _("Unknown"),
}
STATE_LABELS = {"in_progress": _("In progress"), "ended": _("Ended")}
DIRECTION_LABELS = {"inbound": _("Inbound"), "outbound": _("Outbound")}
PARTY_LABELS = {"caller": _("Caller"), "callee": _("Called party"), "platform": _("Platform")}
TRACK_LABELS = {"mixed": _("Both sides"), "left": _("Left channel"), "right": _("Right channel")}
ROLE_LABELS = {"robot": _("Robot"), "customer": _("Customer")}
SERVICE_LABELS = {
    "voice_sip": _("Voice line"),
    "voice_callback": _("Callback"),
    "voice_notification": _("Notification"),
    "voice_verification": _("Verification code"),
    "voice_announcement": _("Notification or verification code"),
    "voice_robot": _("Voice robot"),
    "privacy_number": _("Privacy number"),
}

PARTY_CHOICES = choices(facts.Party, PARTY_LABELS)
STATE_CHOICES = choices(outcomes.State, STATE_LABELS)
BILLING_LEGS_CHOICES = [("call", _("The call once")), ("each", _("Each telephone that answered"))]
