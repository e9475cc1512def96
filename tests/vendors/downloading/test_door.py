"""Everything of ours that asks another server goes through one door: the httpx2 transport of
vendors' APIs, the session of requests for sign-in, and webhooks, with the addresses that recordings
are refused."""

import ast
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
import requests

from tests.vendors.downloading.forbidden import FORBIDDEN, NAMES
from tests.vendors.downloading.servers import (
    PUBLIC,
    Elsewhere,
    Names,
    always,
    head,
    serving,
    whole,
)
from vendors.downloading.connections import Network
from vendors.downloading.errors import DownloadError
from vendors.downloading.hosts import Host
from vendors.downloading.posting import post
from vendors.downloading.session import Session
from vendors.downloading.transport import Guarded

START = "http://start.example/begin"
ROOT = Path(__file__).parents[3]


def by_httpx(url: str, network: Network) -> None:
    transport = Guarded(may_go_elsewhere=True, network=network)
    with httpx2.Client(transport=transport, follow_redirects=True) as client:
        client.get(url, headers={"Authorization": "Bearer secret"})


def by_requests(url: str, network: Network) -> None:
    with Session(network=network) as session:
        session.get(url)


def by_webhook(url: str, network: Network) -> None:
    post(url, b"{}", {}, network=network)


WAYS = [by_httpx, by_requests, by_webhook]
REFUSALS = (
    httpx2.TransportError,
    httpx2.InvalidURL,
    requests.RequestException,
    DownloadError,
    # httpx2 and requests read some of the addresses themselves, and will not.
    ValueError,
)


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_a_forbidden_address(way: Callable[[str, Network], None]) -> None:
    with serving(always(whole(b"a secret"))) as server:
        backend = Elsewhere(server.port)
        network = Network(resolve=Names(NAMES), backend=backend)
        for url in FORBIDDEN:
            try:
                way(url, network)
            except REFUSALS:
                continue
            # Programs that read addresses differently agree here on where it leads: outside.
            assert backend.connected.pop() == PUBLIC, url

        assert set(backend.connected) <= {PUBLIC}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_reaches_a_public_server(way: Callable[[str, Network], None]) -> None:
    """Or the test above would prove nothing."""
    with serving(always(whole(b"{}"))) as server:
        backend = Elsewhere(server.port)

        way(START, Network(resolve=Names(NAMES), backend=backend))

        assert backend.connected == [PUBLIC]
        assert [one.target for one in server.asked] == ["/begin"]


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_turns_private_is_connected_to_where_it_was_checked(
    way: Callable[[str, Network], None],
) -> None:
    names = Names({"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    with serving(always(whole(b"{}"))) as server:
        backend = Elsewhere(server.port)

        way("http://rebind.example/", Network(resolve=names, backend=backend))

        assert names.asked == ["rebind.example"]
        assert backend.connected == [PUBLIC]


def test_a_redirect_is_checked_like_the_first_address() -> None:
    with serving(always(head(302, Location="http://10.0.0.5/", Content_Length=0))) as server:
        backend = Elsewhere(server.port)

        with pytest.raises(httpx2.ConnectError, match="expected a public address"):
            by_httpx(START, Network(resolve=Names(NAMES), backend=backend))

        assert backend.connected == [PUBLIC]


def test_credentials_do_not_follow_a_redirect_to_another_host() -> None:
    redirect = head(302, Location="http://other.example/", Content_Length=0)
    with serving(
        lambda asked: [whole(b"")] if "other" in asked.header("Host") else [redirect]
    ) as server:
        names = Names({**NAMES, "other.example": [[PUBLIC]]})

        by_httpx(START, Network(resolve=names, backend=Elsewhere(server.port)))

        assert [one.header("Authorization") for one in server.asked] == ["Bearer secret", ""]


def test_a_session_for_sign_in_follows_no_redirect() -> None:
    with serving(always(head(307, Location="http://other.example/", Content_Length=0))) as server:
        network = Network(resolve=Names(NAMES), backend=Elsewhere(server.port))

        with pytest.raises(requests.TooManyRedirects):
            by_requests(START, network)

        assert len(server.asked) == 1


def test_a_session_gives_what_a_library_reads() -> None:
    with serving(always(whole(b'{"issuer": "us"}', Content_Type="application/json"))) as server:
        network = Network(resolve=Names(NAMES), backend=Elsewhere(server.port))

        with Session(network=network) as session:
            answer = session.post(START, data={"code": "1"}, auth=("id", "secret"))

        answer.raise_for_status()
        assert answer.json() == {"issuer": "us"}
        assert server.asked[0].header("Authorization") == "Basic aWQ6c2VjcmV0"


@pytest.mark.parametrize("way", [by_httpx, by_requests])
def test_an_answer_without_an_end_is_cut(way: Callable[[str, Network], None]) -> None:
    endless = (b"x" * 65536 for _ in range(1000))
    with serving(lambda _: [head(200, Content_Length=10**9), *endless]) as server:
        network = Network(resolve=Names(NAMES), backend=Elsewhere(server.port))

        with pytest.raises((httpx2.ReadError, requests.ConnectionError), match="expected at most"):
            way(START, network)


def test_a_packed_answer_is_not_unpacked() -> None:
    with serving(always(whole(b"x", Content_Encoding="gzip"))) as server:
        network = Network(resolve=Names(NAMES), backend=Elsewhere(server.port))

        with pytest.raises(httpx2.RemoteProtocolError, match="unpacked"):
            by_httpx(START, network)

        assert server.asked[0].header("Accept-Encoding") == "identity"


@pytest.mark.parametrize(
    ("named", "address", "is_reached"),
    [
        ("http://10.0.0.5:8080/api", "10.0.0.5", True),
        ("http://platform:8080/api", "10.0.0.5", True),
        ("http://platform.example/api", "10.0.0.5", False),
        ("http://platform.example/api", PUBLIC, True),
        ("http://metadata/api", "169.254.169.254", False),
        ("http://metadata/api", "100.100.100.200", False),
    ],
)
def test_what_an_administrator_named_may_be_in_house_where_that_is_plain(
    named: str, address: str, is_reached: bool
) -> None:
    host = Host.named(named).name
    with serving(always(whole(b"{}"))) as server:
        backend = Elsewhere(server.port)
        network = Network(resolve=Names({host: [[address]]}), backend=backend)
        with httpx2.Client(transport=Guarded.to(named, network=network)) as client:
            try:
                client.get(named)
            except httpx2.ConnectError:
                assert not is_reached

        assert backend.connected == ([address] if is_reached else [])


def test_a_vendors_api_is_asked_at_its_own_host_alone() -> None:
    with httpx2.Client(transport=Guarded.to("https://api.example")) as client:
        for url in ("https://other.example/", "http://api.example/", "https://api.example:8443/"):
            with pytest.raises(httpx2.ConnectError, match="an administrator named"):
                client.get(url)


# What opens connections by itself, and who may: the door, what plays a vendor for the demo and the
# tests, and the command that looks for a free port.
OPENERS = {
    "http.client": (),
    "requests": ("vendors/downloading/",),
    "urllib3": ("vendors/downloading/",),
    "urllib.request": (),
    "httpcore2": ("vendors/downloading/",),
    "socket": (
        "vendors/downloading/",
        "vendors/adapters/huawei/exchange.py",  # names of errors, and the end of a connection
        "callportal/management/commands/run.py",
        "callportal/web.py",  # the one that it listens on
        "vendors/spool/reach.py",  # the end of the database's connection
    ),
    "ftplib": (),
    "aiohttp": (),
}
PLAYING = ("vendors/simulator/", "vendors/management/commands/demo.py")
OPENING = {"Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport", "get", "post", "request"}


def imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def opened_by_httpx(tree: ast.AST) -> set[str]:
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "httpx2"
        and node.func.attr in OPENING
        and not any(word.arg == "transport" for word in node.keywords)
    }


def test_nothing_of_ours_opens_a_connection_past_the_door() -> None:
    past = []
    for folder in ("callportal", "calls", "vendors"):
        for path in (ROOT / folder).rglob("*.py"):
            where = path.relative_to(ROOT).as_posix()
            if where.startswith(PLAYING):
                continue
            tree = ast.parse(path.read_text())
            names = imported(tree)
            past += [
                (where, module)
                for module, allowed in OPENERS.items()
                if any(one == module or one.startswith(f"{module}.") for one in names)
                and not where.startswith(allowed)
            ]
            past += [(where, f"httpx2.{call}") for call in opened_by_httpx(tree)]

    assert past == []
