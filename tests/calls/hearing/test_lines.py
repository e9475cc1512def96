"""Lines of a dialog that play a recording from their moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from calls.models import Call, Dialog, Turn
from calls.permissions import READ_CALLS
from calls.players import Moments, moments
from tests.calls.hearing.conftest import HOSTILE, NOON, MakeSound, SignIn, page


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def spoken(
    *turns: Turn,
    answered_at: datetime | None = NOON,
    began_at: datetime | None = None,
    seconds: float | None = 60.0,
) -> list[Moments]:
    call = Call(answered_at=answered_at)
    call.dialog = Dialog(call=call, began_at=began_at)
    return moments(call, turns, seconds)


def turn(**values: Any) -> Turn:
    return Turn(**({"text_robot": "Hello", "text_customer": "Yes"} | values))


def test_robot_and_customer_have_moments_of_their_own() -> None:
    said = spoken(turn(started_at=after(1.5), spoke_at=after(12)))

    assert said == [Moments(1.5, 12.0)]


def test_who_speaks_alone_speaks_at_either_time() -> None:
    customer = turn(text_robot="", started_at=after(3))
    robot = turn(text_customer="", spoke_at=after(7))

    assert spoken(customer, robot) == [Moments(None, 3.0), Moments(7.0, None)]


def test_a_reply_without_a_time_is_not_guessed() -> None:
    assert spoken(turn(started_at=after(3))) == [Moments(3.0, None)]


def test_without_an_answer_the_dialogs_beginning_counts_and_then_its_first_words() -> None:
    turns = [turn(started_at=after(10), spoke_at=after(12))]

    assert spoken(*turns, answered_at=None, began_at=after(8)) == [Moments(2.0, 4.0)]
    assert spoken(*turns, answered_at=None) == [Moments(0.0, 2.0)]


def test_no_moment_lies_outside_the_recording() -> None:
    said = spoken(turn(started_at=after(-5), spoke_at=after(99)))

    assert said == [Moments(0.0, 60.0)]


def test_a_recording_of_unknown_length_has_no_end_to_stay_within() -> None:
    said = spoken(turn(started_at=after(1), spoke_at=after(99)), seconds=None)

    assert said == [Moments(1.0, 99.0)]


def test_a_dialog_without_times_has_no_moments() -> None:
    assert spoken(turn(), answered_at=None) == [Moments(None, None)]


@pytest.fixture
def dialog(call: Call) -> Dialog:
    made = Dialog.objects.create(call=call, began_at=NOON)
    Turn.objects.create(
        dialog=made,
        key="1",
        position=1,
        text_robot=HOSTILE,
        text_customer="Yes",
        started_at=after(12.25),
        spoke_at=after(20),
    )
    return made


@pytest.mark.django_db
def test_a_line_is_a_link_into_the_recording_without_javascript(
    listener: Client, make_sound: MakeSound, call: Call, dialog: Dialog
) -> None:
    sound = make_sound()

    response = listener.get(call.get_absolute_url())

    shown = response.content.decode()
    audio = response.context["recordings"].main.addresses.audio
    assert f'href="{audio}#t=12.2" data-play-from="12.250"' in shown
    assert f'data-player-id="sound-{sound.pk}" data-role="robot"' in shown
    assert "Play from 0:20" in shown
    assert HOSTILE not in shown


@pytest.mark.django_db
def test_a_line_offers_nothing_to_those_who_may_not_hear(
    sign_in: SignIn, make_sound: MakeSound, call: Call, dialog: Dialog
) -> None:
    make_sound()

    shown = page(sign_in(READ_CALLS), call)

    assert "data-play-from" not in shown
    assert "Yes" in shown


@pytest.mark.django_db
def test_a_dialog_without_a_recording_offers_no_playing(
    listener: Client, call: Call, dialog: Dialog
) -> None:
    assert "data-play-from" not in page(listener, call)
