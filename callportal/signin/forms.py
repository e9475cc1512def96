"""What people type to come in. Every guess is counted: see ``lockout``."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.core import context
from allauth.mfa.base import forms as codes
from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm
from django.core.cache import cache

from callportal.signin import lockout, witness
from callportal.signin.adapters import Factors, counted
from callportal.signin.factors import Type


class SignInForm(LoginForm):  # type: ignore[misc]
    """The fields are called as they always were, for programs that keep passwords."""

    def add_prefix(self, field_name: str) -> str:
        return "username" if field_name == "login" else str(super().add_prefix(field_name))


class _CountedCode:
    """A code of six digits, or of eight: guessed soon, were it not counted."""

    user: Any

    def clean_code(self) -> str:
        request = context.request
        tried = counted(request, lockout.Kind.CODE, str(self.user.pk))
        try:
            code = str(super().clean_code())  # type: ignore[misc]
            self._use_up(code)
        except forms.ValidationError:
            witness.code_failed(request, self.user, tried)
            raise
        tried.was_right()
        return code

    def _use_up(self, code: str) -> None:
        """A code of an app is good once, as long as clocks that differ could take it again."""
        factor = self.authenticator  # type: ignore[attr-defined]
        if factor.type != Type.TOTP:
            return
        seconds = 30 * (2 * settings.MFA_TOTP_TOLERANCE + 1)
        digits = "".join(filter(str.isdigit, code))
        if not cache.add(f"signin.code.{self.user.pk}.{digits}", "", timeout=seconds):
            raise Factors().validation_error("incorrect_code")


class CodeForm(_CountedCode, codes.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(_CountedCode, codes.ReauthenticateForm):  # type: ignore[misc]
    """A code of whoever is signed in."""


class NewPasswordForm(PasswordChangeForm):
    """The old password is a guess like any other: whoever finds a screen unlocked has no more."""

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        self.request = kwargs.pop("request")
        super().__init__(user, *args, **kwargs)

    def clean_old_password(self) -> str:
        tried = counted(self.request, lockout.Kind.NAME, self.user.username)
        try:
            password: str = super().clean_old_password()
        except forms.ValidationError:
            witness.sign_in_failed(self.request, self.user.username, tried)
            raise
        tried.was_right()
        return password
