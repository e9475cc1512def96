"""The admin shows what codes mean; calls have pages of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from calls.models import CodeMeaning


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
