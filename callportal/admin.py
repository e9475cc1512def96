"""People and programs in the admin. API tokens are made here and shown once.

People's second factors and sessions are ended here and read by nobody: django-allauth's own lists
of them are taken out.
"""

from collections.abc import Callable
from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401 - registered once here, and then taken out
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from callportal.models import ApiToken, Scope
from callportal.signin import factors, lockout, sessions, witness
from calls.audit import Action, record

for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
admin.site.unregister(User)
# The one door, with its limits and second factors.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = lambda *_, **__: redirect("password")  # type: ignore[assignment,method-assign]


class ApiTokenForm(forms.ModelForm[ApiToken]):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=Scope.choices,
        initial=[Scope.READ, Scope.NUMBERS],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Of what its user may do, the token may do this."),
    )

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes", "expires_at")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    form = ApiTokenForm
    list_display = [
        *("name", "user", "words", "last_four"),
        *("created_at", "expires_at", "ends_soon", "last_used_at"),
    ]
    readonly_fields = ["last_four", "created_at", "last_used_at"]
    autocomplete_fields = ["user"]

    @admin.display(description=gettext_lazy("scopes"))
    def words(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description=gettext_lazy("ends soon"))
    def ends_soon(self, token: ApiToken) -> str:
        days = token.days_left()
        if token.is_expired():
            return _("has ended")
        if days is None:
            return ""
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        token = "" if change else obj.renew()
        super().save_model(request, obj, form, change)
        if token:
            messages.warning(
                request, _("The token is %(token)s. It is shown only this once.") % {"token": token}
            )


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """Django's, with what an administrator does for somebody who stands before the door."""

    actions = ["unlock", "end_sessions", "reset_factors"]

    @admin.action(
        description=gettext_lazy("Let in again who is locked out"), permissions=["change"]
    )
    def unlock(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._do(request, people, Action.UNLOCKED, lambda user: int(lockout.unlock(user)))

    @admin.action(description=gettext_lazy("End all sessions"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._do(request, people, Action.SESSIONS_ENDED, sessions.end_all)

    @admin.action(description=gettext_lazy("Take away second factors"), permissions=["change"])
    def reset_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._do(request, people, Action.FACTORS_RESET, factors.reset)

    def _do(
        self,
        request: HttpRequest,
        people: QuerySet[User],
        action: Action,
        act: Callable[[User], int],
    ) -> None:
        count = 0
        for user in people:
            if act(user):
                count += 1
                record(action, by=request.user, request=request, subject=witness.about(user))
        words = ngettext("Done for %(count)d user.", "Done for %(count)d users.", count)
        self.message_user(request, words % {"count": count})
