"""Accounts as they were last known, for when the database cannot be asked for them.

A web process remembers those that pushed. For the others, and for a web process that is started
while the database is away, all accounts stand in a sealed file, not older than a minute when the
database went. An address that neither knows may be one made since: nothing is said about it, and
the vendor is to come again.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from vendors import accounts, vault
from vendors.accounts import Door, network
from vendors.models import Credential, PushToken, VendorAccount
from vendors.registry import VENDORS

WRITTEN_EVERY = 60.0  # seconds
_NAME = "doors"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``taken_at`` is by this process's monotonic clock, as a door's ``found_at`` is."""

    taken_at: float
    told: dict[str, Any]

    def door(self, token: str) -> Door | None:
        one = self.told["tokens"].get(vault.digest(token))
        if one is None or _is_over(one["until"]):
            return None
        given = self.told["accounts"][str(one["account"])]
        account = VendorAccount(**given)
        vendor = VENDORS[account.vendor]
        return Door(
            account=account,
            vendor=vendor,
            token_id=one["id"],
            token=token,
            secrets=tuple(self._secrets(account, vendor.signed_with)),
            networks=tuple(network(word) for word in account.allowed_ips),
            found_at=self.taken_at,
        )

    def _secrets(self, account: VendorAccount, key: str) -> Iterator[tuple[int, str]]:
        """One that cannot be opened is left out, as it is when the database gives it."""
        for one in self.told["secrets"]:
            if one["account"] == account.pk and one["key"] == key and not _is_over(one["until"]):
                with suppress(vault.SealedWithAnotherKeyError):
                    yield one["id"], vault.unseal(one["sealed"])


class Memory:
    """The file's contents, read anew when it was written anew."""

    def __init__(self) -> None:
        self._read: Snapshot | None = None
        self._of: tuple[int, int] = (0, 0)

    def snapshot(self) -> Snapshot | None:
        try:
            stat = _path().stat()
            if self._of != (stat.st_ino, stat.st_mtime_ns):
                told = json.loads(vault.unseal(_path().read_text()))
                age = max(0.0, time.time() - told["taken_at"])
                self._read = Snapshot(time.monotonic() - age, told)
                self._of = stat.st_ino, stat.st_mtime_ns
        except (OSError, ValueError, vault.SealedWithAnotherKeyError):
            return None
        return self._read

    def forget(self) -> None:
        self._read, self._of = None, (0, 0)


memory = Memory()


def last_known(vendor_key: str, token: str) -> Door | None:
    """The account behind a token, by whichever knew of it last: this process or the file."""
    door = accounts.remembered_door(token)
    snapshot = memory.snapshot()
    if snapshot is not None and (door is None or door.found_at < snapshot.taken_at):
        door = snapshot.door(token)
    return door if door is not None and door.vendor.key == vendor_key else None


def is_any_known() -> bool:
    snapshot = memory.snapshot()
    return accounts.is_any_door_remembered() or bool(snapshot and snapshot.told["tokens"])


def is_old() -> bool:
    """Whether the file is to be written anew."""
    try:
        return abs(time.time() - _path().stat().st_mtime) >= WRITTEN_EVERY
    except FileNotFoundError:
        return True


def write() -> None:
    """Write down all accounts as they are now."""
    now, taken_at = timezone.now(), time.time()
    live = Q(expires_at=None) | Q(expires_at__gt=now)
    tokens = PushToken.objects.filter(live)
    secrets = Credential.objects.filter(live).order_by("-created_at", "-id")
    signing = {vendor.signed_with for vendor in VENDORS.values()} - {""}
    told = {
        "taken_at": taken_at,
        "accounts": {
            one.pk: _account(one) for one in VendorAccount.objects.filter(vendor__in=VENDORS)
        },
        "tokens": {
            one.digest: {"id": one.pk, "account": one.account_id, "until": _text(one.expires_at)}
            for one in tokens.filter(account__vendor__in=VENDORS)
        },
        "secrets": [
            {
                "id": one.pk,
                "account": one.account_id,
                "key": one.key,
                "sealed": one.sealed,
                "until": _text(one.expires_at),
            }
            for one in secrets.filter(key__in=signing)
        ],
    }
    _store(vault.seal(json.dumps(told)))


def _account(one: VendorAccount) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "vendor": one.vendor,
        "name": one.name,
        "is_enabled": one.is_enabled,
        "allowed_ips": one.allowed_ips,
        "options": one.options,
        "pushes_per_second": one.pushes_per_second,
    }


def _store(text: str) -> None:
    settings.SPOOL_FOLDER.mkdir(mode=0o700, exist_ok=True)
    begun = _path().with_name(f"{_NAME}.{os.getpid()}.begun")
    fd = os.open(begun, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)
    begun.rename(_path())


def _path() -> Path:
    folder: Path = settings.SPOOL_FOLDER
    return folder / _NAME


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _is_over(until: str) -> bool:
    return bool(until) and datetime.fromisoformat(until) <= timezone.now()
