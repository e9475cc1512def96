"""Recordings from a terminal."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls.models import Sound, SoundState
from tests.vendors.recordings.conftest import MakeSound
from vendors.models import VendorAccount

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("recordings", *words, stdout=out)
    return out.getvalue()


def test_show_counts_every_state(make_sound: MakeSound) -> None:
    make_sound(SoundState.GONE)
    make_sound(SoundState.GONE)

    lines = [line.split() for line in said("show").splitlines()]

    assert ["gone", "2"] in lines
    assert {line[0] for line in lines} >= {state.value for state in SoundState}


def test_show_lists_the_ten_that_are_lost_soonest(make_sound: MakeSound) -> None:
    now = timezone.now()
    made = [
        make_sound(deadline_at=now + n * HOUR, next_try_at=now, call={"call_id": f"late {n}"})
        for n in range(12, 0, -1)
    ]
    make_sound(SoundState.STORED, deadline_at=now)

    lines = said("show").splitlines()

    assert "12 are lost within 48 hours" in lines
    shown = [int(line.split()[0]) for line in lines if "call late" in line]
    assert shown == [sound.pk for sound in reversed(made)][:10]


def test_fetch_takes_ids(make_sound: MakeSound) -> None:
    wanted, other = make_sound(SoundState.GONE), make_sound(SoundState.GONE)

    assert said("fetch", "--id", str(wanted.pk), "999") == "1 recordings are fetched again\n"

    assert list(Sound.objects.filter(state=SoundState.WAITING)) == [wanted]
    assert Sound.objects.get(pk=other.pk).state == SoundState.GONE


@pytest.mark.parametrize("word", ["Other", "id"])
def test_fetch_takes_a_state_and_an_account(
    make_sound: MakeSound, make_account: Callable[..., VendorAccount], word: str
) -> None:
    other = make_account("yeta", "Other")
    wanted = make_sound(SoundState.GONE, of=other)
    make_sound(SoundState.REFUSED, of=other)
    make_sound(SoundState.GONE)
    name = str(other.pk) if word == "id" else word

    said("fetch", "--state", "gone", "--account", name)

    assert list(Sound.objects.filter(state=SoundState.WAITING)) == [wanted]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Say which"),
        (["--account", "Nobody"], "There is no account"),
        (["--account", "Main"], "not one account; use its id"),
        (["--state", "stored"], "invalid choice"),
    ],
)
def test_fetch_of_nothing_in_particular_is_refused(
    make_sound: MakeSound,
    make_account: Callable[..., VendorAccount],
    words: list[str],
    sentence: str,
) -> None:
    make_account("nxcloud")
    sound = make_sound(SoundState.GONE)

    with pytest.raises(CommandError, match=sentence):
        said("fetch", *words)

    sound.refresh_from_db()
    assert sound.state == SoundState.GONE
