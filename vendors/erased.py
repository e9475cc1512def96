"""Numbers that were erased: known again, and never said again.

Of each only a keyed digest is kept. Whoever has the database and ``CREDENTIALS_KEY`` can ask
whether a number is on the list, and can try all numbers there are; with one of the two alone they
cannot. In the place of a number stands ``erased*7``: the star makes it a number that is masked, so
that nothing takes it for another, and 7 is the row of the list, from which nothing follows.
"""

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from calls.models import Party
from calls.numbers import search_key
from vendors import spelled, vault
from vendors.models import Erasure, ErasureKey, Push, VendorAccount

log = logging.getLogger("callportal.erased")

TAIL = 7  # digits that every spelling of a number ends with
CUT = 40  # characters of a digest that stands in the place of a number's key


MARK = "erased*"


def marker(erasure: int) -> str:
    return f"{MARK}{erasure}"


@dataclass(frozen=True, slots=True)
class Known:
    """The numbers of the list, or some of them, as a judge of ``vendors.spelled``."""

    key: bytes
    markers: dict[str, str] = field(default_factory=dict)  # by digest
    tails: frozenset[str] = frozenset()
    regions: Sequence[str] = ("CN",)
    hint: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.markers)

    def __call__(self, digits: str) -> str | None:
        if digest(self.key, digits[-TAIL:]) not in self.tails:
            return None
        for region in self.regions:
            found = self.markers.get(digest(self.key, search_key(digits, region)))
            if found is not None:
                return found
        return None


_nobody = Known(key=b"")
_latest = _nobody


def digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def read() -> Known:
    """The list as it is now. To be asked once for many pushes."""
    global _latest
    rows = list(Erasure.objects.order_by("pk").values_list("pk", "digest", "tail"))
    _latest = _nobody
    if rows:
        try:
            _latest = _known(rows)
        except vault.SealedWithAnotherKeyError:
            # Nobody should wait for their calls because a key was lost; but it must be mended.
            log.exception("erased numbers not known")
    return _latest


def latest() -> Known:
    """The list as it was read last."""
    return _latest


def _known(rows: Iterable[tuple[int, str, str]]) -> Known:
    found = list(rows)
    return Known(
        key=_key(),
        markers={one: marker(pk) for pk, one, _tail in found},
        tails=frozenset(tail for _pk, _one, tail in found),
        regions=_regions(),
    )


def _regions() -> list[str]:
    """The countries that numbers without a country code may be of."""
    rows = VendorAccount.objects.order_by().values_list("default_region", flat=True).distinct()
    return sorted({"CN", *rows} - {""})


def _key() -> bytes:
    row = ErasureKey.objects.filter(pk=1).first()
    if row is None:
        made = ErasureKey(pk=1, sealed=vault.seal(secrets.token_hex(32)))
        ErasureKey.objects.bulk_create([made], ignore_conflicts=True)
        row = ErasureKey.objects.get(pk=1)
    return bytes.fromhex(vault.unseal(row.sealed))


def only(number: str, region: str) -> Known:
    """This number alone, which need not be on the list: to look where it stands."""
    key = search_key(number, region)
    secret = _key()
    row = Erasure.objects.filter(digest=digest(secret, key)).first()
    name = marker(row.pk if row else 0)
    return Known(
        key=secret,
        markers={digest(secret, key): name},
        tails=frozenset({digest(secret, key[-TAIL:])}),
        regions=_regions(),
        hint=spelled.hint(key[-TAIL:]),
    )


@transaction.atomic
def enlist(number: str, region: str, by: str) -> Erasure:
    """Put a number on the list, if it is not there yet. From the next batch of pushes on it comes
    in no more."""
    key, secret, now = search_key(number, region), _key(), timezone.now()
    row, _is_new = Erasure.objects.get_or_create(
        digest=digest(secret, key),
        defaults={
            "tail": digest(secret, key[-TAIL:]),
            "erased_at": now,
            "last_at": now,
            "by_name": by,
        },
    )
    return row


def lift(number: str, region: str) -> int | None:
    """Let a number come in again; which erasure it was. What was erased stays so."""
    row = Erasure.objects.filter(digest=digest(_key(), search_key(number, region))).first()
    if row is None:
        return None
    pk = row.pk
    row.delete()
    return int(pk)


def hashed(key: str) -> str:
    """What stands for a searchable number where it must be known again: in the list of numbers that
    are never called."""
    return "#" + digest(_key(), key)[:CUT]


def aliases(keys: Sequence[str]) -> dict[str, str]:
    """What these searchable numbers are called where they were erased."""
    return {hashed(key): key for key in keys} if Erasure.objects.exists() else {}


def silenced(calls: Iterable[int]) -> list[int]:
    """Those of these calls whose recordings would be the voice of somebody who was erased."""
    if not _latest:
        return []
    parties = Party.objects.filter(call_id__in=list(calls), key__startswith=MARK)
    spoke = parties.exclude(is_shown=True, is_caller=False, is_callee=False)
    return sorted(set(spoke.values_list("call_id", flat=True)))


def scrubbed(body: bytes) -> bytes:
    """The body of a push without the numbers that were erased."""
    return spelled.replaced_bytes(body, _latest) if _latest else body


def keep_scrubbed(pushes: Iterable[Push]) -> None:
    """Write down the bodies that are no longer what came. What they are known by stays, so that the
    same bytes are a repeat as before."""
    if not _latest:
        return
    for push in pushes:
        body = bytes(push.body)
        if hashlib.sha256(body).digest() == bytes(push.digest):
            continue
        row = Push.objects.only("headers", "query").get(pk=push.pk)
        row.body = body
        row.headers = spelled.replaced_tree(row.headers, _latest)
        row.query = spelled.replaced(row.query, _latest)
        row.save(update_fields=["body", "headers", "query"])
