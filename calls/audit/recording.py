"""Writing down what was done: one row, in the transaction of the act."""

import getpass
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from calls import masking, written
from calls.audit.actions import Action
from calls.models import AuditEntry
from calls.requests import client_address

LONGEST_TEXT = 200
MOST_ITEMS = 50
_LARGEST_COUNT = 10**9  # a larger whole number may be a telephone's
SYSTEM = "system"


class _CommandLine:
    """Whoever typed a command on the machine itself."""

    def name(self) -> str:
        try:
            return f"command line ({getpass.getuser()})"
        except (KeyError, OSError):  # a number without a name, as in some containers
            return "command line"


COMMAND_LINE: Final = _CommandLine()
By = AbstractBaseUser | AnonymousUser | _CommandLine | None


def record(
    action: Action,
    *,
    by: By,
    request: HttpRequest | None = None,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write down that somebody did something. Without ``by`` it was the portal itself.

    ``subject`` is a word and an id: ``call 123``. ``details`` are a few names and values; numbers
    of telephones in them are masked, and what is long is cut. Secrets, bodies and what people
    wrote do not belong there.
    """
    entry: AuditEntry = AuditEntry.objects.create(
        action=action,
        user_id=by.pk if isinstance(by, AbstractBaseUser) else None,
        user_name=_text(_name(by)),
        token=_text(_token(request))[:100],
        subject=_text(subject)[:120],
        details=_details(details or {}),
        address=client_address(request, settings.TRUSTED_PROXIES)[:64] if request else "",
    )
    return entry


def _name(by: By) -> str:
    if isinstance(by, _CommandLine):
        return by.name()
    name = by.get_username() if by is not None else ""
    return name or SYSTEM


def _token(request: Any) -> str:
    """The name of the API token that a program signed in with."""
    return str(getattr(getattr(request, "auth", None), "name", ""))


def _details(given: Mapping[str, Any]) -> dict[str, Any]:
    return {_text(str(name)): _value(value) for name, value in [*given.items()][:MOST_ITEMS]}


def _value(value: Any) -> Any:
    """As JSON that reads back the same from every database: texts, whole numbers, yes and no."""
    if value is None or (isinstance(value, int) and abs(value) < _LARGEST_COUNT):
        return value
    if isinstance(value, Mapping):
        return _details(value)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else [*value]
        return [_value(one) for one in items[:MOST_ITEMS]]
    return masking.hidden_in(_text(str(value)))


def _text(text: str) -> str:
    return written.plain(text)[:LONGEST_TEXT]
