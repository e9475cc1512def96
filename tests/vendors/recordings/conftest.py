"""Recordings in any state, and people who may do exactly so much."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files import File
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone

from calls.models import Call, Recording, Sound, SoundState
from vendors.models import VendorAccount

SEE = "calls.view_sound"
FETCH = "calls.change_sound"
HOSTILE = "<script>alert('x')</script>"

MakeSound = Callable[..., Sound]
SignIn = Callable[..., Client]


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account("yeta")


@pytest.fixture
def make_sound(account: VendorAccount) -> MakeSound:
    """A recording of a call of its own, in some state; ``call`` are values of the call."""

    def make(
        state: SoundState = SoundState.WAITING,
        *,
        of: VendorAccount | None = None,
        is_announced: bool = True,
        call: dict[str, Any] | None = None,
        **values: Any,
    ) -> Sound:
        made = _call(of or account, **(call or {}))
        recording = None
        if is_announced:
            recording = Recording.objects.create(
                call=made, key="1", track="left", address="https://voice.example/1", push_id=1
            )
        return Sound.objects.create(call=made, recording=recording, state=state, **values)

    return make


def _call(account: VendorAccount, **values: Any) -> Call:
    now = timezone.now()
    given: dict[str, Any] = {
        "call_id": f"call-{Call.objects.count()}",
        "caller": "+8613100001111",
        "callee": "+8613100002222",
        "occurred_at": now,
        "outcome": "answered",
        "state": "ended",
        "first_received_at": now,
        "updated_at": now,
    } | values
    return Call.objects.create(account_id=account.pk, vendor=account.vendor, **given)


@pytest.fixture
def store(make_sound: MakeSound) -> Iterator[MakeSound]:
    """A recording that is stored, with its file and a copy that browsers play."""
    storage, names = storages["recordings"], list[str]()

    def store(stored_at: datetime | None = None, **values: Any) -> Sound:
        sound = make_sound(
            SoundState.STORED, stored_at=stored_at or timezone.now(), size_bytes=5, **values
        )
        sound.name = storage.save(f"tests/{sound.pk}.mp3", File(io.BytesIO(b"sound")))
        sound.playable_name = storage.save(f"tests/{sound.pk}.wav", File(io.BytesIO(b"copy")))
        sound.save()
        names.extend([sound.name, sound.playable_name])
        return sound

    yield store
    for name in names:
        storage.delete(name)


@pytest.fixture
def sign_in(client: Client) -> SignIn:
    """Sign somebody in who has exactly these permissions."""

    def sign_in(*permissions: str) -> Client:
        user = User.objects.create_user(f"person {User.objects.count()}")
        names = [name.partition(".")[2] for name in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return client

    return sign_in


def page(client: Client, address: str, **headers: str) -> str:
    """What a page says, in English unless asked otherwise."""
    response = client.get(address, headers={"Accept-Language": "en"} | headers)
    assert response.status_code == 200
    return unescape(response.content.decode())
