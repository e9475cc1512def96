"""Backups: whole or none, sealed where that is wished, and no file copied twice."""

import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from pytest_django import Settings
from tqdm import tqdm

from callportal import kept
from callportal.backups import copying, folders, listing, making, manifest, postgres, sqlite
from callportal.backups.manifest import BackupError
from calls.audit import Action
from calls.models import AuditEntry, Sound
from tests.callportal.backups.conftest import KEYS, NAME, VOICE, Keep
from vendors.models import VendorAccount

ON_SQLITE = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="needs SQLite")


def backup(target: Path, *words: str) -> str:
    told = io.StringIO()
    call_command("backup", str(target), *words, stdout=told)
    return told.getvalue()


def test_a_backup_is_for_our_eyes_only_and_says_what_it_takes(sound: Sound, tmp_path: Path) -> None:
    told = backup(tmp_path / "backups")

    (made,) = folders.whole(tmp_path / "backups")
    found = manifest.read(made)
    assert made.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in made.rglob("*") if path.is_file())
    assert (found.rows["calls_sound"], found.files, found.missing) == (1, 2, [])
    assert list(found.keys) == ["CREDENTIALS_KEY"]
    assert found.keys["CREDENTIALS_KEY"][0] in told
    assert AuditEntry.objects.filter(action=Action.BACKUP_MADE).exists()


def test_no_key_and_no_session_is_in_a_backup(
    sound: Sound, settings: Settings, admin_client: Client, tmp_path: Path
) -> None:
    backup(tmp_path / "backups")

    (made,) = folders.whole(tmp_path / "backups")
    content = b"".join(path.read_bytes() for path in made.rglob("*") if path.is_file())
    assert settings.CREDENTIALS_KEYS[0].encode() not in content
    assert settings.SECRET_KEY.encode() not in content
    assert "django_session" not in manifest.read(made).rows
    if connection.vendor == "sqlite":
        assert admin_client.cookies["sessionid"].value.encode() not in content


def test_a_file_that_the_backup_before_has_is_linked(sound: Sound, tmp_path: Path) -> None:
    first = making.make(tmp_path / "backups")
    folders_aside(first.path)

    second = making.make(tmp_path / "backups", keep=1)

    assert (second.linked, second.dropped) == (1, 1)
    assert (second.path / "recordings" / NAME).read_bytes() == VOICE
    assert folders.whole(tmp_path / "backups") == [second.path]


def folders_aside(path: Path) -> None:
    """As if it had been made a day before."""
    path.rename(path.with_name("2026-11-01T000000Z"))


def test_a_backup_that_broke_off_is_none_and_the_next_goes_on_with_its_files(
    sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backups"
    with monkeypatch.context() as patch:
        patch.setattr(manifest.Manifest, "write", _break_off)
        with pytest.raises(KeyboardInterrupt):
            making.make(target)
    with pytest.raises(BackupError, match="no whole one"):
        folders.meant_by(target)
    monkeypatch.setattr(kept, "raw", _break_off)  # the file is not read again

    made = making.make(target)

    assert (made.path / "recordings" / NAME).read_bytes() == VOICE
    assert not (target / folders.UNFINISHED).exists()
    assert call_command("backup", str(target), "--verify", stdout=io.StringIO()) is None


def _break_off(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_verifying_finds_what_is_not_what_was_written(
    sound: Sound, tmp_path: Path, harm: str
) -> None:
    made = making.make(tmp_path / "backups")
    file = made.path / "recordings" / NAME
    file.write_bytes(VOICE[:-1] + b"x") if harm == "changed" else file.unlink()
    told = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("backup", str(made.path), "--verify", stderr=told)

    assert NAME in told.getvalue()


def test_with_a_key_nothing_in_a_backup_can_be_read(
    sound: Sound, settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_KEYS = KEYS[:1]
    made = making.make(tmp_path / "backups")

    content = b"".join(path.read_bytes() for path in made.path.rglob("*") if path.is_file())
    opened = {}
    for line in listing.read(made.path):
        with copying.opened(line.path(made.path), line) as file:
            opened[line.name] = file.read()
    assert VOICE[:100] not in content
    assert b"8613100000001" not in content
    assert opened[NAME] == VOICE
    assert "BACKUP_KEY" in made.manifest.keys


def test_what_is_sealed_where_it_is_kept_is_as_sealed_in_a_backup(
    account: VendorAccount, keep_files: Keep, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    keep_files(KEYS[0])
    request.getfixturevalue("sound")

    made = making.make(tmp_path / "backups")

    raw = (tmp_path / "kept" / "recordings" / NAME).read_bytes()
    assert (made.path / "recordings" / NAME).read_bytes() == raw
    assert list(made.manifest.keys) == ["CREDENTIALS_KEY", "RECORDINGS_KEY"]


def test_a_file_that_is_not_there_is_told(sound: Sound, tmp_path: Path) -> None:
    (tmp_path / "kept" / "recordings" / NAME).unlink()

    told = backup(tmp_path / "backups")

    assert "1 files are named by rows and were not there" in told


def test_two_backups_are_not_made_in_one_folder_at_once(
    transactional_db: None, tmp_path: Path
) -> None:
    with (
        folders.at_work_in(tmp_path / "backups"),
        pytest.raises(CommandError, match="Another backup"),
    ):
        backup(tmp_path / "backups")


@ON_SQLITE
def test_a_copy_is_of_one_moment_however_much_is_written_meanwhile(
    sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Writing(tqdm):  # type: ignore[misc]
        def update(self, *_: Any) -> None:
            with closing(sqlite3.connect(sqlite.path())) as live, live:
                live.execute("INSERT INTO calls_tag (name, call_id) SELECT hex(randomblob(9)), 1")

    monkeypatch.setattr(sqlite, "PAGES", 40)
    monkeypatch.setattr(sqlite, "tqdm", Writing)

    made = making.make(tmp_path / "backups")

    assert made.manifest.rows["calls_tag"] == 0


def test_programs_that_are_missing_or_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupError, match=r"pg_nothing was not found.*postgresql-client-15"):
        postgres.program("pg_nothing", least=15)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/pg_dump")
    monkeypatch.setattr(postgres, "_version", lambda _: 14)

    with pytest.raises(BackupError, match="of version 14, older than the server's 15"):
        postgres.program("pg_dump", least=15)


def test_programs_are_told_the_password_by_their_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "hidden")

    assert postgres.environment()["PGPASSWORD"] == "hidden"


def test_a_name_that_leads_out_of_a_backup_is_refused(tmp_path: Path) -> None:
    line = listing.Line(store="recordings", name="../../../etc/passwd", size=1, sha256="")

    with pytest.raises(ValueError, match="leads out"):
        line.path(tmp_path)


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_text(json.dumps({"version": 99}))

    with pytest.raises(BackupError, match="does not know"):
        manifest.read(tmp_path)
