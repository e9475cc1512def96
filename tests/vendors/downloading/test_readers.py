"""Other readers of addresses find the same host in all that is covered."""

import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit

import httpx2
import idna
from hypothesis import example, given
from hypothesis import strategies as st

from vendors.downloading.hosts import Host, covers

WORDS = ["voice.example.com", "*.obs.example.com", "http://10.0.0.5:8080+private", "[fd00::5]"]
PIECES = st.sampled_from(
    [
        *"@#/?\\:.%[]*+-_\t\n \x00。．①０x5",
        "evil.example",
        "//",
        "%2e",
        "xn--",
        "ß",
        "\u200b",
        "\u202e",
    ]
)
HOSTS = ["voice.example.com", "a.obs.example.com", "10.0.0.5", "[fd00::5]", "evil.example"]


@st.composite
def _tampered(draw: st.DrawFn) -> str:
    """An address with strange pieces put into its authority."""
    text = draw(st.sampled_from(HOSTS)) + draw(st.sampled_from(["", ":8080", ":443", "."]))
    for piece in draw(st.lists(PIECES, max_size=3)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + piece + text[at:]
    scheme = draw(st.sampled_from(["http", "https", "HTTPS"]))
    return f"{scheme}://{text}{draw(st.sampled_from(['', '/', '/1.mp3', '?a=@b']))}"


def _canonical(name: str) -> str:
    """A host as another reader has it, made comparable."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    plain = name if name.isascii() else idna.encode(name, uts46=True).decode()
    return plain.lower().removesuffix(".")


def _is_admitted(host: Host, name: str) -> bool:
    return name.endswith(f".{host.name}") if host.is_wildcard else name == host.name


@given(url=_tampered() | st.text().map("https://{}/".format))
@example("https://voice.example.com@evil.example/")
def test_nobody_reads_another_host_in_an_address_that_is_covered(url: str) -> None:
    host = covers(map(Host.of, WORDS), url)

    if host is not None:
        assert _is_admitted(host, _canonical(urlsplit(url).hostname or ""))
        with suppress(httpx2.InvalidURL):  # it knows fewer ways to write a name
            assert _is_admitted(host, _canonical(httpx2.URL(url).host))


@given(word=_tampered() | st.text() | st.sampled_from(WORDS), url=_tampered())
def test_whatever_the_word_only_its_own_host_is_covered(word: str, url: str) -> None:
    try:
        host = Host.of(word.removesuffix("/"))
    except ValueError:
        return

    if covers([host], url):
        assert _is_admitted(host, _canonical(urlsplit(url).hostname or ""))
        assert (urlsplit(url).port or {"http": 80, "https": 443}[host.scheme]) == host.port
