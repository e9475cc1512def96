"""Is a push from the carrier? ``authCode`` in the address tells, where the carrier signs at all.

``authCode = hex(SHA256(timestamp + hex(SHA256(body)) + token))`` over the bytes as sent. It covers
the body, so a repeated push can only repeat what is known: no nonce is needed.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from vendors.adapters.base import Signed, Trust, Verdict

WINDOW = timedelta(minutes=15)
_LONGEST_TIMESTAMP = 11
FORM = "SHA-256 timestamp body token"


def check(signed: Signed) -> Verdict:
    """The verdict on a push's signature. Every comparison takes constant time."""
    timestamp, code = signed.query.get("timestamp"), signed.query.get("authCode")
    if timestamp is None and code is None:
        return Verdict(trust=Trust.ABSENT)
    if not timestamp or not code or not _is_moment(timestamp):
        return Verdict(trust=Trust.MALFORMED)
    body = hashlib.sha256(signed.body).hexdigest()
    found = None
    for index, token in enumerate(signed.secrets):
        candidate = hashlib.sha256(f"{timestamp}{body}{token}".encode()).hexdigest()
        if hmac.compare_digest(candidate.encode(), code.lower().encode()) and found is None:
            found = index
    if found is None:
        return Verdict(trust=Trust.WRONG)
    age = abs(signed.now - datetime.fromtimestamp(int(timestamp), UTC))
    return Verdict(trust=Trust.VALID if age <= WINDOW else Trust.STALE, form=FORM, secret=found)


def _is_moment(timestamp: str) -> bool:
    return timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _LONGEST_TIMESTAMP
