"""Files that are kept for as long as a row names them: which there are, and how they lie there."""

import io
from contextlib import closing
from typing import cast

from django.core.files.storage import storages
from django.db.models import Model

from callportal import sealing
from callportal.storages import PIECE, RecordingStorage, SealedStorage
from calls.models import Bill, Export, Sound
from vendors.models import Import

RECORDINGS, BILLS, IMPORTS, EXPORTS = "recordings", "bills", "imports", "exports"

# The storage, the column that names a file in it, and the column that tells its content.
NAMED_BY: tuple[tuple[str, type[Model], str, str], ...] = (
    (RECORDINGS, Sound, "name", "sha256"),
    (RECORDINGS, Sound, "playable_name", "sha256"),
    (BILLS, Bill, "name", "size_bytes"),
    (IMPORTS, Import, "name", "file_name"),
    (EXPORTS, Export, "name", "size_bytes"),
)


def storage_of(store: str) -> RecordingStorage:
    return cast(RecordingStorage, storages[store])


def is_sealed(store: str) -> bool:
    return isinstance(storage_of(store), SealedStorage)


def beneath(store: str) -> RecordingStorage:
    """The storage below the one that seals, where one does."""
    storage = storage_of(store)
    return storage.inner if isinstance(storage, SealedStorage) else storage


def raw(store: str, name: str) -> io.BufferedReader:
    """A file as it lies there."""
    return io.BufferedReader(beneath(store).raw(name), PIECE)


def key_of(store: str, name: str) -> str:
    """The id of the key that a file is sealed with; empty: none."""
    with closing(raw(store, name)) as file:
        return sealing.sealed_with(file.read(sealing.HEADER.size))
