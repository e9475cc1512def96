"""Who somebody is here, who comes by single sign-on, and which roles they have.

A person is known by their ``sub``, for good. Before that, where the settings allow it, by their
e-mail address, if the provider has verified it and just one user here has it.
"""

import logging
import re
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from callportal import roles
from callportal.signin import witness
from callportal.signin.adapters import turn_away
from calls.audit import Action, record

log = logging.getLogger(__name__)


def settle(request: HttpRequest, login: SocialLogin) -> None:
    """Have the package sign in whoever it is here. Raises what turns the others away."""
    with transaction.atomic():
        is_somebody = login.is_existing or _connected(request, login)
        if is_somebody:
            _give_roles(login.user, login.claims)
    if not is_somebody:
        failed(request, "unknown person")
        turn_away(request, _("Nobody here is known by that. An administrator can add you."))


def failed(request: HttpRequest, reason: str) -> None:
    record(
        Action.SIGN_IN_FAILED,
        by=None,
        request=request,
        details={"what": "single sign-on", "why": reason[:80]},
    )
    log.warning("single sign-on failed", extra={"reason": reason[:120]})


def _connected(request: HttpRequest, login: SocialLogin) -> bool:
    """Keep who it is for the next time; whether it is anybody."""
    user = _by_email(login.claims) or _made(login.claims)
    if user is None:
        return False
    login.user = login.account.user = user
    login.account.save()
    record(Action.SIGN_ON_CONNECTED, by=user, request=request, subject=witness.about(user))
    return True


def _by_email(claims: dict[str, Any]) -> User | None:
    email = str(claims.get("email") or "")
    if not settings.OIDC_MATCH_EMAIL or not email or claims.get("email_verified") is not True:
        return None
    found = list(User.objects.filter(email__iexact=email)[:2])
    if len(found) != 1 or SocialAccount.objects.filter(user=found[0]).exists():
        return None  # who is connected already is known by another sub
    return found[0]


def _made(claims: dict[str, Any]) -> User | None:
    if not settings.OIDC_MAKE_USERS:
        return None
    is_verified = claims.get("email_verified") is True
    email = str(claims.get("email") or "")[:254] if is_verified else ""
    user = User(
        username=_free_name(str(claims.get("preferred_username") or email or claims["sub"])),
        email=email,
        first_name=str(claims.get("given_name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
    )
    user.set_unusable_password()
    user.save()
    record(Action.USER_MADE, by=None, subject=witness.about(user), details={"name": user.username})
    return user


def _free_name(wanted: str) -> str:
    """A user name like the wanted one that nobody has."""
    plain = re.sub(r"[^\w.@+-]", "-", wanted)[:140] or "user"
    name, number = plain, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{plain}-{number}"
    return name


def _give_roles(user: User, claims: dict[str, Any]) -> None:
    """The roles that the provider says, and no others of the portal's. Superusers are left alone:
    they are who mends this."""
    if not settings.OIDC_ROLES_CLAIM or user.is_superuser:
        return
    said = claims.get(settings.OIDC_ROLES_CLAIM) or []
    words = [said] if isinstance(said, str) else [str(word) for word in said]
    known = roles.names()
    wanted = {settings.OIDC_ROLES.get(word, word) for word in words} & {*known}
    before = {*user.groups.filter(name__in=known).values_list("name", flat=True)}
    if wanted == before:
        return
    groups = Group.objects.filter(name__in=wanted)
    user.groups.set([*user.groups.exclude(name__in=known), *groups])
    if roles.ADMINISTRATOR in wanted ^ before:
        user.is_staff = roles.ADMINISTRATOR in wanted
        user.save(update_fields=["is_staff"])
    details = {"roles": sorted(wanted), "from": "single sign-on"}
    record(Action.ROLES_GIVEN, by=None, subject=witness.about(user), details=details)
