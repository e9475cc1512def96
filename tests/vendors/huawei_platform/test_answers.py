"""What every answer is like."""

import socket
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.vendors.huawei_platform.conftest import (
    CALLBACK,
    Ask,
    callback,
    code,
    headers,
    token,
    without,
)
from vendors.simulator.huawei_platform.platform import Platform


def test_an_accepted_call_is_answered_a_session_id_as_the_documents_have_it(ask: Ask) -> None:
    answer = ask(CALLBACK, callback())

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    told = answer.json()
    assert without(told, "sessionId") == {"resultcode": "0", "resultdesc": "Success"}
    service, digits, constant, rest = told["sessionId"].split("_")
    at, _, host = rest.partition("@")
    assert (service, constant, host) == (
        "1201",
        "4294967295",
        "callenabler245.huaweicaas.example",
    )
    assert digits.isdecimal()
    assert abs(datetime.strptime(f"{at}Z", "%Y%m%d%H%M%S%z") - datetime.now(UTC)) < timedelta(
        minutes=1
    )


def test_a_refusal_has_an_empty_session_id(ask: Ask) -> None:
    assert ask(CALLBACK, b"[]").json() == {
        "resultcode": "1010002",
        "resultdesc": "Invalid request.",
        "sessionId": "",
    }


def test_idle_ports_are_told_to_who_asks(ask: Ask) -> None:
    assert ask(CALLBACK, callback(returnIdlePort="true")).json()["idlePort"] > 0
    assert "idlePort" not in ask(CALLBACK, callback(returnIdlePort="false")).json()


@pytest.mark.parametrize("path", [CALLBACK, "/nowhere"])
def test_the_platform_closes_every_connection_itself(platform: Platform, path: str) -> None:
    with socket.create_connection(("127.0.0.1", httpx2.URL(platform.url).port or 0), 10) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]".encode())

        received = b"".join(iter(lambda: line.recv(4096), b""))

    assert b"\r\nConnection: close\r\n" in received


def test_an_unknown_path_is_a_page_and_no_result(ask: Ask) -> None:
    answer = ask("/rest/httpsessions/click2Call/v1.0", callback())

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_another_method_is_an_invalid_api(web: httpx2.Client, platform: Platform) -> None:
    assert code(web.get(platform.url + CALLBACK, headers=headers(token()))) == (403, "1010006")
