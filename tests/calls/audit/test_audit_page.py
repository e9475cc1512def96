"""The page of the audit, its file, and the command."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from calls.audit import Action, chain, linking, record, watching
from calls.models import Account, AuditEntry, Call
from tests import emptying

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
PAGE = "/audit/"


@pytest.fixture
def ann(client: Client) -> User:
    user = User.objects.create_user("ann", is_staff=True)
    names = ["view_auditentry", "view_call"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user


@pytest.fixture
def entries(ann: User) -> list[AuditEntry]:
    """Three acts of two people, an hour between them."""
    bob = User.objects.create_user("bob")
    found = []
    for at, (who, action, subject) in enumerate(
        [
            (ann, Action.HOLD_PLACED, "call 12"),
            (bob, Action.NOTE_WRITTEN, "call 12"),
            (bob, Action.BILL_DROPPED, "bill 1"),
        ]
    ):
        with time_machine.travel(NOON + timedelta(hours=at), tick=False):
            found.append(record(action, by=who, subject=subject, details={"rows": at}))
    linking.link()
    return found


def rows(client: Client, **query: str) -> list[str]:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return [f"{row.entry.user_name} {row.entry.action}" for row in answer.context["rows"]]


@pytest.mark.usefixtures("entries")
def test_the_newest_stands_first_and_filters_find_their_own(client: Client) -> None:
    begun = {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}

    assert rows(client, **begun) == ["bob bill.dropped", "bob note.written", "ann hold.placed"]
    assert rows(client, who="bob", action="note.written") == ["bob note.written"]
    assert rows(client, subject="call 12", **begun) == ["bob note.written", "ann hold.placed"]
    assert rows(client, subject="call", who="ann") == ["ann hold.placed"]
    assert rows(client, subject="call 1") == []
    assert rows(client, **{"from": "2026-11-01T05:30:00Z", "to": "2026-11-02"}) == [
        "bob bill.dropped"
    ]


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    "query", ["action=walking", "from=yesterday", "whom=ann", "cursor=xx", "cursor=cD1hYmM%3D"]
)
def test_a_filter_that_cannot_be_understood_is_told(client: Client, query: str) -> None:
    answer = client.get(f"{PAGE}?{query}")

    assert answer.status_code == 200
    assert answer.context["complaints"]
    assert not answer.context["rows"]


@pytest.mark.usefixtures("entries")
def test_pages_go_by_key(client: Client) -> None:
    first = client.get(PAGE, {"limit": "2", "subject": "call"})
    second = client.get(PAGE, {"limit": "1", "subject": "call"}).context["older"]

    assert len(first.context["rows"]) == 2
    shown = client.get(PAGE + second).context["rows"]
    assert [row.entry.user_name for row in shown] == ["ann"]


@pytest.mark.usefixtures("entries")
def test_a_subject_leads_to_its_page_and_the_admin_only_its_staff(
    client: Client, ann: User
) -> None:
    record(Action.ACCOUNT_CHANGED, by=ann, subject="account 3")
    words = client.get(PAGE).content.decode()
    assert 'href="/calls/12/"' in words
    assert "/admin/vendors/vendoraccount/3/change/" in words

    User.objects.filter(pk=ann.pk).update(is_staff=False)
    assert "/admin/vendors/vendoraccount/3/change/" not in client.get(PAGE).content.decode()


def test_what_strangers_wrote_is_escaped(client: Client, ann: User) -> None:
    details = {"<b>": "<script>alert(1)</script>"}
    record(Action.HOLD_PLACED, by=ann, subject="<i>call</i>", details=details)

    words = client.get(PAGE).content.decode()

    assert "<script>alert" not in words
    assert "<i>call" not in words
    assert "<b>" not in words


@pytest.mark.usefixtures("entries")
def test_a_page_costs_the_same_however_many_entries_there_are(
    client: Client, ann: User, django_assert_max_num_queries: Any
) -> None:
    for at in range(60):
        record(Action.HOLD_PLACED, by=ann, subject=f"call {at}")

    with django_assert_max_num_queries(12):
        client.get(PAGE)


@pytest.mark.usefixtures("entries")
def test_the_file_has_what_the_filter_finds_and_no_formula(client: Client, ann: User) -> None:
    record(Action.HOLD_PLACED, by=ann, subject="=call 5", details={"a": "b"})

    answer = client.post("/audit/file/?who=ann")

    lines = b"".join(getattr(answer, "streaming_content")).decode("utf-8-sig").splitlines()  # noqa: B009
    assert lines[0].startswith("Number in the chain,Time,Who")
    assert [line.split(",")[2] for line in lines[1:3]] == ["ann", "ann"]
    assert any("'=call 5" in line for line in lines)
    assert "bob" not in "".join(lines)
    assert AuditEntry.objects.latest("id").action == Action.AUDIT_DOWNLOADED


def test_a_call_leads_to_what_was_done_with_it(
    client: Client, ann: User, make_account: Any
) -> None:
    account = Account.objects.get(pk=make_account("yeta").pk)
    times = dict.fromkeys(("occurred_at", "first_received_at", "updated_at"), NOON)
    call = Call.objects.create(account=account, vendor="yeta", call_id="c1", **times)

    assert f"{PAGE}?subject=call+{call.pk}" in client.get(call.get_absolute_url()).content.decode()
    User.objects.get(pk=ann.pk).user_permissions.remove(
        Permission.objects.get(codename="view_auditentry")
    )
    assert PAGE not in client.get(call.get_absolute_url()).content.decode()


def test_a_broken_chain_is_told_on_the_page_and_on_that_of_health(
    client: Client, ann: User, entries: list[AuditEntry]
) -> None:
    ann.user_permissions.add(Permission.objects.get(codename="view_push"))
    assert "is not what it was" not in client.get(reverse("health")).content.decode()
    with emptying.unguarded():
        _rows().filter(pk=entries[1].pk).update(user_name="mallory")
    watching.watch()

    for page in (PAGE, reverse("health")):
        assert "entry 2 is not what it was" in client.get(page).content.decode()


def _rows() -> Any:
    return QuerySet(AuditEntry)


# The command


def told(*words: str) -> str:
    out = StringIO()
    call_command("audit", *words, stdout=out)
    return out.getvalue()


def test_verify_says_that_the_chain_is_whole_and_where_it_ends(entries: list[AuditEntry]) -> None:
    link = chain.last_link()
    assert link is not None

    words = told("verify")

    assert "3 entries, 1 to 3: the chain is whole." in words
    assert f"It ends at 3:{link.hash}" in words
    assert told("anchor") == f"It ends at 3:{link.hash}\n"
    assert "whole" in told("verify", "--anchor", f"3:{link.hash}")


def test_verify_names_the_first_broken_entry(entries: list[AuditEntry]) -> None:
    with emptying.unguarded():
        _rows().filter(pk=entries[1].pk).update(user_name="mallory")
    out = StringIO()

    with pytest.raises(CommandError, match="the audit is not what it was"):
        call_command("audit", "verify", stdout=out)

    assert out.getvalue() == "entry 2 is not what it was\n"
    assert "whole" in told("verify", "--from", "2026-11-01T05:30:00Z")


@pytest.mark.usefixtures("entries")
def test_verify_takes_a_copy_that_is_not_ours_for_a_finding() -> None:
    with pytest.raises(CommandError):
        told("verify", "--anchor", "3:" + "f" * 64)


@pytest.mark.parametrize(
    "words", [("--from", "yesterday"), ("--anchor", "3"), ("--anchor", "x:" + "f" * 64)]
)
def test_verify_refuses_what_it_does_not_understand(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        told("verify", *words)


@pytest.mark.usefixtures("entries")
def test_entries_are_listed_as_lines_and_as_json() -> None:
    line = "       1  2026-11-01 04:00:00Z  ann  hold.placed  call 12  rows: 0\n"
    assert told("list", "--who", "ann") == line
    found = [json.loads(line) for line in told("list", "--json", "--subject", "bill").splitlines()]
    assert [(one["sequence"], one["who"], one["at"]) for one in found] == [
        (3, "bob", "2026-11-01T06:00:00.000000+00:00")
    ]
    with pytest.raises(CommandError, match="--action"):
        told("list", "--action", "walking")


@pytest.mark.usefixtures("entries")
def test_the_oldest_are_taken_away_and_the_rest_is_whole() -> None:
    before = ("--before", "2026-11-01T05:30:00Z")

    assert told("prune", *before, "--dry-run") == "2 entries would go.\n"
    assert told("prune", *before) == "2 entries are gone.\n"
    assert "2 entries, 3 to 4: the chain is whole." in told("verify")


@pytest.mark.usefixtures("entries")
def test_whoever_has_the_entries_as_json_can_work_the_hashes_out() -> None:
    names = ("sequence", "previous", "id", "at", "user_id", "who", "token", "action", "subject")
    for line in told("list", "--json").splitlines():
        entry = json.loads(line)
        said = [entry[name] for name in (*names, "details", "address")]
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == entry["hash"]
