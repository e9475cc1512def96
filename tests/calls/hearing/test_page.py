"""What a call's page shows of its recordings."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from calls.models import Call, Recording, SoundState
from calls.permissions import READ_CALLS
from calls.templatetags import sounds
from tests.calls.hearing.conftest import HOSTILE, MakeSound, SignIn, addresses, page

pytestmark = pytest.mark.django_db


def test_a_recording_plays_without_javascript(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound()

    response = listener.get(call.get_absolute_url())

    given = response.context["recordings"].main.addresses
    shown = response.content.decode()
    assert f'<audio controls preload="none" src="{given.audio}"' in shown
    assert f'href="{given.download}"' in shown
    assert "data-panel hidden" in shown


def test_nothing_is_styled_or_run_inline(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(channels=2)

    shown = page(listener, call)

    assert "style=" not in shown
    assert "onclick" not in shown
    assert "<script>" not in shown.replace(HOSTILE, "")


@pytest.mark.parametrize("state", [SoundState.GONE, SoundState.REFUSED, SoundState.PRUNED])
def test_what_cannot_be_had_says_why(
    listener: Client, make_sound: MakeSound, call: Call, state: SoundState
) -> None:
    make_sound(state, problem=f"It is {state} because of {HOSTILE}.")

    raw = listener.get(call.get_absolute_url()).content.decode()

    assert str(state.label) in raw
    assert f"It is {state} because of &lt;script&gt;" in raw
    assert "<audio" not in raw


def test_what_is_awaited_says_when_it_is_tried_and_how_much_time_is_left(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    now = timezone.now()
    make_sound(
        SoundState.WAITING,
        problem="HTTP 503 from the vendor.",
        attempts=3,
        next_try_at=now + timedelta(minutes=5),
        deadline_at=now + timedelta(days=2, minutes=30),
    )

    shown = page(listener, call)

    for words in ("Not fetched yet", "Tried 3 times", "Next try", "Lost after", "(2\xa0days left)"):
        assert words in shown
    assert "The last try: HTTP 503 from the vendor." in shown


def test_what_is_expected_and_not_announced_is_shown(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(SoundState.MISSING, is_announced=False, deadline_at=timezone.now())

    shown = page(listener, call)

    assert "Expected, not announced" in shown
    assert "has not announced a recording" in shown
    assert "left)" not in shown


def test_a_recording_that_nobody_has_looked_at_is_shown(listener: Client, call: Call) -> None:
    Recording.objects.create(call=call, key="1", track="left", size_bytes=1536, push_id=1)

    shown = page(listener, call)

    assert "Left channel" in shown
    assert "1.5 KiB" in shown


def test_what_is_odd_about_a_stored_recording_is_said(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(problem="100 bytes were announced, 99 came.")

    shown = page(listener, call)

    assert "100 bytes were announced, 99 came." in shown
    assert "<audio" in shown


def test_who_may_not_hear_is_told_whom_to_ask(
    sign_in: SignIn, make_sound: MakeSound, call: Call
) -> None:
    make_sound()

    shown = page(sign_in(READ_CALLS), call)

    assert "may not hear recordings" in shown
    assert "<audio" not in shown
    assert "/sounds/" not in shown


@pytest.mark.parametrize(
    ("layout", "left"), [("1", "Left channel · Caller"), ("2", "Left channel · Called party")]
)
def test_each_channel_is_named_after_its_side_where_that_is_known(
    listener: Client, make_sound: MakeSound, call: Call, layout: str, left: str
) -> None:
    Call.objects.update(details={"recording_layout": layout})
    make_sound(channels=2)

    shown = page(listener, call)

    assert left in shown
    assert 'data-mute="1"' in shown


def test_one_channel_has_nothing_to_mute(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(channels=1)

    assert "data-mute" not in page(listener, call)


def test_both_sides_come_first_and_are_what_the_dialog_plays(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(track="left")
    both = make_sound(track="mixed")

    recordings = listener.get(call.get_absolute_url()).context["recordings"]

    assert recordings.shown[0].sound == recordings.main.sound == both


def test_a_call_without_recordings_says_nothing_of_them(listener: Client, call: Call) -> None:
    assert 'id="recordings"' not in page(listener, call)


def test_the_length_is_that_of_the_file_before_the_vendors_word(
    listener: Client, make_sound: MakeSound, call: Call
) -> None:
    make_sound(seconds=61.2)
    Recording.objects.update(seconds=99)

    shown = page(listener, call)

    assert "1:01" in shown
    assert "1:39" not in shown


def test_every_state_has_a_sentence_and_a_tone() -> None:
    assert set(sounds.SOUND_SENTENCES) == set(sounds.SOUND_TONES) == set(SoundState.values)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_speaks_the_readers_language(
    listener: Client, make_sound: MakeSound, call: Call, language: str
) -> None:
    make_sound()

    shown = page(listener, call, Accept_Language=language)

    assert f'lang="{language}"' in shown
    assert "<audio" in shown


def test_addresses_are_new_with_every_view(listener: Client, make_sound: MakeSound) -> None:
    sound = make_sound()

    assert addresses(listener, sound) != addresses(listener, sound)
