"""Signed addresses: for whom they open, how long, and what they say."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.hearing import DOWNLOAD, HEAR, START_WITHIN
from calls.models import Call, Sound, SoundState
from calls.permissions import READ_CALLS
from tests.calls.hearing.conftest import (
    BYTES,
    MakeSound,
    SignIn,
    addresses,
    body,
    page,
    status,
)

pytestmark = pytest.mark.django_db

LATER = START_WITHIN + timedelta(seconds=1)


def test_a_recording_is_heard_and_downloaded(listener: Client, make_sound: MakeSound) -> None:
    given = addresses(listener, make_sound())

    assert body(listener.get(given.audio)) == BYTES
    assert body(listener.get(given.download)) == BYTES
    assert body(listener.get(given.peaks)) == b"peaks"


def test_each_permission_gives_its_own_address(sign_in: SignIn, make_sound: MakeSound) -> None:
    sound = make_sound()

    heard = addresses(sign_in(READ_CALLS, HEAR), sound)
    downloaded = addresses(sign_in(READ_CALLS, DOWNLOAD), sound)
    neither = addresses(sign_in(READ_CALLS), sound)

    assert heard.audio
    assert heard.peaks
    assert not heard.download
    assert downloaded.download
    assert not downloaded.audio
    assert not downloaded.peaks
    assert not any(neither.as_dict().values())


def test_an_address_is_worth_nothing_once_the_permission_is_gone(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    client, sound = sign_in(READ_CALLS, HEAR, DOWNLOAD, name="former"), make_sound()
    given = addresses(client, sound)
    User.objects.get(username="former").user_permissions.clear()

    statuses = {status(client, one) for one in given.as_dict().values()}

    assert statuses == {403}


def test_an_address_opens_in_no_other_session(
    listener: Client, sign_in: SignIn, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())
    other = sign_in(READ_CALLS, HEAR, DOWNLOAD)

    for client in (other, Client()):
        assert {status(client, one) for one in given.as_dict().values()} == {403}


def test_an_address_is_dead_after_signing_out(listener: Client, make_sound: MakeSound) -> None:
    sound = make_sound()
    given = addresses(listener, sound)
    listener.post(reverse("logout"))

    signed_out = {status(listener, one) for one in given.as_dict().values()}
    listener.force_login(User.objects.get(username="listener"))
    signed_in_again = {status(listener, one) for one in given.as_dict().values()}

    assert signed_out == signed_in_again == {403}


def test_an_address_is_for_one_sound_and_one_act(listener: Client, make_sound: MakeSound) -> None:
    one, other = make_sound(), make_sound(track="left")
    given = addresses(listener, one)
    ticket = given.audio.split("/")[-3]

    swapped = [
        reverse("sound-audio", args=[other.pk, ticket]),
        reverse("sound-download", args=[one.pk, ticket]),
        reverse("sound-audio", args=[one.pk, given.download.split("/")[-3]]),
        reverse("sound-audio", args=[one.pk, ticket[:-1] + "~"]),
    ]

    assert {status(listener, address) for address in swapped} == {403}


def test_nothing_stands_in_a_query_string(listener: Client, make_sound: MakeSound) -> None:
    given = addresses(listener, make_sound())

    assert not any("?" in address for address in given.as_dict().values())


def test_an_address_that_was_not_used_expires(listener: Client, make_sound: MakeSound) -> None:
    given = addresses(listener, make_sound())

    with time_machine.travel(timezone.now() + LATER):
        statuses = [status(listener, one) for one in (given.audio, given.download)]

    assert statuses == [403, 403]


def test_a_playing_that_began_goes_on_for_twice_its_length(
    listener: Client, make_sound: MakeSound
) -> None:
    sound = make_sound(seconds=7200.0)
    given = addresses(listener, sound)
    body(listener.get(given.audio))
    now = timezone.now()

    with time_machine.travel(now + timedelta(hours=3)):
        meanwhile = status(listener, given.audio)
    with time_machine.travel(now + timedelta(hours=4) + LATER):
        after = status(listener, given.audio)

    assert (meanwhile, after) == (200, 403)


def test_having_been_played_opens_no_download(listener: Client, make_sound: MakeSound) -> None:
    given = addresses(listener, make_sound(seconds=7200.0))
    body(listener.get(given.audio))

    with time_machine.travel(timezone.now() + LATER):
        assert status(listener, given.download) == 403


def test_a_page_that_stayed_open_gets_new_addresses(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        new = listener.get(given.renewal).json()

        assert body(listener.get(new["audio"])) == BYTES
        assert body(listener.get(new["download"])) == BYTES


def test_what_does_not_open_is_a_page_that_says_what_to_do(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())

    with time_machine.travel(timezone.now() + LATER):
        response = listener.get(given.download)

    assert "load it anew" in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("state", [one for one in SoundState if one != SoundState.STORED])
def test_only_what_is_stored_has_addresses(
    listener: Client, make_sound: MakeSound, state: SoundState
) -> None:
    assert addresses(listener, make_sound(state)) is None


def test_a_file_that_is_gone_is_a_sentence(listener: Client, make_sound: MakeSound) -> None:
    sound = make_sound()
    given = addresses(listener, sound)
    storages["recordings"].delete(sound.name)

    response = listener.get(given.audio)

    assert response.status_code == 404
    assert "not stored" in response.content.decode()


def test_a_recording_that_was_deleted_meanwhile_is_not_to_be_had(
    listener: Client, make_sound: MakeSound
) -> None:
    sound = make_sound()
    given = addresses(listener, sound)
    Sound.objects.filter(pk=sound.pk).update(state=SoundState.PRUNED)

    assert status(listener, given.audio) == 404


def test_browsers_get_the_copy_and_a_download_gets_the_original(
    listener: Client, make_sound: MakeSound
) -> None:
    sound = make_sound(codec="alaw", media_type="audio/wav", playable=b"a copy")
    given = addresses(listener, sound)

    assert body(listener.get(given.audio)) == b"a copy"
    assert body(listener.get(given.download)) == BYTES


def test_what_no_browser_plays_is_not_offered_before_there_is_a_copy(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    given = addresses(listener, make_sound(codec="alaw", peaks=None))

    assert not given.audio
    assert given.download
    assert "a copy that browsers play is being made" in page(listener, call)
