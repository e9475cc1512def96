"""No address that a push or a redirect names leads into our own network.

The list of hosts is as careless as it can be: every address below stands on it, without
``+private``, wherever it can stand on a list at all.
"""

import io
from collections.abc import Sequence
from contextlib import suppress

import pytest

from tests.vendors.downloading.forbidden import FORBIDDEN, NAMES
from tests.vendors.downloading.servers import (
    PUBLIC,
    Elsewhere,
    Names,
    Server,
    always,
    head,
    serving,
    whole,
)
from vendors.downloading.connections import Network
from vendors.downloading.download import download
from vendors.downloading.errors import ForbiddenAddressError
from vendors.downloading.hosts import Host

START = Host.of("http://start.example")


def carelessly(url: str) -> list[Host]:
    """A list with the address's own host on it, if a list can hold it."""
    hosts = [START]
    scheme, _, rest = url.partition("://")
    if "evil" not in url:
        with suppress(ValueError):
            hosts.append(Host.of(f"{scheme}://{rest.partition('/')[0]}"))
    return hosts


def attempt(url: str, server: Server, hosts: Sequence[Host]) -> tuple[list[str], bytes]:
    """Try to download; whom a connection went to, and what arrived."""
    backend, file = Elsewhere(server.port), io.BytesIO()
    network = Network(resolve=Names(NAMES), backend=backend)
    with pytest.raises(ForbiddenAddressError):
        download(url, hosts=hosts, file=file, network=network)
    return backend.connected, file.getvalue()


@pytest.mark.parametrize("url", FORBIDDEN)
def test_a_forbidden_address_is_never_connected_to(url: str) -> None:
    with serving(always(whole(b"a secret"))) as server:
        connected, arrived = attempt(url, server, carelessly(url))

        assert connected == []
        assert server.asked == []
        assert arrived == b""


@pytest.mark.parametrize("url", [url for url in FORBIDDEN if "://" in url])
def test_a_redirect_to_a_forbidden_address_is_not_followed(url: str) -> None:
    redirect = head(302, Location="LINK", Content_Length=0).replace(b"LINK", url.encode())
    with serving(always(redirect)) as server:
        connected, arrived = attempt("http://start.example/1.mp3", server, carelessly(url))

        assert connected == [PUBLIC]
        assert len(server.asked) == 1
        assert arrived == b""


def test_a_public_server_is_reached_by_the_same_means() -> None:
    """Or the tests above would prove nothing."""
    with serving(always(whole(b"sound"))) as server:
        backend, file = Elsewhere(server.port), io.BytesIO()
        network = Network(resolve=Names(NAMES), backend=backend)

        download("http://start.example/1.mp3", hosts=[START], file=file, network=network)

        assert backend.connected == [PUBLIC]
        assert file.getvalue() == b"sound"


def test_a_name_that_turns_private_is_asked_only_once() -> None:
    names = Names({"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    with serving(always(whole(b"sound"))) as server:
        backend, file = Elsewhere(server.port), io.BytesIO()

        download(
            "http://rebind.example/",
            hosts=[Host.of("http://rebind.example")],
            file=file,
            network=Network(resolve=names, backend=backend),
        )

        assert names.asked == ["rebind.example"]
        assert backend.connected == [PUBLIC]


def test_a_name_that_turns_private_before_a_redirect_to_itself_is_refused() -> None:
    names = Names({"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    with serving(always(head(302, Location="/again", Content_Length=0))) as server:
        backend = Elsewhere(server.port)

        with pytest.raises(ForbiddenAddressError):
            download(
                "http://rebind.example/",
                hosts=[Host.of("http://rebind.example")],
                file=io.BytesIO(),
                network=Network(resolve=names, backend=backend),
            )

        assert backend.connected == [PUBLIC]


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.5", "93.184.216.35", "::ffff:93.184.216.34"])
def test_a_socket_that_is_connected_to_somebody_else_is_not_written_to(peer: str) -> None:
    with serving(always(whole(b"a secret"))) as server:
        network = Network(resolve=Names(NAMES), backend=Elsewhere(server.port, peer))

        with pytest.raises(ForbiddenAddressError, match=f"got {peer}"):
            download("http://start.example/", hosts=[START], file=io.BytesIO(), network=network)

        assert server.asked == []


@pytest.mark.parametrize(
    "ip", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.1.2.3", "::ffff:10.0.0.5"]
)
def test_private_does_not_open_the_metadata_of_a_cloud(ip: str) -> None:
    with serving(always(whole(b"a secret"))) as server:
        backend = Elsewhere(server.port)

        with pytest.raises(ForbiddenAddressError) as caught:
            download(
                "http://ours.example/",
                hosts=[Host.of("http://ours.example+private")],
                file=io.BytesIO(),
                network=Network(resolve=Names({"ours.example": [[ip]]}), backend=backend),
            )

        assert caught.value.add == ""
        assert backend.connected == []


def test_the_error_says_what_to_add_for_a_host_of_our_own() -> None:
    with pytest.raises(ForbiddenAddressError) as caught:
        download(
            "http://10.0.0.5:8080/a/b?signature=secret",
            hosts=[Host.of("http://10.0.0.5:8080")],
            file=io.BytesIO(),
        )

    assert str(caught.value) == (
        "10.0.0.5:8080: expected a public address, got 10.0.0.5. If it is a server of yours, add"
        ' "http://10.0.0.5:8080+private" to the recording hosts.'
    )
    assert caught.value.place == "10.0.0.5:8080"
    assert Host.of(caught.value.add).may_be_private


def test_the_error_says_what_to_add_for_an_unknown_host() -> None:
    with pytest.raises(ForbiddenAddressError) as caught:
        download("https://Voice.example/b?signature=secret", hosts=[], file=io.BytesIO())

    assert str(caught.value) == (
        "voice.example:443: expected one of the recording hosts, got another. If recordings may"
        ' come from there, add "voice.example" to them.'
    )
    assert caught.value.add == "voice.example"


def test_an_address_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(ForbiddenAddressError) as caught:
        download("https://me:password@a.example/?signature=s", hosts=[], file=io.BytesIO())

    assert str(caught.value) == (
        "Address of the recording: expected no user name or password before the host."
    )
