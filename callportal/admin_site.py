"""The admin, with everything that is done in it written down in the audit.

What was changed is told by the names of fields, never by their values.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from calls.audit import Action, record

_WORDS = {"vendoraccount": "account", "user": "user", "apitoken": "API token"}
MOST_NAMED = 100  # of rows that are deleted at once


class Audited(ModelAdmin[Any]):
    """What every class of the admin gets beside its own."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _note_down(Action.ADMIN_ADDED, request, obj, _told(message))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _note_down(Action.ADMIN_CHANGED, request, obj, _told(message))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for one in queryset:
            _note_down(Action.ADMIN_DELETED, request, one, {})
        return super().log_deletions(request, queryset)


class PortalAdminSite(AdminSite):
    def register(
        self,
        model_or_iterable: Any,
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        own = admin_class or ModelAdmin
        audited = type(own.__name__, (Audited, own), {"__module__": own.__module__})
        super().register(model_or_iterable, audited, **options)


def _note_down(action: Action, request: HttpRequest, row: Model, details: dict[str, Any]) -> None:
    model = str(row._meta.model_name)
    subject = f"{_WORDS.get(model, row._meta.verbose_name_raw)} {row.pk}"
    record(action, by=request.user, request=request, subject=subject, details=details)


def _told(message: Any) -> dict[str, Any]:
    """The fields and the sorts of rows that a message of the admin names, and not their values."""
    if isinstance(message, str):
        try:
            message = json.loads(message)
        except ValueError:
            return {"what": message}  # an act of ours, such as "new push addresses"
    found: dict[str, Any] = {}
    for said in message if isinstance(message, Iterable) else ():
        for act, about in said.items():
            words = [*about.get("fields", ()), *([about["name"]] if "name" in about else ())]
            found.setdefault(act, []).extend(str(one) for one in words)
    return {act: words for act, words in found.items() if words}
