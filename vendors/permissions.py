"""Who may see, ask and settle outbound requests, see and fetch recordings, and open the inbox."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SEE_REQUESTS = "vendors.view_outboundrequest"
ASK = "vendors.add_outboundrequest"
SETTLE = "vendors.change_outboundrequest"
SEE_RECORDINGS = "calls.view_sound"
FETCH_RECORDINGS = "calls.change_sound"
SEE_PUSHES = "vendors.view_push"  # refused ones as well
REPROCESS = "vendors.change_push"
RELEASE = "vendors.change_refusedpush"
SEE_IMPORTS = "vendors.view_import"
IMPORT = "vendors.add_import"
HANDLE_ALARMS = "vendors.change_alarm"


class MayUseOutbox(BasePermission):
    """Reading needs the permission to view requests, everything else the one to add them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = SEE_REQUESTS if request.method in {"GET", "HEAD", "OPTIONS"} else ASK
        return bool(request.user and request.user.has_perm(needed))
