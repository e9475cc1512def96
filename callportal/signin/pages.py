"""Pages: signing in and out, the second step, the password, and what belongs to one's security."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.messages.views import SuccessMessageMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from callportal.signin import factors, sessions, witness
from callportal.signin.adapters import may_use_password, to_sign_in
from callportal.signin.forms import NewPasswordForm
from calls.audit import Action, record

HTTP_TOO_MANY = 429


class SignIn(LoginView):  # type: ignore[misc]
    """The one door: pages, and the admin, lead here."""

    template_name = "registration/login.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**more)
        following = self.get_next_url() or ""  # an address of others is not even repeated
        context["next"] = following
        context["single_name"] = settings.OIDC_NAME if settings.OIDC_URL else ""
        context["is_single_only"] = settings.OIDC_ONLY
        return context

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if locked := _locked(form):
            response.status_code = HTTP_TOO_MANY
            response["Retry-After"] = str(60 * locked.params["minutes"])
        return response


def _locked(form: Any) -> Any:
    found = (one for one in form.non_field_errors().as_data() if one.code == "locked_out")
    return next(found, None)


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    """Signing in with a passkey alone, which has asked for a finger or a PIN itself."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not may_use_password(form.cleaned_data["credential"].user):
            return to_sign_in(self.request, _("Please come by single sign-on."))
        response: HttpResponse = super().form_valid(form)
        return response


class ChangePassword(SuccessMessageMixin[Any], auth.PasswordChangeView):
    """Django's own, back to the settings. Every other session ends."""

    template_name = "registration/password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("settings")
    success_message = gettext_lazy("Your password was changed. Your other sessions were ended.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        before = self.request.session.session_key
        response = super().form_valid(form)
        rows = UserSession.objects.filter(session_key=before)
        rows.update(session_key=self.request.session.session_key)
        ended = sessions.end_all(form.user, but=self.request.session.session_key)
        record(
            Action.PASSWORD_CHANGED,
            by=form.user,
            request=self.request,
            subject=witness.about(form.user),
            details={"sessions ended": ended},
        )
        return response


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """One's second factors and sessions."""
    user: Any = request.user
    rows = Authenticator.objects.filter(user=user).order_by("created_at")
    by_type: dict[str, list[Authenticator]] = {}
    for row in rows:
        by_type.setdefault(row.type, []).append(row)
    recovery = next(iter(by_type.get(factors.Type.RECOVERY_CODES, [])), None)
    context = {
        "app": next(iter(by_type.get(factors.Type.TOTP, [])), None),
        "passkeys": [(row, factors.name_of(row)) for row in by_type.get(factors.Type.WEBAUTHN, [])],
        "has_recovery": recovery is not None,
        "codes_left": len(recovery.wrap().get_unused_codes()) if recovery else 0,
        "is_demanded": factors.is_demanded(user) and not factors.has_one(user),
        "sessions": [(one, sessions.device(one.user_agent)) for one in sessions.of(user)],
        "current": request.session.session_key,
        "single_name": settings.OIDC_NAME if settings.OIDC_URL else "",
        "is_connected": SocialAccount.objects.filter(user=user).exists(),
    }
    return render(request, "signin/security.html", context)


@require_POST
def end_session(request: HttpRequest, key: int) -> HttpResponse:
    """End one of one's own sessions."""
    session = get_object_or_404(UserSession, pk=key, user_id=request.user.pk)
    is_this = session.session_key == request.session.session_key
    if not is_this:
        sessions.end([session])
        _ended(request, 1)
    return redirect("security")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    _ended(request, sessions.end_all(user, but=request.session.session_key))
    return redirect("security")


def _ended(request: HttpRequest, count: int) -> None:
    user: Any = request.user
    if count:
        details = {"sessions": count}
        subject = witness.about(user)
        record(Action.SESSIONS_ENDED, by=user, request=request, subject=subject, details=details)
    words = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", count)
    messages.success(request, words % {"count": count})


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    template_name = "signin/passkey.html"


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """A passkey goes, unless it is the last second factor of somebody who must have one."""

    template_name = "signin/remove.html"
    success_url = reverse_lazy("security")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**more)
        return context | {"name": factors.name_of(self.object)}

    def form_valid(self, form: Any) -> HttpResponse:
        if not factors.may_be_removed(self.object):
            messages.error(self.request, _("Add another second factor before you remove this one."))
            return HttpResponseRedirect(self.success_url)
        response: HttpResponse = super().form_valid(form)
        return response


@require_safe
def connect(request: HttpRequest) -> HttpResponse:
    """Connect one's single sign-on, once one has shown again who one is."""
    if not settings.OIDC_URL:
        raise Http404
    raise_if_reauthentication_required(request, app="allauth.socialaccount")
    address = reverse_lazy("openid_connect_login", args=["oidc"])
    return redirect(f"{address}?process=connect")
