"""A recording comes whole, through redirects, and the server learns nothing about us."""

import io
import socket
from collections.abc import Iterable

import pytest

from tests.vendors.downloading.servers import (
    Asked,
    Names,
    always,
    head,
    serving,
    whole,
)
from vendors.downloading.connections import Network, look_up
from vendors.downloading.download import Fetched, download
from vendors.downloading.errors import NotThereError, TryLaterError, WrongAnswerError
from vendors.downloading.hosts import Host


def test_a_recording_is_written_to_the_file() -> None:
    answer = whole(b"sound", Content_Type="audio/mpeg", ETag='"v1"')
    with serving(always(answer)) as server:
        file = io.BytesIO()

        fetched = download(server.url, hosts=server.hosts, file=file)

        assert file.getvalue() == b"sound"
        assert fetched == Fetched(
            total_bytes=5, content_type="audio/mpeg", validator='"v1"', final_host=server.place
        )


def test_the_request_says_nothing_but_what_is_wanted() -> None:
    with serving(always(whole(b"sound"))) as server:
        download(server.url, hosts=server.hosts, file=io.BytesIO())

        assert server.asked == [
            Asked(
                target="/recordings/1.mp3?signature=secret",
                headers=[
                    ("Host", server.place),
                    ("User-Agent", "callportal"),
                    ("Accept", "*/*"),
                    ("Accept-Encoding", "identity"),
                    ("Connection", "close"),
                ],
            )
        ]


def test_chinese_in_an_address_is_sent_as_utf_8() -> None:
    with serving(always(whole(b"sound"))) as server:
        url = f"http://{server.place}/录音.mp3?a=%20b"

        download(url, hosts=server.hosts, file=io.BytesIO())

        assert server.asked[0].target == "/%E5%BD%95%E9%9F%B3.mp3?a=%20b"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(always(whole(b"sound"))) as server:
        assert download(server.url, hosts=server.hosts, file=io.BytesIO()).total_bytes == 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_without_anything_of_ours(status: int) -> None:
    """Cookies of the first server, in particular, do not reach the second."""
    with serving(always(whole(b"sound"))) as second:
        link = f"http://{second.place}/there"
        leading = head(status, Location=link, Set_Cookie="a=b; Path=/", Content_Length=0)
        with serving(always(leading)) as first:
            file = io.BytesIO()

            fetched = download(first.url, hosts=[*first.hosts, *second.hosts], file=file)

            assert file.getvalue() == b"sound"
            assert fetched.final_host == second.place
            assert {key for key, _ in second.asked[0].headers} == {
                "Host",
                "User-Agent",
                "Accept",
                "Accept-Encoding",
                "Connection",
            }
            assert second.asked[0].header("Host") == second.place


def test_five_redirects_are_followed_and_the_sixth_is_not() -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        left = int(asked.target.removeprefix("/"))
        return [head(302, Location=f"/{left - 1}", Content_Length=0) if left else whole(b"sound")]

    with serving(answer) as server:
        download(f"http://{server.place}/5", hosts=server.hosts, file=io.BytesIO())
        with pytest.raises(WrongAnswerError, match="expected at most 5 redirects"):
            download(f"http://{server.place}/6", hosts=server.hosts, file=io.BytesIO())

        assert len(server.asked) == 6 + 6


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_recording_that_is_not_there_is_told_apart(status: int) -> None:
    with serving(always(head(status, Content_Length=4), b"gone")) as server:
        file = io.BytesIO(b"what was there")

        with pytest.raises(NotThereError) as caught:
            download(server.url, hosts=server.hosts, file=file)

        assert caught.value.status == status
        assert server.place in str(caught.value)
        assert "secret" not in str(caught.value)
        assert file.getvalue() == b"what was there"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("99999999999", 86400),
        ("9" * 400, None),
        ("-5", None),
        ("soon", None),
        ("Wed, 99 Oct 2015 99:28:00 GMT", None),
        ("1 Jan 99999999999999999999 00:00:00 GMT", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 500, 503, 599])
def test_a_busy_server_says_when_to_come_back(status: int, said: str, seconds: int | None) -> None:
    with (
        serving(always(head(status, Retry_After=said, Content_Length=0))) as server,
        pytest.raises(TryLaterError) as caught,
    ):
        download(server.url, hosts=server.hosts, file=io.BytesIO())

    assert (caught.value.status, caught.value.retry_after) == (status, seconds)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 405, 416])
def test_any_other_status_is_a_wrong_answer(status: int) -> None:
    with (
        serving(always(head(status, Content_Length=0))) as server,
        pytest.raises(WrongAnswerError, match=f"expected a recording, got status {status}"),
    ):
        download(server.url, hosts=server.hosts, file=io.BytesIO())


def test_nobody_listening_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(TryLaterError, match=f"127.0.0.1:{port}: expected an answer, got .*refused"):
        download(
            f"http://127.0.0.1:{port}/?secret",
            hosts=[Host.of(f"http://127.0.0.1:{port}+private")],
            file=io.BytesIO(),
        )


def _nowhere(name: str, port: int) -> list[str]:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.mark.parametrize("resolve", [_nowhere, lambda name, port: []])
def test_a_name_without_an_address_is_worth_another_try(resolve: Names) -> None:
    with pytest.raises(TryLaterError, match="the name has no address"):
        download(
            "https://voice.example/",
            hosts=[Host.of("voice.example")],
            file=io.BytesIO(),
            network=Network(resolve=resolve),
        )


def test_a_dead_address_of_a_name_does_not_hide_the_next() -> None:
    with serving(always(whole(b"sound"))) as server:
        names = Names({"ours.example": [["::1", "127.0.0.1"]]})
        url = f"http://ours.example:{server.port}/"

        fetched = download(
            url,
            hosts=[Host.of(f"http://ours.example:{server.port}+private")],
            file=io.BytesIO(),
            network=Network(resolve=names),
        )

        assert fetched.final_host == f"ours.example:{server.port}"
        assert server.asked[0].header("Host") == f"ours.example:{server.port}"


def test_the_systems_own_resolver_gives_each_address_once() -> None:
    assert look_up("127.0.0.1", 80) == ["127.0.0.1"]
