"""The chain: each entry's hash covers what it says and the hash before it; the last is signed.

Hashes are SHA-256 without a key, so that whoever holds a copy can work them out. Signatures are
HMAC-SHA-256 with keys derived from CREDENTIALS_KEY, which is not in the database: whoever can only
write there can make hashes fit, but not sign the link in which they end.
"""

import hashlib
import hmac
import json
from datetime import UTC
from typing import NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from calls.models import AuditAnchor, AuditEntry

_PURPOSE = b"callportal audit anchor"


class Link(NamedTuple):
    """A place in the chain and the hash there."""

    sequence: int
    hash: str


BEGINNING = Link(0, "0" * 64)  # stands before the first entry


def hash_of(entry: AuditEntry, sequence: int, previous: str) -> str:
    """What an entry's hash is at a place in the chain."""
    said = [
        sequence,
        previous,
        entry.pk,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.user_id,
        entry.user_name,
        entry.token,
        entry.action,
        entry.subject,
        entry.details,
        entry.address,
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def signed(kind: AuditAnchor.Kind, link: Link) -> AuditAnchor:
    """An anchor at a link, not yet kept, signed with the first key."""
    anchor = AuditAnchor(kind=kind, sequence=link.sequence, hash=link.hash)
    anchor.signature = _signature(anchor, settings.CREDENTIALS_KEYS[0])
    return anchor


def is_genuine(anchor: AuditAnchor) -> bool:
    """Whether an anchor was signed with a key that we still have."""
    keys = settings.CREDENTIALS_KEYS
    return any(hmac.compare_digest(_signature(anchor, key), anchor.signature) for key in keys)


def _signature(anchor: AuditAnchor, key: str) -> str:
    own = hmac.digest(key.encode(), _PURPOSE, "sha256")
    words = f"{anchor.kind}:{anchor.sequence}:{anchor.hash}"
    return hmac.new(own, words.encode(), "sha256").hexdigest()


def link_at(sequence: int) -> Link | None:
    return first_of(AuditEntry.objects.filter(sequence=sequence))


def last_link() -> Link | None:
    """The last entry that is linked."""
    return first_of(AuditEntry.objects.filter(sequence__isnull=False).order_by("-sequence"))


def first_of(rows: QuerySet[AuditEntry]) -> Link | None:
    """The link of the first of these entries, all of which are linked."""
    entry = rows.only("sequence", "hash").first()
    return Link(entry.sequence or 0, entry.hash) if entry else None


def last_anchor(*kinds: AuditAnchor.Kind) -> AuditAnchor | None:
    rows = AuditAnchor.objects.filter(kind__in=kinds or AuditAnchor.Kind.values)
    anchor: AuditAnchor | None = rows.order_by("-sequence", "-id").first()
    return anchor


def link_of(anchor: AuditAnchor) -> Link:
    return Link(anchor.sequence, anchor.hash)
