"""Vendor accounts: making them, their push addresses, their secrets, and finding one by its token.

The words here serve the admin and the ``account`` command alike. A change of a secret keeps the
old one alive for a day, so that the vendor's console can be changed without losing a push.
"""

import ipaddress
import logging
import re
import secrets
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import rebilling
from vendors import vault
from vendors.adapters.base import Setting, Vendor
from vendors.downloading.hosts import Host
from vendors.models import Credential, PushToken, VendorAccount
from vendors.models.accounts import LEAST_CALL_DAYS
from vendors.registry import VENDORS

log = logging.getLogger("callportal.edge")

ROTATION = timedelta(hours=24)
TOKEN_LENGTH = 32
TOKEN_ALPHABET = string.ascii_lowercase + string.digits
DOOR_IS_TRUSTED_FOR = 1.0  # seconds: a disabled account is refused after that at the latest
USE_IS_NOTED_EVERY = 60.0  # seconds
_LIST_KEYS = ("allowed_ips", "recording_hosts")
BILLING_KEYS = ("billing_legs", "billing_unit_seconds", "billing_minimum_seconds")
DAYS_KEYS = ("push_days", "call_days", "dialog_days", "recording_days")
_COMMON_KEYS = (*_LIST_KEYS, "default_region", "pushes_per_second", *DAYS_KEYS, *BILLING_KEYS)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@transaction.atomic
def create(vendor_key: str, name: str, given: Mapping[str, str] | None = None) -> VendorAccount:
    """Make an account with a token of its own. Raises ValidationError with a sentence."""
    vendor = VENDORS.get(vendor_key)
    if vendor is None:
        known = ", ".join(VENDORS)
        raise ValidationError(
            _("%(vendor)s is not a vendor; known are %(known)s.")
            % {"vendor": vendor_key, "known": known}
        )
    account = VendorAccount(vendor=vendor.key, name=name, default_region=vendor.default_region)
    account.options = {one.key: one.default for one in vendor.settings if one.default}
    account.full_clean(exclude=["default_region"])
    account.save()
    add_token(account)
    configure(account, given or {})
    return account


@transaction.atomic
def configure(account: VendorAccount, given: Mapping[str, str]) -> None:
    """Set keys as ``--set`` names them. Raises ValidationError; nothing is set then."""
    vendor = VENDORS[account.vendor]
    known = {one.key: one for one in vendor.settings}
    billed = _billing(account)
    for key, value in given.items():
        if key in _LIST_KEYS:
            setattr(account, key, words_of(key, value))
        elif key == "default_region":
            account.default_region = _region(value)
        elif key in DAYS_KEYS:
            setattr(account, key, _days(key, value))
        elif key == "pushes_per_second":
            account.pushes_per_second = _per_second(value)
        elif key in BILLING_KEYS:
            _set_billing(account, key, value)
        elif key not in known:
            keys = ", ".join([*known, *_COMMON_KEYS])
            raise ValidationError(
                _("%(key)s is not a setting of %(vendor)s; known are %(keys)s.")
                % {"key": key, "vendor": vendor.name, "keys": keys}
            )
        elif known[key].is_secret:
            set_secret(account, key, value)
        else:
            account.options[key] = checked(known[key], value)
    account.save(
        update_fields=[
            "options",
            "allowed_ips",
            "recording_hosts",
            "default_region",
            "pushes_per_second",
            *DAYS_KEYS,
            *BILLING_KEYS,
        ]
    )
    if _billing(account) != billed:
        rebilling.ask([account])
    forget_doors()


def checked(one: Setting, value: str) -> str:
    """The value of a setting, if it may have it. Raises ValidationError."""
    if one.choices and value not in one.choices:
        raise ValidationError(
            _('%(key)s: expected one of %(choices)s, got "%(value)s".')
            % {"key": one.key, "choices": ", ".join(one.choices), "value": value}
        )
    if one.check is not None and value:
        try:
            one.check(value)
        except ValueError as error:
            raise ValidationError(f"{one.key}: {error}.") from None
    return value


def words_of(key: str, value: str) -> list[str]:
    """A list of an account, as it was typed, each word checked. Raises ValidationError."""
    check = {"allowed_ips": network, "recording_hosts": _recording_host}[key]
    words = split(value)
    for word in words:
        check(word)
    return words


def split(value: str) -> list[str]:
    """The words of a text, between commas, blanks or line breaks."""
    return [word for word in re.split(r"[\s,]+", value) if word]


def _recording_host(word: str) -> None:
    try:
        Host.of(word)
    except ValueError as error:
        raise ValidationError(f"recording_hosts: {error}") from None


def _days(key: str, value: str) -> int | None:
    least = LEAST_CALL_DAYS if key in {"call_days", "dialog_days"} else 1
    if value and not (value.isdecimal() and len(value) <= 5 and int(value) >= least):
        raise ValidationError(
            _('%(key)s: expected a number of days from %(least)d on, or nothing, got "%(value)s".')
            % {"key": key, "least": least, "value": value}
        )
    return int(value) if value else None


def _per_second(value: str) -> int | None:
    if value and not (value.isdecimal() and len(value) <= 5 and int(value)):
        raise ValidationError(
            _('pushes_per_second: expected a whole number, or nothing, got "%(value)s".')
            % {"value": value}
        )
    return int(value) if value else None


def _billing(account: VendorAccount) -> list[object]:
    return [getattr(account, key) for key in BILLING_KEYS]


def _set_billing(account: VendorAccount, key: str, value: str) -> None:
    """One part of how the account is billed; nothing stands for the vendor's rule."""
    field = VendorAccount._meta.get_field(key)
    blank = "" if key == "billing_legs" else None
    try:
        setattr(account, key, field.clean(value, account) if value else blank)  # type: ignore[union-attr]
    except ValidationError as error:
        raise ValidationError(f"{key}: {' '.join(error.messages)}") from None


def _region(value: str) -> str:
    if value and not re.fullmatch(r"[A-Z]{2}", value):
        raise ValidationError(
            _('default_region: expected two capital letters such as CN, got "%(value)s".')
            % {"value": value}
        )
    return value


def network(word: str) -> Network:
    """An address or network. Raises ValidationError."""
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise ValidationError(
            _(
                "allowed_ips: expected an address or a network such as 203.0.113.0/24, "
                'got "%(word)s".'
            )
            % {"word": word}
        ) from None


def add_token(account: VendorAccount) -> PushToken:
    token = "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))
    return PushToken.objects.create(
        account=account,
        digest=vault.digest(token),
        sealed=vault.seal(token),
        created_at=timezone.now(),
    )


@transaction.atomic
def rotate_token(account: VendorAccount, keep_for: timedelta = ROTATION) -> PushToken:
    """A new token; the one before it stays alive for a while, any older one ends now."""
    now = timezone.now()
    live = list(live_tokens(account))
    if live:
        account.tokens.filter(pk=live[0].pk).update(expires_at=now + keep_for)
        account.tokens.filter(pk__in=[old.pk for old in live[1:]]).update(expires_at=now)
    token = add_token(account)
    forget_doors()
    return token


@transaction.atomic
def set_secret(
    account: VendorAccount, key: str, value: str, keep_for: timedelta = timedelta(0)
) -> Credential:
    """Set a credential; the one before it stays alive for ``keep_for``."""
    if not value:
        raise ValidationError(_("%(key)s: expected a value, got nothing.") % {"key": key})
    now = timezone.now()
    live = list(_live(account.credentials.filter(key=key), now))
    if keep_for and live:
        account.credentials.filter(pk=live[0].pk).update(expires_at=now + keep_for)
        account.credentials.filter(pk__in=[old.pk for old in live[1:]]).delete()
    else:
        account.credentials.filter(key=key).delete()
    credential = Credential.objects.create(
        account=account,
        key=key,
        sealed=vault.seal(value),
        last_four=value[-4:] if len(value) > 8 else "",
        created_at=now,
    )
    forget_doors()
    return credential


def rotate_secret(account: VendorAccount, key: str, value: str) -> Credential:
    """Set a credential and keep the one before it alive for a day."""
    known = {one.key for one in VENDORS[account.vendor].settings if one.is_secret}
    if key not in known:
        keys = ", ".join(sorted(known)) or _("none")
        raise ValidationError(
            _("%(key)s is not a secret of this vendor; known are %(keys)s.")
            % {"key": key, "keys": keys}
        )
    return set_secret(account, key, value, keep_for=ROTATION)


def _live(rows: "models.QuerySet[Credential]", now: datetime) -> "models.QuerySet[Credential]":
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("-created_at", "-id")


def settings_of(account: VendorAccount) -> dict[str, str]:
    """What it takes to talk to the vendor: the account's options, and its newest live secrets.

    Raises vault.SealedWithAnotherKeyError.
    """
    found = {key: str(value) for key, value in account.options.items()}
    for one in reversed(_live(account.credentials.all(), timezone.now())):
        found[one.key] = one.secret
    return found


def live_tokens(account: VendorAccount) -> "models.QuerySet[PushToken]":
    """The tokens that still open the door, newest first."""
    now = timezone.now()
    return account.tokens.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def push_address(vendor_key: str, token: str, kind: str) -> str:
    """A push address as the vendor's console is told it."""
    return f"{settings.PUBLIC_URL}/hooks/{vendor_key}/{token}/{kind}"


def webhooks(account: VendorAccount) -> dict[str, str]:
    """The push addresses of an account, by kind, with its newest token."""
    newest = live_tokens(account)[0].token
    vendor = VENDORS[account.vendor]
    return {kind.key: push_address(vendor.key, newest, kind.key) for kind in vendor.kinds}


def address_complaint(vendor: Vendor, address: str) -> str:
    """Why the vendor's console will not take this address; empty when it will."""
    if vendor.address_length and len(address.encode()) > vendor.address_length:
        return _("%(vendor)s takes addresses up to %(most)d bytes; this one has %(has)d.") % {
            "vendor": vendor.name,
            "most": vendor.address_length,
            "has": len(address.encode()),
        }
    if vendor.address_length and not re.fullmatch(r"[A-Za-z0-9\-:./]+", address):
        return _("%(vendor)s takes only letters, digits and - : . / in an address.") % {
            "vendor": vendor.name
        }
    return ""


@dataclass(slots=True)
class Door:
    """An account as the edge needs it, remembered for a second so that a push costs no query."""

    account: VendorAccount
    vendor: Vendor
    token_id: int
    token: str
    secrets: tuple[tuple[int, str], ...]
    networks: tuple[Network, ...]
    found_at: float

    @property
    def signature_mode(self) -> str:
        mode: str = self.account.options.get("push_signature", "off")
        return mode

    def admits(self, address: str) -> bool:
        """Whether a sender at this address, as ``client_address`` gives it, may push."""
        if not self.networks:
            return True
        try:
            sender = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(sender in one for one in self.networks)


_doors: dict[str, Door] = {}
_noted: dict[tuple[str, int], float] = {}
_MOST_DOORS = 1024


def find_door(vendor_key: str, token: str) -> Door | None:
    """The account behind a token, or None. Tokens are looked up by digest: timing tells nothing."""
    digest = vault.digest(token)
    now = time.monotonic()
    door = _doors.get(digest)
    if door is None or not _is_trusted(door, now):
        door = _open(digest, token, now)
        if door is None:
            _doors.pop(digest, None)
            return None
        if len(_doors) >= _MOST_DOORS:
            _doors.clear()
        _doors[digest] = door
    return door if door.vendor.key == vendor_key else None


def _is_trusted(door: Door, now: float) -> bool:
    return now - door.found_at <= DOOR_IS_TRUSTED_FOR


def fresh_door(vendor_key: str, token: str) -> Door | None:
    """The account behind a token, if it was found a moment ago: that takes no query."""
    door = remembered_door(token)
    if door is None or not _is_trusted(door, time.monotonic()):
        return None
    return door if door.vendor.key == vendor_key else None


def remembered_door(token: str) -> Door | None:
    """The door that this process found last, however long ago."""
    return _doors.get(vault.digest(token))


def is_any_door_remembered() -> bool:
    return bool(_doors)


def _open(digest: str, token: str, found_at: float) -> Door | None:
    now = timezone.now()
    row = (
        PushToken.objects.select_related("account")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=digest)
        .first()
    )
    if row is None:
        return None
    vendor = VENDORS[row.account.vendor]
    return Door(
        account=row.account,
        vendor=vendor,
        token_id=row.pk,
        token=token,
        secrets=_secrets(row.account, vendor, now),
        networks=tuple(network(word) for word in row.account.allowed_ips),
        found_at=found_at,
    )


def _secrets(account: VendorAccount, vendor: Vendor, now: datetime) -> tuple[tuple[int, str], ...]:
    """The secrets that its pushes may be signed with. One that cannot be opened is left out:
    signatures go unchecked then, which is no reason to lose a push."""
    if not vendor.signed_with:
        return ()
    found = []
    for one in _live(account.credentials.filter(key=vendor.signed_with), now):
        try:
            found.append((one.pk, one.secret))
        except vault.SealedWithAnotherKeyError as error:
            log.error("signatures cannot be checked", extra={"account": account.pk, "why": error})  # noqa: TRY400
    return tuple(found)


def note_use(door: Door, credential_id: int | None) -> None:
    """Remember that a token, and perhaps a secret, was used; at most once a minute each."""
    used: list[tuple[type[PushToken] | type[Credential], int]] = [(PushToken, door.token_id)]
    if credential_id is not None:
        used.append((Credential, credential_id))
    now = time.monotonic()
    for model, pk in used:
        key = (model.__name__, pk)
        if now - _noted.get(key, -USE_IS_NOTED_EVERY) >= USE_IS_NOTED_EVERY:
            _noted[key] = now
            model._default_manager.filter(pk=pk).update(last_used_at=timezone.now())


def forget_doors() -> None:
    """Look accounts up anew from now on, in this process."""
    _doors.clear()
    _noted.clear()
