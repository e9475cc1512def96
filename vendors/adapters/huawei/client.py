"""Asks Huawei Cloud VoiceCall to place, announce, verify and end calls.

Five operations, each one request on a connection of its own (7.4). Every one is signed with
``X-AKSK``: ``PasswordDigest`` is Base64 of HMAC-SHA256 over nonce and time, with the APP_Secret as
its key. The documents want Beijing time for the four that concern calls (tables 4-1, 4-6, 5-2, 6-1)
and UTC for a recording's address (table 4-26), both labelled Z.
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import httpx2

from vendors.adapters.huawei import answers
from vendors.adapters.huawei.exchange import Came, Patience, exchange
from vendors.adapters.outbound import Fault, NotSentError, Parameters, Result

AUTHORIZATION = 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"'
CONTENT_TYPE = "application/json;charset=UTF-8"
CALLBACK = "/rest/httpsessions/click2Call/v2.0"
NOTIFICATION = "/rest/httpsessions/callnotify/v2.0"
VERIFICATION = "/rest/httpsessions/callVerify/v1.0"
STOP = "/rest/httpsessions/callStop/v2.0"
RECORDING = "/rest/provision/voice/record/v1.0"
SIGNAL = "call_stop"  # the only one there is (table 4-8)
BEIJING, GREENWICH = 8.0, 0.0  # hours from UTC
_QUOTABLE = re.compile(r"[!#-\[\]-~]+")  # what stands between quotation marks in a header


def _now() -> datetime:
    return datetime.now(UTC)


def _nonce() -> str:
    return uuid.uuid4().hex.upper()


def _nothing() -> None:
    pass


class Client:
    """One application (APP) of an account.

    ``before_write`` is called once, with the connection open and directly before the first byte;
    when it raises, nothing is written and its exception comes out. It is called only by a transport
    that opens connections. Each method raises NotSentError or NoAnswerError.

    ``created_utc_offset`` is in hours and overrides the documents' zones for all five.
    """

    def __init__(
        self,
        *,
        base_url: str,
        app_key: str,
        app_secret: str,
        transport: httpx2.BaseTransport,
        created_utc_offset: float | None = None,
        now: Callable[[], datetime] = _now,
        nonce: Callable[[], str] = _nonce,
        patience: Patience | None = None,
    ) -> None:
        self._base_url = base_url
        self._app_key = app_key
        self._app_secret = app_secret
        self._transport = transport
        self._utc_offset = created_utc_offset
        self._now = now
        self._nonce = nonce
        self._patience = patience or Patience()

    def create_voice_callback(
        self, parameters: Parameters, *, before_write: Callable[[], None] = _nothing
    ) -> Result:
        """Ring A, then B, and connect them (4.2)."""
        return answers.result(self._post(CALLBACK, parameters, before_write))

    def create_voice_notification(
        self, parameters: Parameters, *, before_write: Callable[[], None] = _nothing
    ) -> Result:
        """Ring somebody and play an announcement (5.2)."""
        return answers.result(self._post(NOTIFICATION, parameters, before_write))

    def create_voice_verification(
        self, parameters: Parameters, *, before_write: Callable[[], None] = _nothing
    ) -> Result:
        """Ring somebody and read out a code (6.2)."""
        return answers.result(self._post(VERIFICATION, parameters, before_write))

    def terminate_call(
        self, session_id: str, *, before_write: Callable[[], None] = _nothing
    ) -> Result:
        """Hang up both sides (4.3); a call that has ended is refused."""
        # Lower case here, and ``sessionId`` everywhere else (table 4-8).
        body = {"sessionid": session_id, "signal": SIGNAL}
        return answers.result(self._post(STOP, body, before_write))

    def recording_address(
        self, file_name: str, record_domain: str, *, before_write: Callable[[], None] = _nothing
    ) -> Result:
        """Where a recording can be fetched, as the result's ``location`` (4.6)."""
        query = urlencode({"fileName": file_name, "recordDomain": record_domain}, quote_via=quote)
        request = self._request("GET", RECORDING, GREENWICH, query=query)
        return answers.recording(self._exchange(request, before_write))

    def _post(self, path: str, parameters: Parameters, before_write: Callable[[], None]) -> Came:
        body = json.dumps(dict(parameters), ensure_ascii=False, separators=(",", ":")).encode()
        return self._exchange(self._request("POST", path, BEIJING, body=body), before_write)

    def _exchange(self, request: httpx2.Request, before_write: Callable[[], None]) -> Came:
        return exchange(
            request,
            transport=self._transport,
            before_write=before_write,
            patience=self._patience,
        )

    def _request(
        self,
        method: str,
        path: str,
        hours: float,
        *,
        query: str | None = None,
        body: bytes | None = None,
    ) -> httpx2.Request:
        url = self._url(path, query)
        return httpx2.Request(method, url, headers=self._headers(hours), content=body)

    def _url(self, path: str, query: str | None) -> httpx2.URL:
        """An operation under the access address, which may end in a slash or hold a path."""
        try:
            base = httpx2.URL(self._base_url)
            if base.scheme not in {"http", "https"} or not base.host:
                raise NotSentError(Fault.SETTING_MISSING, "base_url")
            return base.copy_with(
                path=base.path.rstrip("/") + path,
                query=query.encode() if query else None,
                fragment=None,
            )
        except httpx2.InvalidURL:
            raise NotSentError(Fault.SETTING_MISSING, "base_url") from None

    def _headers(self, hours: float) -> Mapping[str, str]:
        if not _QUOTABLE.fullmatch(self._app_key):
            raise NotSentError(Fault.SETTING_MISSING, "app_key")
        offset = hours if self._utc_offset is None else self._utc_offset
        at = self._now().astimezone(UTC) + timedelta(hours=offset)
        nonce, created = self._nonce(), at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Authorization": AUTHORIZATION,
            "X-AKSK": (
                f'UsernameToken Username="{self._app_key}",'
                f'PasswordDigest="{digest(self._app_secret, nonce, created)}",'
                f'Nonce="{nonce}",Created="{created}"'
            ),
            "Content-Type": CONTENT_TYPE,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }


def digest(secret: str, nonce: str, created: str) -> str:
    """The digest of a request of ours; a push's is another (see ``signing``)."""
    made = hmac.new(secret.encode(), f"{nonce}{created}".encode(), hashlib.sha256)
    return base64.b64encode(made.digest()).decode()
