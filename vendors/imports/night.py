"""Asks vendors at night for the pushes that they gave up, and takes their files in.

Each account is asked once a night; where the vendor cannot answer, an hour later again, until the
night is over. Where it refuses us it is not asked again before its credentials change or somebody
says so. A file that was fetched is remembered by its name, so that none is fetched twice.
"""

import hashlib
import logging
import tempfile
from datetime import date, datetime, timedelta

import httpx2
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vendors import accounts, vault
from vendors.adapters.imports import AskLaterError, Missed, RefusedError, Shelf
from vendors.downloading.door import Patience
from vendors.downloading.hosts import Host
from vendors.downloading.transport import Guarded
from vendors.imports import asking, keeping
from vendors.imports.archives import RefusedFileError
from vendors.models import Import, NightRound, VendorAccount
from vendors.registry import VENDORS

log = logging.getLogger("callportal.imports")

IN_MEMORY = 4 * 1024 * 1024  # bytes of a file
PATIENCE = Patience(connect=10.0, read=30.0, whole=600.0)
LONGEST_PROBLEM = 500


def missed_of(account: VendorAccount) -> Missed | None:
    """How to ask the vendor of an account for what it gave up, where it can be asked."""
    vendor = VENDORS.get(account.vendor)
    return vendor.imports.missed if vendor else None


def lacking(account: VendorAccount) -> list[str]:
    """Settings that the account would need to be asked for."""
    missed = missed_of(account)
    has = {one.key for one in account.credentials.all()}
    has |= {key for key, value in account.options.items() if value}
    return [key for key in missed.needs if key not in has] if missed else []


def askable() -> list[VendorAccount]:
    """The accounts that can be asked at all, whether or not they have what it takes."""
    able = [vendor.key for vendor in VENDORS.values() if vendor.imports.missed]
    rows = VendorAccount.objects.filter(vendor__in=able).order_by("vendor", "name")
    return list(rows.select_related("night_round").prefetch_related("credentials"))


def is_any_wanted() -> bool:
    return NightRound.objects.filter(is_wanted=True).exists()


def want(account: VendorAccount) -> bool:
    """Have an account asked now, also one that was refused; whether it can be."""
    if missed_of(account) is None or lacking(account) or not account.is_enabled:
        return False
    NightRound.objects.update_or_create(
        account=account, defaults={"is_wanted": True, "refused_as": ""}
    )
    return True


def ask_due(*, is_night: bool = True) -> None:
    """Ask for each account that is due: once a night, or because somebody wants it."""
    for account in askable():
        if not account.is_enabled or lacking(account):
            continue
        row, _is_new = NightRound.objects.get_or_create(account=account)
        missed = missed_of(account)
        assert missed is not None  # noqa: S101 - it is askable
        today = timezone.now().astimezone(missed.zone).date()
        is_due = is_night and not (row.is_done and row.night == today)
        is_refused = row.refused_as == _credentials(account, missed)
        if row.is_wanted or (is_due and not is_refused):
            _ask(account, missed, row, today)


def _ask(account: VendorAccount, missed: Missed, row: NightRound, today: date) -> None:
    """Ask for one account, unless somebody else does at this moment."""
    before = NightRound.objects.filter(pk=row.pk, asked_at=row.asked_at)
    tries = row.tries + 1 if row.night == today else 1
    asked_at = timezone.now()
    if not before.update(asked_at=asked_at, is_wanted=False, night=today, tries=tries):
        return
    files = row.files if row.night == today else 0
    outcome = _Outcome()
    try:
        settings = accounts.settings_of(account)
        shelf = missed.open(settings, transport_to(settings["base_url"]))
        outcome.files = fetch(account, missed, shelf, asked_at)
    except RefusedError as error:
        outcome.problem = _("It refused us: %(why)s. Check the credentials of the account.") % {
            "why": error
        }
        outcome.refused_as = _credentials(account, missed)
    except (AskLaterError, vault.SealedWithAnotherKeyError, OSError) as error:
        outcome.problem = str(error) or type(error).__name__
    NightRound.objects.filter(pk=row.pk).update(
        is_done=not outcome.problem,
        files=files + outcome.files,
        problem=outcome.problem[:LONGEST_PROBLEM],
        refused_as=outcome.refused_as,
    )
    said = {"account": account.pk, "vendor": account.vendor, "files": outcome.files}
    if outcome.problem:
        log.warning("failed pushes not fetched", extra=said | {"tries": tries})
    else:
        log.info("failed pushes fetched", extra=said)


class _Outcome:
    files = 0
    problem = ""
    refused_as = ""


def transport_to(base_url: str) -> httpx2.BaseTransport:
    """Reaches the vendor's platform, as the account names it, and no other server."""
    try:
        hosts = [Host.named(base_url)]
    except ValueError as error:
        raise AskLaterError(f"base_url: {error}") from None
    return Guarded(hosts, most_bytes=keeping.LARGEST, patience=PATIENCE)


def fetch(account: VendorAccount, missed: Missed, shelf: Shelf, now: datetime) -> int:
    """Fetch what is not here of the days that the vendor keeps, the oldest first, since that is
    gone next; how many files."""
    today = now.astimezone(missed.zone).date()
    count = 0
    for ago in range(missed.days, 0, -1):
        day = today - timedelta(days=ago)
        for name in shelf.files(day):
            if not Import.objects.filter(account=account, remote=name).exists():
                count += _fetch(account, shelf, name, day)
    return count


def _fetch(account: VendorAccount, shelf: Shelf, name: str, day: date) -> int:
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        shelf.fetch(name, file)  # type: ignore[arg-type]  # it is written like any other
        try:
            with transaction.atomic():
                job = asking.from_night(account, File(file), name, day)
                asking.note(job, None)
        except IntegrityError:
            return 0  # somebody fetched it meanwhile
        except RefusedFileError as error:
            raise AskLaterError(f"{name}: {error}") from None
    return 1


def _credentials(account: VendorAccount, missed: Missed) -> str:
    """What tells credentials from others, without them."""
    keys = [one.pk for one in account.credentials.all() if one.key in missed.needs]
    words = [str(key) for key in sorted(keys)] + [str(account.options.get("base_url", ""))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
