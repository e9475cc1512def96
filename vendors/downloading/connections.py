"""Connections to the very address that was checked, within a time for everything.

A name is resolved once. Every address that it has is checked, one of them is connected to, and the
socket is asked whom it is connected to: a name that answers differently the second time (DNS
rebinding) is never asked a second time. TLS and the Host header keep the name.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2

from vendors.downloading.addresses import are_one, is_in_house, may_be_reached
from vendors.downloading.errors import ForbiddenAddressError
from vendors.downloading.hosts import Host, word_for
from vendors.downloading.locations import Location

MOST_ADDRESSES = 4  # that are tried one after the other; a name may have hundreds

Resolve = Callable[[str, int], Sequence[str]]


def look_up(name: str, port: int) -> list[str]:
    """All addresses of a name, in the system's order. How long it takes is the system's business:
    ``getaddrinfo`` cannot be interrupted."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@lru_cache(maxsize=1)
def system_tls() -> ssl.SSLContext:
    """Checks certificates against the system's store. Reading that takes a while, so it is kept."""
    return httpx2.create_ssl_context(trust_env=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """How names become addresses, addresses connections, and whom TLS trusts. Tests bring their
    own; everybody else leaves it alone."""

    resolve: Resolve = look_up
    backend: httpcore2.NetworkBackend = field(default_factory=httpcore2.SyncBackend)
    tls: Callable[[], ssl.SSLContext] = system_tls


class Checked(httpcore2.NetworkBackend):
    """Connects to one location, if the addresses of its name are ones that its host may have."""

    def __init__(self, location: Location, host: Host, network: Network, deadline: float) -> None:
        self._location = location
        self._host = host
        self._network = network
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Raises ForbiddenAddressError, before anything is sent, or httpcore2's errors."""
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in self._addresses(host, port)[:MOST_ADDRESSES]:
            try:
                stream = self._network.backend.connect_tcp(
                    address,
                    port,
                    _within(timeout, self._deadline, httpcore2.ConnectTimeout),
                    local_address,
                    socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            self._check_peer(stream, address)
            return Bounded(stream, self._deadline)
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        raise self._forbidden("a socket of this machine")

    def _addresses(self, name: str, port: int) -> list[str]:
        """The addresses of a name, all of them allowed: one that is not condemns the others, for
        whoever gave it controls which one is tried."""
        try:
            found = list(self._network.resolve(name, port))
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("the name has no address") from error
        for address in found:
            if not may_be_reached(address, may_be_private=self._host.may_be_private):
                raise self._forbidden(address)
        return found

    def _check_peer(self, stream: httpcore2.NetworkStream, address: str) -> None:
        """What was checked is what must be connected to, whatever stands in between. This knows
        the socket's word only: a firewall that redirects without a word is not seen."""
        peer = str((stream.get_extra_info("server_addr") or [""])[0])
        if not are_one(peer, address):
            with suppress(Exception):
                stream.close()
            raise self._forbidden(peer or "an unknown address")

    def _forbidden(self, address: str) -> ForbiddenAddressError:
        can_be_allowed = is_in_house(address) and not self._host.may_be_private
        return ForbiddenAddressError(
            f"{self._location.place}: expected a public address, got {address}.",
            place=self._location.place,
            add=word_for(self._location, is_private=True) if can_be_allowed else "",
        )


class Bounded(httpcore2.NetworkStream):
    """A stream whose every step also ends at a deadline, so that an answer that trickles, in its
    headers or in its body, ends too."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = _within(timeout, self._deadline, httpcore2.ReadTimeout)
        return self._stream.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(timeout, self._deadline, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        seconds = _within(timeout, self._deadline, httpcore2.ConnectTimeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return Bounded(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(timeout: float | None, deadline: float, late: type[Exception]) -> float:
    """Seconds for one step, of those that are left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise late("the time for the whole download is over")
    return left if timeout is None else min(timeout, left)
