"""How each sort of thing goes: some rows at a time, each time in a short transaction.

A row says that its file goes before the file does, and a file that could not be deleted is tried
again the next night, so that no row says stored without one.
"""

import logging
from collections.abc import Sequence

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.models import (
    STORAGE,
    Bill,
    Call,
    Dialog,
    Hearing,
    Sound,
    SoundState,
    Spoken,
    Turn,
)
from vendors.models import OutboundRequest, Push, RefusedPush, State, VendorAccount

log = logging.getLogger("callportal.retention")

NO_WORDS = {"text_robot": "", "text_customer": "", "tag_desc": "", "hits": [], "extra": {}}
NO_BODY = {"body": b"", "headers": {}, "query": "", "problem": ""}


def with_recordings(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    count = size = 0
    sentence = _("Deleted after %(days)d days, as its account keeps recordings.") % {"days": days}
    for sound in Sound.objects.filter(pk__in=keys).defer("peaks"):
        if delete_sound(sound, sentence):
            log.info(
                "recording deleted",
                extra={"sound": sound.pk, "account": account.pk, "days": days},
            )
            count, size = count + 1, size + (sound.size_bytes or 0)
    return count, size


def delete_sound(sound: Sound, sentence: str) -> bool:
    """Delete the files of a recording, unless its call is held; whether it was still stored."""
    stored = Sound.objects.filter(pk=sound.pk, state=SoundState.STORED, call__hold=None)
    was_stored = bool(stored.update(state=SoundState.PRUNED, problem=sentence))
    if was_stored or sound.state == SoundState.PRUNED:
        delete_files(sound)
    return was_stored


def delete_files(sound: Sound) -> None:
    storage = storages[STORAGE]
    try:
        for name in filter(None, (sound.name, sound.playable_name)):
            storage.delete(name)
    except OSError:
        log.exception("recording could not be deleted", extra={"sound": sound.pk})
        return
    Sound.objects.filter(pk=sound.pk).update(name="", playable_name="", peaks=None)


@transaction.atomic
def with_words(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    """Of a dialog its words go, and what was understood of them; its steps stay."""
    ids = _locked(keys)
    Turn.objects.filter(dialog__call__in=ids).update(**NO_WORDS)
    Dialog.objects.filter(call__in=ids).update(emptied_at=timezone.now())
    Spoken.objects.filter(call__in=ids).delete()
    return len(ids), 0


def with_bodies(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    """Of a push its words go, and what was wrong with them; that it came, and what it is known by,
    stays."""
    rows = Push.objects.filter(pk__in=keys, emptied_at=None).exclude(state=State.WAITING)
    size = rows.aggregate(size=Sum("size"))["size"] or 0
    return rows.update(**NO_BODY, emptied_at=timezone.now()), size


def with_refusals(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    return RefusedPush.objects.filter(pk__in=keys).delete()[0], 0


def with_calls(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    """A call goes with all that hangs on it, once the files of its recordings are gone."""
    sentence = _("Deleted with its call.")
    for sound in Sound.objects.filter(call__in=keys).exclude(name="").defer("peaks"):
        delete_sound(sound, sentence)
    with transaction.atomic():
        ids = _locked(keys)
        stuck = Sound.objects.filter(call__in=ids).exclude(name="").values_list("call", flat=True)
        going = sorted(set(ids) - set(stuck))
        Hearing.objects.filter(call__in=going).delete()
        Call.objects.filter(pk__in=going).delete()
    return len(going), 0


def with_requests(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    rows = OutboundRequest.objects.filter(pk__in=keys)
    return rows.delete()[1].get(OutboundRequest._meta.label, 0), 0


def with_bills(account: VendorAccount, keys: Sequence[int], days: int) -> tuple[int, int]:
    """As if somebody deleted it: the sweep of bills does away with its rows and its file."""
    return Bill.objects.filter(pk__in=keys, claimed_at=None).update(state=Bill.State.DELETED), 0


def _locked(keys: Sequence[int]) -> list[int]:
    """Those of these calls that nobody holds, for which whoever processes pushes waits."""
    rows = Call.objects.filter(pk__in=keys, hold=None).select_for_update(of=("self",))
    return list(rows.order_by("account_id", "id").values_list("pk", flat=True))
