"""Restores: everything is looked at first, and what is restored calls nobody."""

import io
import json
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from callportal import running
from callportal.backups import fitting, making
from callportal.backups.manifest import BackupError
from calls.models import Sound
from tests.callportal.backups.conftest import KEYS, NAME, VOICE, Elsewhere, Keep
from vendors.models import OutboundRequest, RequestState, Trial, TrialKind, VendorAccount


def test_a_restored_portal_has_everything_and_dials_nobody(
    sound: Sound, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    made = making.make(tmp_path / "backups")
    assert OutboundRequest.objects.get().state == RequestState.WAITING

    told = elsewhere.restore(tmp_path / "backups")

    assert told["is_whole"]
    assert told["differing"] == {}
    assert (told["rows"], told["files"]) == (sum(made.manifest.rows.values()), 1)
    assert told["settled"]["secrets"] == made.manifest.secrets > 2
    assert (told["settled"]["held"], told["settled"]["would_dial"]) == (1, 0)
    assert (elsewhere.folder / "recordings" / NAME).read_bytes() == VOICE


def test_a_drill_proves_a_sealed_backup_and_leaves_nothing_behind(
    account: VendorAccount,
    keep_files: Keep,
    settings: Settings,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    keep_files(KEYS[0])
    settings.BACKUP_KEYS = KEYS[1:]
    request.getfixturevalue("sound")
    making.make(tmp_path / "backups")
    told = io.StringIO()

    call_command("restore", str(tmp_path / "backups"), "--drill", "--json", stdout=told)

    found = json.loads(told.getvalue())
    trial = Trial.objects.get(kind=TrialKind.RESTORE)
    assert found["is_whole"]
    assert trial.has_passed
    assert trial.figures["would be dialled"] == trial.figures["tables that differ"] == 0
    assert trial.figures["requests held"] == 1
    assert not list((Path(settings.DATA_DIR) / "tmp").glob("drill-*"))
    assert OutboundRequest.objects.get().state == RequestState.WAITING


def test_a_drill_that_fails_is_remembered_as_failed(
    account: VendorAccount, settings: Settings, tmp_path: Path
) -> None:
    made = making.make(tmp_path / "backups")
    settings.CREDENTIALS_KEYS = KEYS[:1]

    with pytest.raises(CommandError, match="Keys are missing"):
        call_command("restore", str(made.path), "--drill")

    assert not Trial.objects.get(kind=TrialKind.RESTORE).has_passed


def test_a_backup_whose_keys_are_missing_is_not_restored(
    account: VendorAccount, settings: Settings, tmp_path: Path
) -> None:
    made = making.make(tmp_path / "backups")
    settings.CREDENTIALS_KEYS = KEYS[:1]

    with pytest.raises(BackupError, match=r"Keys are missing.*CREDENTIALS_KEY: [0-9a-f]{16}"):
        fitting.look_at(made.path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"database": "oracle"}, "into a database of its own kind"),
        ({"migrations": {"calls": ["0999_from_the_future"]}}, "of a newer portal"),
    ],
)
def test_a_backup_that_does_not_fit_is_not_restored(
    account: VendorAccount, tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    made = making.make(tmp_path / "backups")
    file = made.path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))

    with pytest.raises(BackupError, match=sentence):
        fitting.look_at(made.path)


def test_a_damaged_backup_is_not_restored(sound: Sound, tmp_path: Path) -> None:
    made = making.make(tmp_path / "backups")
    (made.path / "recordings" / NAME).write_bytes(b"other")

    with pytest.raises(BackupError, match="is damaged"):
        fitting.look_at(made.path)
    assert storages["recordings"].open(NAME).read() == VOICE


def test_what_is_there_is_not_replaced_unasked(account: VendorAccount, tmp_path: Path) -> None:
    made = making.make(tmp_path / "backups")

    with pytest.raises(CommandError, match=r"The portal is not empty: 1 .*add --replace"):
        call_command("restore", str(made.path))


def test_whoever_does_not_type_the_word_replaces_nothing(
    account: VendorAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = making.make(tmp_path / "backups")
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    with pytest.raises(CommandError, match="Nothing was touched"):
        call_command("restore", str(made.path), "--replace", stdout=io.StringIO())
    assert VendorAccount.objects.exists()


def test_a_half_restored_portal_does_not_start(transactional_db: None) -> None:
    running.restoring().touch()
    try:
        with pytest.raises(CommandError, match="its restore broke off"):
            call_command("run", "--only", "web")
    finally:
        running.restoring().unlink()


def test_nothing_is_restored_while_a_portal_runs_there() -> None:
    with (
        running.alone(),
        pytest.raises(running.RunningError, match="Stop it first"),
        running.alone(),
    ):
        pass
