"""Every text of every table: where a number stands in it, and the row without it.

The tables are asked for what they have, so that one that is made tomorrow is looked through too.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from calls.models import Party, Reference, Spoken, SubjectTally
from vendors.models import Erasure, ErasureKey
from vendors.spelled import Judge, replaced, replaced_bytes, replaced_tree

OURS = ("calls", "vendors", "callportal", "admin")  # apps whose rows are changed
# Made anew from the calls, or changed by other means; what a number is known by.
APART = (Party, Reference, Spoken, SubjectTally, Erasure, ErasureKey)
_TEXTS = (models.CharField, models.TextField, models.FileField)
_AT_ONCE = 500

Model = type[models.Model]
Key = Any


def tables() -> Iterator[tuple[Model, list[str]]]:
    """Every table, with those of its columns that may hold a text."""
    for model in apps.get_models(include_auto_created=True):
        if model in APART or not model._meta.managed or model._meta.proxy:
            continue
        names = [one.attname for one in model._meta.local_concrete_fields if _may_hold(one)]
        if names:
            yield model, names


def is_ours(model: Model) -> bool:
    """Whether its rows may be changed: those of the audit are never, and those of who signs in are
    people's of the house."""
    is_chain = model.__name__.startswith("Audit")
    return model._meta.app_label in OURS and not is_chain


def _may_hold(one: models.Field[Any, Any]) -> bool:
    if one.is_relation:
        return False
    return isinstance(one, (*_TEXTS, models.JSONField, models.BinaryField))


def holding(model: Model, names: Sequence[str], judge: Judge) -> Iterator[tuple[Key, set[str]]]:
    """The rows of a table that hold a number, and in which columns."""
    rows = model._base_manager.order_by().values_list("pk", *names)
    for key, *values in rows.iterator(chunk_size=_AT_ONCE):
        found = {
            name
            for name, value in zip(names, values, strict=True)
            if value and changed(value, judge) is not value
        }
        if found:
            yield key, found


def changed(value: Any, judge: Judge) -> Any:
    """A value without the number; the very same where it has none."""
    if isinstance(value, str):
        return replaced(value, judge)
    if isinstance(value, bytes | memoryview | bytearray):
        before = bytes(value)
        after = replaced_bytes(before, judge)
        return value if after is before else after
    after = replaced_tree(value, judge)
    return value if after == value else after


def scrub(model: Model, key: Key, names: Sequence[str], judge: Judge) -> bool:
    """Take the number out of one row; whether it was there. Runs in a transaction.

    A row that says then what another one does goes: there may be only one of them.
    """
    rows = model._base_manager.filter(pk=key)
    row = rows.select_for_update(of=("self",)).values(*names).first()
    if row is None:
        return False
    new = {name: changed(value, judge) for name, value in row.items() if value}
    new = {
        name: _fitting(model, name, value) for name, value in new.items() if value is not row[name]
    }
    if not new:
        return False
    try:
        with transaction.atomic():
            rows.update(**new)
    except IntegrityError:
        rows.delete()
    return True


def _fitting(model: Model, name: str, value: Any) -> Any:
    longest = getattr(model._meta.get_field(name), "max_length", None)
    return value[:longest] if isinstance(value, str) and longest else value
