"""The admin of the outbox: requests, read-only, and the numbers that are never called."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls import masking
from calls.admin import ReadOnlyAdmin, SeenAdmin, as_seen
from calls.numbers import search_key
from calls.search.parties import number_keys
from vendors.models import Attempt, NeverCall, OutboundRequest


class AttemptInline(admin.TabularInline[Attempt, OutboundRequest]):
    """The attempts of a request; their answers are on its page."""

    model = Attempt
    fields = ["number", "began_at", "written_at", "ended_at", "http_status", "code", "fault"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OutboundRequest)
class OutboundRequestAdmin(ReadOnlyAdmin):
    """Requests have pages of their own; this is for finding them by what the pages do not ask."""

    list_display = ["id", "asked_at", "state", "why", "account", "operation", "asked_by_name"]
    list_filter = ["state", "why", "operation", "account"]
    list_select_related = ["account"]
    show_full_result_count = False
    inlines = [AttemptInline]
    fields = [
        "account",
        "operation",
        "parameters_seen",
        "caller_seen",
        "callee_seen",
        "state",
        "why",
        "asked_by_name",
        "asked_at",
        "next_try_at",
        "expires_at",
        "tries",
        "settled_at",
        "decided_by",
        "call_id",
        "heard_at",
        "ended_at",
    ]

    parameters_seen = as_seen(OutboundRequest, "parameters")
    caller_seen = as_seen(OutboundRequest, "caller")
    callee_seen = as_seen(OutboundRequest, "callee")


class NeverCallForm(forms.ModelForm[NeverCall]):
    """A number and whom it concerns. A number that is listed already is a complaint."""

    class Meta:
        model = NeverCall
        fields = ["number", "account", "note"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        account = cleaned.get("account")
        key = search_key(cleaned.get("number", ""), account.default_region if account else "CN")
        listed = NeverCall.objects.filter(key=key, account=account).exclude(pk=self.instance.pk)
        if key and listed.exists():
            self.add_error("number", _("This number is listed already."))
        return cleaned


@admin.register(NeverCall)
class NeverCallAdmin(SeenAdmin):
    form = NeverCallForm
    list_display = ["number_seen", "account", "note_seen", "added_by", "added_at"]
    list_filter = ["account"]
    list_select_related = ["account"]
    search_fields = ["number", "note"]

    number_seen = as_seen(NeverCall, "number")
    note_seen = as_seen(NeverCall, "note")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A form would show the number: who may not see it whole cannot change it."""
        may_see = obj is None or masking.sees_numbers()
        return may_see and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or masking.sees_numbers():
            return ["number", "account", "note"]
        return ["number_seen", "account", "note_seen"]

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet[NeverCall], search_term: str
    ) -> tuple[QuerySet[NeverCall], bool]:
        """A number is found however it is written; by a part of it only for who sees it whole."""
        if not masking.sees_numbers():
            return rows.filter(key__in=number_keys(search_term)) if search_term else rows, False
        found, has_repeats = super().get_search_results(request, rows, search_term)
        if any(one.isdecimal() for one in search_term):
            found |= rows.filter(key__in=number_keys(search_term))
        return found, has_repeats

    def save_model(self, request: HttpRequest, obj: NeverCall, form: Any, change: bool) -> None:
        if not change:
            obj.added_by = request.user.get_username()
        super().save_model(request, obj, form, change)
