"""How many recordings are lost soon, in the header of every page."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from calls.models import SoundState
from tests.vendors.recordings.conftest import SEE, MakeSound, SignIn, page

pytestmark = pytest.mark.django_db

LIST = "/recordings/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_header_counts_what_is_lost_soon_for_those_who_see_recordings(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    soon = timezone.now() + HOUR
    for state in (SoundState.WAITING, SoundState.FETCHING, SoundState.MISSING, SoundState.STORED):
        make_sound(state, deadline_at=soon, size_bytes=1)
    make_sound(deadline_at=timezone.now() + 3 * DAY)

    without = page(sign_in("calls.view_call"), reverse("calls"))
    counted = page(sign_in("calls.view_call", SEE), reverse("calls"))

    assert "Recordings" not in without
    assert re.search(r'expiring=1".*?</svg>3<', counted, re.DOTALL)


def test_the_header_shows_no_badge_while_nothing_is_lost_soon(sign_in: SignIn) -> None:
    assert "expiring=1" not in page(sign_in(SEE), LIST)


def test_the_count_in_the_header_is_remembered_for_a_while(
    sign_in: SignIn, make_sound: MakeSound
) -> None:
    client = sign_in(SEE)
    page(client, LIST)
    make_sound(deadline_at=timezone.now() + HOUR)

    assert "expiring=1" not in page(client, LIST)
