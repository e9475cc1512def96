"""What django-allauth asks us: who somebody is, where they may go next, how secrets are sealed."""

from io import BytesIO
from typing import Any, NoReturn

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from qrcode.image.svg import SvgPathFillImage

from callportal import roles
from callportal.signin import factors, lockout, witness
from vendors import vault

_MESSAGES = {
    "mfa/messages/totp_activated.txt": _("Codes from your app are asked for from now on."),
    "mfa/messages/totp_deactivated.txt": _("Codes from an app are no longer asked for."),
    "mfa/messages/webauthn_added.txt": _("The passkey was added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey was removed."),
    "socialaccount/messages/account_connected.txt": _("Your single sign-on was connected."),
    "socialaccount/messages/account_connected_other.txt": _(
        "That single sign-on belongs to another user of the portal."
    ),
}


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Passwords, and the way on after signing in."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The user name or the password is wrong."),
        "incorrect_password": _("The password is wrong."),
    }

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Whoever has this name and password. Unknown, disabled and wrong are one answer, after
        the same work: Django's backend hashes for a name that nobody has, too."""
        name = str(credentials.get("username", ""))
        tried = counted(request, lockout.Kind.NAME, name)
        user = authenticate(request, username=name, password=credentials.get("password"))
        if not isinstance(user, User) or not may_use_password(user):
            witness.sign_in_failed(request, name, tried)
            return None
        tried.was_right()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        return lockout.address_of(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only addresses of the very host that was asked: other hosts that are allowed may be
        other people's."""
        return url_has_allowed_host_and_scheme(
            url,
            allowed_hosts={self.request.get_host()},
            require_https=self.request.is_secure(),
        )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """In our own words, and only where there is something to say."""
        said = message or _MESSAGES.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said), extra_tags=extra_tags)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseRedirect:
        """Only single sign-on and passkeys come here: passwords of the disabled are wrong ones."""
        return to_sign_in(request, _("Your account is disabled. An administrator can enable it."))


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors. Their secrets are sealed like those of vendors' accounts."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That was not right, or was used before."),
        "cannot_delete_authenticator": _(
            "A second factor is demanded of you: add another one before you remove this one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """On white, whatever colours the page has: on dark no telephone reads it."""
        drawn = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(drawn)
        return drawn.getvalue().decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return factors.may_be_removed(authenticator)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        return ""

    def _get_user_identifier(self, user: User) -> str:
        return user.username

    def _get_site_name(self) -> str:
        return "callportal"


def counted(request: HttpRequest, kind: str, name: str) -> lockout.Try:
    """A try that may be made. Raises ValidationError with a sentence where it may not."""
    try:
        return lockout.begin(request, kind, name)
    except lockout.LockedOutError as error:
        raise forms.ValidationError(
            ngettext_lazy(
                "Too many tries failed. Try again in %(minutes)d minute.",
                "Too many tries failed. Try again in %(minutes)d minutes.",
                "minutes",
            ),
            code="locked_out",
            params={"minutes": error.minutes},
        ) from error


def may_use_password(user: User) -> bool:
    """Where everybody comes by single sign-on, administrators can still mend what broke it."""
    return not settings.OIDC_ONLY or is_administrator(user)


def is_administrator(user: User) -> bool:
    return user.is_superuser or user.groups.filter(name=roles.ADMINISTRATOR).exists()


def to_sign_in(request: HttpRequest, message: Any) -> HttpResponseRedirect:
    messages.error(request, str(message))
    return HttpResponseRedirect(reverse("login"))


def turn_away(request: HttpRequest, message: Any) -> NoReturn:
    """End a sign-in that the package carries on, with a sentence on the page to sign in."""
    raise ImmediateHttpResponse(to_sign_in(request, message))
