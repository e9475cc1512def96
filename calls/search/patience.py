"""How long a search may take: nobody waits for an answer that does not come."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from calls.models import Call
from calls.search import Search

PAGE_SECONDS = 20
COUNT_SECONDS = 2
MOST_COUNTED = 10_000


class TooSlowError(Exception):
    """The database did not answer in time. Less is to be asked for: a shorter range of time."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Give up on statements that take longer. SQLite has no such limit."""
    if connection.vendor != "postgresql":
        yield
        return
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {seconds * 1000}")
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == "57014":
            raise TooSlowError from error
        raise


def count(search: Search) -> int | None:
    """How many calls a search has, counted to one more than ``MOST_COUNTED``; None where that
    takes too long."""
    try:
        with within(COUNT_SECONDS):
            return _rows(search)[: MOST_COUNTED + 1].count()
    except TooSlowError:
        return None


def count_all(search: Search) -> int | None:
    """How many calls a search has, however many; None where counting takes too long."""
    try:
        with within(PAGE_SECONDS):
            return _rows(search).count()
    except TooSlowError:
        return None


def _rows(search: Search) -> QuerySet[Call]:
    parts = search.parts()
    return parts[0].rows() if len(parts) == 1 else search.unordered()
