"""The admin of trials: every one there ever was, to look at."""

from django.contrib import admin

from calls.admin import ReadOnlyAdmin
from vendors.models import Trial


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    list_display = ["ended_at", "kind", "name", "has_passed"]
    list_filter = ["kind", "has_passed"]
    search_fields = ["=name"]
