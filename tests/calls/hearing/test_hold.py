"""Holding a call's recordings, so that they are not deleted."""

import pytest

from calls.hearing import HEAR, HOLD, RELEASE
from calls.models import Call, Hold
from calls.permissions import READ_CALLS
from tests.calls.hearing.conftest import HOSTILE, MakeSound, SignIn, page

pytestmark = pytest.mark.django_db


def test_a_hold_is_made_with_a_reason_and_shown(
    sign_in: SignIn, make_sound: MakeSound, call: Call
) -> None:
    make_sound()
    client = sign_in(READ_CALLS, HOLD, name="keeper")

    response = client.post(f"{call.get_absolute_url()}hold/", {"note": f" {HOSTILE}\0 "})

    row = Hold.objects.get()
    assert (row.call, row.by, row.note) == (call, "keeper", HOSTILE)
    assert response["Location"] == f"{call.get_absolute_url()}#recordings"
    raw = client.get(call.get_absolute_url()).content.decode()
    assert "Held" in raw
    assert "keeper" in raw
    assert HOSTILE not in raw


def test_holding_twice_keeps_the_first_hold(sign_in: SignIn, call: Call) -> None:
    client = sign_in(READ_CALLS, HOLD)

    for note in ("first", "second"):
        client.post(f"{call.get_absolute_url()}hold/", {"note": note})

    assert [row.note for row in Hold.objects.all()] == ["first"]


def test_a_reason_that_is_too_long_is_a_sentence(sign_in: SignIn, call: Call) -> None:
    client = sign_in(READ_CALLS, HOLD)

    response = client.post(f"{call.get_absolute_url()}hold/", {"note": "x" * 201}, follow=True)

    assert "at most 200 letters" in response.content.decode()
    assert not Hold.objects.exists()


def test_a_hold_is_taken_away(sign_in: SignIn, call: Call) -> None:
    Hold.objects.create(call=call, by="keeper")

    sign_in(READ_CALLS, RELEASE).post(f"{call.get_absolute_url()}release/")

    assert not Hold.objects.exists()


@pytest.mark.parametrize(("act", "needed"), [("hold", HOLD), ("release", RELEASE)])
def test_holding_and_releasing_need_permissions_of_their_own(
    sign_in: SignIn, make_sound: MakeSound, call: Call, act: str, needed: str
) -> None:
    make_sound()
    if act == "release":
        Hold.objects.create(call=call, by="keeper")
    others = {HEAR, HOLD, RELEASE} - {needed}
    client = sign_in(READ_CALLS, *others)

    assert f"/{act}/" not in page(client, call)
    assert client.post(f"{call.get_absolute_url()}{act}/").status_code == 403
    assert f"/{act}/" in page(sign_in(READ_CALLS, needed), call)


def test_a_hold_is_not_made_by_following_a_link(sign_in: SignIn, call: Call) -> None:
    client = sign_in(READ_CALLS, HOLD)

    assert client.get(f"{call.get_absolute_url()}hold/").status_code == 405
