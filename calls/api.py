"""The read API for calls and codes."""

from datetime import UTC
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, generics, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import codes
from calls.api_recordings import RecordingSerializer, recordings_of
from calls.filters import CallFilter, check_names
from calls.models import (
    Call,
    CallCode,
    CodeMeaning,
    Dialog,
    Event,
    Leg,
    Sound,
    Turn,
)
from calls.paging import CallPagination


class UtcField(serializers.DateTimeField):
    """A time in UTC, whatever zone the portal shows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default_timezone": UTC, **options})


class RowSerializer(serializers.ModelSerializer[Any]):
    """A row whose times are UTC."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: UtcField
    }


class CodeSerializer(serializers.Serializer[CallCode]):
    """A code as a vendor sent it, with what it means."""

    scheme = serializers.CharField()
    value = serializers.CharField()
    place = serializers.CharField(help_text="The vendor's field that carried it.")
    name = serializers.SerializerMethodField(help_text="The vendor's own term.")
    meaning = serializers.SerializerMethodField(help_text="In the language of Accept-Language.")
    advice = serializers.SerializerMethodField(help_text="What to do, and whose move it is.")

    def get_name(self, code: CallCode) -> str:
        row = codes.explain(code.scheme, code.value)
        return row.zh if row else ""

    def get_meaning(self, code: CallCode) -> str:
        row = codes.explain(code.scheme, code.value)
        return codes.meaning(row) if row else ""

    def get_advice(self, code: CallCode) -> str:
        row = codes.explain(code.scheme, code.value)
        return codes.advice(row) if row else ""


class CallSerializer(RowSerializer):
    """A call. Times are UTC, durations whole seconds; what nobody said is null or empty."""

    account = serializers.CharField(source="account.name")
    codes = CodeSerializer(many=True)

    class Meta:
        model = Call
        fields = [
            "id",
            "vendor",
            "account",
            "call_id",
            "service",
            "direction",
            "caller",
            "callee",
            "display_number",
            "started_at",
            "rang_at",
            "answered_at",
            "ended_at",
            "ring_seconds",
            "talk_seconds",
            "outcome",
            "ended_by",
            "state",
            "codes",
            "user_data",
            "has_dialog",
            "has_recording",
            "details",
            "extra",
        ]


class LegSerializer(RowSerializer):
    class Meta:
        model = Leg
        fields = [
            "side",
            "number",
            "display_number",
            "started_at",
            "rang_at",
            "answered_at",
            "ended_at",
        ]


class EventSerializer(RowSerializer):
    class Meta:
        model = Event
        fields = ["kind", "at", "number", "party", "digits", "note"]


class TurnSerializer(RowSerializer):
    class Meta:
        model = Turn
        exclude = ["id", "dialog", "key"]


class DialogSerializer(RowSerializer):
    turns = TurnSerializer(many=True)

    class Meta:
        model = Dialog
        fields = ["began_at", "ended_at", "turns"]


class SaidSerializer(serializers.Serializer[dict[str, Any]]):
    """One push, and the fields that its word stands for."""

    push = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field's name, not the option
    stated_at = UtcField(allow_null=True)
    fields = serializers.ListField(  # type: ignore[assignment]  # likewise
        child=serializers.CharField()
    )


class CallDetailSerializer(CallSerializer):
    legs = LegSerializer(many=True)
    events = EventSerializer(many=True)
    dialog = serializers.SerializerMethodField()
    recordings = serializers.SerializerMethodField()
    said = serializers.SerializerMethodField()

    class Meta(CallSerializer.Meta):
        fields = [*CallSerializer.Meta.fields, "legs", "events", "dialog", "recordings", "said"]

    @extend_schema_field(DialogSerializer(allow_null=True))
    def get_dialog(self, call: Call) -> Any:
        dialog = getattr(call, "dialog", None)
        return DialogSerializer(dialog).data if dialog else None

    @extend_schema_field(RecordingSerializer(many=True))
    def get_recordings(self, call: Call) -> Any:
        return RecordingSerializer(recordings_of(call), many=True).data

    @extend_schema_field(SaidSerializer(many=True))
    def get_said(self, call: Call) -> Any:
        return [
            SaidSerializer(
                {
                    "push": int(push),
                    "source": source,
                    "stated_at": parse_datetime(at),
                    "fields": paths,
                }
            ).data
            for push, (source, at, paths) in call.said.items()
        ]


class CallList(generics.ListAPIView[Call]):
    """Calls, newest first, filtered as the page filters them."""

    queryset = Call.objects.select_related("account").prefetch_related("codes")
    serializer_class = CallSerializer
    pagination_class = CallPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = CallFilter

    def filter_queryset(self, queryset: Any) -> Any:
        try:
            check_names(set(self.request.query_params), {"limit", "cursor"})
        except DjangoValidationError as error:
            raise exceptions.ValidationError(error.message_dict) from None
        return super().filter_queryset(queryset)


class CallDetail(generics.RetrieveAPIView[Call]):
    """One call, with everything that belongs to it and which push said what."""

    queryset = Call.objects.select_related("account", "dialog").prefetch_related(
        "codes",
        "legs",
        "events",
        "recordings",
        models.Prefetch("sounds", Sound.objects.defer("peaks")),
        "dialog__turns",
    )
    serializer_class = CallDetailSerializer


class MeaningSerializer(serializers.ModelSerializer[CodeMeaning]):
    name = serializers.SerializerMethodField(help_text="The vendor's own term.")
    meaning = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()

    class Meta:
        model = CodeMeaning
        fields = [
            "scheme",
            "code",
            "code_to",
            "status",
            "name",
            "meaning",
            "advice",
            "outcome",
            "retry_after",
            "zh",
            "en",
            "advice_zh",
            "advice_en",
            "source",
        ]

    def get_name(self, row: CodeMeaning) -> str:
        return row.zh

    def get_meaning(self, row: CodeMeaning) -> str:
        return codes.meaning(row)

    def get_advice(self, row: CodeMeaning) -> str:
        return codes.advice(row)


class CodePagination(CursorPagination):
    ordering = "id"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000


@extend_schema(
    parameters=[
        OpenApiParameter("scheme", str, description="Only codes of this table."),
        OpenApiParameter("q", str, description="A code, or words of its meaning."),
    ]
)
class CodeList(generics.ListAPIView[CodeMeaning]):
    """What codes mean."""

    queryset = CodeMeaning.objects.all()
    serializer_class = MeaningSerializer
    pagination_class = CodePagination
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[CodeMeaning]:
        rows = super().get_queryset()
        scheme, words = (self.request.query_params.get(name, "") for name in ("scheme", "q"))
        if scheme:
            rows = rows.filter(scheme=scheme)
        if words:
            rows = rows.filter(Q(code=words) | Q(zh__icontains=words) | Q(en__icontains=words))
        return rows


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
        responses=MeaningSerializer,
    )
    def get(self, request: Request, scheme: str, value: str) -> Response:
        row = codes.explain(scheme, value, request.query_params.get("status") or None)
        if row is not None:
            return Response(MeaningSerializer(row).data)
        if known := codes.statuses(scheme, value):
            sentence = _(
                "This code has a meaning under HTTP status %(statuses)s: name one in ?status=."
            )
            raise exceptions.NotFound(sentence % {"statuses": ", ".join(known)})
        raise Http404
