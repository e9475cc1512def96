"""The admin shows what codes mean, and what became of recordings; calls have pages of their own."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from calls import codes, masking
from calls.models import CodeMeaning, CodeNote, Export, Hearing, Hold, Reveal, Sound


def as_seen(model: type[Model], name: str) -> Callable[[Any, Any], str]:
    """A method of a page of the admin: a field, with its numbers as the reader may see them."""

    @admin.display(description=model._meta.get_field(name).verbose_name, ordering=name)  # type: ignore[union-attr]
    def shown(self: Any, row: Any) -> str:
        value = masking.tree(getattr(row, name))
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return shown


class SeenAdmin(admin.ModelAdmin[Any]):
    """Rows with numbers in them. Who sees these masked may not ask for rows by them either, as
    ``?callee__startswith=1`` would."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        is_offered = lookup.partition("__")[0] in self.list_filter
        may_ask = is_offered or masking.sees_numbers()
        return may_ask and super().lookup_allowed(lookup, value, request)


class ReadOnlyAdmin(SeenAdmin):
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

    list_display = ["scheme", "code", "code_to", "status", "zh", "en", "outcome", "side"]
    list_filter = ["scheme", "outcome", "side"]
    search_fields = ["=code", "zh", "en", "advice_zh", "advice_en"]


@admin.register(CodeNote)
class CodeNoteAdmin(admin.ModelAdmin[CodeNote]):
    """What administrators wrote of codes: here or on a code's page, with one permission for all."""

    list_display = ["scheme", "code", "text_seen", "by_name", "at"]
    list_filter = ["scheme"]
    search_fields = ["=code", "scheme", "text"]
    fields = ["scheme", "code", "text", "by_name", "at"]
    readonly_fields = ["by_name", "at"]
    text_seen = as_seen(CodeNote, "text")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: CodeNote, form: Any, change: bool) -> None:
        obj.by_id, obj.by_name = request.user.pk, request.user.get_username()
        super().save_model(request, obj, form, change)
        codes.forget_notes()

    def delete_model(self, request: HttpRequest, obj: CodeNote) -> None:
        super().delete_model(request, obj)
        codes.forget_notes()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        codes.forget_notes()


@admin.register(Sound)
class SoundAdmin(ReadOnlyAdmin):
    """What became of recordings. They are played on the pages of their calls."""

    list_display = [
        *["id", "call", "state", "problem_seen"],
        *["attempts", "next_try_at", "deadline_at"],
    ]
    list_filter = ["state", "media_type", "codec"]
    list_select_related = ["call"]
    search_fields = ["=call__call_id", "=sha256"]
    show_full_result_count = False
    fields = [
        *["call", "state", "problem_seen"],
        *["attempts", "next_try_at", "deadline_at", "stored_at"],
        *["media_type", "codec", "channels", "seconds", "size_bytes", "sha256", "updated_at"],
    ]

    problem_seen = as_seen(Sound, "problem")

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

    list_display = ["call", "by", "at", "note_seen"]
    list_filter = ["at"]
    list_select_related = ["call"]
    fields = ["call", "by", "at", "note_seen"]
    search_fields = ["=by", "=call__call_id", "note"]

    note_seen = as_seen(Hold, "note")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Reveal)
class RevealAdmin(ReadOnlyAdmin):
    """Who had the numbers of which call shown, when, and from where."""

    list_display = ["at", "user_name", "call", "address"]
    list_filter = ["at"]
    list_select_related = ["call"]
    search_fields = ["=user_name", "=address", "=call__call_id"]
    show_full_result_count = False
    fields = ["at", "user_name", "call", "address"]


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Who took which calls away, when, and from where."""

    list_display = [
        *["asked_at", "user_name", "format", "search_seen", "is_masked"],
        *["state", "rows_done", "downloads", "address"],
    ]
    list_filter = ["state", "format", "is_masked", "asked_at"]
    search_fields = ["=user_name", "=address"]
    show_full_result_count = False
    fields = [
        *["asked_at", "user_name", "address", "format", "search_seen", "columns"],
        *["zone", "language", "is_masked", "state", "problem", "rows_total", "rows_done"],
        *["size_bytes", "finished_at", "expires_at", "downloads"],
    ]

    search_seen = as_seen(Export, "search")
