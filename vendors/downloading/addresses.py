"""Which IP addresses may be connected to.

A table of our own rather than ``is_global`` alone, whose answers differ between versions of Python
and which takes a cloud's metadata service for anybody's server. Sources: the IANA special-purpose
registries for IPv4 and IPv6.
"""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Range = ipaddress.IPv4Network | ipaddress.IPv6Network


def _ranges(words: str) -> tuple[Range, ...]:
    return tuple(map(ipaddress.ip_network, words.split()))


# Our own networks, which "+private" opens. 198.18.0.0/15 is here because proxies that answer every
# name with an address of that range are common.
_IN_HOUSE = _ranges(
    "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 198.18.0.0/15 ::1/128"
    " fc00::/7"
)
# Where clouds give machines their passwords, outside 169.254.0.0/16: Azure, Alibaba, Amazon and
# Google. No word opens these.
_METADATA = _ranges("168.63.129.16/32 100.100.100.200/32 fd00:ec2::254/128 fd20:ce::254/128")
_NOT_PUBLIC_4 = _ranges(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
    " 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24"
    " 224.0.0.0/4 240.0.0.0/4"
)
# Everything that IPv6 routes between networks lies here, so the other prefixes (mapped and
# compatible IPv4, ULA, link-local, site-local, multicast) need no names.
_ROUTED_6 = ipaddress.IPv6Network("2000::/3")
# 2001::/23 holds Teredo; 2002::/16 is 6to4, which nobody has used honestly since RFC 7526.
_NOT_PUBLIC_6 = _ranges("2001::/23 2001:db8::/32 2002::/16 3fff::/20")
# An IPv6-only network reaches IPv4 through this prefix, with the IPv4 address at the end.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(ip: str | Address) -> bool:
    """Whether this is a server of the open internet. Text that is not an address in its plain
    form, such as ``0177.0.0.1``, is not."""
    address = _read(ip)
    if address is None or _is_in(address, _METADATA):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not _is_in(address, _NOT_PUBLIC_4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _ROUTED_6 and address.is_global and not _is_in(address, _NOT_PUBLIC_6)


def is_in_house(ip: str | Address) -> bool:
    """Whether this is an address of an office's own network. Link-local addresses are not: there
    is nothing there but metadata services and printers."""
    address = _read(ip)
    return address is not None and _is_in(address, _IN_HOUSE) and not _is_in(address, _METADATA)


def may_be_reached(ip: str | Address, *, may_be_private: bool) -> bool:
    return is_public(ip) or (may_be_private and is_in_house(ip))


def are_one(ip: str, other: str) -> bool:
    """Whether two texts are one address; what is no address is none."""
    address = _read(ip)
    return address is not None and address == _read(other)


def _read(ip: str | Address) -> Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return None
    return address


def _is_in(address: Address, ranges: Iterable[Range]) -> bool:
    return any(address in one for one in ranges)
