"""Files of recordings, bills, imports and exports, where they are sealed."""

import io
from collections.abc import Iterator
from contextlib import closing
from typing import IO, cast

from django.conf import settings
from django.core.files import File
from tqdm import tqdm

from callportal import kept, sealing
from callportal.backups import keys
from callportal.resealing.found import Found
from callportal.storages import PIECE
from vendors.imports import keeping as imports
from vendors.models import Import


def reseal() -> Found:
    """Seal every file with the first key; also one that was kept before there was a key."""
    found = Found()
    if not settings.RECORDINGS_KEYS:
        return found
    for store, name in tqdm(_names(), desc="files", unit=" files", disable=None):
        try:
            _reseal(store, name, found)
        except FileNotFoundError:
            continue  # deleted meanwhile, or never there
    return found


def _names() -> Iterator[tuple[str, str]]:
    for store, model, column, _ in kept.NAMED_BY:
        if kept.is_sealed(store):
            named = model._default_manager.exclude(**{column: ""}).order_by("pk")
            for name in named.values_list(column, flat=True).iterator(2000):
                yield store, name
    if kept.is_sealed(kept.IMPORTS):
        for job in Import.objects.order_by("pk").iterator(2000):
            yield kept.IMPORTS, imports.problems_name(job)


def _reseal(store: str, name: str, found: Found) -> None:
    first, *_ = settings.RECORDINGS_KEYS
    key = kept.key_of(store, name)
    if key == keys.key_id(first):
        found.already += 1
        return
    try:
        with closing(kept.raw(store, name)) as old:
            plain: IO[bytes] | io.BufferedIOBase = old
            if key:
                reader = sealing.UnsealedReader(old, settings.RECORDINGS_KEYS, name)
                plain = io.BufferedReader(reader, PIECE)
            pieces = iter(lambda: plain.read(PIECE), b"")
            sealed = io.BufferedReader(sealing.PieceReader(sealing.seal(pieces, first)), PIECE)
            # Not save(), which would find another name: the new file takes the old one's place.
            kept.beneath(store).replace(name, File(cast(IO[bytes], sealed), name))
    except sealing.UnsealError as error:
        found.miss(f"{store}/{error}")
        return
    found.resealed += 1
    if not _is_named(store, name):
        kept.beneath(store).delete(name)


def _is_named(store: str, name: str) -> bool:
    """Whether a file is wanted still: it may have been deleted while it was sealed."""
    rows = (
        model._default_manager.filter(**{column: name})
        for at, model, column, _ in kept.NAMED_BY
        if at == store
    )
    return any(one.exists() for one in rows) or (
        store == kept.IMPORTS and Import.objects.filter(pk=int(name.partition("/")[0])).exists()
    )
