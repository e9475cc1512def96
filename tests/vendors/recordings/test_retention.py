"""How long recordings are kept."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import Storage, storages
from django.utils import timezone

from callportal.storages import DiskStorage
from calls.models import Hold, Sound, SoundState
from tests.vendors.recordings.conftest import MakeSound
from vendors import retention
from vendors.models import Kept, Pruning, VendorAccount

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account("yeta", recording_days="30")


@pytest.fixture
def storage() -> Storage:
    return storages["recordings"]


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def test_what_is_too_old_loses_its_files_and_says_so(store: MakeSound, storage: Storage) -> None:
    sound = store(days_ago(31))
    names = sound.name, sound.playable_name

    retention.prune()

    sound.refresh_from_db()
    gone = Pruning.objects.get(kind=Kept.RECORDINGS)
    assert (gone.count, gone.size_bytes) == (1, 5)
    assert sound.state == SoundState.PRUNED
    assert "30 days" in sound.problem
    assert (sound.name, sound.playable_name, sound.peaks) == ("", "", None)
    assert not any(storage.exists(name) for name in names)


def test_younger_recordings_held_calls_and_other_accounts_are_kept(
    store: MakeSound, storage: Storage, make_account: Callable[..., VendorAccount]
) -> None:
    younger, held = store(days_ago(29)), store(days_ago(400))
    Hold.objects.create(call=held.call, by="ann")
    for_ever = store(days_ago(400), of=make_account("nxcloud"))
    longer = store(days_ago(31), of=make_account("yeta", "Other", recording_days="60"))

    retention.prune()

    assert not Pruning.objects.exists()
    for sound in (younger, held, for_ever, longer):
        sound.refresh_from_db()
        assert sound.state == SoundState.STORED
        assert storage.exists(sound.name)
        assert storage.exists(sound.playable_name)


def test_a_call_that_is_no_longer_held_loses_its_recordings(store: MakeSound) -> None:
    sound = store(days_ago(31))
    hold = Hold.objects.create(call=sound.call, by="ann")
    retention.prune()
    hold.delete()

    retention.prune()

    sound.refresh_from_db()
    assert sound.state == SoundState.PRUNED


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    store: MakeSound, storage: Storage, account: VendorAccount
) -> None:
    sound = store(days_ago(31))

    (would,) = retention.plan()

    sound.refresh_from_db()
    assert (would.account, would.count, would.size_bytes) == (account, 1, 5)
    assert sound.state == SoundState.STORED
    assert storage.exists(sound.name)


def test_a_file_that_cannot_be_deleted_is_tried_again(
    store: MakeSound, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = store(days_ago(31))
    other = store(days_ago(31))
    delete = DiskStorage.delete

    def refuse(self: DiskStorage, name: str) -> None:
        if name == sound.name:
            raise PermissionError(name)
        delete(self, name)

    with monkeypatch.context() as patched:
        patched.setattr(DiskStorage, "delete", refuse)
        retention.prune()
    sound.refresh_from_db()
    name, is_there = sound.name, storage.exists(sound.name)
    retention.prune()

    assert (sound.state, is_there) == (SoundState.PRUNED, True)
    assert not storage.exists(name)
    assert not storage.exists(other.name)
    assert not Sound.objects.exclude(name="").exists()


def test_a_kill_between_mark_and_delete_leaves_no_stored_row_without_a_file(
    store: MakeSound, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds = [store(days_ago(31)) for _ in range(2)]

    def killed(self: DiskStorage, name: str) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(DiskStorage, "delete", killed)
        with pytest.raises(SystemExit):
            retention.prune()
    stored = Sound.objects.filter(state=SoundState.STORED)
    are_there = [storage.exists(sound.name) for sound in stored]
    retention.prune()

    assert are_there == [True]
    assert not any(storage.exists(sound.name) for sound in sounds)
    assert not Sound.objects.exclude(name="").exists()


def test_a_file_that_is_gone_already_holds_nothing_up(store: MakeSound, storage: Storage) -> None:
    sound = store(days_ago(31))
    storage.delete(sound.name)

    retention.prune()

    sound.refresh_from_db()
    assert (sound.state, sound.name) == (SoundState.PRUNED, "")
