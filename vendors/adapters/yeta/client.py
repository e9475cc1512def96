"""Asks Yeta's open platform for the pushes that it gave up.

A token is asked for once and goes into the query of each request; it lives for an hour. The list
names the zip files of a day, of the last seven without today; they lie under ``/push_download/``.
Every answer is ``{code, message, result}``: 0 is well, and what the account is refused for is told
from what may pass (``_REFUSED``).
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, BinaryIO, cast
from urllib.parse import quote, urlencode

import httpx2

from vendors.adapters.imports import AskLaterError, RefusedError, Shelf

TOKEN = "/openapi/oauth/v1/token"  # noqa: S105 - a path
FAILED = "/openapi/download/v1/push/failed"
FILES = "/push_download/"
MOST_ANSWER = 1024 * 1024
MOST_FILES = 1_000  # of a day
_BAD_TOKEN = "10001"  # noqa: S105 - a code
# Wrong account, no right, a bad app_key: nothing that waiting would change.
_REFUSED = frozenset({"200101", "10002", "10003"})
_NAME = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[\w\-.~%+=@ ]+(?:/[\w\-.~%+=@ ]+)*")


class Client(Shelf):
    """One application of an account. ``transport`` sends requests, to the platform alone."""

    def __init__(
        self, *, base_url: str, app_key: str, app_secret: str, transport: httpx2.BaseTransport
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._app_key = app_key
        self._app_secret = app_secret
        self._transport = transport
        self._token = ""

    def files(self, day: date) -> list[str]:
        """The names of a day's files, as the platform gives them."""
        result = self._ask(day)
        names = result.get("url") if isinstance(result, dict) else None
        if names is None:
            return []
        if isinstance(names, str):
            names = [names]
        if not isinstance(names, list) or len(names) > MOST_FILES:
            raise AskLaterError(f"result.url: expected up to {MOST_FILES} names of files")
        return [_checked(name) for name in dict.fromkeys(map(str, names))]

    def fetch(self, name: str, file: BinaryIO) -> None:
        """Write a file's bytes. How many there may be is the transport's business."""
        request = httpx2.Request("GET", f"{self._base_url}{FILES}{quote(_checked(name))}")
        with _answered(self._transport, request) as response:
            if response.status_code in {401, 403}:
                raise RefusedError(f"{FILES}: got status {response.status_code}")
            if response.status_code != 200:
                raise AskLaterError(f"{FILES}: expected 200, got {response.status_code}")
            for chunk in _chunks(response):
                file.write(chunk)

    def _ask(self, day: date) -> Any:
        body = {"date": f"{day:%Y-%m-%d}"}
        for is_last in (False, True):
            token = self._token or self._fresh_token()
            code, message, result = self._post(f"{FAILED}?{urlencode({'token': token})}", body)
            if code == _BAD_TOKEN and not is_last:
                self._token = ""  # it outlived its hour: one more, and no third
                continue
            _check(FAILED, code, message)
            return result
        raise AssertionError  # the second round returns or raises

    def _fresh_token(self) -> str:
        code, message, result = self._post(
            TOKEN, {"app_key": self._app_key, "app_secret": self._app_secret}
        )
        _check(TOKEN, code, message)
        token = result.get("token") if isinstance(result, dict) else None
        if not isinstance(token, str) or not token:
            raise AskLaterError(f"{TOKEN}: expected result.token, got none")
        self._token = token
        return token

    def _post(self, path: str, body: Mapping[str, str]) -> tuple[str, str, Any]:
        """Code, message and result of an answer."""
        request = httpx2.Request(
            "POST",
            f"{self._base_url}{path}",
            headers={"Content-Type": "application/json;charset=UTF-8"},
            content=json.dumps(body).encode(),
        )
        place = path.partition("?")[0]
        with _answered(self._transport, request) as response:
            if response.status_code in {401, 403}:
                raise RefusedError(f"{place}: got status {response.status_code}")
            if response.status_code != 200:
                raise AskLaterError(f"{place}: expected 200, got {response.status_code}")
            came = bytearray()
            for chunk in _chunks(response):
                came += chunk
                if len(came) > MOST_ANSWER:
                    raise AskLaterError(f"{place}: expected at most {MOST_ANSWER} bytes, got more")
        try:
            answer = json.loads(came)
            code = str(answer["code"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise AskLaterError(f"{place}: expected {{code, message, result}}") from None
        return code, str(answer.get("message") or "")[:200], answer.get("result")


def _check(place: str, code: str, message: str) -> None:
    if code == "0":
        return
    sentence = f"{place}: expected code 0, got {code[:20]} {message}".strip()
    raise RefusedError(sentence) if code in _REFUSED | {_BAD_TOKEN} else AskLaterError(sentence)


def _checked(name: str) -> str:
    """A name that stays below the folder of files."""
    if not _NAME.fullmatch(name) or len(name) > 255:
        raise AskLaterError(f"result.url: expected a relative path, got {name[:80]!a}")
    return name


@contextmanager
def _answered(
    transport: httpx2.BaseTransport, request: httpx2.Request
) -> Iterator[httpx2.Response]:
    """An answer that is closed again; what goes wrong on the way may pass."""
    try:
        response = transport.handle_request(request)
        try:
            yield response
        finally:
            response.close()
    except httpx2.TransportError as error:
        raise AskLaterError((str(error) or type(error).__name__)[:160]) from None


def _chunks(response: httpx2.Response) -> Iterator[bytes]:
    return iter(cast(httpx2.SyncByteStream, response.stream))
