"""The one door that requests of ours leave by: recordings, webhooks, vendors' APIs, sign-in.

Each request has a connection of its own, to an address that was checked as it was connected to, and
ends within a time for everything. What is sent is what the caller gives: no cookies, no credentials
of the environment, no proxy. No redirect is followed here.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpcore2

from vendors.downloading.connections import Checked, Network
from vendors.downloading.hosts import Host
from vendors.downloading.locations import Location

FAILURES = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.RemoteProtocolError)
Headers = Mapping[bytes | str, bytes | str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Seconds: for a connection, for the next byte, and for everything, redirects included."""

    connect: float = 10.0
    read: float = 30.0
    whole: float = 30 * 60.0

    @property
    def steps(self) -> dict[str, float]:
        return {"connect": self.connect, "write": self.read, "read": self.read}


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose body is yet to be read. Whoever asked closes it."""

    response: httpcore2.Response
    _connection: httpcore2.HTTPConnection

    def close(self) -> None:
        with suppress(Exception):  # what was read counts, however the connection ends
            self.response.close()
        self._connection.close()


def ask(
    method: str,
    location: Location,
    host: Host,
    headers: Headers,
    *,
    content: bytes | Iterable[bytes] = b"",
    patience: Patience,
    network: Network | None = None,
    deadline: float | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Opened:
    """Send a request, and wait for the head of its answer.

    Raises ForbiddenAddressError, before anything is sent, or httpcore2's errors.
    """
    network = network or Network()
    until = monotonic() + patience.whole if deadline is None else deadline
    url = httpcore2.URL(
        scheme=location.scheme, host=location.name, port=location.port, target=location.path
    )
    request = httpcore2.Request(
        method,
        url,
        headers={"Host": location.host_header, **headers, "Connection": "close"},
        content=content,
        extensions={"timeout": patience.steps, **(extensions or {})},
    )
    connection = httpcore2.HTTPConnection(
        origin=url.origin,
        ssl_context=network.tls() if location.scheme == "https" else None,
        network_backend=Checked(location, host, network, until),
    )
    try:
        return Opened(connection.handle_request(request), connection)
    except BaseException:
        connection.close()
        raise
