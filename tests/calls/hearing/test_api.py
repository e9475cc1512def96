"""Recordings in the read API."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from calls.models import Call, Recording, SoundState
from tests.calls.hearing.conftest import NOON, MakeSound

pytestmark = pytest.mark.django_db


def recordings(client: Client, call: Call) -> Any:
    response = client.get(f"/api/v1/calls/{call.pk}/")
    assert response.status_code == 200
    return response.json()["recordings"]


def test_a_stored_recording_has_what_its_file_holds(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(size_bytes=5, seconds=61.4, sha256="ab" * 32, stored_at=NOON)
    Recording.objects.update(size_bytes=9, seconds=99, started_at=NOON)

    [row] = recordings(listener, call)

    assert row == {
        "track": "mixed",
        "state": "stored",
        "problem": "",
        "size_bytes": 5,
        "seconds": 61,
        "started_at": "2026-11-01T04:00:00Z",
        "media_type": "audio/wav",
        "channels": 1,
        "sha256": "ab" * 32,
        "stored_at": "2026-11-01T04:00:00Z",
        "next_try_at": None,
        "deadline_at": None,
    }


def test_what_is_awaited_has_the_vendors_word_and_its_deadline(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    deadline = datetime(2026, 11, 8, tzinfo=UTC)
    make_sound(SoundState.WAITING, problem="HTTP 503", deadline_at=deadline)
    Recording.objects.update(seconds=99)

    [row] = recordings(listener, call)

    assert (row["state"], row["problem"], row["seconds"]) == ("waiting", "HTTP 503", 99)
    assert row["deadline_at"] == "2026-11-08T00:00:00Z"


def test_what_is_expected_and_not_announced_is_listed(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(SoundState.MISSING, is_announced=False)

    [row] = recordings(listener, call)

    assert (row["track"], row["state"], row["size_bytes"]) == ("", "missing", None)


def test_an_announced_recording_without_a_file_has_no_state(listener: Client, call: Call) -> None:
    Recording.objects.create(call=call, key="1", track="left", size_bytes=9, push_id=1)

    [row] = recordings(listener, call)

    assert (row["track"], row["state"], row["size_bytes"]) == ("left", None, 9)


def test_nothing_that_opens_a_file_is_given_out(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    sound = make_sound()

    response = listener.get(f"/api/v1/calls/{call.pk}/")

    assert sound.name not in response.content.decode()
    assert "a.example" not in response.content.decode()
