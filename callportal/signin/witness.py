"""What happens at the door, written into the audit and the log.

The package tells by signals; what it does not tell is written by whoever does it.
"""

import logging
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.http import HttpRequest

from callportal.models import SignInTries
from callportal.signin import lockout
from calls.audit import Action, record

log = logging.getLogger(__name__)


def about(user: Any) -> str:
    return f"user {user.pk}"


def signed_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    records = get_authentication_records(request, user)
    ways = [str(one.get("type") or one["method"]) for one in records]
    record(Action.SIGNED_IN, by=user, request=request, subject=about(user), details={"with": ways})
    log.info("user signed in", extra={"user": user.pk, "with": "+".join(ways)})


def signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None and user.pk is not None:
        record(Action.SIGNED_OUT, by=user, request=request, subject=about(user))


def sign_in_failed(request: HttpRequest, name: str, tried: lockout.Try) -> None:
    """The name that was tried stands there if somebody has it; else a hash of it, by which tries
    of one name can be told to be one: people type passwords into the wrong field."""
    known = User.objects.filter(username=name).first()
    record(
        Action.SIGN_IN_FAILED,
        by=None,
        request=request,
        subject=about(known) if known else "",
        details={"name": name if known else f"unknown {_hashed(name)}"},
    )
    log.info("sign-in failed", extra={"user": known.pk if known else None})
    locked_out(request, tried)


def locked_out(request: HttpRequest, tried: lockout.Try) -> None:
    for row in tried.filled:
        name = row.shown or f"unknown {row.digest[:8]}"
        details = {"what": row.kind, "whom": name, "tries": row.count}
        record(Action.LOCKED_OUT, by=None, request=request, details=details)
        log.warning("sign-in locked", extra={"what": row.kind, "tries": row.count})


def code_failed(request: HttpRequest, user: User, tried: lockout.Try) -> None:
    record(
        Action.SIGN_IN_FAILED,
        by=None,
        request=request,
        subject=about(user),
        details={"name": user.username, "what": SignInTries.Kind.CODE},
    )
    locked_out(request, tried)


def factor_added(
    sender: Any, request: HttpRequest, user: User, authenticator: Any, **_: Any
) -> None:
    _factor(Action.FACTOR_ADDED, request, user, authenticator)


def factor_removed(
    sender: Any, request: HttpRequest, user: User, authenticator: Any, **_: Any
) -> None:
    _factor(Action.FACTOR_REMOVED, request, user, authenticator)


def codes_made(sender: Any, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _factor(Action.RECOVERY_CODES_MADE, request, user, authenticator)


def factor_used(
    sender: Any, request: HttpRequest, user: User, authenticator: Any, **_: Any
) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        kept = Authenticator.objects.get(pk=authenticator.pk)  # what was used up stands there
        left = len(kept.wrap().get_unused_codes())
        record(
            Action.RECOVERY_CODE_USED,
            by=user,
            request=request,
            subject=about(user),
            details={"left": left},
        )


def single_connected(sender: Any, request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    user = sociallogin.user
    record(Action.SIGN_ON_CONNECTED, by=user, request=request, subject=about(user))


def _factor(action: Action, request: HttpRequest, user: User, authenticator: Any) -> None:
    details = {"factor": str(authenticator.type)}
    record(action, by=user, request=request, subject=about(user), details=details)


def _hashed(name: str) -> str:
    return lockout.digest(SignInTries.Kind.NAME, name)[:8]
