"""The admin of what was deleted for its age, and of erased numbers: to look at."""

from django.contrib import admin

from calls.admin import ReadOnlyAdmin
from vendors.models import Erasure, Pruning


@admin.register(Pruning)
class PruningAdmin(ReadOnlyAdmin):
    list_display = ["night", "account", "kind", "count", "days", "oldest_at", "newest_at"]
    list_filter = ["kind", "account"]
    list_select_related = ["account"]


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ["id", "erased_at", "last_at", "by_name"]
    fields = ["erased_at", "last_at", "by_name"]
