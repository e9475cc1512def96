"""A message to a server that an administrator named, over a connection that is checked like that of
a recording.

One request on a connection of its own. Redirects are not followed: a server that sends us elsewhere
has not taken the message. Of the answer, the status is read and nothing else.
"""

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpcore2

from vendors.downloading.connections import Checked, Network
from vendors.downloading.download import Patience
from vendors.downloading.errors import DownloadError, ForbiddenAddressError, TryLaterError
from vendors.downloading.hosts import Host
from vendors.downloading.locations import Location

_FAILURES = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.RemoteProtocolError)
PATIENCE = Patience(connect=5.0, read=10.0, whole=15.0)


def post(
    url: str,
    body: bytes,
    headers: Mapping[bytes | str, bytes | str],
    *,
    may_be_private: bool = False,
    network: Network | None = None,
    patience: Patience = PATIENCE,
) -> int:
    """Post a body; the status of the answer. Only addresses of the open internet are connected to,
    and with ``may_be_private`` those of our own network.

    Raises ForbiddenAddressError, before anything is sent, or TryLaterError.
    """
    network = network or Network()
    try:
        location = Location.of(url)
    except ValueError as error:
        raise ForbiddenAddressError(f"Address of the webhook: {error}.") from error
    host = Host(
        scheme=location.scheme,
        name=location.name,
        port=location.port,
        may_be_private=may_be_private,
    )
    target = httpcore2.URL(
        scheme=location.scheme, host=location.name, port=location.port, target=location.path
    )
    connection = httpcore2.HTTPConnection(
        origin=target.origin,
        ssl_context=network.tls() if location.scheme == "https" else None,
        network_backend=Checked(location, host, network, time.monotonic() + patience.whole),
    )
    with connection:
        try:
            request = httpcore2.Request(
                "POST",
                target,
                headers=_headers(location, body, headers),
                content=body,
                extensions={"timeout": _steps(patience)},
            )
            with closing(connection.handle_request(request)) as response:
                return int(response.status)
        except _FAILURES as error:
            raise _no_answer(location, error) from None


def _headers(
    location: Location, body: bytes, more: Mapping[bytes | str, bytes | str]
) -> dict[bytes | str, bytes | str]:
    return {
        "Host": location.host_header,
        "User-Agent": "callportal",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **more,
    }


def _steps(patience: Patience) -> dict[str, Any]:
    return {"connect": patience.connect, "write": patience.read, "read": patience.read}


def _no_answer(location: Location, error: Exception) -> DownloadError:
    reason = (str(error) or type(error).__name__)[:160]
    return TryLaterError(f"{location.place}: expected an answer, got {reason}.")
