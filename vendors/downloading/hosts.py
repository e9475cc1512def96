"""Which hosts an administrator allows: one word a host.

    voice.example.com                          https on port 443
    http://voice.example.com:9000              that scheme on that port
    https://*.obs.cn-north-1.myhuaweicloud.com any name below, but not the name itself
    http://10.0.0.5:8080+private               it may have an address in our own network

A word without ``+private`` never reaches our own network, whatever its name resolves to.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from vendors.downloading.locations import PORTS, Location, bracketed, name_and_port


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """One allowed host. With ``is_wildcard`` it is every name below ``name``."""

    scheme: str
    name: str
    port: int
    is_wildcard: bool = False
    may_be_private: bool = False

    @classmethod
    def of(cls, word: str) -> Self:
        """Read a word. Raises ValueError with a sentence for the administrator."""
        try:
            return cls._read(word)
        except ValueError as error:
            raise ValueError(f"Recording host {word[:120]!a}: {error}.") from None

    @classmethod
    def _read(cls, word: str) -> Self:
        rest, plus, mark = word.partition("+")
        if plus and mark != "private":
            raise ValueError('expected nothing but "private" after "+"')
        scheme, found, authority = rest.rpartition("://")
        scheme = scheme.lower() if found else "https"
        if scheme not in PORTS:
            raise ValueError("expected http:// or https:// before the name")
        is_wildcard = authority.startswith("*.")
        authority = _with_brackets(authority.removeprefix("*."))
        name, port = name_and_port(authority, scheme)
        if is_wildcard and ("." not in name or _is_address(name)):
            raise ValueError('expected a name of at least two parts after "*."')
        return cls(
            scheme=scheme,
            name=name,
            port=port,
            is_wildcard=is_wildcard,
            may_be_private=bool(plus),
        )

    @classmethod
    def named(cls, url: str) -> Self:
        """The host of an address that an administrator typed as a whole: a vendor's API, a sign-in.

        It may be in our own network where that is plain: by an address, by a name without dots, or
        by https, whose certificate proves the name whatever address DNS gives. Raises ValueError.
        """
        location = Location.of(url)
        is_plain = "." not in location.name or _is_address(location.name)
        return cls(
            scheme=location.scheme,
            name=location.name,
            port=location.port,
            may_be_private=is_plain or location.scheme == "https",
        )

    @classmethod
    def public(cls, location: Location) -> Self:
        """The host of any address, as long as it is a server of the open internet."""
        return cls(scheme=location.scheme, name=location.name, port=location.port)

    def __str__(self) -> str:
        """The shortest word for this host."""
        scheme = "" if self.scheme == "https" else f"{self.scheme}://"
        star = "*." if self.is_wildcard else ""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        mark = "+private" if self.may_be_private else ""
        return f"{scheme}{star}{bracketed(self.name)}{port}{mark}"

    def admits(self, location: Location) -> bool:
        if (self.scheme, self.port) != (location.scheme, location.port):
            return False
        if self.is_wildcard:
            return location.name.endswith(f".{self.name}")
        return location.name == self.name


def covers(hosts: Iterable[Host], url: str | Location) -> Host | None:
    """The allowed host that an address leads to, or None, also where it cannot be read.

    Of two that fit, the one that may be private counts: an administrator who adds ``+private`` may
    leave the first word in place.
    """
    try:
        location = Location.of(url) if isinstance(url, str) else url
    except ValueError:
        return None
    fitting = [host for host in hosts if host.admits(location)]
    return max(fitting, key=lambda host: host.may_be_private, default=None)


def word_for(location: Location, *, is_private: bool = False) -> str:
    """The word that would allow an address."""
    host = Host(
        scheme=location.scheme,
        name=location.name,
        port=location.port,
        may_be_private=is_private,
    )
    return str(host)


def _with_brackets(authority: str) -> str:
    """An IPv6 address written without its brackets, and so without a port."""
    try:
        return f"[{ipaddress.IPv6Address(authority)}]"
    except ValueError:
        return authority


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
