"""How outbound requests are put into words and colours, for templates."""

from django import template
from django.utils.translation import gettext_lazy as _

from vendors import stories
from vendors.adapters.base import Vendor
from vendors.adapters.outbound import Operation
from vendors.models import Attempt, OutboundRequest, RequestState

register = template.Library()

TONES = {
    RequestState.WAITING: "live",
    RequestState.SENDING: "live",
    RequestState.ACCEPTED: "good",
    RequestState.REFUSED: "bad",
    RequestState.UNCERTAIN: "warn",
    RequestState.GIVEN_UP: "bad",
    RequestState.CANCELLED: "quiet",
}
FAULT_SENTENCES = {
    "no address": _("The name of the vendor's server is not known."),
    "not connected": _("The vendor's server took no connection."),
    "connect timed out": _("The vendor's server did not answer the connection in time."),
    "no tls": _("The vendor's server showed no certificate that can be trusted."),
    "setting missing": _("A setting of the account is missing."),
    "timed out": _("No answer came in time."),
    "cut": _("The connection broke before the answer."),
    "malformed": _("The answer makes no sense."),
    "sent before": _("This machine remembers that it was sent before."),
    "interrupted": _("The portal stopped meanwhile."),
    "broken": _("The portal made a mistake; its log has the details."),
}


@register.filter
def state_tone(state: str) -> str:
    """The colour and shape of a request's state."""
    return TONES[RequestState(state)]


@register.filter
def fault(attempt: Attempt) -> str:
    """Why no answer came, in a sentence; empty where one did."""
    return str(FAULT_SENTENCES.get(attempt.fault, attempt.fault))


@register.filter
def operation_name(request: OutboundRequest) -> str:
    return stories.operation_label(request)


@register.filter
def label(one: Operation) -> str:
    return stories.label(one)


@register.filter
def needed_settings(vendor: Vendor) -> str:
    """The settings without which a vendor cannot be asked."""
    return ", ".join(vendor.outbound.needs) if vendor.outbound else ""
