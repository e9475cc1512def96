"""What an answer with sound says of itself."""

import pytest
from django.test import Client

from tests.calls.hearing.conftest import HOSTILE, MakeSound, addresses, body

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("media_type", "sent", "extension"),
    [
        ("audio/wav", "audio/wav", "wav"),
        ("audio/mpeg", "audio/mpeg", "mp3"),
        ("audio/ogg", "audio/ogg", "ogg"),
        ("text/html", "application/octet-stream", "bin"),
    ],
)
def test_the_answer_says_what_it_is_and_stays_with_whom_it_was_sent_to(
    listener: Client, make_sound: MakeSound, media_type: str, sent: str, extension: str
) -> None:
    sound = make_sound(media_type=media_type)
    given = addresses(listener, sound)

    audio, download = listener.get(given.audio), listener.get(given.download)

    name = f"call-{sound.call_id}-20261101-120000-recording-{sound.pk}.{extension}"
    assert audio["Content-Disposition"] == "inline"
    assert download["Content-Disposition"] == (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    )
    for response in (audio, download):
        assert response["Content-Type"] == sent
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Accept-Ranges"] == "bytes"
        body(response)


def test_a_files_name_is_of_our_making(listener: Client, make_sound: MakeSound) -> None:
    sound = make_sound()
    assert sound.call.call_id == HOSTILE

    header = listener.head(addresses(listener, sound).download)["Content-Disposition"]

    assert "script" not in header
    assert header.isascii()
