"""The admin shows what codes mean, and what became of recordings; calls have pages of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from calls.models import CodeMeaning, Hearing, Hold, Sound


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """What can be looked at, and nothing else: history, and copies of what stands elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CodeMeaning)
class CodeMeaningAdmin(ReadOnlyAdmin):
    """A copy of the CSV tables: change the table, then migrate."""

    list_display = ["scheme", "code", "code_to", "status", "zh", "en", "outcome"]
    list_filter = ["scheme", "outcome"]
    search_fields = ["=code", "zh", "en"]


@admin.register(Sound)
class SoundAdmin(ReadOnlyAdmin):
    """What became of recordings. They are played on the pages of their calls."""

    list_display = ["id", "call", "state", "problem", "attempts", "next_try_at", "deadline_at"]
    list_filter = ["state", "media_type", "codec"]
    list_select_related = ["call"]
    search_fields = ["=call__call_id", "=sha256"]
    show_full_result_count = False
    fields = [
        *["call", "state", "problem", "attempts", "next_try_at", "deadline_at", "stored_at"],
        *["media_type", "codec", "channels", "seconds", "size_bytes", "sha256", "updated_at"],
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("peaks")


@admin.register(Hearing)
class HearingAdmin(ReadOnlyAdmin):
    """Who heard or downloaded which recording, when, and from where."""

    list_display = ["at", "user_name", "act", "call", "sound", "address"]
    list_filter = ["act", "at"]
    list_select_related = ["call", "sound"]
    search_fields = ["=user_name", "=address", "=call__call_id"]
    show_full_result_count = False
    fields = ["at", "user_name", "act", "call", "sound", "address"]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Calls whose recordings are kept. Holds are made on the call's page, and end here or there."""

    list_display = ["call", "by", "at", "note"]
    list_filter = ["at"]
    list_select_related = ["call"]
    search_fields = ["=by", "=call__call_id", "note"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
