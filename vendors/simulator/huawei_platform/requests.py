"""Who asks the simulated platform: headers, digest, time, nonce, and who failed too often.

The headers are those of tables 4-1, 4-6, 4-26, 5-2 and 6-1. How far ``Created`` may be off is not
documented ("ask the administrator"); here it is a quarter of an hour either way.
"""

import base64
import hashlib
import hmac
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone

from vendors.simulator.huawei_platform.http import Asked
from vendors.simulator.huawei_platform.results import RESULTS
from vendors.simulator.scenario import BEIJING

CONTENT_TYPE = "application/json;charset=utf-8"
TOLERANCE = timedelta(minutes=15)
CREATED = "%Y-%m-%dT%H:%M:%SZ"
_PART = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_NONCE = re.compile(r"[0-9A-Za-z]{1,128}")

# The parts of Authorization: what each must be; the codes for an absent and for a wrong one.
_AUTHORIZATION = (
    ("realm", "SDP", "1023007", "1023009"),
    ("profile", "UsernameToken", "1023008", "1023010"),
    ("type", "Appkey", "1023012", "1023011"),
)
_TOKEN = {
    "Username": "1023034",
    "Nonce": "1023035",
    "Created": "1023036",
    "PasswordDigest": "1023037",
}


class RefusedError(Exception):
    """A request is answered with this status and result code. ``text`` fills the code's "%s"."""

    def __init__(self, status: int, code: str, text: str = "value") -> None:
        super().__init__(f"{status}/{code}")
        self.status = status
        self.code = code
        self.description = RESULTS[status, code].replace("%s", text)


def digest(app_secret: str, nonce: str, created: str) -> str:
    """PasswordDigest: Base64 of HMAC-SHA256 over nonce and created, keyed with the secret (4.2)."""
    made = hmac.new(app_secret.encode(), f"{nonce}{created}".encode(), hashlib.sha256)
    return base64.b64encode(made.digest()).decode()


class Guard:
    """Admits requests that are signed by an app it knows, each nonce once.

    So many failures of one address in a row shut it out for a while, whatever it sends then
    (1020176); an admitted request forgets them.
    """

    def __init__(
        self,
        apps: Mapping[str, str],
        *,
        now: Callable[[], datetime],
        most_failures: int,
        shut_out_for: timedelta,
    ) -> None:
        self._apps = apps
        self._now = now
        self._most_failures = most_failures
        self._shut_out_for = shut_out_for
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter()
        self._shut_out_until: dict[str, datetime] = {}
        self._nonces: dict[tuple[str, str], datetime] = {}

    def admit(self, asked: Asked, *, in_utc: bool) -> str:
        """The app key of a request whose headers are right. Raises RefusedError.

        ``in_utc`` says that Created is UTC; otherwise it is Beijing time, although it ends in Z.
        """
        with self._lock:
            self._check_not_shut_out(asked.sender)
            try:
                app_key = self._app(asked.headers, UTC if in_utc else BEIJING)
            except RefusedError:
                self._note_failure(asked.sender)
                raise
            self._failures.pop(asked.sender, None)
        kind = asked.headers.get("content-type", "").replace(" ", "").lower()
        if kind != CONTENT_TYPE:
            raise RefusedError(403, "1010002")
        return app_key

    def _check_not_shut_out(self, sender: str) -> None:
        until = self._shut_out_until.get(sender)
        if until is None:
            return
        if self._now() < until:
            raise RefusedError(403, "1020176")
        del self._shut_out_until[sender]

    def _note_failure(self, sender: str) -> None:
        self._failures[sender] += 1
        if self._failures[sender] >= self._most_failures:
            del self._failures[sender]
            self._shut_out_until[sender] = self._now() + self._shut_out_for

    def _app(self, headers: Mapping[str, str], zone: timezone) -> str:
        _check_authorization(headers)
        token = _token(headers)
        secret = self._apps.get(token["Username"])
        if secret is None:
            raise RefusedError(403, "1010003")
        wanted = digest(secret, token["Nonce"], token["Created"])
        is_right = hmac.compare_digest(wanted.encode(), token["PasswordDigest"].encode())
        if not is_right or not _NONCE.fullmatch(token["Nonce"]):
            raise RefusedError(401, "1010010")
        self._check_time(token["Created"], zone)
        self._use_nonce(token["Username"], token["Nonce"])
        return token["Username"]

    def _check_time(self, created: str, zone: timezone) -> None:
        try:
            at = datetime.strptime(created, CREATED).replace(tzinfo=zone)
        except ValueError:
            raise RefusedError(401, "1010013") from None
        if abs(self._now() - at) > TOLERANCE:
            raise RefusedError(401, "1010013")

    def _use_nonce(self, app_key: str, nonce: str) -> None:
        """Remember a nonce for as long as the time that it was signed with could be right."""
        now = self._now()
        self._nonces = {one: until for one, until in self._nonces.items() if until > now}
        if (app_key, nonce) in self._nonces:
            raise RefusedError(401, "1010010")
        self._nonces[app_key, nonce] = now + 2 * TOLERANCE


def _check_authorization(headers: Mapping[str, str]) -> None:
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme != "AKSK":
        raise RefusedError(400, "1023006")
    parts = dict(_PART.findall(rest))
    for name, wanted, absent, wrong in _AUTHORIZATION:
        if name not in parts:
            raise RefusedError(400, absent)
        if parts[name] != wanted:
            raise RefusedError(400, wrong)


def _token(headers: Mapping[str, str]) -> dict[str, str]:
    if "x-aksk" not in headers:
        raise RefusedError(400, "1023033")
    scheme, _, rest = headers["x-aksk"].partition(" ")
    if scheme != "UsernameToken":
        raise RefusedError(400, "1023038")
    parts = dict(_PART.findall(rest))
    for name, absent in _TOKEN.items():
        if not parts.get(name):
            raise RefusedError(400, absent)
    return parts
