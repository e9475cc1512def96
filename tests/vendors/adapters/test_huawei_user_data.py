"""Our mark in userData: put behind the user's own text, and taken off what the platform echoes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import sample
from vendors.adapters.base import Reading
from vendors.adapters.huawei.outbound import OUTBOUND
from vendors.adapters.huawei.pushes import read
from vendors.adapters.huawei.user_data import MARK_LENGTH, mark, unmark

TOKEN = "abcdefghij0123456789"
OTHER = "zyxwvutsrq9876543210"

patient = settings(deadline=None, database=None)
tokens = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=20, max_size=20)


def status(user_data: Any) -> Reading:
    push = sample("huawei", "status__callback_callout")
    push["statusInfo"]["userData"] = user_data
    return read("status", json.dumps(push).encode())


def fees(*user_data: str) -> Reading:
    push = sample("huawei", "fee__callback")
    [fee] = push["feeLst"]
    push["feeLst"] = [
        fee | {"sessionId": f"session-{index}", "userData": one}
        for index, one in enumerate(user_data)
    ]
    return read("fee", json.dumps(push).encode())


@patient
@given(st.text(min_size=1), tokens)
def test_what_was_marked_comes_apart_again(own: str, token: str) -> None:
    assert unmark(mark(own, token)) == (own, token)


@patient
@given(tokens)
def test_a_mark_alone_leaves_nothing_of_the_users_own(token: str) -> None:
    assert unmark(mark(None, token)) == (None, token)


@patient
@given(st.text(max_size=64), tokens)
def test_a_mark_is_as_long_as_is_kept_free_for_it(own: str, token: str) -> None:
    assert len(mark(own, token)) == len(own) + MARK_LENGTH


def test_only_the_last_mark_is_ours() -> None:
    assert unmark(mark(mark("own", OTHER), TOKEN)) == (mark("own", OTHER), TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "customerId123",
        f"~cp~{TOKEN} and more",
        f"~cp~{TOKEN}\n",
        f"~cp~{TOKEN[1:]}",
        f"~cp~{TOKEN.upper()}",
        "~cp~",
    ],
)
def test_text_without_a_mark_at_its_end_is_all_the_users_own(text: str) -> None:
    assert unmark(text) == (text, None)


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_neither_own_nor_marked(nothing: str | None) -> None:
    assert unmark(nothing) == (None, None)


def test_a_status_shows_only_the_users_own() -> None:
    reading = status(mark("customerId123", TOKEN))

    assert reading.facts[0].user_data == "customerId123"


def test_a_status_tells_which_request_placed_the_call() -> None:
    reading = status(mark("customerId123", TOKEN))

    assert reading.placed == {reading.facts[0].call_id: TOKEN}


def test_a_status_without_a_mark_was_placed_by_somebody_else() -> None:
    reading = status("customerId123")

    assert reading.facts[0].user_data == "customerId123"
    assert reading.placed == {}


@pytest.mark.parametrize("odd", [None, "", 17, ["~cp~"], {"a": 1}, True])
def test_user_data_of_another_type_is_no_mark(odd: Any) -> None:
    assert status(odd).placed == {}


def test_each_call_of_a_fee_push_has_its_own_request() -> None:
    reading = fees(mark("a", TOKEN), "b", mark(None, OTHER))

    assert [one.user_data for one in reading.facts] == ["a", "b", None]
    assert reading.placed == {"session-0": TOKEN, "session-2": OTHER}


def test_readings_that_differ_in_their_tokens_only_are_different() -> None:
    assert status(mark("a", TOKEN)) == status(mark("a", TOKEN))
    assert status(mark("a", TOKEN)) != status(mark("a", OTHER))


def test_a_request_carries_its_mark_behind_the_users_own() -> None:
    marked = OUTBOUND.mark({"calleeNbr": "+8613100001111", "userData": "own"}, TOKEN)

    assert marked == {"calleeNbr": "+8613100001111", "userData": f"own~cp~{TOKEN}"}


def test_a_request_without_user_data_carries_the_mark_alone() -> None:
    assert OUTBOUND.mark({}, TOKEN) == {"userData": f"~cp~{TOKEN}"}
