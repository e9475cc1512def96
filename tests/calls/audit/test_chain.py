"""The chain of the audit: nobody changes it unnoticed, and what stays after a pruning is proven."""

import logging
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, models, transaction
from django.test import RequestFactory
from django.utils import timezone

from calls.audit import COMMAND_LINE, Action, chain, checking, linking, pruning, record, watching
from calls.audit.chain import Link
from calls.models import AppendOnlyError, AuditAnchor, AuditEntry
from tests import emptying

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


def written(count: int, **values: Any) -> list[AuditEntry]:
    """Entries that are linked."""
    for at in range(count):
        record(Action.NOTE_WRITTEN, by=None, subject=f"call {at}", **values)
    linking.link()
    return list(AuditEntry.objects.order_by("sequence"))


def rows(model: type[models.Model] = AuditEntry) -> "models.QuerySet[Any]":
    """Rows past the models, as somebody has them who may write to the database."""
    return models.QuerySet(model)


def found(**given: Any) -> list[tuple[str, int]]:
    return [(one.trouble.value, one.at) for one in checking.check(**given).findings]


# Writing


def test_an_entry_says_who_did_what_when_and_from_where() -> None:
    ann = User.objects.create_user("ann")
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7")

    with time_machine.travel(NOON, tick=False):
        entry = record(
            Action.HOLD_PLACED, by=ann, request=request, subject="call 3", details={"days": 3}
        )

    entry.refresh_from_db()
    assert (entry.user_id, entry.user_name, entry.token) == (ann.pk, "ann", "")
    assert (entry.action, entry.subject, entry.details) == ("hold.placed", "call 3", {"days": 3})
    assert (entry.at, entry.address) == (NOON, "203.0.113.7")


def test_an_entry_costs_one_statement(django_assert_num_queries: Any) -> None:
    ann = User.objects.create_user("ann")

    with django_assert_num_queries(1):
        record(Action.HOLD_PLACED, by=ann, subject="call 3")


def test_the_address_is_counted_from_our_own_proxies(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="10.9.9.9, 203.0.113.7")

    assert record(Action.SIGNED_IN, by=None, request=request).address == "203.0.113.7"


def test_the_portal_itself_and_the_command_line_have_names() -> None:
    assert record(Action.SIGNED_IN, by=None).user_name == "system"
    assert record(Action.SIGNED_IN, by=COMMAND_LINE).user_name.startswith("command line")


def test_no_whole_number_and_nothing_long_stands_in_details() -> None:
    entry = record(
        Action.EXPORT_ASKED,
        by=None,
        subject="export 1",
        details={
            "search": "number:+8613100001111",
            "number": 13100001111,
            "nested": [{"in": "131-0000-1111"}],
            "words": "w" * 5000,
            "hostile": "a\0b\ud800",
            "rows": 12,
            "masked": True,
        },
    )

    entry.refresh_from_db()
    assert "0000" not in str(entry.details)
    assert entry.details["rows"] == 12
    assert entry.details["masked"] is True
    assert entry.details["hostile"] == "ab?"
    assert len(entry.details["words"]) == 200


def test_an_entry_stands_or_falls_with_the_act() -> None:
    with transaction.atomic():
        record(Action.HOLD_PLACED, by=None)
        transaction.set_rollback(True)

    assert not AuditEntry.objects.exists()


# Refusing


def test_the_models_neither_change_nor_delete() -> None:
    entry = written(1)[0]

    for act in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            act()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.update(user_name="bob")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE calls_auditentry SET user_name = 'bob'",
        "UPDATE calls_auditentry SET details = '{}'",
        "UPDATE calls_auditentry SET sequence = 7",
        "UPDATE calls_auditentry SET hash = ''",
        "DELETE FROM calls_auditentry",
        "UPDATE calls_auditanchor SET hash = ''",
        "DELETE FROM calls_auditanchor",
    ],
)
def test_the_database_refuses_too(statement: str) -> None:
    written(2)

    with (
        pytest.raises(DatabaseError, match="neither changed nor deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.filter(user_name="system").count() == 2


def test_the_database_does_not_delete_what_is_not_linked_yet() -> None:
    record(Action.HOLD_PLACED, by=None)

    with pytest.raises(DatabaseError), transaction.atomic():
        rows()._raw_delete("default")


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_does_not_empty_the_table() -> None:
    written(1)

    with (
        pytest.raises(DatabaseError, match="neither changed nor deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE calls_auditentry")


def test_that_the_triggers_are_gone_is_found() -> None:
    written(1)
    migration = import_module("calls.migrations.0009_audit")
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for one in migration.OFF_POSTGRESQL if is_postgresql else migration.OFF_SQLITE:
            cursor.execute(one)

    assert found() == [("unguarded", 5)]


# Linking


def test_entries_are_linked_in_order_without_a_gap() -> None:
    entries = written(3)

    assert [one.sequence for one in entries] == [1, 2, 3]
    assert entries[0].previous == chain.BEGINNING.hash
    assert [one.previous for one in entries[1:]] == [one.hash for one in entries[:2]]
    assert found() == []


def test_linking_goes_on_where_it_ended_and_finds_nothing_the_next_time() -> None:
    written(2)
    entries = written(1)

    assert [one.sequence for one in entries] == [1, 2, 3]
    assert linking.link() == 0
    assert found() == []


def test_many_are_linked_in_several_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "AT_ONCE", 2)

    assert [one.sequence for one in written(5)] == [1, 2, 3, 4, 5]
    assert found() == []


def test_what_is_not_linked_for_minutes_is_found() -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        entry = record(Action.HOLD_PLACED, by=None)

    assert found() == [("late", entry.pk)]
    assert watching.standing().is_linking_late


# Checking


def test_a_changed_entry_is_named_and_no_other() -> None:
    written(5)
    with emptying.unguarded():
        rows().filter(sequence=3).update(user_name="bob")

    assert found() == [("changed", 3)]


@pytest.mark.parametrize(
    "values",
    [
        {"at": NOON},
        {"user_id": 7},
        {"user_name": "bob"},
        {"token": "t"},
        {"action": "note.deleted"},
        {"subject": "call 9"},
        {"details": {"a": 1}},
        {"address": "::1"},
    ],
)
def test_every_word_of_an_entry_is_covered(values: dict[str, Any]) -> None:
    written(2)
    with emptying.unguarded():
        rows().filter(sequence=1).update(**values)

    assert found() == [("changed", 1)]


def test_a_deleted_entry_is_a_gap() -> None:
    written(4)
    with emptying.unguarded():
        rows().filter(sequence=2).delete()

    assert found() == [("gap", 3)]


def test_the_end_that_was_cut_off_is_missed() -> None:
    written(4)
    with emptying.unguarded():
        rows().filter(sequence__gt=2).delete()

    assert found() == [("cut", 4)]


def test_hashes_that_fit_again_are_not_what_was_signed() -> None:
    entries = written(4)
    with emptying.unguarded():
        forge(entries, 2)

    assert found() == [("unsigned", 4)]


def forge(entries: list[AuditEntry], since: int) -> None:
    """What somebody does who may write to the database, and knows how hashes are made."""
    previous = entries[since - 2].hash
    for entry in entries[since - 1 :]:
        entry.user_name = "bob"
        hash_ = chain.hash_of(entry, entry.sequence or 0, previous)
        rows().filter(pk=entry.pk).update(user_name="bob", previous=previous, hash=hash_)
        previous = hash_


def test_a_forgery_stays_to_be_seen_after_linking_went_on(caplog: Any) -> None:
    entries = written(4)
    with emptying.unguarded():
        forge(entries, 2)

    with caplog.at_level(logging.ERROR):
        written(1)

    assert "audit chain broken" in caplog.text
    assert found() == [("broken", 5)]


def test_an_anchor_of_ones_own_is_no_signature() -> None:
    entries = written(4)
    with emptying.unguarded():
        forge(entries, 2)
    last = chain.last_link()
    assert last is not None
    AuditAnchor.objects.create(
        kind="linked", sequence=last.sequence, hash=last.hash, signature="f" * 64
    )

    assert found() == [("unsigned", 4)]


def test_a_copy_that_was_kept_elsewhere_shows_an_older_state_that_was_put_back() -> None:
    entries = written(4)
    copy = Link(4, entries[3].hash)
    with emptying.unguarded():
        rows().filter(sequence__gt=2).delete()
        rows(AuditAnchor).delete()
        chain.signed(AuditAnchor.Kind.LINKED, Link(2, entries[1].hash)).save()

    assert found() == []
    assert found(copy=copy) == [("other", 4)]
    assert found(copy=Link(2, entries[1].hash)) == []


def test_a_stretch_is_checked_alone() -> None:
    for day in range(4):
        with time_machine.travel(NOON + timedelta(days=day), tick=False):
            written(2)
    with emptying.unguarded():
        rows().filter(sequence=1).update(user_name="bob")

    since, until = NOON + timedelta(days=1), NOON + timedelta(days=3)
    checked = checking.check(since, until)

    assert (checked.first, checked.end.sequence, checked.findings) == (3, 6, [])
    assert found(until=since) == [("changed", 1)]
    assert found(since=NOON + timedelta(days=9)) == []


def test_the_chain_goes_on_when_the_key_is_rotated(settings: Any) -> None:
    old, new = settings.CREDENTIALS_KEYS[0], Fernet.generate_key().decode()
    with time_machine.travel(NOON, tick=False):
        written(2)
    pruning.prune(NOON + timedelta(days=1), by=None)
    written(2)
    settings.CREDENTIALS_KEYS = [new, old]
    linking.sign_anew()
    settings.CREDENTIALS_KEYS = [new]

    assert found() == []
    assert [one.action for one in written(1)][-1] == Action.NOTE_WRITTEN


# Pruning


def test_pruning_takes_the_oldest_whole_stretch_and_the_rest_is_proven() -> None:
    for day in range(4):
        with time_machine.travel(NOON + timedelta(days=day), tick=False):
            written(2)

    count = pruning.prune(NOON + timedelta(days=2), by=COMMAND_LINE)
    linking.link()

    assert count == 4
    assert list(AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True)) == [
        *(5, 6, 7, 8, 9)
    ]
    told = AuditEntry.objects.get(sequence=9)
    assert (told.action, told.details) == ("audit.pruned", {"up to": 4, "entries": 4})
    assert found() == []


def test_pruning_everything_leaves_a_chain_that_goes_on() -> None:
    written(3)

    pruning.prune(timezone.now() + timedelta(days=1), by=None)
    linking.link()

    assert [one.sequence for one in AuditEntry.objects.all()] == [4]
    assert found() == []


def test_pruning_twice_takes_nothing_the_second_time() -> None:
    with time_machine.travel(NOON, tick=False):
        written(2)

    assert [pruning.prune(NOON + timedelta(days=1), by=None) for _ in range(2)] == [2, 0]


def test_a_pruning_that_is_not_ours_is_found() -> None:
    entries = written(4)
    AuditAnchor.objects.create(kind="pruned", sequence=2, hash=entries[1].hash, signature="f" * 64)
    rows().filter(sequence__lte=2).delete()  # the database believes the anchor

    assert found()[0] == ("forged", 2)


# Watching


def test_each_night_the_chain_is_checked_and_the_page_can_tell(caplog: Any) -> None:
    written(3)

    with caplog.at_level(logging.INFO):
        watching.watch()

    end = AuditEntry.objects.get(sequence=3)
    line = next(one for one in caplog.records if one.message == "audit checked")
    assert (line.__dict__["last"], line.__dict__["hash"]) == (3, end.hash)
    assert watching.standing().is_well


def test_what_a_night_found_stands_until_the_next_check() -> None:
    written(3)
    with emptying.unguarded():
        rows().filter(sequence=2).update(user_name="bob")

    watching.watch()

    assert [str(one) for one in watching.standing().findings] == ["entry 2 is not what it was"]


def test_a_check_that_does_not_come_is_told() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        written(1)

    assert watching.standing().is_check_late
