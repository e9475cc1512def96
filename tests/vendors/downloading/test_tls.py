"""A connection is to whom its name says, though it is made to an address."""

import io
import ssl
from pathlib import Path

import pytest

from tests.vendors.downloading.certificates import authority, certificate
from tests.vendors.downloading.servers import (
    PUBLIC,
    Elsewhere,
    Names,
    always,
    public_network,
    serving,
    whole,
)
from vendors.downloading.connections import Network, system_tls
from vendors.downloading.download import download
from vendors.downloading.errors import TryLaterError
from vendors.downloading.hosts import Host


def test_the_systems_store_is_read_once_and_checks_names() -> None:
    tls = system_tls()

    assert tls is system_tls()
    assert tls.check_hostname
    assert tls.verify_mode is ssl.CERT_REQUIRED


def test_tls_and_the_host_header_keep_the_name(tmp_path: Path) -> None:
    ours = authority()
    there = certificate(ours, "voice.example", tmp_path)
    names: list[str | None] = []
    there.sni_callback = lambda _, name, __: names.append(name)
    with serving(always(whole(b"sound")), tls=there) as server:
        backend = Elsewhere(server.port)
        resolve = Names({"voice.example": [[PUBLIC]]})
        network = Network(resolve=resolve, backend=backend, tls=lambda: ours.trusted)

        fetched = download(
            "https://voice.example/1.mp3",
            hosts=[Host.of("voice.example")],
            file=io.BytesIO(),
            network=network,
        )

        assert names == ["voice.example"]
        assert server.asked[0].header("Host") == "voice.example"
        assert backend.connected == [PUBLIC]
        assert fetched.final_host == "voice.example:443"


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_for_another_name_or_of_a_stranger_is_refused(
    tmp_path: Path, is_trusted: bool
) -> None:
    ours = authority()
    issuer = ours if is_trusted else authority()
    there = certificate(issuer, "other.example" if is_trusted else "voice.example", tmp_path)
    with serving(always(whole(b"sound")), tls=there) as server:
        network, backend = public_network(server, "voice.example")
        network = Network(resolve=network.resolve, backend=backend, tls=lambda: ours.trusted)

        with pytest.raises(TryLaterError, match="certificate verify failed"):
            download(
                "https://voice.example/",
                hosts=[Host.of("voice.example")],
                file=io.BytesIO(),
                network=network,
            )

        assert server.asked == []
