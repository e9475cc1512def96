"""Second factors: of whom they are demanded, who has one, and how they are taken away."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callportal.signin import sessions

Type = Authenticator.Type
WORDS = {
    Type.TOTP: gettext_lazy("Codes from an app"),
    Type.WEBAUTHN: gettext_lazy("Passkey"),
    Type.RECOVERY_CODES: gettext_lazy("Recovery codes"),
}


def is_demanded(user: User | AnonymousUser) -> bool:
    """Whether a user may do nothing else before they have a second factor."""
    if not user.is_authenticated or settings.REQUIRE_SECOND_FACTOR == "none":
        return False
    return settings.REQUIRE_SECOND_FACTOR == "all" or user.is_staff or user.is_superuser


def has_one(user: User) -> bool:
    """Recovery codes alone are none."""
    found = Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES)
    return bool(found.exists())


def may_be_removed(factor: Authenticator) -> bool:
    others = Authenticator.objects.filter(user_id=factor.user_id).exclude(pk=factor.pk)
    return (
        factor.type == Type.RECOVERY_CODES
        or not is_demanded(factor.user)
        or others.exclude(type=Type.RECOVERY_CODES).exists()
    )


def name_of(factor: Authenticator) -> str:
    """What people call it: a passkey by its own name."""
    if factor.type == Type.WEBAUTHN:
        return str(factor.data.get("name") or _("Passkey"))
    return str(WORDS[factor.type])


def reset(user: User) -> int:
    """Take every second factor away, and end the sessions that were begun with them; how many
    factors there were."""
    factors = Authenticator.objects.filter(user=user)
    count: int = factors.exclude(type=Type.RECOVERY_CODES).count()
    factors.delete()
    sessions.end_all(user)
    return count
