"""Programs sign in with ``Authorization: Token …`` or ``Bearer …``."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from callportal.models import ApiToken, Scope, digest

log = logging.getLogger(__name__)

SCHEMES = {b"token", b"bearer"}
USE_IS_NOTED_EVERY = timedelta(minutes=1)
PERMISSIONS: dict[str, tuple[str, ...]] = {
    Scope.READ: ("calls.view_call",),
    Scope.NUMBERS: ("calls.see_numbers",),
    Scope.OUTBOUND: (
        "vendors.view_outboundrequest",
        "vendors.add_outboundrequest",
        "vendors.change_outboundrequest",
    ),
}


class ApiTokenAuthentication(BaseAuthentication):
    """Looks a token up by its digest, so that the comparison tells nothing about it."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
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
        _restrict(found.user, _allowed(found, request))
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return "Token"

    def _note_use(self, token: ApiToken) -> None:
        now, last = timezone.now(), token.last_used_at
        if last is not None and now - last <= USE_IS_NOTED_EVERY:
            return
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        days = token.days_left(now)
        if days is not None and (last is None or last.date() != now.date()):
            log.warning("API token ends soon", extra={"token": token.name, "days": days})


class TokenScope:
    """A backend that only ever takes away: of what a user may do, their token's scopes are left.

    It comes first, and what it denies no other backend is asked for.
    """

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Nobody signs in by it."""

    def has_perm(self, user: Any, permission: str, obj: Any = None) -> bool:
        allowed = getattr(user, "allowed_by_token", None)
        if allowed is not None and permission not in allowed:
            raise PermissionDenied
        return getattr(user, "is_superuser_with_token", False)


def _allowed(token: ApiToken, request: Request) -> frozenset[str]:
    allowed = {name for scope in token.scopes for name in PERMISSIONS.get(scope, ())}
    match = request.resolver_match
    if Scope.FIGURES in token.scopes and match is not None and match.url_name == "api-figures":
        allowed |= {*PERMISSIONS[Scope.READ]}
    return frozenset(allowed)


def _restrict(user: Any, allowed: frozenset[str]) -> None:
    """For this request alone. A superuser is asked for no permission at all, so for now they are
    none, and ``TokenScope`` grants what the scopes leave."""
    user.allowed_by_token = allowed
    user.is_superuser_with_token, user.is_superuser = user.is_superuser, False
