"""The rows of this app: accounts and their secrets, the inbox, the outbox."""

from vendors.models.accounts import Credential, PushToken, VendorAccount
from vendors.models.inbox import (
    NOT_DONE,
    TRUST_CHOICES,
    TRUST_LABELS,
    Evidence,
    Push,
    Reason,
    RefusedPush,
    SeenNonce,
    State,
)
from vendors.models.outbox import (
    SAFE_TO_REPEAT,
    Attempt,
    NeverCall,
    OutboundQueue,
    OutboundRequest,
    RequestState,
    Why,
)

__all__ = [
    "NOT_DONE",
    "SAFE_TO_REPEAT",
    "TRUST_CHOICES",
    "TRUST_LABELS",
    "Attempt",
    "Credential",
    "Evidence",
    "NeverCall",
    "OutboundQueue",
    "OutboundRequest",
    "Push",
    "PushToken",
    "Reason",
    "RefusedPush",
    "RequestState",
    "SeenNonce",
    "State",
    "VendorAccount",
    "Why",
]
