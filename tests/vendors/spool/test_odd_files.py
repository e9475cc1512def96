"""Files of the spool that nobody can empty wait for a person, and hold up no others."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from tests.vendors.spool.conftest import Away
from vendors.models import Push, VendorAccount
from vendors.spool import doors, files, standing
from vendors.spool.files import writer

pytestmark = pytest.mark.django_db

Known = Callable[..., VendorAccount]
Send = Callable[..., Any]
Drain = Callable[[], int]
KIND = "receiveCallRecord"


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("spool", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_a_file_whose_key_is_gone_is_emptied_once_the_key_is_back(
    known: Known, push: Send, away: Away, drain: Drain, settings: Any
) -> None:
    account, keys = known(), settings.CREDENTIALS_KEYS
    with away():
        push(account, KIND, b"1")
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    writer.hand_over()
    with away():
        push(account, KIND, b"2")

    assert drain() == 1
    assert len(files.aside()) == 1
    settings.CREDENTIALS_KEYS = [*settings.CREDENTIALS_KEYS, *keys]
    assert "1 pushes kept" in said("--again")
    assert {bytes(one.body) for one in Push.objects.all()} == {b"1", b"2"}
    assert not files.aside()


def test_pushes_of_an_account_that_is_gone_do_not_hold_up_the_others(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    gone, stays = known("yeta", "Gone"), known("yeta", "Stays")
    doors.write()
    with away():
        push(gone, KIND, b"1")
        push(stays, KIND, b"2")
    gone.delete()

    assert drain() == 1
    assert bytes(Push.objects.get().body) == b"2"
    assert len(files.aside()) == 1


def test_damage_in_the_middle_costs_one_push_and_is_kept_for_a_person(
    known: Known, push: Send, away: Away, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    account = known()
    with away():
        for body in (b"1", b"2", b"3"):
            push(account, KIND, body)
    (file,) = files.waiting()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    assert drain() == 2
    assert [bytes(one.body) for one in Push.objects.order_by("pk")] == [b"1", b"3"]
    assert len(files.aside()) == 1
    assert "spool file damaged" in caplog.text


def test_a_file_without_a_push_is_removed(drain: Drain, spool: Path) -> None:
    spool.mkdir()
    (spool / "1.spool").touch()

    assert drain() == 0
    assert not files.waiting()


def test_the_command_says_what_stands_in_the_spool(known: Known, push: Send, away: Away) -> None:
    account = known()
    assert said() == "Nothing stands in the spool.\n"
    with away():
        push(account, KIND, b"1")

    assert said().startswith("1 pushes stand in the spool, the oldest since ")
    assert "1 pushes kept" in said("--drain")
    assert standing.look().pushes == 0
