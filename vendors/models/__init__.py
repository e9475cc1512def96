"""The rows of this app: accounts and their secrets, the inbox, the outbox."""

from vendors.models.accounts import Credential, PushToken, VendorAccount
from vendors.models.inbox import (
    TRUST_CHOICES,
    TRUST_LABELS,
    Evidence,
    Push,
    Reason,
    RefusedPush,
    SeenNonce,
    State,
)

__all__ = [
    "TRUST_CHOICES",
    "TRUST_LABELS",
    "Credential",
    "Evidence",
    "Push",
    "PushToken",
    "Reason",
    "RefusedPush",
    "SeenNonce",
    "State",
    "VendorAccount",
]
