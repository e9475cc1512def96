"""A call with recordings in any state, and people who may do exactly so much."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.utils import translation

from calls.hearing import DOWNLOAD, HEAR
from calls.models import Account, Call, Recording, Sound, SoundState
from calls.permissions import READ_CALLS

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # in Shanghai
BYTES = bytes(range(256)) * 40
HOSTILE = "<script>alert('x')</script>"

MakeSound = Callable[..., Sound]
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests leave their language behind; each test begins with English."""
    with translation.override("en"):
        yield


@pytest.fixture
def call(db: None) -> Call:
    account = Account.objects.create(vendor="yeta", name="Main")
    return Call.objects.create(
        account=account,
        vendor="yeta",
        call_id=HOSTILE,
        started_at=NOON,
        answered_at=NOON,
        occurred_at=NOON,
        outcome="answered",
        state="ended",
        first_received_at=NOON,
        updated_at=NOON,
    )


@pytest.fixture
def make_sound(call: Call) -> MakeSound:
    """A recording of the call and what became of it; with ``content``, a file of it."""

    def make(
        state: SoundState = SoundState.STORED,
        *,
        track: str = "mixed",
        content: bytes = BYTES,
        playable: bytes = b"",
        is_announced: bool = True,
        **values: Any,
    ) -> Sound:
        recording = None
        if is_announced:
            count = Recording.objects.count()
            recording = Recording.objects.create(
                call=call, key=str(count), track=track, address="https://a.example/x", push_id=1
            )
        if state == SoundState.STORED:
            kept = {"name": _save(content), "media_type": "audio/wav", "codec": "pcm16"}
            values = kept | {"channels": 1, "seconds": 60.0, "peaks": b"peaks"} | values
            values["playable_name"] = _save(playable) if playable else ""
        return Sound.objects.create(call=call, recording=recording, state=state, **values)

    return make


def _save(content: bytes) -> str:
    return storages["recordings"].save("hearing/x", ContentFile(content))


@pytest.fixture
def sign_in() -> SignIn:
    """A client of somebody who has exactly these permissions."""

    def sign_in(*permissions: str, name: str = "") -> Client:
        user = User.objects.create_user(name or f"agent {User.objects.count()}")
        names = [one.partition(".")[2] for one in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def listener(sign_in: SignIn) -> Client:
    """Somebody who may see calls, hear and download recordings, and nothing else."""
    return sign_in(READ_CALLS, HEAR, DOWNLOAD, name="listener")


def page(client: Client, call: Call, **headers: str) -> str:
    response = client.get(call.get_absolute_url(), headers=headers or None)
    assert response.status_code == 200
    return unescape(response.content.decode())


def addresses(client: Client, sound: Sound) -> Any:
    """What the call's page, loaded now, gives out for a sound."""
    response = client.get(sound.call.get_absolute_url())
    assert response.status_code == 200
    shown = response.context["recordings"].shown
    return next(one.addresses for one in shown if one.sound == sound)


def status(client: Client, address: str) -> int:
    """What the answer's status is; its bytes are read, which closes the file."""
    response = client.get(address)
    response.getvalue()
    return response.status_code


def body(response: Any) -> bytes:
    assert response.status_code in {200, 206}, response.status_code
    taken: bytes = response.getvalue()
    return taken
