"""The simulated platform's recordings: where one is kept, and the file itself.

An address is signed and lives for seven days (4.6). It is a storage's address, not the platform's:
it takes a plain GET, also of a part, and refuses one that brings an Authorization of its own, as
storages do.
"""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote, unquote, urlencode

from vendors.simulator.huawei_platform import sound
from vendors.simulator.huawei_platform.http import Answer, Asked
from vendors.simulator.huawei_platform.requests import RefusedError

DOMAIN = "ostor.huawei.example"
BUCKET = "sp-demo"
FOLDER = "/storage/"
LIVES = timedelta(days=7)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Records:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._key = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], bytes] = {}

    def keep(self, file_name: str, domain: str = DOMAIN, content: bytes | None = None) -> None:
        """Have a recording of that name; without a content, a few seconds of tones."""
        with self._lock:
            self._kept[domain, file_name] = sound.recording() if content is None else content

    def path(self, file_name: str, domain: str) -> str:
        """Where a recording can be fetched. Raises RefusedError (1012007) where there is none."""
        with self._lock:
            if (domain, file_name) not in self._kept:
                raise RefusedError(403, "1012007")
        expires = str(int((self._now() + LIVES).timestamp()))
        query = {"Expires": expires, "Signature": self._sign(domain, file_name, expires)}
        return f"{FOLDER}{quote(domain, safe='')}/{quote(file_name, safe='')}?{urlencode(query)}"

    def serve(self, asked: Asked) -> Answer:
        """The file behind an address that ``path`` gave."""
        if "authorization" in asked.headers or "x-aksk" in asked.headers:
            return _refused(HTTPStatus.BAD_REQUEST, "InvalidArgument")
        domain, _, file_name = asked.path.removeprefix(FOLDER).partition("/")
        domain, file_name = unquote(domain), unquote(file_name)
        expires = asked.query.get("Expires", "")
        wanted = self._sign(domain, file_name, expires)
        is_signed = hmac.compare_digest(wanted.encode(), asked.query.get("Signature", "").encode())
        if not is_signed or int(expires) < self._now().timestamp():
            return _refused(HTTPStatus.FORBIDDEN, "AccessDenied")
        with self._lock:
            content = self._kept.get((domain, file_name))
        if content is None:
            return _refused(HTTPStatus.NOT_FOUND, "NoSuchKey")
        return _part(content, asked.headers)

    def _sign(self, domain: str, file_name: str, expires: str) -> str:
        text = f"{domain}\n{file_name}\n{expires}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()


def _part(content: bytes, headers: Mapping[str, str]) -> Answer:
    """All of a file, or the range that was asked for. A range of another form is ignored."""
    kind = {"Content-Type": "audio/wav", "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or match[0] == "bytes=-":
        return Answer(status=HTTPStatus.OK, content=content, headers=kind)
    size = len(content)
    if match[1]:
        first, last = int(match[1]), min(int(match[2] or size), size - 1)
    else:
        first, last = max(0, size - int(match[2])), size - 1
    if first > last:
        kind["Content-Range"] = f"bytes */{size}"
        return Answer(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=kind)
    kind["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Answer(
        status=HTTPStatus.PARTIAL_CONTENT, content=content[first : last + 1], headers=kind
    )


def _refused(status: int, code: str) -> Answer:
    xml = f"<Error><Code>{code}</Code></Error>"
    return Answer(status=status, content=xml.encode(), headers={"Content-Type": "application/xml"})
