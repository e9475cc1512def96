"""API tokens in the admin: they are made here and shown once."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from callportal.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    list_display = ["name", "user", "last_four", "created_at", "expires_at", "last_used_at"]
    readonly_fields = ["last_four", "created_at", "last_used_at"]
    autocomplete_fields = ["user"]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        token = "" if change else obj.renew()
        super().save_model(request, obj, form, change)
        if token:
            messages.warning(
                request, _("The token is %(token)s. It is shown only this once.") % {"token": token}
            )
