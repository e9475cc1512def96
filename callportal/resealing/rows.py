"""Secrets in the database: every column that is a SealedField, and the JSON of libraries."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models, transaction
from tqdm import tqdm

from callportal.backups import keys
from callportal.resealing.found import Found
from vendors import vault

Note = Callable[[str], str]


def reseal() -> Found:
    """Seal every secret with the first key."""
    found = Found()
    for model, column in keys.sealed_columns():
        some = model._default_manager.exclude(**{column: ""})
        _each(model, column, some, found, lambda value, note: note(str(value)))
    for model, column in keys.json_columns():
        _each(model, column, model._default_manager.all(), found, _inside)
    return found


def _each(
    model: type[models.Model],
    column: str,
    some: "models.QuerySet[Any]",
    found: Found,
    walk: Callable[[Any, Note], Any],
) -> None:
    """Seal what stands in one column, row by row: each for itself, so that nobody waits."""
    numbers = list(some.order_by().values_list("pk", flat=True))
    for number in tqdm(numbers, desc=model._meta.label, unit=" rows", disable=None):
        with transaction.atomic():
            row = model._default_manager.select_for_update().filter(pk=number).first()
            if row is None:
                continue
            before = getattr(row, column)
            seen = Found()
            after = walk(before, partial(_anew, seen))
            if after != before:
                setattr(row, column, after)
                row.save(update_fields=[column])
        found.resealed += seen.resealed
        found.already += seen.already
        if seen.lost:
            found.miss(f"{model._meta.label} {number}")


def _anew(seen: Found, sealed: str) -> str:
    if not sealed:
        return sealed
    key = vault.opened_by(sealed)
    if key is None:
        seen.lost += 1
        return sealed
    if key == settings.CREDENTIALS_KEYS[0]:
        seen.already += 1
        return sealed
    seen.resealed += 1
    return vault.reseal(sealed)


def _inside(value: Any, note: Note) -> Any:
    """The same JSON, with each token in it sealed anew."""
    if isinstance(value, dict):
        return {name: _inside(one, note) for name, one in value.items()}
    if isinstance(value, list):
        return [_inside(one, note) for one in value]
    return note(value) if isinstance(value, str) and keys.tokens_in(value) == [value] else value
