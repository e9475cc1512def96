"""How long recordings are kept: each account's days, unless a call is held."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.storage import storages
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.models import STORAGE, Sound, SoundState
from vendors.models import VendorAccount

log = logging.getLogger("callportal.recordings")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """What went, or would go, of one account."""

    account: VendorAccount
    count: int
    size_bytes: int


def prune(*, is_dry_run: bool = False) -> list[Pruned]:
    """Delete the files of recordings that are older than their account keeps them.

    A row is marked before its files go, and a file that could not be deleted is tried again the
    next time, so that no row says stored without one.
    """
    done = []
    for account in VendorAccount.objects.exclude(recording_days=None):
        old = _old(account)
        sizes = list(old.values_list("size_bytes", flat=True))
        if sizes and not is_dry_run:
            for sound in old.iterator():
                _delete(sound, account)
        if sizes:
            total = sum(size or 0 for size in sizes)
            done.append(Pruned(account=account, count=len(sizes), size_bytes=total))
    if not is_dry_run:
        for sound in Sound.objects.filter(~Q(name=""), state=SoundState.PRUNED):
            _delete_files(sound)
    return done


def _old(account: VendorAccount) -> "QuerySet[Sound]":
    before = timezone.now() - timedelta(days=account.recording_days or 0)
    return Sound.objects.filter(
        call__account_id=account.pk,
        call__hold=None,
        state=SoundState.STORED,
        stored_at__lt=before,
    )


def _delete(sound: Sound, account: VendorAccount) -> None:
    stored = Sound.objects.filter(pk=sound.pk, state=SoundState.STORED, call__hold=None)
    sentence = _("Deleted after %(days)d days, as its account keeps recordings.") % {
        "days": account.recording_days
    }
    if not stored.update(state=SoundState.PRUNED, problem=sentence):
        return  # held meanwhile
    log.info(
        "recording deleted",
        extra={"sound": sound.pk, "account": account.pk, "days": account.recording_days},
    )
    _delete_files(sound)


def _delete_files(sound: Sound) -> None:
    storage = storages[STORAGE]
    try:
        for name in filter(None, (sound.name, sound.playable_name)):
            storage.delete(name)
    except OSError:
        log.exception("recording could not be deleted", extra={"sound": sound.pk})
        return
    Sound.objects.filter(pk=sound.pk).update(name="", playable_name="", peaks=None)
