"""Paging by key: page 40,000 costs what page 1 does, and nothing is ever counted to draw a page."""

from rest_framework.pagination import CursorPagination


class CallPagination(CursorPagination):
    """Newest first. ``limit`` sets how many, up to 500."""

    ordering = ("-occurred_at", "-id")
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
