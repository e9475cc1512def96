"""The addresses of signing in. Of django-allauth's pages, those that are not here do not exist:
there is no sign-up, no confirming of e-mail addresses, and no new password by e-mail."""

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib.auth.views import LogoutView
from django.urls import path, reverse_lazy
from django.views.generic import RedirectView

from callportal.signin import pages, single

_AGAIN = "signin/again.html"
_SECURITY = RedirectView.as_view(pattern_name="security")

# Names that begin with account_, mfa_ or openid_ are those that the package looks for.
urlpatterns = [
    path("accounts/login/", pages.SignIn.as_view(), name="login"),
    path("accounts/login/", pages.SignIn.as_view(), name="account_login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path(
        "accounts/login/code/",
        AuthenticateView.as_view(template_name="signin/code.html"),
        name="mfa_authenticate",
    ),
    path("accounts/login/passkey/", pages.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("accounts/<slug:provider_id>/login/", single.login, name="openid_connect_login"),
    path(
        "accounts/<slug:provider_id>/login/callback/",
        single.callback,
        name="openid_connect_callback",
    ),
    path(
        "accounts/again/",
        ReauthenticateView.as_view(template_name=_AGAIN),
        name="account_reauthenticate",
    ),
    path(
        "accounts/again/code/",
        CodeAgainView.as_view(template_name=_AGAIN),
        name="mfa_reauthenticate",
    ),
    path(
        "accounts/again/passkey/",
        ReauthenticateWebAuthnView.as_view(template_name="signin/again_passkey.html"),
        name="mfa_reauthenticate_webauthn",
    ),
    path("settings/password/", pages.ChangePassword.as_view(), name="password"),
    path("settings/security/", pages.security, name="security"),
    path("settings/security/sessions/end/", pages.end_other_sessions, name="sessions-end"),
    path("settings/security/sessions/<int:key>/end/", pages.end_session, name="session-end"),
    path("settings/security/connect/", pages.connect, name="single-connect"),
    path("settings/security/factors/", _SECURITY, name="mfa_index"),
    path("settings/security/passkeys/", _SECURITY, name="mfa_list_webauthn"),
    path("settings/security/passkeys/add/", pages.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(
        "settings/security/passkeys/<int:pk>/remove/",
        pages.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path(
        "settings/security/app/",
        ActivateTOTPView.as_view(template_name="signin/app.html"),
        name="mfa_activate_totp",
    ),
    path(
        "settings/security/app/remove/",
        DeactivateTOTPView.as_view(
            template_name="signin/remove.html", success_url=reverse_lazy("security")
        ),
        name="mfa_deactivate_totp",
    ),
    path(
        "settings/security/recovery/",
        ViewRecoveryCodesView.as_view(template_name="signin/recovery_codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "settings/security/recovery/new/",
        GenerateRecoveryCodesView.as_view(template_name="signin/new_codes.html"),
        name="mfa_generate_recovery_codes",
    ),
]
