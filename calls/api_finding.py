"""The API's list of calls: the search of the page, as an address or as the text of the box."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from calls import paging
from calls.api import CallSerializer
from calls.paging import BadCursorError, Rows
from calls.search import FILTERS, Search, box, patience, read_query
from calls.search.clauses import merged
from calls.search.order import ORDERS
from calls.search.patience import TooSlowError

CURSOR, LIMIT, TEXT = "cursor", "limit", "q"


class CallPageSerializer(serializers.Serializer[Any]):
    """A page of calls, and the addresses of the pages beside it."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CallSerializer(many=True)


PARAMETERS = [
    *(
        OpenApiParameter(name, str, many=True, description=f"{one.label}. With a minus: not.")
        for name, one in FILTERS.items()
    ),
    OpenApiParameter("sort", str, enum=list(ORDERS), description="The order of the list."),
    OpenApiParameter(TEXT, str, description="The search as text, as the box of the page takes it."),
    OpenApiParameter(LIMIT, int, description=f"Calls a page, up to {paging.LARGEST_PAGE}."),
    OpenApiParameter(CURSOR, str, description="From next or previous."),
]


class TooSlow(exceptions.APIException):
    status_code = 503
    default_code = "too_slow"


class CallList(APIView):
    """Calls, newest first, found as the page finds them."""

    @extend_schema(operation_id="calls_list", parameters=PARAMETERS, responses=CallPageSerializer)
    def get(self, request: Request) -> Response:
        search = _search(request)
        try:
            with patience.within(patience.PAGE_SECONDS):
                page = paging.turn(
                    search, request.query_params.get(CURSOR), _limit(request), _dressed
                )
        except BadCursorError:
            raise exceptions.NotFound(_("Invalid cursor")) from None
        except TooSlowError:
            sentence = _("The search takes too long. Narrow it: a shorter range of days helps.")
            raise TooSlow(sentence) from None
        return Response(
            {
                "next": _address(request, page.older),
                "previous": _address(request, page.newer),
                "results": CallSerializer(page.rows, many=True, context={"request": request}).data,
            }
        )


def _search(request: Request) -> Search:
    search = read_query(request.query_params, (CURSOR, LIMIT, TEXT))
    problems = list(search.problems)
    if text := request.query_params.get(TEXT, "").strip():
        found = box.find(text)
        problems += [*found.problems, *found.search.problems]
        search = Search(merged(search.clauses, found.search.clauses))
    if problems:
        complaints: dict[str, list[str]] = {}
        for problem in dict.fromkeys(problems):
            complaints.setdefault(problem.name or TEXT, []).append(problem.text)
        raise exceptions.ValidationError(complaints)
    return search


def _dressed(rows: Rows) -> Rows:
    return rows.select_related("account").prefetch_related("codes")


def _limit(request: Request) -> int:
    text = request.query_params.get(LIMIT, "")
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    return min(wanted, paging.LARGEST_PAGE) or paging.PAGE_SIZE


def _address(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    bare = remove_query_param(request.build_absolute_uri(), CURSOR)
    return replace_query_param(bare, CURSOR, cursor)
