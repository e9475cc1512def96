"""Who asks: headers, digests, times, and being shut out."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.vendors.huawei_platform.conftest import (
    CALLBACK,
    CALLEE,
    NOTIFICATION,
    RECORDING,
    STOP,
    VERIFICATION,
    Ask,
    Make,
    asker,
    callback,
    code,
    headers,
    location,
    notification,
    token,
    verification,
    without,
)
from vendors.simulator.huawei_platform.platform import Platform


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, "1023006"),
        ('WSSE realm="SDP",profile="UsernameToken",type="Appkey"', "1023006"),
        ('AKSK profile="UsernameToken",type="Appkey"', "1023007"),
        ('AKSK realm="SDP",type="Appkey"', "1023008"),
        ('AKSK realm="sdp",profile="UsernameToken",type="Appkey"', "1023009"),
        ('AKSK realm="SDP",profile="Username",type="Appkey"', "1023010"),
        ('AKSK realm="SDP",profile="UsernameToken",type="App"', "1023011"),
        ('AKSK realm="SDP",profile="UsernameToken"', "1023012"),
    ],
)
def test_each_fault_of_the_authorization_header_has_its_code(
    platform: Platform, ask: Ask, authorization: str | None, expected: str
) -> None:
    given = without(headers(token()), "Authorization")

    if authorization is not None:
        given["Authorization"] = authorization

    assert code(ask(CALLBACK, callback(), given)) == (400, expected)
    assert not platform.dials


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("Username", "1023034"),
        ("Nonce", "1023035"),
        ("Created", "1023036"),
        ("PasswordDigest", "1023037"),
    ],
)
def test_each_part_missing_from_the_token_has_its_code(
    ask: Ask, missing: str, expected: str
) -> None:
    given = headers(without(token(), missing))

    assert code(ask(CALLBACK, callback(), given)) == (400, expected)


def test_a_missing_token_and_one_of_another_sort_have_their_codes(ask: Ask) -> None:
    given = headers(token())
    other = {**given, "X-AKSK": given["X-AKSK"].removeprefix("UsernameToken ")}

    assert code(ask(CALLBACK, callback(), without(given, "X-AKSK"))) == (400, "1023033")
    assert code(ask(CALLBACK, callback(), other)) == (400, "1023038")


def test_an_app_that_is_not_known_is_refused(ask: Ask) -> None:
    given = headers(token(username="Somebody"))

    assert code(ask(CALLBACK, callback(), given)) == (403, "1010003")


def test_a_digest_made_with_another_secret_is_refused(platform: Platform, ask: Ask) -> None:
    assert code(ask(CALLBACK, callback(), headers(token(secret="other")))) == (401, "1010010")
    assert not platform.dials


def test_a_nonce_serves_once(platform: Platform, ask: Ask) -> None:
    given = headers(token())

    assert code(ask(CALLBACK, callback(), given)) == (200, "0")
    assert code(ask(CALLBACK, callback(), given)) == (401, "1010010")
    assert platform.dials == {CALLEE: 1}


def test_a_nonce_of_other_than_letters_and_digits_is_refused(ask: Ask) -> None:
    assert code(ask(CALLBACK, callback(), headers(token(nonce="a-b")))) == (401, "1010010")


def test_another_content_type_is_an_invalid_request(ask: Ask) -> None:
    given = {**headers(token()), "Content-Type": "application/json"}

    assert code(ask(CALLBACK, callback(), given)) == (403, "1010002")


@pytest.mark.parametrize(
    ("path", "body"),
    [(CALLBACK, callback()), (NOTIFICATION, notification()), (VERIFICATION, verification())],
)
def test_created_is_beijing_time_where_calls_are_concerned(
    ask: Ask, path: str, body: dict[str, object]
) -> None:
    in_utc = headers(token(zone=timedelta(0)))

    assert code(ask(path, body)) == (200, "0")
    assert code(ask(path, body, in_utc)) == (401, "1010013")


def test_created_is_beijing_time_where_a_call_is_ended(ask: Ask) -> None:
    body = {"sessionid": "1201_1_1_1@x", "signal": "call_stop"}

    assert code(ask(STOP, body)) == (500, "1020152")
    assert code(ask(STOP, body, headers(token(zone=timedelta(0))))) == (401, "1010013")


def test_created_is_utc_where_a_recording_is_asked_for(
    web: httpx2.Client, platform: Platform
) -> None:
    query = {"fileName": "none.wav", "recordDomain": "x"}
    in_beijing = web.get(platform.url + RECORDING, params=query, headers=headers(token()))

    assert code(location(web, platform, **query)) == (403, "1012007")
    assert code(in_beijing) == (401, "1010013")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_created_may_be_off_by_a_quarter_of_an_hour(ask: Ask, minutes: int) -> None:
    nearly = timedelta(minutes=minutes) * 14 / 16

    assert code(ask(CALLBACK, callback(), headers(token(off=nearly)))) == (200, "0")
    far = headers(token(off=timedelta(minutes=minutes)))
    assert code(ask(CALLBACK, callback(), far)) == (401, "1010013")


def test_repeated_failures_shut_an_address_out_for_a_while(web: httpx2.Client, make: Make) -> None:
    now = [datetime.now(UTC)]
    platform = make(now=lambda: now[0], auth_failures=3, shut_out_for=60)
    ask = asker(web, platform)

    def wrong() -> tuple[int, str]:
        return code(ask(CALLBACK, callback(), headers(token(secret="other"))))

    assert [wrong() for _ in range(3)] == [(401, "1010010")] * 3
    assert code(ask(CALLBACK, callback())) == (403, "1020176")
    now[0] += timedelta(seconds=61)
    assert code(ask(CALLBACK, callback(), headers(token(now=now[0])))) == (200, "0")


def test_a_success_forgets_the_failures_before_it(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(auth_failures=2))
    wrong = {"path": CALLBACK, "body": callback()}

    for _ in range(3):
        assert code(ask(**wrong, given=headers(token(secret="other")))) == (401, "1010010")
        assert code(ask(CALLBACK, callback())) == (200, "0")
