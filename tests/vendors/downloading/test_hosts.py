"""The words that an administrator writes, and the addresses that they admit."""

import pytest

from vendors.downloading.hosts import Host, covers
from vendors.downloading.locations import Location


@pytest.mark.parametrize(
    ("word", "scheme", "name", "port"),
    [
        ("voice.example.com", "https", "voice.example.com", 443),
        ("Voice.Example.COM.", "https", "voice.example.com", 443),
        ("voice.example.com:8443", "https", "voice.example.com", 8443),
        ("http://voice.example.com:9000", "http", "voice.example.com", 9000),
        ("HTTP://voice.example.com", "http", "voice.example.com", 80),
        ("录音.example", "https", "xn--w2t537j.example", 443),
        ("ｖｏｉｃｅ。example.com", "https", "voice.example.com", 443),
        ("my_bucket.example.com", "https", "my_bucket.example.com", 443),
        ("10.0.0.5", "https", "10.0.0.5", 443),
        ("http://10.0.0.5:8080", "http", "10.0.0.5", 8080),
        ("[2606:4700:0::1111]", "https", "2606:4700::1111", 443),
        ("2606:4700::1111", "https", "2606:4700::1111", 443),
        ("http://[FD00::5]:9000", "http", "fd00::5", 9000),
        ("http://fd00::5", "http", "fd00::5", 80),
    ],
)
def test_a_word_names_a_scheme_a_host_and_a_port(
    word: str, scheme: str, name: str, port: int
) -> None:
    host = Host.of(word)

    assert (host.scheme, host.name, host.port) == (scheme, name, port)
    assert not host.is_wildcard
    assert not host.may_be_private


def test_private_is_said_by_a_suffix() -> None:
    assert Host.of("http://10.0.0.5:8080+private").may_be_private
    assert Host.of("voice.example.com+private").port == 443


@pytest.mark.parametrize(
    "word",
    [
        "",
        " ",
        ".",
        "voice.example.com ",
        "voice.example.com\n",
        "voice example.com",
        "voice..example.com",
        "voice.example.com..",
        "-voice.example.com",
        "voice.example.com/",
        "voice.example.com/path",
        "voice.example.com?x",
        "voice.example.com#x",
        "user@voice.example.com",
        "https://user:word@voice.example.com",
        "ftp://voice.example.com",
        "//voice.example.com",
        "://voice.example.com",
        "http://https://voice.example.com",
        "voice.example.com:",
        "voice.example.com:0",
        "voice.example.com:080",
        "voice.example.com:65536",
        "voice.example.com:99999",
        "voice.example.com:-1",
        "voice.example.com:８０",
        "voice.example.com+privat",
        "voice.example.com+",
        "voice.example.com+private+private",
        "+private",
        "*",
        "*.",
        "*.com",
        "*.*.example.com",
        "voice.*.example.com",
        "*voice.example.com",
        "*.10.0.0.5",
        "*.[::1]",
        "*.::1",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "1.2.3.4.5",
        "256.1.1.1",
        "[127.0.0.1]",
        "[fe80::1%eth0]",
        "[::1",
        "::1]",
        "voice%2eexample.com",
        "voice\\example.com",
        "voice.example.com\x00",
        "a" * 64 + ".example.com",
        ".".join(["a" * 60] * 5),
    ],
)
def test_any_other_word_is_refused_with_a_sentence(word: str) -> None:
    with pytest.raises(ValueError, match=r"^Recording host '.*: expected .*\.$"):
        Host.of(word)


@pytest.mark.parametrize(
    "word",
    [
        "voice.example.com",
        "http://voice.example.com:9000",
        "*.obs.cn-north-1.myhuaweicloud.com",
        "http://10.0.0.5:8080+private",
        "[fd00::5]:9000+private",
    ],
)
def test_a_host_is_written_as_it_was_read(word: str) -> None:
    assert str(Host.of(word)) == word


@pytest.mark.parametrize(
    "url",
    [
        "https://voice.example.com/1.mp3",
        "https://voice.example.com",
        "https://voice.example.com?x=1",
        "HTTPS://VOICE.EXAMPLE.COM/1.mp3",
        "https://voice.example.com./1.mp3",
        "https://voice.example.com:443/1.mp3?a=b@c",
        "https://ｖｏｉｃｅ.example.com/录音.mp3",
        "https://voice。example.com/",
    ],
)
def test_a_host_covers_every_way_to_write_its_own_address(url: str) -> None:
    host = Host.of("voice.example.com")

    assert covers([host], url) is host


LOOKALIKES = [
    "http://voice.example.com/",
    "https://voice.example.com:8443/",
    "https://example.com/",
    "https://a.voice.example.com/",
    "https://voice.example.com.evil.example/",
    "https://evil.example/voice.example.com",
    "https://evil.example/?https://voice.example.com/",
    "https://voice.example.com@evil.example/",
    "https://voice.example.com:443@evil.example/",
    "https://user@voice.example.com/",
    "https://user:word@voice.example.com/",
    "https://@voice.example.com/",
    "https://evil.example\\@voice.example.com/",
    "https://voice.example.com\\@evil.example/",
    "https://evil.example#@voice.example.com/",
    "https://voice.example.com#@evil.example/",
    "https://voice.example.com/#x",
    "https://evil.example?@voice.example.com/",
    "https://voice.example.com\t/",
    "https://voice.example.com\r\n/",
    "https://voice.example.com\x00.evil.example/",
    " https://voice.example.com/",
    "https://voice.example.com /",
    "https://voice.example.com\u3000/",
    "https:voice.example.com/",
    "https:/voice.example.com/",
    "https:///voice.example.com/",
    "//voice.example.com/",
    "https://voice.example.com:0/",
    "https://voice.example.com:/",
    "https://voice.example.com:443:443/",
    "https://voice.example.com:00443/",
    "https://voice.example.com../",
    "https://.voice.example.com/",
    "https://voice%2eexample.com/",
    "https://voice.example.com%00.evil.example/",
    "https://[voice.example.com]/",
    "https:///",
    "https://",
    "",
    "file:///etc/passwd",
    "gopher://voice.example.com/",
    "javascript:alert(1)",
    "https://voice.example.com/\ud800",
    "https://voice.example.com/" + "a" * 9000,
]


@pytest.mark.parametrize("url", LOOKALIKES)
def test_an_address_that_only_looks_like_it_is_not_covered(url: str) -> None:
    assert covers([Host.of("voice.example.com")], url) is None


@pytest.mark.parametrize(
    ("url", "is_covered"),
    [
        ("https://b.obs.example.com/", True),
        ("https://a.b.obs.example.com/", True),
        ("https://B.OBS.example.com./", True),
        ("https://obs.example.com/", False),
        ("https://.obs.example.com/", False),
        ("https://evilobs.example.com/", False),
        ("https://b.obs.example.com.evil.example/", False),
        ("http://b.obs.example.com/", False),
    ],
)
def test_a_wildcard_covers_the_names_below_and_not_the_name(url: str, is_covered: bool) -> None:
    assert (covers([Host.of("*.obs.example.com")], url) is not None) is is_covered


def test_the_word_that_may_be_private_counts_wherever_it_stands() -> None:
    plain, private = Host.of("voice.example.com"), Host.of("voice.example.com+private")

    assert covers([plain, private], "https://voice.example.com/") is private
    assert covers([private, plain], "https://voice.example.com/") is private


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("https://b.example/x", "https://b.example:443/x"),
        ("//b.example/x", "http://b.example:80/x"),
        ("/x?y", "http://a.example:8080/x?y"),
        ("?y", "http://a.example:8080/folder/1.mp3?y"),
        ("2.mp3", "http://a.example:8080/folder/2.mp3"),
        ("/录音", "http://a.example:8080/%E5%BD%95%E9%9F%B3"),
    ],
)
def test_a_redirect_is_read_from_where_it_stands(link: str, leads_to: str) -> None:
    here = Location.of("http://a.example:8080/folder/1.mp3?old")

    there = here.follow(link)

    assert f"{there.scheme}://{there.place}{there.path}" == leads_to


def test_the_path_is_not_shown_where_a_location_is() -> None:
    assert "secret" not in repr(Location.of("https://a.example/1.mp3?signature=secret"))
