"""What a request was, as far as it may be kept: secrets are taken out before it is stored."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from vendors.adapters.base import Verdict

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "token"})
_SECRET_NAMES = re.compile(r"secret|token|password|api-?key|authcode", re.IGNORECASE)
_DIGEST = re.compile(r'(PasswordDigest\s*=\s*")[^"]*(")')
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
REMOVED = "(removed)"
LONGEST = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A request at a push address, ready to store."""

    kind: str
    received_at: datetime
    path: str
    query: str
    headers: str  # a JSON object as text
    remote_address: str
    verdict: Verdict


def masked_path(vendor_key: str, token: str, kind: str) -> str:
    """The path with all but the end of its token hidden."""
    return f"/hooks/{vendor_key}/****{token[-4:]}/{kind}"


def safe_headers(headers: dict[str, str]) -> str:
    return json.dumps({name: _safe_header(name, value) for name, value in headers.items()})


def _safe_header(name: str, value: str) -> str:
    if name in _SECRET_HEADERS or _SECRET_NAMES.search(name):
        return REMOVED
    return _DIGEST.sub(rf"\g<1>{REMOVED}\g<2>", clean(value))


def safe_query(query: dict[str, str]) -> str:
    """The query as ``name=value`` words, without the values of secrets."""
    words = (
        f"{name}={REMOVED if _SECRET_NAMES.search(name) else value}"
        for name, value in query.items()
    )
    return clean("&".join(words))


def clean(text: str) -> str:
    return _UNSAFE.sub("\ufffd", text)[:LONGEST]
