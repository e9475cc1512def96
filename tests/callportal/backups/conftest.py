"""A portal with something to lose, and an empty one elsewhere."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from callportal.backups import postgres
from calls.models import Call, Sound, SoundState
from tests import starts
from vendors import outbox
from vendors.models import VendorAccount

KEYS = [
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
]
VOICE = b"RIFF" + bytes(range(256)) * 400
NAME = "ab/voice.wav"
CODE: dict[str, Any] = {
    "displayNbr": "+8675528000001",
    "calleeNbr": "+8613100000002",
    "languageType": 2,
    "preTone": "welcome.wav",
    "verifyCode": "48151623",
}

Keep = Callable[..., None]


@pytest.fixture
def keep_files(settings: Settings, tmp_path: Path) -> Keep:
    """Have files kept in folders of the test's own, sealed with these keys."""

    def keep(*keys: str) -> None:
        kept: dict[str, Any] = {}
        for name in ("recordings", "bills", "imports", "exports"):
            disk = {
                "BACKEND": "callportal.storages.DiskStorage",
                "OPTIONS": {"location": tmp_path / "kept" / name},
            }
            sealed = {
                "BACKEND": "callportal.storages.SealedStorage",
                "OPTIONS": {"inner": disk, "keys": list(keys)},
            }
            kept[name] = sealed if keys else disk
        settings.RECORDINGS_KEYS = list(keys)
        settings.STORAGES = settings.STORAGES | kept

    keep()
    return keep


@pytest.fixture
def account(
    transactional_db: None, keep_files: Keep, make_account: Callable[..., VendorAccount]
) -> VendorAccount:
    """An account with secrets, and a request of it that waits to be sent."""
    made = make_account(
        "huawei", app_key="key", app_secret="secret", base_url="http://platform.example"
    )
    outbox.ask(made, outbox.Wish(operation="voice_verification", parameters=CODE))
    return made


@pytest.fixture
def sound(account: VendorAccount) -> Sound:
    """A recording that is stored."""
    call = Call.objects.create(
        account=account,
        call_id="1",
        caller="+8613100000001",
        callee="+8613100000002",
        occurred_at=timezone.now(),
        first_received_at=timezone.now(),
        updated_at=timezone.now(),
    )
    storages["recordings"].save(NAME, ContentFile(VOICE))
    return Sound.objects.create(
        call=call, state=SoundState.STORED, name=NAME, size_bytes=len(VOICE), sha256="1"
    )


@dataclass
class Elsewhere:
    """Another portal, which has what it is given and nothing else."""

    folder: Path
    environment: dict[str, str]

    def run(self, *words: str, **more: str) -> starts.Done:
        return starts.manage(*words, **self.environment | more)

    def restore(self, source: Path) -> dict[str, Any]:
        done = self.run("restore", str(source), "--json")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture
def elsewhere(account: VendorAccount, settings: Settings, tmp_path: Path) -> Iterator[Elsewhere]:
    folder = tmp_path / "elsewhere"
    environment = {"DATA_DIR": str(folder), "CREDENTIALS_KEY": ",".join(settings.CREDENTIALS_KEYS)}
    with ExitStack() as stack:
        if connection.vendor == "postgresql":
            name = f"elsewhere_{token_hex(4)}"
            stack.enter_context(postgres.database_for_a_while(name))
            url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")
            environment["DATABASE_URL"] = url.geturl()
        yield Elsewhere(folder, environment)
