"""What the audit says of outbound requests: which, of which account, and never whom they call."""

from typing import Any

from calls.audit import Action, record
from vendors.models import OutboundRequest


def note(request: Any, action: Action, row: OutboundRequest, **details: str) -> None:
    about = {"account": row.account_id, "operation": row.operation} | details
    subject = f"request {row.pk}"
    record(action, by=request.user, request=request, subject=subject, details=about)
