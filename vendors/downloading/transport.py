"""The door for programs that speak httpx2 or requests: vendors' APIs, single sign-on.

Give ``Guarded`` to an ``httpx2.Client`` as its transport, or take a ``Session`` of requests. Every
request is checked like that of a recording, each redirect's target again. Answers are bounded, and
asked for unpacked: a packed one could grow without end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import httpcore2
import httpx2

from vendors.downloading import door
from vendors.downloading.connections import Network
from vendors.downloading.door import Opened, Patience
from vendors.downloading.errors import ForbiddenAddressError
from vendors.downloading.hosts import Host, covers
from vendors.downloading.locations import Location

MOST_BYTES = 8 * 1024 * 1024
PATIENCE = Patience(connect=5.0, read=15.0, whole=60.0)

_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    httpcore2.ConnectTimeout: httpx2.ConnectTimeout,
    httpcore2.ReadTimeout: httpx2.ReadTimeout,
    httpcore2.WriteTimeout: httpx2.WriteTimeout,
    httpcore2.PoolTimeout: httpx2.PoolTimeout,
    httpcore2.ConnectError: httpx2.ConnectError,
    httpcore2.ReadError: httpx2.ReadError,
    httpcore2.WriteError: httpx2.WriteError,
    httpcore2.LocalProtocolError: httpx2.LocalProtocolError,
    httpcore2.RemoteProtocolError: httpx2.RemoteProtocolError,
    ForbiddenAddressError: httpx2.ConnectError,
}


class Guarded(httpx2.BaseTransport):
    """Reaches ``hosts``, and with ``may_go_elsewhere`` every server of the open internet too.

    What may not be reached ends in ``httpx2.ConnectError``, behind which ForbiddenAddressError
    stands; nothing was sent then. What is too large ends in ``httpx2.ReadError``.
    """

    def __init__(
        self,
        hosts: Sequence[Host] = (),
        *,
        may_go_elsewhere: bool = False,
        most_bytes: int = MOST_BYTES,
        patience: Patience = PATIENCE,
        network: Network | None = None,
    ) -> None:
        self._hosts = hosts
        self._may_go_elsewhere = may_go_elsewhere
        self._most_bytes = most_bytes
        self._patience = patience
        self._network = network

    @classmethod
    def to(cls, url: str, *, network: Network | None = None) -> Self:
        """Reaches the server of an address that an administrator typed, and no other. Where that
        is no address, it reaches nothing."""
        try:
            return cls([Host.named(url)], network=network)
        except ValueError:
            return cls(network=network)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with _translated():
            location, host = self._checked(str(request.url))
            headers: dict[bytes | str, bytes | str] = {
                name: value
                for name, value in request.headers.raw
                if name.lower() not in {b"host", b"connection", b"accept-encoding"}
            }
            opened = door.ask(
                request.method,
                location,
                host,
                headers | {"Accept-Encoding": "identity"},
                content=request.stream,  # type: ignore[arg-type]  # the sync half of a union
                patience=self._patience,
                network=self._network,
                extensions=request.extensions,
            )
        answer = httpx2.Response(
            opened.response.status,
            headers=opened.response.headers,
            stream=_Bounded(opened, location.place, self._most_bytes),
            extensions=opened.response.extensions,
        )
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            opened.close()
            raise httpx2.RemoteProtocolError(f"{location.place}: expected an unpacked answer.")
        return answer

    def _checked(self, url: str) -> tuple[Location, Host]:
        try:
            location = Location.of(url)
        except ValueError as error:
            raise ForbiddenAddressError(f"Address of a request: {error}.") from error
        host = covers(self._hosts, location)
        if host is None and self._may_go_elsewhere:
            host = Host.public(location)
        if host is None:
            raise ForbiddenAddressError(
                f"{location.place}: expected a host that an administrator named, got another.",
                place=location.place,
            )
        return location, host


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, opened: Opened, place: str, most: int) -> None:
        self._opened = opened
        self._place = place
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        left = self._most
        with _translated():
            for chunk in self._opened.response.iter_stream():
                left -= len(chunk)
                if left < 0:
                    raise httpx2.ReadError(
                        f"{self._place}: expected at most {self._most} bytes, got more."
                    )
                yield chunk

    def close(self) -> None:
        self._opened.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except tuple(_ERRORS) as error:
        raise next(ours for theirs, ours in _ERRORS.items() if isinstance(error, theirs))(
            str(error)
        ) from error
