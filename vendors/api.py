"""The API of the outbox: ask for a call, see what became of it, end a call."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import codes, masking
from calls.api import RowSerializer
from calls.audit import Action
from calls.lists import check_names
from calls.models import Call
from vendors import outbox, stories, who_asked
from vendors.adapters.outbound import WrongParametersError
from vendors.doorbell import outbox_bell
from vendors.filters import RequestFilter
from vendors.models import Attempt, OutboundRequest, VendorAccount
from vendors.paging import RequestPagination
from vendors.permissions import MayUseOutbox

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 128
LONGEST_ID = 19


class RuleError(APIException):
    """A rule of the portal forbids it: nothing was asked."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, error: outbox.NotAllowedError) -> None:
        rule = error.why.value.replace(" ", "_")
        super().__init__({"detail": stories.said(error), "rule": rule})


class KeyConflictError(APIException):
    """The key belongs to a request with other parameters."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, known: OutboundRequest) -> None:
        super().__init__(
            {
                "detail": _(
                    "This Idempotency-Key belongs to request %(id)s, which has other parameters. "
                    "Use a new key for a new request."
                )
                % {"id": known.pk},
                "request": str(known.pk),
            }
        )


class AttemptSerializer(RowSerializer):
    """One try. ``written_at`` is null where nothing was sent."""

    words = ("description", "detail", "raw")

    meaning = serializers.SerializerMethodField(help_text="In the language of Accept-Language.")
    advice = serializers.SerializerMethodField(help_text="What to do, and whose move it is.")
    milliseconds = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Attempt
        fields = [
            "number",
            "began_at",
            "written_at",
            "ended_at",
            "milliseconds",
            "http_status",
            "code",
            "description",
            "meaning",
            "advice",
            "fault",
            "detail",
            "raw",
        ]

    def get_meaning(self, attempt: Attempt) -> str:
        row = stories.meaning_of(attempt)
        return codes.meaning(row) if row else ""

    def get_advice(self, attempt: Attempt) -> str:
        row = stories.meaning_of(attempt)
        return codes.advice(row) if row else ""


class RequestSerializer(RowSerializer):
    """A request. ``reason`` says in a sentence what brought it into its state."""

    words = ("parameters",)

    account = serializers.CharField(source="account.name")
    parameters = serializers.SerializerMethodField(help_text="The vendor's own; secrets masked.")
    reason = serializers.CharField(source="get_why_display")
    rule = serializers.SerializerMethodField(help_text="The reason as one word.")
    asked_by = serializers.CharField(source="asked_by_name")

    class Meta:
        model = OutboundRequest
        fields = [
            "id",
            "account",
            "operation",
            "parameters",
            "state",
            "reason",
            "rule",
            "asked_by",
            "asked_at",
            "next_try_at",
            "expires_at",
            "settled_at",
            "tries",
            "call_id",
            "heard_at",
            "ended_at",
        ]

    def get_parameters(self, request: OutboundRequest) -> dict[str, Any]:
        return stories.shown_parameters(request)

    def get_rule(self, request: OutboundRequest) -> str:
        return request.why.replace(" ", "_")


class PlacedCallSerializer(RowSerializer):
    """The call that came of a request, in short."""

    class Meta:
        model = Call
        fields = ["id", "state", "outcome", "started_at", "answered_at", "ended_at", "talk_seconds"]


class RequestDetailSerializer(RequestSerializer):
    attempts = AttemptSerializer(many=True)
    call = serializers.SerializerMethodField()
    pressed = serializers.SerializerMethodField(help_text="Keys pressed in the call, in order.")

    class Meta(RequestSerializer.Meta):
        fields = [*RequestSerializer.Meta.fields, "attempts", "call", "pressed"]

    def get_call(self, request: OutboundRequest) -> dict[str, Any] | None:
        call = stories.call_of(request)
        return dict(PlacedCallSerializer(call).data) if call else None

    def get_pressed(self, request: OutboundRequest) -> list[str]:
        call = stories.call_of(request)
        return [masking.text(keys) for keys in stories.pressed_in(call)] if call else []


class AskSerializer(serializers.Serializer[Any]):
    """What to ask for. ``parameters`` are the vendor's own, by the vendor's names."""

    account = serializers.CharField(help_text="An account's name or id.")
    operation = serializers.ChoiceField(
        choices=["voice_callback", "voice_notification", "voice_verification"]
    )
    parameters = serializers.DictField()
    wait_for_hours = serializers.BooleanField(
        default=False, help_text="Wait for the end of quiet hours instead of being refused."
    )

    def validate_account(self, words: str) -> VendorAccount:
        rows = VendorAccount.objects.all()
        named = [one for one in rows.filter(name=words) if outbox.outbound_of(one)]
        if words.isdecimal() and len(words) < LONGEST_ID and not named:
            named = list(rows.filter(pk=int(words)))
        if len(named) != 1:
            known = sorted(one.name for one in rows if outbox.outbound_of(one))
            raise ValidationError(
                _("There is no such account that takes requests; known are %(known)s.")
                % {"known": ", ".join(known) or "–"}
            )
        return named[0]


_REFUSALS = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, "A parameter that the vendor would refuse."),
    403: OpenApiResponse(OpenApiTypes.OBJECT, "The user may not ask for calls."),
    409: OpenApiResponse(OpenApiTypes.OBJECT, "The key belongs to another request."),
    422: OpenApiResponse(OpenApiTypes.OBJECT, "A rule of the portal forbids it."),
}


class RequestList(generics.ListAPIView[OutboundRequest]):
    """Outbound requests, newest first; and the way to make one."""

    queryset = OutboundRequest.objects.select_related("account")
    serializer_class = RequestSerializer
    pagination_class = RequestPagination
    permission_classes = [MayUseOutbox]
    filter_backends = [DjangoFilterBackend]
    filterset_class = RequestFilter

    def filter_queryset(self, queryset: Any) -> Any:
        try:
            check_names(set(self.request.query_params), {"limit", "cursor"}, RequestFilter)
        except DjangoValidationError as error:
            raise ValidationError(error.message_dict) from None
        return super().filter_queryset(queryset)

    @extend_schema(
        request=AskSerializer,
        parameters=[
            OpenApiParameter(
                KEY_HEADER,
                str,
                OpenApiParameter.HEADER,
                description="Asking twice with one key is one request.",
            )
        ],
        responses={201: RequestDetailSerializer, 200: RequestDetailSerializer, **_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        """Ask for a call. 201 when it is new, 200 when the key was given before."""
        asking = AskSerializer(data=request.data)
        asking.is_valid(raise_exception=True)
        given = asking.validated_data
        wish = outbox.Wish(
            operation=given["operation"],
            parameters=given["parameters"],
            key=_key(request),
            waits_for_hours=given["wait_for_hours"],
        )
        return _answer(
            request,
            Action.OUTBOUND_ASKED,
            lambda: outbox.ask(given["account"], wish, request.user),
        )


def _key(request: Request) -> str:
    key = request.headers.get(KEY_HEADER, "")
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ValidationError(
            {
                KEY_HEADER: [
                    _("Expected at most %(most)d printable characters.") % {"most": LONGEST_KEY}
                ]
            }
        )
    return key


def _answer(request: Request, action: Action, ask: Callable[[], outbox.Asked]) -> Response:
    """Ask, ring, and show what was asked; or say why nothing was."""
    try:
        with transaction.atomic():
            asked = ask()
            if asked.is_new:
                who_asked.note(request, action, asked.request)
    except WrongParametersError as error:
        raise ValidationError({"parameters": _by_place(error)}) from None
    except outbox.NotAllowedError as error:
        raise RuleError(error) from None
    except outbox.KeyReusedError as error:
        raise KeyConflictError(error.request) from None
    outbox_bell.ring()
    shown = RequestDetailSerializer(asked.request).data
    return Response(shown, status.HTTP_201_CREATED if asked.is_new else status.HTTP_200_OK)


def _by_place(error: WrongParametersError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for complaint in error.complaints:
        found.setdefault(complaint.parameter, []).append(stories.sentence(complaint))
    return found


class RequestDetail(generics.RetrieveAPIView[OutboundRequest]):
    """One request with every attempt, and the call that came of it."""

    queryset = OutboundRequest.objects.select_related("account").prefetch_related("attempts")
    serializer_class = RequestDetailSerializer
    permission_classes = [MayUseOutbox]


class CancelRequest(APIView):
    """Take a request back while it waits. 409 when it is no longer waiting."""

    permission_classes = [MayUseOutbox]

    @extend_schema(request=None, responses={200: RequestDetailSerializer, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        row = get_object_or_404(OutboundRequest, pk=pk)
        if not outbox.cancel(row, request.user.get_username()):
            raise TooLateError
        who_asked.note(request, Action.OUTBOUND_CANCELLED, row)
        row = OutboundRequest.objects.select_related("account").get(pk=pk)
        return Response(RequestDetailSerializer(row).data)


class TooLateError(APIException):
    status_code = status.HTTP_409_CONFLICT

    def __init__(self) -> None:
        super().__init__(_("This request is no longer waiting, so it cannot be cancelled."))


class TerminateCall(APIView):
    """End a call that is up, whoever placed it. 201 when it is asked for, 200 when it was."""

    permission_classes = [MayUseOutbox]

    @extend_schema(
        request=None,
        responses={
            201: RequestDetailSerializer,
            200: RequestDetailSerializer,
            403: _REFUSALS[403],
            422: _REFUSALS[422],
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        call = get_object_or_404(Call, pk=pk)
        account = get_object_or_404(VendorAccount, pk=call.account_id)
        return _answer(
            request,
            Action.CALL_TERMINATED,
            lambda: outbox.end_call(account, call.call_id, request.user),
        )
