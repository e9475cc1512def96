"""The read API for calls. That for codes: ``calls.api_codes``."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, ClassVar

from django.db import models
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers

from calls import codes, masking, reasons
from calls.api_recordings import RecordingSerializer, recordings_of
from calls.models import (
    Call,
    CallCode,
    Dialog,
    Event,
    Leg,
    Note,
    Sound,
    Turn,
)


class UtcField(serializers.DateTimeField):
    """A time in UTC, whatever zone the portal shows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default_timezone": UTC, **options})


class RowSerializer(serializers.ModelSerializer[Any]):
    """A row whose times are UTC, and whose ``numbers``, and numbers within its ``words``, are
    shown as the reader may see them."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: UtcField
    }
    numbers: ClassVar[Sequence[str]] = ()
    words: ClassVar[Sequence[str]] = ()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = dict(super().to_representation(instance))
        if not masking.sees_numbers():
            shown |= {name: masking.number(shown[name]) for name in self.numbers}
            shown |= {name: masking.tree(shown[name]) for name in self.words}
        return shown


class CodeSerializer(serializers.Serializer[CallCode]):
    """A code as a vendor sent it, with what it means."""

    scheme = serializers.CharField()
    value = serializers.CharField()
    place = serializers.CharField(help_text="The vendor's field that carried it.")
    name = serializers.SerializerMethodField(help_text="The vendor's own term.")
    meaning = serializers.SerializerMethodField(help_text="In the language of Accept-Language.")
    advice = serializers.SerializerMethodField(help_text="What to do, and whose move it is.")
    side = serializers.SerializerMethodField(help_text="Where what it tells of lies.")

    def get_name(self, code: CallCode) -> str:
        row = codes.explain(code.scheme, code.value)
        return row.zh if row else ""

    def get_meaning(self, code: CallCode) -> str:
        row = codes.explain(code.scheme, code.value)
        return codes.meaning(row) if row else ""

    def get_advice(self, code: CallCode) -> str:
        row = codes.explain(code.scheme, code.value)
        return codes.advice(row) if row else ""

    def get_side(self, code: CallCode) -> str:
        return reasons.side_in(code.call, code, codes.explain(code.scheme, code.value))


class CallSerializer(RowSerializer):
    """A call. Times are UTC, durations whole seconds; what nobody said is null or empty."""

    numbers = ("caller", "callee", "display_number")
    words = ("user_data", "details", "extra")

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
            "billed_seconds",
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
    numbers = ("number", "display_number")

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
    numbers = ("number",)
    words = ("digits", "note")

    class Meta:
        model = Event
        fields = ["kind", "at", "number", "party", "digits", "note"]


class TurnSerializer(RowSerializer):
    words = (
        *("text_robot", "text_customer", "node_name", "label", "tag_name", "tag_desc"),
        *("hits", "extra"),
    )

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


class NoteSerializer(RowSerializer):
    words = ("text",)
    by = serializers.CharField(source="by_name")

    class Meta:
        model = Note
        fields = ["by", "at", "edited_at", "text"]


class CallDetailSerializer(CallSerializer):
    legs = LegSerializer(many=True)
    events = EventSerializer(many=True)
    notes = NoteSerializer(many=True)
    tags = serializers.SerializerMethodField()
    dialog = serializers.SerializerMethodField()
    recordings = serializers.SerializerMethodField()
    said = serializers.SerializerMethodField()

    class Meta(CallSerializer.Meta):
        fields = [*CallSerializer.Meta.fields, "legs", "events", "dialog", "recordings", "said"]
        fields += ["notes", "tags", "lost_at"]

    @extend_schema_field(DialogSerializer(allow_null=True))
    def get_dialog(self, call: Call) -> Any:
        dialog = getattr(call, "dialog", None)
        return DialogSerializer(dialog).data if dialog else None

    @extend_schema_field(RecordingSerializer(many=True))
    def get_recordings(self, call: Call) -> Any:
        return RecordingSerializer(recordings_of(call), many=True).data

    def get_tags(self, call: Call) -> list[str]:
        return [masking.text(tag.name) for tag in call.tags.all()]

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


class CallDetail(generics.RetrieveAPIView[Call]):
    """One call, with everything that belongs to it and which push said what."""

    queryset = Call.objects.select_related("account", "dialog").prefetch_related(
        "codes",
        "legs",
        "events",
        "recordings",
        models.Prefetch("sounds", Sound.objects.defer("peaks")),
        "dialog__turns",
        "notes",
        "tags",
    )
    serializer_class = CallDetailSerializer
