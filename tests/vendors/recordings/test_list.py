"""The list of recordings."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from calls.models import Sound, SoundState
from tests.vendors.recordings.conftest import FETCH, HOSTILE, SEE, MakeSound, SignIn, page
from vendors import context
from vendors.models import VendorAccount
from vendors.templatetags.recordings import left

pytestmark = pytest.mark.django_db

LIST = "/recordings/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def shown(client: Client, query: str = "") -> list[Sound]:
    found: list[Sound] = client.get(LIST + query).context["sounds"]
    return found


def test_the_list_says_what_became_of_a_recording_and_how_long_it_can_be_had(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    make_sound(
        SoundState.WAITING,
        attempts=7,
        problem="The server answered 404.",
        next_try_at=timezone.now() + HOUR,
        deadline_at=timezone.now() + 2 * DAY + 3.5 * HOUR,
    )

    text = page(sign_in(SEE, "calls.see_numbers"), LIST)

    for words in (
        "Not fetched yet",
        "badge--live",
        "+8613100001111",
        "+8613100002222",
        "Left channel",
        "yeta",
        "2 d 3 h",
        "The server answered 404.",
    ):
        assert words in text
    assert "recordings__left--soon" not in text


def test_what_is_lost_within_two_days_is_red(sign_in: SignIn, make_sound: MakeSound) -> None:
    make_sound(deadline_at=timezone.now() + 47 * HOUR)

    assert "recordings__left--soon" in page(sign_in(SEE), LIST)


def test_a_stored_recording_has_a_size_and_a_length_and_loses_no_time(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    make_sound(
        SoundState.STORED, size_bytes=2_000_000, seconds=64.6, deadline_at=timezone.now() + HOUR
    )

    text = page(sign_in(SEE), LIST)

    assert "1.9 MiB" in text
    assert "1:05" in text
    assert "recordings__left" not in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3 * 86400 + 60, "3 d"),
        (51 * 3600 + 59, "2 d 3 h"),
        (5 * 3600 + 20 * 60 + 5, "5 h 20 min"),
        (125, "2 min"),
        (20, "Time is up"),
        (-9000, "Time is up"),
    ],
)
def test_time_left_is_told_in_its_two_largest_units(seconds: int, words: str) -> None:
    with translation.override("en"):
        assert left(timezone.now() + timedelta(seconds=seconds + 1)) == words


def test_what_others_wrote_is_escaped(sign_in: SignIn, make_sound: MakeSound) -> None:
    make_sound(problem=HOSTILE, call={"caller": HOSTILE, "call_id": HOSTILE})

    body = sign_in(SEE, FETCH).get(f"{LIST}?call_id={HOSTILE}").content.decode()

    assert "alert" in body
    assert "<script>alert" not in body


def test_each_filter_finds_its_recordings(
    sign_in: SignIn, make_sound: MakeSound, make_account: Any
) -> None:
    other: VendorAccount = make_account("nxcloud", "Other")
    gone = make_sound(SoundState.GONE, call={"call_id": "the one"})
    far = make_sound(of=other, deadline_at=timezone.now() + 3 * DAY)
    near = make_sound(SoundState.MISSING, is_announced=False, deadline_at=timezone.now() + DAY)
    client = sign_in(SEE)

    assert shown(client) == [near, far, gone]
    assert shown(client, "?state=gone&state=missing") == [near, gone]
    assert shown(client, "?vendor=nxcloud") == [far]
    assert shown(client, "?account=Other") == shown(client, f"?account={other.pk}") == [far]
    assert shown(client, "?call_id=the+one") == [gone]
    assert shown(client, "?expiring=1") == [near]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?colour=red", "colour: There is no such filter"),
        ("?state=green", "State: Select a valid choice"),
        ("?expiring=soon", "Lost within 48 hours: Select a valid choice"),
        ("?cursor=cD1uZXZlcg==", "no longer exists"),
        ("?expiring=1&cursor=cD1uZXZlcg==", "no longer exists"),
        ("?cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "no longer exists"),
    ],
)
def test_a_filter_that_cannot_be_understood_shows_no_recordings(
    sign_in: SignIn, make_sound: MakeSound, query: str, words: str
) -> None:
    make_sound(deadline_at=timezone.now() + HOUR)

    text = page(sign_in(SEE), LIST + query)

    assert words in text
    assert "<table" not in text


@pytest.mark.parametrize("query", ["?limit=4", "?limit=4&expiring=1"])
def test_pages_lead_through_all_recordings_and_lose_none(
    sign_in: SignIn, make_sound: MakeSound, query: str
) -> None:
    now = timezone.now()
    made = [make_sound(deadline_at=now + HOUR * (9 - n // 3)).pk for n in range(10)]
    client = sign_in(SEE)

    seen, here = [], query
    while here:
        response = client.get(LIST + here)
        seen += [sound.pk for sound in response.context["sounds"]]
        here = response.context["older"]

    soonest_first = sorted(made, key=lambda pk: (9 - made.index(pk) // 3, pk))
    assert seen == (soonest_first if "expiring" in query else made[::-1])


def test_fields_left_empty_do_not_stay_in_the_address(sign_in: SignIn) -> None:
    response = sign_in(SEE).get(LIST + "?call_id=&vendor=yeta&account=")

    assert response["Location"] == LIST + "?vendor=yeta"


def test_htmx_gets_the_table_alone(sign_in: SignIn, make_sound: MakeSound) -> None:
    make_sound()

    text = page(sign_in(SEE), LIST, HX_Request="true")

    assert "<table" in text
    assert "<html" not in text


def test_an_empty_list_says_what_would_fill_it(sign_in: SignIn) -> None:
    client = sign_in(SEE)

    assert "As soon as a vendor announces a recording" in page(client, LIST)
    assert "No recording matches" in page(client, LIST + "?state=gone")


def test_the_list_costs_no_more_queries_when_it_is_longer(
    sign_in: SignIn, make_sound: MakeSound, django_assert_num_queries: Any
) -> None:
    client = sign_in(SEE, FETCH)
    make_sound()
    with django_assert_num_queries(8):
        page(client, LIST)
    for _ in range(20):
        make_sound(SoundState.STORED, peaks=b"x", size_bytes=1, seconds=1.0)
    context.forget_lost_soon()

    with django_assert_num_queries(8):
        page(client, LIST)


def test_the_call_is_a_link_only_for_those_who_may_read_calls(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    address = f'href="{make_sound().call.get_absolute_url()}"'

    assert address not in page(sign_in(SEE), LIST)
    assert address in page(sign_in(SEE, "calls.view_call"), LIST)


@pytest.mark.parametrize("path", [LIST, LIST + "?state=gone"])
def test_nobody_sees_recordings_without_signing_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/accounts/login/")
