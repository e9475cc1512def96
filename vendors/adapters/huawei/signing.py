"""Is a push from Huawei? The digest in its ``X-AKSK`` header tells, by one of several formulas.

The document in force says ``Base64(HMAC(appSecret, url + "\\n" + nonce + "\\n" + created))`` and
does not name the hash. Other editions of it, and the platform's other products, differ, so the
documented candidates are tried in turn and the one that matched is reported. ``created`` is local
Beijing time labelled Z in some editions and UTC in others; either is accepted within the window.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from vendors.adapters.base import Signed, Trust, Verdict

WINDOW = timedelta(minutes=15)
BEIJING = timedelta(hours=8)
_HEADERS = ("x-aksk", "x-wsse")
_PART = re.compile(r'(\w+)\s*=\s*"([^"]*)"')


def check(signed: Signed) -> Verdict:
    """The verdict on a push's signature. Every comparison takes constant time."""
    header = next((signed.headers[name] for name in _HEADERS if name in signed.headers), None)
    if header is None:
        return Verdict(trust=Trust.ABSENT)
    parts = dict(_PART.findall(header))
    digest, nonce = parts.get("PasswordDigest", ""), parts.get("Nonce", "")
    created = parts.get("Created", "")
    at = _moment(created)
    if not digest or not 1 <= len(nonce) <= 128 or at is None:
        return Verdict(trust=Trust.MALFORMED)
    match = _match(signed, digest, nonce, created)
    if match is None:
        return Verdict(trust=Trust.WRONG)
    form, secret = match
    is_fresh = any(abs(signed.now - (at - shift)) <= WINDOW for shift in (timedelta(0), BEIJING))
    return Verdict(
        trust=Trust.VALID if is_fresh else Trust.STALE, form=form, nonce=nonce, secret=secret
    )


def _match(signed: Signed, digest: str, nonce: str, created: str) -> tuple[str, int] | None:
    found = None
    for index, secret in enumerate(signed.secrets):
        for form, candidate in _candidates(signed.addresses, secret, nonce, created):
            if hmac.compare_digest(candidate.encode(), digest.encode()) and found is None:
                found = (form, index)
    return found


def _candidates(
    addresses: Sequence[str], secret: str, nonce: str, created: str
) -> Iterator[tuple[str, str]]:
    """Each documented formula's digest, the one of the document in force first."""
    key = secret.encode()
    for url in addresses:
        yield "HMAC url\\n nonce\\n created", _hmac(key, f"{url}\n{nonce}\n{created}")
    for url in addresses:
        encoded = base64.b64encode(url.encode()).decode()
        yield "HMAC base64 url\\n nonce\\n created", _hmac(key, f"{encoded}\n{nonce}\n{created}")
        yield "HMAC url nonce created", _hmac(key, f"{url}{nonce}{created}")
    yield "HMAC nonce created", _hmac(key, f"{nonce}{created}")
    hashed = hashlib.sha256(f"{nonce}{created}{secret}".encode())
    yield "WSSE SHA-256", base64.b64encode(hashed.digest()).decode()
    yield "WSSE SHA-256 hex", base64.b64encode(hashed.hexdigest().encode()).decode()


def _hmac(key: bytes, text: str) -> str:
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _moment(created: str) -> datetime | None:
    try:
        return datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
