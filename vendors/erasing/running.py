"""Looks for a number in all places, takes it out of them, and reports what was done where."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from calls.audit import COMMAND_LINE, Action, record
from calls.models import Bill, Export, Party
from calls.numbers import search_key
from vendors import erased
from vendors.erasing import calls, files, rows
from vendors.erasing.rows import Key, Model
from vendors.models import Erasure, Import, NeverCall
from vendors.spelled import Judge

# Whoever reads pushes asks for the list with each batch; one that was begun before takes no longer.
PATIENCE = 3.0  # seconds


@dataclass(slots=True)
class Finding:
    """Where a number stands."""

    places: Counter[str] = field(default_factory=Counter)  # by table and column
    rows: dict[Model, list[Key]] = field(default_factory=lambda: defaultdict(list))
    kept: Counter[str] = field(default_factory=Counter)  # in tables that are not changed
    named: set[int] = field(default_factory=set)  # calls
    spoke: set[int] = field(default_factory=set)
    tallies: list[Any] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def held(self) -> int:
        return calls.held(self.named)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was done."""

    found: Finding
    erasures: list[int]
    changed: Counter[str]
    recordings: int
    left: Counter[str]


def look(judge: Judge) -> Finding:
    """Look through everything; nothing is changed."""
    found = Finding()
    for model, names in rows.tables():
        for key, columns in rows.holding(model, names, judge):
            places = found.places if rows.is_ours(model) else found.kept
            places.update(f"{model._meta.db_table}.{name}" for name in columns)
            if rows.is_ours(model):
                found.rows[model].append(key)
    found.named, found.spoke = calls.of_parties(judge)
    found.places["calls_party.key"] = len(found.named)
    found.tallies = calls.in_tallies(judge)
    found.places["calls_subjecttally.value"] = len(found.tallies)
    found.sessions = list(_sessions(judge))
    found.places["django_session"] = len(found.sessions)
    found.exports, found.bills = files.of_exports(), files.of_bills(judge)
    found.imports, found.others = files.of_imports(judge), files.others(judge)
    found.places = +found.places
    return found


def erase(judge: Judge, erasures: list[int]) -> Report:
    """Take the number out of everything. The list knows it by now, so that it comes in no more."""
    time.sleep(PATIENCE)
    found = look(judge)
    _overwrite()
    silenced = calls.silence(found.spoke)
    _rename_never_called(judge)
    changed = _in_calls(found, judge) + _in_other_rows(found, judge)
    for key in found.tallies:
        calls.move_tally(key, judge)
        changed["calls_subjecttally"] += 1
    Session.objects.filter(pk__in=found.sessions).delete()
    for export in found.exports:
        files.delete_export(export)
    for bill in found.bills:
        files.rewrite_bill(bill, judge)
    for one in found.imports:
        files.delete_import(one)
    _clean_up(found)
    left = look(judge)
    Erasure.objects.filter(pk__in=erasures).update(last_at=timezone.now())
    for pk in erasures:
        said = {"rows": sum(changed.values()), "calls": len(found.named), "recordings": silenced}
        record(Action.NUMBER_ERASED, by=COMMAND_LINE, subject=f"erasure {pk}", details=said)
    return Report(
        found=found,
        erasures=erasures,
        changed=+changed,
        recordings=silenced,
        left=left.places + left.kept,
    )


def _in_calls(found: Finding, judge: Judge) -> Counter[str]:
    """What belongs to a call changes with it, while whoever processes pushes waits for the call."""
    by_call: dict[int, list[tuple[Model, Key]]] = {pk: [] for pk in found.named}
    for model, path in calls.paths().items():
        keys = found.rows.pop(model, [])
        for first in range(0, len(keys), 500):
            some = model._default_manager.filter(pk__in=keys[first : first + 500])
            for key, call_id in some.values_list("pk", path):
                if call_id is None:
                    found.rows[model].append(key)
                else:
                    by_call.setdefault(call_id, []).append((model, key))
    for call_id in calls.in_references(judge):
        by_call.setdefault(call_id, [])
    changed: Counter[str] = Counter()
    for call_id, belonging in sorted(by_call.items()):
        changed += calls.erase(call_id, belonging, judge)
    return changed


def _in_other_rows(found: Finding, judge: Judge) -> Counter[str]:
    columns = dict(rows.tables())
    changed: Counter[str] = Counter()
    for model, keys in found.rows.items():
        for key in keys:
            with transaction.atomic():
                changed[model._meta.db_table] += rows.scrub(model, key, columns[model], judge)
    return changed


def _rename_never_called(judge: Judge) -> None:
    """Whom nobody may call, nobody may call hereafter: the list knows the number by its digest."""
    for row in NeverCall.objects.select_related("account"):
        marker = judge(row.key)
        if marker is not None:
            region = row.account.default_region if row.account else "CN"
            key = erased.hashed(search_key(row.key, region))
            NeverCall.objects.filter(pk=row.pk).update(number=marker, key=key)


def _sessions(judge: Judge) -> Iterator[str]:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for row in Session.objects.iterator(chunk_size=500):
        said = store.decode(row.session_data)
        if rows.changed(said, judge) is not said:
            yield row.pk


def _overwrite() -> None:
    """SQLite leaves deleted words in its file otherwise."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _clean_up(found: Finding) -> None:
    """What the database keeps of rows that are no more: in SQLite's second file, in PostgreSQL's
    dead rows."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        tables = {model._meta.db_table for model in found.rows} | {Party._meta.db_table}
        tables |= {model._meta.db_table for model in calls.paths()}
        for table in sorted(tables):
            cursor.execute(f"VACUUM {connection.ops.quote_name(table)}")
