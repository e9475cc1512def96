"""Who heard what: written down once for each playing and each download."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from calls.hearing import SEE_HEARINGS
from calls.models import Call, Hearing, Hold
from calls.permissions import READ_CALLS
from tests.calls.hearing.conftest import HOSTILE, MakeSound, SignIn, addresses, body, page

pytestmark = pytest.mark.django_db


def test_a_playing_is_written_down_once_however_many_ranges_it_takes(
    listener: Client, make_sound: MakeSound
) -> None:
    sound = make_sound()
    given = addresses(listener, sound)

    for header in ("bytes=0-1", "bytes=0-", "bytes=500-", "bytes=-10"):
        body(listener.get(given.audio, headers={"Range": header}))

    [row] = Hearing.objects.all()
    assert (row.sound, row.call, row.act) == (sound, sound.call, "played")
    assert (row.user_name, row.address) == ("listener", "127.0.0.1")
    assert row.user == User.objects.get(username="listener")


def test_two_pieces_that_are_asked_for_at_once_are_one_playing(
    listener: Client, make_sound: MakeSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = addresses(listener, make_sound())
    monkeypatch.setattr(QuerySet, "exists", lambda rows: False)  # neither sees the other's row

    for _ in range(2):
        body(listener.get(given.audio))

    assert Hearing.objects.count() == 1


def test_each_view_of_the_page_is_a_playing_of_its_own(
    listener: Client, make_sound: MakeSound
) -> None:
    sound = make_sound()

    for _ in range(2):
        body(listener.get(addresses(listener, sound).audio))

    assert Hearing.objects.count() == 2


def test_a_renewed_address_goes_on_with_the_same_playing(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())
    body(listener.get(given.audio))

    body(listener.get(listener.get(given.renewal).json()["audio"]))

    assert Hearing.objects.count() == 1


def test_each_download_is_written_down_and_one_that_is_taken_up_again_is_not(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())

    body(listener.get(given.download))
    body(listener.get(given.download))
    body(listener.get(given.download, headers={"Range": "bytes=500-"}))

    assert [row.act for row in Hearing.objects.all()] == ["downloaded"] * 2


def test_a_download_in_two_halves_does_not_go_unnoticed(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())

    body(listener.get(given.download, headers={"Range": "bytes=1-"}))

    assert Hearing.objects.count() == 1


def test_where_nothing_was_heard_nothing_is_written_down(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())

    listener.head(given.audio)
    listener.get(given.peaks)
    listener.get(given.audio, headers={"Range": "bytes=999999-"})
    Client().get(given.audio)

    assert not Hearing.objects.exists()


def test_a_playing_is_one_line_of_the_log_without_numbers(
    listener: Client, make_sound: MakeSound, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    Call.objects.update(caller="13100001111")
    sound = make_sound()
    given = addresses(listener, sound)
    caplog.set_level(logging.INFO, "callportal.hearing")

    body(listener.get(given.audio))
    body(listener.get(given.audio))
    body(listener.get(given.download))

    lines = [one for one in caplog.records if one.name == "callportal.hearing"]
    assert [one.message for one in lines] == ["recording played", "recording downloaded"]
    facts: Any = lines[0]
    assert (facts.sound, facts.user) == (sound.pk, "listener")
    assert "13100001111" not in caplog.text


def test_behind_a_proxy_the_listeners_own_address_is_written_down(
    listener: Client, make_sound: MakeSound, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    given = addresses(listener, make_sound())

    body(listener.get(given.audio, headers={"X-Forwarded-For": "10.9.9.9, 192.0.2.7:5000"}))

    assert Hearing.objects.get().address == "192.0.2.7"


def test_the_calls_page_lists_who_heard_it_for_those_who_may_know(
    listener: Client, sign_in: SignIn, make_sound: MakeSound, call: Call
) -> None:
    body(listener.get(addresses(listener, make_sound()).audio))

    told = page(sign_in(READ_CALLS, SEE_HEARINGS), call)
    untold = page(sign_in(READ_CALLS), call)

    assert "listener" in told
    assert "127.0.0.1" in told
    assert "listener" not in untold
    assert "Who heard the recordings" not in untold


def test_where_nobody_heard_it_a_sentence_says_so(
    sign_in: SignIn, make_sound: MakeSound, call: Call
) -> None:
    make_sound()

    shown = page(sign_in(READ_CALLS, SEE_HEARINGS), call)

    assert "Nobody has heard or downloaded these recordings." in shown


def test_a_listeners_name_is_never_run(sign_in: SignIn, make_sound: MakeSound, call: Call) -> None:
    sound = make_sound()
    Hearing.objects.create(sound=sound, call=call, user_name=HOSTILE, act="played", view="1")

    response = sign_in(READ_CALLS, SEE_HEARINGS).get(call.get_absolute_url())

    assert HOSTILE not in response.content.decode()


@pytest.mark.parametrize("model", ["hearing", "sound", "hold"])
def test_the_admin_shows_it_and_changes_nothing(
    make_sound: MakeSound, call: Call, model: str
) -> None:
    sound = make_sound()
    Hearing.objects.create(sound=sound, call=call, user_name="listener", act="played", view="1")
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))

    listed = client.get(reverse(f"admin:calls_{model}_changelist"))
    added = client.get(reverse(f"admin:calls_{model}_add"))

    assert listed.status_code == 200
    assert added.status_code == 403


def test_a_hold_ends_in_the_admin_too(call: Call) -> None:
    row = Hold.objects.create(call=call, by="keeper")
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))

    client.post(reverse("admin:calls_hold_delete", args=[row.pk]), {"post": "yes"})

    assert not Hold.objects.exists()


def test_a_hearing_in_the_admin_cannot_be_deleted(make_sound: MakeSound, call: Call) -> None:
    sound = make_sound()
    row = Hearing.objects.create(
        sound=sound, call=call, user_name="listener", act="played", view="1"
    )
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))

    shown = client.get(reverse("admin:calls_hearing_change", args=[row.pk]))
    deleted = client.post(reverse("admin:calls_hearing_delete", args=[row.pk]), {"post": "yes"})

    assert "listener" in shown.content.decode()
    assert deleted.status_code == 403
    assert Hearing.objects.exists()
