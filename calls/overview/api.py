"""The figures of the front page for programs: the same numbers, asked for in the same words."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import codes, masking
from calls.api import UtcField
from calls.api_finding import PARAMETERS, TooSlow
from calls.figures.reading import Reader
from calls.figures.scopes import Scope
from calls.figures.sums import NOTHING, Grouped, Key, Sums
from calls.figures.table import FIGURES, SUMMED
from calls.overview import asking
from calls.overview.asking import Asked
from calls.overview.parts import TOP, WEEKDAYS, split_code
from calls.search import FILTERS, patience
from calls.search.patience import TooSlowError


class SpanSerializer(serializers.Serializer[Any]):
    """A range; null is open. ``until`` is not in it."""

    since = UtcField(allow_null=True)
    until = UtcField(allow_null=True)


class SumsSerializer(serializers.Serializer[Any]):
    """Figures of some calls; null where there is nothing to divide by."""

    calls = serializers.IntegerField(help_text=str(FIGURES["calls"].definition))
    in_progress = serializers.IntegerField(help_text=str(FIGURES["in_progress"].definition))
    answered = serializers.IntegerField(help_text=str(FIGURES["answered"].definition))
    answer_rate = serializers.FloatField(
        allow_null=True, help_text=f"Per cent. {FIGURES['answer_rate'].definition}"
    )
    mean_talk = serializers.FloatField(
        allow_null=True, help_text=f"Seconds. {FIGURES['mean_talk'].definition}"
    )
    mean_ring = serializers.FloatField(
        allow_null=True, help_text=f"Seconds. {FIGURES['mean_ring'].definition}"
    )


class HeldSerializer(serializers.Serializer[Any]):
    """Figures, and those that they are held against."""

    now = SumsSerializer()
    before = SumsSerializer(allow_null=True)


class OfVendorSerializer(HeldSerializer):
    vendor = serializers.CharField()


class HourSerializer(serializers.Serializer[Any]):
    """Calls of an hour of the day, by the reader's clock."""

    hour = serializers.IntegerField()
    calls = serializers.IntegerField()
    outcomes = serializers.DictField(child=serializers.IntegerField())


class WeekHourSerializer(serializers.Serializer[Any]):
    weekday = serializers.ChoiceField(choices=WEEKDAYS)
    hour = serializers.IntegerField()
    calls = serializers.IntegerField()


class FailingSerializer(serializers.Serializer[Any]):
    scheme = serializers.CharField()
    value = serializers.CharField()
    meaning = serializers.CharField(help_text="In the language of Accept-Language.")
    calls = serializers.IntegerField()


class ShownNumberSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    calls = serializers.IntegerField()
    answered = serializers.IntegerField()


class FiguresSerializer(serializers.Serializer[Any]):
    span = SpanSerializer()
    against = SpanSerializer(allow_null=True)
    total = HeldSerializer()
    vendors = OfVendorSerializer(many=True)
    hours = HourSerializer(many=True)
    week = WeekHourSerializer(many=True)
    codes = FailingSerializer(many=True)
    numbers = ShownNumberSerializer(many=True)


_PARAMETERS = [
    *(one for one in PARAMETERS if one.name in FILTERS),
    OpenApiParameter(
        asking.SPAN,
        str,
        enum=[asking.ALL],
        description="All calls, where nothing is said of when; else those of today are meant.",
    ),
    OpenApiParameter(
        asking.AGAINST,
        str,
        enum=[asking.WEEK, asking.BEFORE, asking.NOTHING],
        description="What the figures are held against.",
    ),
]


class Figures(APIView):
    """The figures of a search, held against those of another range."""

    @extend_schema(operation_id="figures", parameters=_PARAMETERS, responses=FiguresSerializer)
    def get(self, request: Request) -> Response:
        asked = Asked.of(request.query_params, timezone.now())
        if problems := asked.search.problems:
            complaints: dict[str, list[str]] = {}
            for problem in problems:
                complaints.setdefault(problem.name, []).append(problem.text)
            raise exceptions.ValidationError(complaints)
        try:
            with patience.within(patience.PAGE_SECONDS):
                return Response(_told(asked, Reader()))
        except TooSlowError:
            raise TooSlow(
                _("Adding this up takes too long. A shorter range of days helps.")
            ) from None


def _told(asked: Asked, reader: Reader) -> dict[str, Any]:
    now = reader.sums(asked.scope, "vendor")
    was = reader.sums(asked.before, "vendor") if asked.before else None
    vendors = sorted({*now.rows, *(was.rows if was else ())})
    hours = reader.sums(asked.scope, "weekday", "hour", "outcome")
    return {
        "span": _span(asked.scope),
        "against": _span(asked.before) if asked.before else None,
        "total": {"now": _sums(now.total), "before": _sums(was.total) if was else None},
        "vendors": [{"vendor": key[0], **_held(now, was, key)} for key in vendors],
        "hours": _hours(hours),
        "week": [
            {"weekday": WEEKDAYS[int(day) - 1], "hour": hour, "calls": sums.calls}
            for (day, hour), sums in sorted(hours.by("weekday", "hour").items())
        ],
        "codes": _codes(asked.scope, reader),
        "numbers": [
            {"number": masking.number(key), "calls": sums.calls, "answered": sums.answered}
            for key, sums in reader.shown(asked.scope, TOP).items()
        ],
    }


def _span(scope: Scope) -> Any:
    return SpanSerializer(scope.span).data


def _sums(sums: Sums) -> dict[str, float | None]:
    return {key: FIGURES[key].value(sums) for key in SUMMED}


def _held(now: Grouped, was: Grouped | None, key: Key) -> dict[str, Any]:
    before = _sums(was.rows.get(key, NOTHING)) if was else None
    return {"now": _sums(now.rows.get(key, NOTHING)), "before": before}


def _hours(found: Grouped) -> list[dict[str, Any]]:
    outcomes: dict[int, dict[str, int]] = {}
    for (hour, outcome), sums in sorted(found.by("hour", "outcome").items()):
        outcomes.setdefault(int(hour), {})[str(outcome)] = sums.calls
    return [
        {"hour": hour, "calls": sum(counted.values()), "outcomes": counted}
        for hour, counted in outcomes.items()
    ]


def _codes(scope: Scope, reader: Reader) -> list[dict[str, Any]]:
    told = []
    for text, sums in reader.codes(scope, TOP).items():
        scheme, value = split_code(text)
        row = codes.explain(scheme, value)
        told.append(
            {
                "scheme": scheme,
                "value": value,
                "meaning": codes.meaning(row) if row else "",
                "calls": sums.calls,
            }
        )
    return told
