"""What the pages with lists have in common: filters in the address, pages by key, complaints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

PLACE = frozenset({"limit", "cursor"})  # where in a list, as opposed to what is in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Turned:
    """A page of a list: its rows, or what is wrong with the address; queries of its neighbours."""

    rows: Sequence[Any]
    complaints: Sequence[str]
    newer: str | None
    older: str | None


def turn(
    request: HttpRequest, filtered: django_filters.FilterSet, paginator: CursorPagination
) -> Turned:
    """The page that an address names."""
    found = complaints(request.GET, filtered)
    rows: list[Any] = []
    if not found:
        try:
            rows = paginator.paginate_queryset(filtered.qs, Request(request)) or []
        except (NotFound, ValidationError):  # a cursor that nobody gave out
            found = [_("This page of the list no longer exists. Begin at the newest.")]
    return Turned(
        rows=rows,
        complaints=found,
        newer=None if found else _query(paginator.get_previous_link()),
        older=None if found else _query(paginator.get_next_link()),
    )


def _query(address: str | None) -> str | None:
    """The query of an absolute address: the page itself knows where it is."""
    return f"?{address.partition('?')[2]}" if address else None


def complaints(given: QueryDict, filtered: django_filters.FilterSet) -> list[str]:
    """What is wrong with a filter, one sentence each."""
    found = []
    try:
        check_names(set(given), set(PLACE), type(filtered))
    except ValidationError as error:
        found += [f"{name}: {text}" for name, texts in error.message_dict.items() for text in texts]
    if not filtered.is_valid():
        fields = filtered.form.fields
        found += [
            f"{fields[name].label}: {text}"
            for name, texts in filtered.errors.items()
            for text in texts
        ]
    return found


def has_empty_fields(given: QueryDict) -> bool:
    return any(not value for _name, values in given.lists() for value in values)


def spoken(given: QueryDict) -> QueryDict:
    """The query without the fields that were left empty, so that its address can be shared."""
    found = QueryDict(mutable=True)
    for name, values in given.lists():
        if said := [value for value in values if value]:
            found.setlist(name, said)
    return found


def as_query(given: QueryDict) -> str:
    """What stands behind a path: nothing, or a query with its question mark."""
    return f"?{given.urlencode()}" if given else ""


def check_names(
    given: set[str], also_known: set[str], filters: type[django_filters.FilterSet]
) -> None:
    """Raises ValidationError for a filter that does not exist: ignoring it would show all rows."""
    known = set(filters.base_filters) | also_known
    if unknown := sorted(given - known):
        raise ValidationError(
            {
                name: _("There is no such filter; known are %(known)s.")
                % {"known": ", ".join(sorted(known))}
                for name in unknown
            }
        )
