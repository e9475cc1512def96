"""Who may read calls, and whose numbers. Whole numbers: see ``calls.masking``."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

READ_CALLS = "calls.view_call"
READ_REPORTS = "calls.view_report"
REVEAL_NUMBERS = "calls.reveal_numbers"
SEE_REVEALS = "calls.view_reveal"


class MayReadCalls(BasePermission):
    """Signed in, and allowed to view calls."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.has_perm(READ_CALLS))
