"""An address as it is connected to: scheme, canonical host, port and path.

Two programs that read one address differently are how a forbidden host is reached, so there is one
reader, this one, and the request is made of the parts that it found and never of the text. It is
stricter than a browser: whatever has two readings is refused.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

import idna

MOST_CHARACTERS = 8192
PORTS = {"http": 80, "https": 443}

_ADDRESS = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([1-9][0-9]{0,4}))?")
_STRAY = re.compile(r"[\x00-\x20\x7f-\xa0\\\s\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# What inet_aton would take for a number: "127", "0177", "0x7f".
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """``path`` begins with a slash, holds the query and is ASCII. It is not shown: it may hold
    telephone numbers and signatures."""

    scheme: str
    name: str
    port: int
    path: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Read an absolute address. Raises ValueError, whose sentence does not repeat it."""
        if len(url) > MOST_CHARACTERS:
            raise ValueError(f"expected at most {MOST_CHARACTERS} characters, got {len(url)}")
        if _STRAY.search(url):
            raise ValueError("expected no backslash, white space or control character")
        if "#" in url:
            raise ValueError('expected no "#": no recording needs one')
        found = _ADDRESS.fullmatch(url)
        if found is None:
            raise ValueError("expected an address that begins with http:// or https://")
        scheme = found[1].lower()
        name, port = name_and_port(found[2], scheme)
        path = found[3] if found[3].startswith("/") else f"/{found[3]}"
        return cls(scheme=scheme, name=name, port=port, path=quote(path, safe=_PRINTABLE))

    def follow(self, link: str) -> Self:
        """Where a ``Location`` header leads from here. Raises ValueError."""
        if _SCHEME.match(link):
            return self.of(link)
        if link.startswith("//"):
            return self.of(f"{self.scheme}:{link}")
        here = self.path.partition("?")[0]
        if link.startswith("?"):
            link = here + link
        elif not link.startswith("/"):
            link = f"{here.rpartition('/')[0]}/{link}"
        return self.of(f"{self.scheme}://{self.place}{link}")

    @property
    def place(self) -> str:
        """What people are told: ``host:port``."""
        return f"{bracketed(self.name)}:{self.port}"

    @property
    def host_header(self) -> str:
        return bracketed(self.name) if self.port == PORTS[self.scheme] else self.place


def bracketed(name: str) -> str:
    """A name as it stands before a colon and a port."""
    return f"[{name}]" if ":" in name else name


def name_and_port(authority: str, scheme: str) -> tuple[str, int]:
    """The canonical host and the port of ``host`` or ``host:port``. Raises ValueError."""
    if "@" in authority:
        # http://good.example@evil.example leads to evil.example.
        raise ValueError("expected no user name or password before the host")
    found = _AUTHORITY.fullmatch(authority)
    if found is None or int(found[2] or 0) > 65535:
        raise ValueError('expected "host" or "host:port" with a port from 1 to 65535')
    return canonical_name(found[1]), int(found[2] or PORTS[scheme])


def canonical_name(text: str) -> str:
    """A host as it is compared: lower case, IDNA, no trailing dot; an IPv6 address without its
    brackets. Raises ValueError.

    A name that ends in a number is an IPv4 address to ``getaddrinfo``, which takes ``127.1``,
    ``0177.0.0.1``, ``0x7f000001`` and ``2130706433`` for one: only four plain numbers pass.
    """
    if text.startswith("["):
        return _ipv6(text)
    name = _ascii(text).lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(name)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"expected the name of a host, got {_shown(text)}")
    return name


def _ascii(text: str) -> str:
    """The name as it stands in DNS. Full-width and circled digits become plain ones here, before
    anybody looks for an IPv4 address."""
    if text.isascii():
        return text
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"expected the name of a host, got {_shown(text)}") from error


def _ipv4(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise ValueError(
            f"expected an IPv4 address of four plain numbers, got {_shown(name)}"
        ) from None


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        raise ValueError(f"expected an IPv6 address in brackets, got {_shown(text)}") from None
    if address.scope_id is not None:
        raise ValueError(f"expected an IPv6 address without a zone, got {_shown(text)}")
    return str(address)


def _shown(text: str) -> str:
    return ascii(text[:80])
