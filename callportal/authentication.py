"""Programs sign in with ``Authorization: Token …`` or ``Bearer …``."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from callportal.models import ApiToken, digest

SCHEMES = {b"token", b"bearer"}
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class ApiTokenAuthentication(BaseAuthentication):
    """Looks a token up by its digest, so that the comparison tells nothing about it."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_('Expected "Authorization: Token …" with one token.'))
        found = (
            ApiToken.objects.select_related("user")
            .filter(digest=digest(words[1].decode("latin-1")))
            .first()
        )
        if found is None or found.is_expired() or not found.user.is_active:
            raise AuthenticationFailed(_("This token is unknown, expired, or its user inactive."))
        self._note_use(found)
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return "Token"

    def _note_use(self, token: ApiToken) -> None:
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
