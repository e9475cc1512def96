"""How often somebody may try: for one name, and from one address; then not, for a while.

A try is counted before it is judged, so that many at once are not more than as many one by one, and
given back when it was right. The counts stand in the database: all processes share them, and they
survive a restart. A name that nobody has is counted like any other, so the answer tells nothing.
"""

import ipaddress
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from callportal.models import SignInTries
from calls.requests import client_address

Kind = SignInTries.Kind
_FORGOTTEN_AT_ONCE = 100
_NOWHERE = "0.0.0.0"  # noqa: S104 - of whoever has no address, such as a socket of the machine


class LockedOutError(Exception):
    """No more tries before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until

    @property
    def minutes(self) -> int:
        return max(1, ceil((self.until - timezone.now()) / timedelta(minutes=1)))


@dataclass(frozen=True, slots=True)
class Try:
    """One try that was counted. ``filled`` are the counts that it brought to their limit."""

    rows: tuple[SignInTries, ...]
    filled: tuple[SignInTries, ...]

    def was_right(self) -> None:
        """Forget the name's tries. Of the address's only this one: who knows one password could
        otherwise guess at others without end."""
        address, named = self.rows
        SignInTries.objects.filter(pk=named.pk).delete()
        SignInTries.objects.filter(pk=address.pk, count__gt=0).update(count=F("count") - 1)


def begin(request: HttpRequest, kind: str, name: str) -> Try:
    """Count a try. Raises LockedOutError, and counts nothing, where there were too many."""
    wanted = ((Kind.ADDRESS, network_of(request)), (kind, name))
    now = timezone.now()
    with transaction.atomic():
        # The address first, always: two that lock the same rows never wait for each other.
        rows = tuple(_row(one, value, now) for one, value in wanted)
        if full := [row.ends_at for row in rows if row.count >= limit(row.kind)]:
            raise LockedOutError(max(full))
        filled = tuple(_count(row, now) for row in rows)
        _forget_old(now)
    return Try(rows, tuple(row for row in filled if row.count >= limit(row.kind)))


def limit(kind: str) -> int:
    return settings.SIGN_IN_ADDRESS_TRIES if kind == Kind.ADDRESS else settings.SIGN_IN_TRIES


def locked() -> list[SignInTries]:
    """Whoever is locked out now."""
    rows = SignInTries.objects.filter(ends_at__gt=timezone.now()).order_by("ends_at")
    return [row for row in rows if row.count >= limit(row.kind)]


def unlock(user: User) -> bool:
    """Forget the tries of a user; whether there were any."""
    digests = [digest(Kind.NAME, user.username), digest(Kind.CODE, str(user.pk))]
    deleted, _ = SignInTries.objects.filter(digest__in=digests).delete()
    return bool(deleted)


def unlock_address(address: str) -> bool:
    deleted, _ = SignInTries.objects.filter(digest=digest(Kind.ADDRESS, network(address))).delete()
    return bool(deleted)


def digest(kind: str, value: str) -> str:
    """What a count is found by. Names are hashed: people type passwords into the wrong field."""
    plain = unicodedata.normalize("NFKC", value).casefold()
    return salted_hmac("callportal.signin", f"{kind}:{plain}", algorithm="sha256").hexdigest()


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, always as an address."""
    try:
        return str(ipaddress.ip_address(client_address(request, settings.TRUSTED_PROXIES)))
    except ValueError:
        return _NOWHERE


def network_of(request: HttpRequest) -> str:
    return network(address_of(request))


def network(address: str) -> str:
    """An IPv4 address, or the network that one customer has of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False))


def _row(kind: str, value: str, now: datetime) -> SignInTries:
    ends_at = now + timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES)
    row, is_new = SignInTries.objects.select_for_update().get_or_create(
        digest=digest(kind, value), defaults={"kind": kind, "ends_at": ends_at}
    )
    if is_new:
        row.shown = _shown(kind, value)
    if row.ends_at <= now:
        row.count, row.ends_at = 0, ends_at
    return row


def _count(row: SignInTries, now: datetime) -> SignInTries:
    row.count += 1
    if row.count >= limit(row.kind):
        row.ends_at = now + timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES)
    row.save(update_fields=["count", "ends_at", "shown"])
    return row


def _shown(kind: str, value: str) -> str:
    """What administrators read. A name that nobody has may be a password, so it is not kept."""
    if kind == Kind.ADDRESS:
        return value[:150]
    sought = {"pk": value} if kind == Kind.CODE else {"username": value}
    return User.objects.filter(**sought).values_list("username", flat=True).first() or ""


def _forget_old(now: datetime) -> None:
    """Rows that another process holds are left to it."""
    old = SignInTries.objects.filter(ends_at__lte=now).select_for_update(skip_locked=True)
    keys = list(old.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
    if keys:
        SignInTries.objects.filter(pk__in=keys).delete()
