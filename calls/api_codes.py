"""The read API for codes."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, generics, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import code_counts, code_finding, codes, equals, masking
from calls.api import UtcField
from calls.code_finding import Lookup
from calls.models import CodeMeaning, Side


class EqualSerializer(serializers.Serializer[Any]):
    """A code of another table that tells of the same."""

    scheme = serializers.CharField()
    value = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field's name, not the option
    via = serializers.CharField(help_text="The code that both are paired with; empty for a pair.")


class CountSerializer(serializers.Serializer[Any]):
    """How many calls of the last days had a code."""

    days = serializers.IntegerField()
    since = UtcField()
    calls = serializers.IntegerField()
    is_more = serializers.BooleanField(help_text="There are more; counting stopped.")


class MeaningSerializer(serializers.ModelSerializer[CodeMeaning]):
    """A row of a table. ``context["seen"]`` are the rows of codes that ever came."""

    name = serializers.SerializerMethodField(help_text="The vendor's own term.")
    meaning = serializers.SerializerMethodField(help_text="In the language of Accept-Language.")
    advice = serializers.SerializerMethodField(help_text="What to do, and whose move it is.")
    side = serializers.CharField(help_text="Where what it tells of lies: one of ?side=.")
    equals = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField(help_text="What an administrator wrote of it.")
    seen = serializers.SerializerMethodField(help_text="Whether it ever came with a call.")

    class Meta:
        model = CodeMeaning
        fields = [
            *("scheme", "code", "code_to", "status", "name", "meaning", "advice"),
            *("outcome", "side", "retry_after", "zh", "en", "advice_zh", "advice_en"),
            *("source", "equals", "note", "seen"),
        ]

    def get_name(self, row: CodeMeaning) -> str:
        return row.zh

    def get_meaning(self, row: CodeMeaning) -> str:
        return codes.meaning(row)

    def get_advice(self, row: CodeMeaning) -> str:
        return codes.advice(row)

    @extend_schema_field(EqualSerializer(many=True))
    def get_equals(self, row: CodeMeaning) -> Any:
        return EqualSerializer(equals.of(row.scheme, self.value_of(row)), many=True).data

    def get_note(self, row: CodeMeaning) -> str:
        note = codes.note(row.scheme, self.value_of(row))
        return masking.text(note.text) if note else ""

    def get_seen(self, row: CodeMeaning) -> bool:
        return row in self.context["seen"]

    def value_of(self, row: CodeMeaning) -> str:
        """The code that is asked for: a range stands for many."""
        return str(self.context.get("value") or row.value)


class MeaningDetailSerializer(MeaningSerializer):
    last_seen_at = serializers.SerializerMethodField()
    seen_in = serializers.SerializerMethodField(help_text="Calls of the last day, week and month.")

    class Meta(MeaningSerializer.Meta):
        fields = [*MeaningSerializer.Meta.fields, "last_seen_at", "seen_in"]

    @extend_schema_field(UtcField(allow_null=True))
    def get_last_seen_at(self, row: CodeMeaning) -> Any:
        last_at = code_counts.origin(row.scheme, self.value_of(row)).last_at
        return UtcField().to_representation(last_at) if last_at else None

    @extend_schema_field(CountSerializer(many=True))
    def get_seen_in(self, row: CodeMeaning) -> Any:
        counts = code_counts.recent(row.scheme, self.value_of(row), timezone.now())
        return CountSerializer(counts, many=True).data


def _seen() -> set[CodeMeaning]:
    return {row for key in code_counts.seen() for row in codes.meanings(*key)}


class CodePagination(CursorPagination):
    ordering = "id"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000


@extend_schema(
    parameters=[
        OpenApiParameter("scheme", str, description="Only codes of this table."),
        OpenApiParameter("vendor", str, description="Only codes of this vendor's own tables."),
        OpenApiParameter("side", str, enum=Side.values, description="Only codes of this side."),
        OpenApiParameter("q", str, description="A code, or words of its meaning or advice."),
    ]
)
class CodeList(generics.ListAPIView[CodeMeaning]):
    """What codes mean."""

    queryset = CodeMeaning.objects.all()
    serializer_class = MeaningSerializer
    pagination_class = CodePagination
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[CodeMeaning]:
        given = self.request.query_params
        lookup = Lookup(
            words=given.get("q", "").strip(),
            scheme=given.get("scheme", ""),
            vendor=given.get("vendor", ""),
            side=given.get("side", ""),
        )
        problems = lookup.problems()
        # A table that does not exist has no rows: programs may ask for one of a later version.
        if unreadable := {name: [text] for name, text in problems.items() if name in {"q", "side"}}:
            raise exceptions.ValidationError(unreadable)
        return CodeMeaning.objects.none() if problems else code_finding.find(lookup)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "seen": _seen()}


class CodeDetail(APIView):
    """What one code means: the narrowest row that covers it."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "status",
                str,
                description="The HTTP status that the code came with. "
                "Needed where the code means different things under different ones.",
            )
        ],
        responses=MeaningDetailSerializer,
    )
    def get(self, request: Request, scheme: str, value: str) -> Response:
        row = codes.explain(scheme, value, request.query_params.get("status") or None)
        if row is not None:
            context = {"value": value, "seen": _seen()}
            return Response(MeaningDetailSerializer(row, context=context).data)
        if known := codes.statuses(scheme, value):
            sentence = _(
                "This code has a meaning under HTTP status %(statuses)s: name one in ?status=."
            )
            raise exceptions.NotFound(sentence % {"statuses": ", ".join(known)})
        raise Http404
