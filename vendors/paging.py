"""Steps through requests and pushes by key, newest first."""

from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class ByMoment(CursorPagination):
    """By a moment, then by the row's id. ``limit`` sets how many, up to 500."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Any:
        """The place in the list that an address names. Raises NotFound where it names none."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            try:
                is_moment = parse_datetime(str(cursor.position)) is not None
            except ValueError:
                is_moment = False
            if not is_moment:
                raise NotFound(self.invalid_cursor_message)
        return cursor


class RequestPagination(ByMoment):
    ordering = ("-asked_at", "-id")


class PushPagination(ByMoment):
    ordering = ("-received_at", "-id")


class AlarmPagination(ByMoment):
    ordering = ("-raised_at", "-id")
