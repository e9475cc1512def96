"""Steps through requests by key, newest first."""

from calls.paging import CallPagination


class RequestPagination(CallPagination):
    ordering = ("-asked_at", "-id")
