"""Which IP addresses are public, which are ours, and which nobody may reach."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vendors.downloading.addresses import are_one, is_in_house, is_public, may_be_reached

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "114.114.114.114",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2400:3200::1",
    "64:ff9b::8.8.8.8",
]
IN_HOUSE = [
    "10.0.0.5",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "198.18.0.1",
    "198.19.255.255",
    "::1",
    "fc00::1",
    "fd12:3456::1",
]
NOBODYS = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "169.254.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.5",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.5",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffa",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:5::",
    "2002:a9fe:a9fe::",
    "3fff::1",
    "5f00::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "ff0e::1",
]
NOT_ADDRESSES = [
    "",
    "localhost",
    "2130706433",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "010.8.8.8",
    "0x7f.0.0.1",
    "0x7f000001",
    "8.8.8.8 ",
    "８.8.8.8",
    "[::1]",
    "8.8.8.8/32",
    "8.8.8.8.",
]


@pytest.mark.parametrize("ip", PUBLIC)
def test_a_server_of_the_open_internet_is_public(ip: str) -> None:
    assert is_public(ip)
    assert not is_in_house(ip)


@pytest.mark.parametrize("ip", IN_HOUSE)
def test_an_address_of_our_own_network_needs_the_word_private(ip: str) -> None:
    assert not may_be_reached(ip, may_be_private=False)
    assert may_be_reached(ip, may_be_private=True)


@pytest.mark.parametrize("ip", NOBODYS + NOT_ADDRESSES)
def test_no_word_opens_what_is_nobodys_server(ip: str) -> None:
    assert not may_be_reached(ip, may_be_private=False)
    assert not may_be_reached(ip, may_be_private=True)


@given(st.ip_addresses())
def test_what_is_public_is_global_to_python_and_no_trick(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(ip):
        assert ip.is_global
        assert not ip.is_multicast
        assert not ip.is_link_local
        assert getattr(ip, "ipv4_mapped", None) is None
        assert getattr(ip, "sixtofour", None) is None
        assert getattr(ip, "teredo", None) is None
    assert is_public(ip) == is_public(str(ip))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_through_nat64_as_it_is_alone(
    ip: ipaddress.IPv4Address,
) -> None:
    assert is_public(f"64:ff9b::{ip}") == is_public(ip)
    assert not is_public(f"::ffff:{ip}")
    assert not is_public(f"::{ip}")


def test_one_address_may_be_written_in_two_ways() -> None:
    assert are_one("fd00:0::1", "fd00::1")
    assert not are_one("10.0.0.1", "10.0.0.2")
    assert not are_one("", "")
