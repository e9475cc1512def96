"""Fetching recordings again: one, those that are ticked, all that match."""

import re
from typing import Any

import pytest
from django.urls import reverse

from calls.models import Sound, SoundState
from tests.vendors.recordings.conftest import FETCH, SEE, MakeSound, SignIn, page
from vendors import recordings
from vendors.recordings import fetchable

pytestmark = pytest.mark.django_db

LIST = "/recordings/"


@pytest.mark.parametrize(
    ("method", "name", "needed"),
    [
        ("get", "recordings", SEE),
        ("post", "recordings-again", FETCH),
        ("get", "recordings-again-all", FETCH),
        ("post", "recordings-again-all", FETCH),
    ],
)
def test_every_page_needs_its_permission(
    sign_in: SignIn, make_sound: MakeSound, method: str, name: str, needed: str
) -> None:
    sound = make_sound(SoundState.GONE)
    others = {"calls.view_call", SEE, FETCH} - {needed}

    refused = getattr(sign_in(*others), method)(reverse(name), {})
    sound.refresh_from_db()
    allowed = getattr(sign_in(needed), method)(reverse(name), {})

    assert refused.status_code == 403
    assert sound.state == SoundState.GONE
    assert allowed.status_code in {200, 302}


def test_a_token_against_forgery_is_needed(sign_in: SignIn, make_sound: MakeSound) -> None:
    sound = make_sound(SoundState.GONE)
    client = sign_in(SEE, FETCH)
    client.handler.enforce_csrf_checks = True

    for name in ("recordings-again", "recordings-again-all"):
        assert client.post(reverse(name), {"sound": sound.pk}).status_code == 403


def test_nothing_is_fetched_by_following_a_link(sign_in: SignIn, make_sound: MakeSound) -> None:
    sound = make_sound(SoundState.GONE)
    client = sign_in(SEE, FETCH)

    assert client.get(reverse("recordings-again")).status_code == 405
    client.get(reverse("recordings-again-all"))
    sound.refresh_from_db()
    assert sound.state == SoundState.GONE


def test_boxes_and_buttons_stand_only_where_they_can_be_used(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    gone = make_sound(SoundState.GONE)
    make_sound(SoundState.STORED, size_bytes=1)
    make_sound(SoundState.MISSING, is_announced=False)

    seen = page(sign_in(SEE), LIST)
    changed = page(sign_in(SEE, FETCH), LIST)

    assert "Fetch" not in seen
    assert 'type="checkbox" name="sound"' not in seen
    for name in ("sound", "only"):
        assert re.findall(rf'name="{name}" value="(\d+)"', changed) == [str(gone.pk)]


def test_those_ticked_are_fetched_again_and_the_message_says_how_many(
    sign_in: SignIn, make_sound: MakeSound, rings: list[None]
) -> None:
    gone, refused = make_sound(SoundState.GONE), make_sound(SoundState.REFUSED)
    stored, other = make_sound(SoundState.STORED, size_bytes=1), make_sound(SoundState.GONE)
    client = sign_in(SEE, FETCH)

    response = client.post(
        reverse("recordings-again"),
        {"sound": [gone.pk, refused.pk, stored.pk, "x"], "back": "state=gone&limit=4"},
        headers={"Accept-Language": "en"},
    )
    text = page(client, response["Location"])

    states = {one.pk: one.state for one in Sound.objects.all()}
    assert states[gone.pk] == states[refused.pk] == SoundState.WAITING
    assert (states[stored.pk], states[other.pk]) == (SoundState.STORED, SoundState.GONE)
    assert "2 recordings are fetched again." in text
    assert "1 recording was left alone" in text
    assert response["Location"] == LIST + "?state=gone&limit=4"
    assert len(rings) == 1


def test_a_rows_own_button_leaves_the_ticked_ones_alone(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    ticked, pressed = make_sound(SoundState.GONE), make_sound(SoundState.GONE)

    sign_in(SEE, FETCH).post(
        reverse("recordings-again"), {"sound": [ticked.pk], "only": pressed.pk}
    )

    assert list(Sound.objects.filter(state=SoundState.WAITING)) == [pressed]


def test_ticking_nothing_does_nothing(
    sign_in: SignIn, make_sound: MakeSound, rings: list[None]
) -> None:
    make_sound(SoundState.GONE)
    client = sign_in(SEE, FETCH)

    client.post(reverse("recordings-again"), headers={"Accept-Language": "en"})

    assert "Nothing is ticked" in page(client, LIST)
    assert Sound.objects.get().state == SoundState.GONE
    assert not rings


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example", "\r\nX: y"])
def test_the_way_back_leads_nowhere_but_to_the_list(sign_in: SignIn, back: str) -> None:
    response = sign_in(SEE, FETCH).post(reverse("recordings-again"), {"back": back})

    assert response["Location"].partition("?")[0] == LIST


def test_all_that_match_are_fetched_again_after_the_number_was_shown(
    sign_in: SignIn, make_sound: MakeSound, make_account: Any, rings: list[None]
) -> None:
    for state in (SoundState.GONE, SoundState.GONE, SoundState.STORED):
        make_sound(state, size_bytes=1)
    elsewhere = make_sound(SoundState.GONE, of=make_account("nxcloud"))
    client = sign_in(SEE, FETCH)
    address = reverse("recordings-again-all") + "?vendor=yeta"

    asked = page(client, address)
    client.post(address, headers={"Accept-Language": "en"})

    assert "2 recordings can be fetched again." in asked
    assert f'action="{address}"' in asked
    assert "2 recordings are fetched again." in page(client, LIST)
    elsewhere.refresh_from_db()
    assert elsewhere.state == SoundState.GONE
    assert len(rings) == 1


def test_a_filter_that_cannot_be_understood_fetches_nothing(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    sound = make_sound(SoundState.GONE)

    response = sign_in(SEE, FETCH).post(reverse("recordings-again-all") + "?colour=red")

    sound.refresh_from_db()
    assert sound.state == SoundState.GONE
    assert response["Location"] == LIST + "?colour=red"


def test_the_number_that_is_shown_is_the_number_that_is_fetched(make_sound: MakeSound) -> None:
    for state in SoundState:
        make_sound(state)
    make_sound(SoundState.GONE, is_announced=False)
    announced = fetchable(Sound.objects.all()).count()

    assert recordings.fetch_again(Sound.objects.all()) == announced == 3
