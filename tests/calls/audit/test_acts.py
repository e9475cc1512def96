"""Every act leaves an entry: over real requests, and by the commands."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from calls.audit import Action
from calls.models import AuditEntry, Export, SavedView, Tally
from tests import rich
from tests.test_access import DOORS, ask, client_of
from vendors import accounts, pacing
from vendors.models import AlarmContact, OutboundRequest, RequestState

pytestmark = pytest.mark.django_db

Act = Callable[[SimpleNamespace], Any]


def door(name: str, role: str = "administrator") -> Act:
    """What the table of all addresses says of one, done."""
    return lambda portal: ask(portal, client_of(portal, role), name)


def posted(name: str, *keys: str, role: str = "administrator", **given: Any) -> Act:
    def act(portal: SimpleNamespace) -> Any:
        path = reverse(name, args=[getattr(getattr(portal, key, None), "pk", key) for key in keys])
        return client_of(portal, role).post(path, given)

    return act


def command(*words: str) -> Act:
    return lambda portal: call_command(*words)


def both(*acts: Act) -> Act:
    def act(portal: SimpleNamespace) -> None:
        for one in acts:
            one(portal)

    return act


def admin(model: str, row: Callable[[SimpleNamespace], Any], **given: Any) -> Act:
    """An act of a list of the admin."""

    def act(portal: SimpleNamespace) -> Any:
        picked = {"_selected_action": [row(portal).pk], **given}
        return client_of(portal, "administrator").post(
            reverse(f"admin:{model}_changelist"), picked, follow=True
        )

    return act


def shared(portal: SimpleNamespace) -> SavedView:
    view = portal.view
    path = reverse("view-change", args=[view.pk])
    group = view.owner.groups.get()
    client_of(portal, "supervisor").post(path, {"name": view.name, "group": group.pk})
    assert isinstance(view, SavedView)
    return view


def unshared(portal: SimpleNamespace) -> None:
    view = shared(portal)
    client_of(portal, "supervisor").post(reverse("view-delete", args=[view.pk]))


def uncertain(portal: SimpleNamespace) -> None:
    rows = OutboundRequest.objects.filter(pk=portal.request.pk)
    rows.update(state=RequestState.UNCERTAIN, settled_at=rich.NOON)
    posted("outbound-decide", "request", placed="no")(portal)


def waiting(portal: SimpleNamespace) -> None:
    OutboundRequest.objects.filter(pk=portal.request.pk).update(state=RequestState.WAITING)
    posted("outbound-cancel", "request")(portal)


def called(portal: SimpleNamespace) -> None:
    parameters = {
        "displayNbr": "+8675528000001",
        "callerNbr": f"+86{rich.NUMBERS['asked caller']}",
        "displayCalleeNbr": "+8675528000001",
        "calleeNbr": f"+86{rich.NUMBERS['asked callee']}",
    }
    account = str(portal.account.pk)
    body = {"account": account, "operation": "voice_callback", "parameters": parameters}
    client = client_of(portal, "administrator")
    client.post(reverse("api-outbound"), body, content_type="application/json")


def stopped(portal: SimpleNamespace) -> None:
    queue = pacing.lock(portal.account.pk)
    pacing.note_fault(queue, "403", "1010010", 600)
    posted("outbound-resume", "account")(portal)


def cancelled_export(portal: SimpleNamespace) -> None:
    Export.objects.filter(pk=portal.export.pk).update(state=Export.State.RUNNING)
    door("export-cancel", "supervisor")(portal)


def asked_export(portal: SimpleNamespace) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("calls.export.asking.MOST_AT_ONCE", 0)
        door("calls-export")(portal)


def dropped(portal: SimpleNamespace) -> None:
    file = SimpleUploadedFile("bill.csv", b"callId,start,duration\n1,2026-11-01 12:00:00,60\n")
    given = {"file": file, "whose": f"account:{portal.call.account_id}"}
    client_of(portal, "administrator").post(reverse("bill-drop"), given)


def running_job(portal: SimpleNamespace) -> None:
    type(portal.job).objects.filter(pk=portal.job.pk).update(progress="running", ended_at=None)
    posted("trouble-job-cancel", "job")(portal)


def fetched(portal: SimpleNamespace) -> None:
    portal.sound.state = "gone"
    portal.sound.save(update_fields=["state"])
    posted("recordings-again", only=str(portal.sound.pk))(portal)


def contact(portal: SimpleNamespace) -> None:
    row = AlarmContact.objects.create(name="c", way="email", address="ops@example.com")
    admin("vendors_alarmcontact", lambda _portal: row, action="send_test")(portal)


def mailed(portal: SimpleNamespace) -> None:
    owner = portal.people["supervisor"]
    owner.email = "clerk@example.com"
    owner.save(update_fields=["email"])
    given = {"name": "New", "report": portal.mailing.report, "every": "month", "hour": "8"}
    client_of(portal, "supervisor").post(reverse("mailings"), given | {"format": "csv"})


def never_called(portal: SimpleNamespace) -> None:
    path = reverse("admin:vendors_nevercall_add")
    given = {"number": rich.NUMBERS["never called"], "account": portal.account.pk, "note": ""}
    client_of(portal, "administrator").post(path, given)


def shown_addresses(portal: SimpleNamespace) -> None:
    path = reverse("admin:vendors_vendoraccount_change", args=[portal.account.pk])
    client_of(portal, "administrator").get(path)


def account_of(portal: SimpleNamespace) -> Any:
    return portal.account


def new_secret(portal: SimpleNamespace) -> None:
    path = reverse("admin:vendors_vendoraccount_change", args=[portal.account.pk])
    client = client_of(portal, "administrator")
    form = client.get(path).context["adminform"].form
    given = {
        name: form.initial.get(name) or field.initial or "" for name, field in form.fields.items()
    }
    given |= {"is_enabled": "on", "app_secret": "a-new-secret-of-theirs"}
    client.post(path, {name: value for name, value in given.items() if value is not True})


def repaired(portal: SimpleNamespace) -> None:
    Tally.objects.all().delete()
    call_command("recount", "--repair")


def revealed(portal: SimpleNamespace) -> None:
    """By somebody who sees numbers masked and may have them shown."""
    names = ["view_call", "reveal_numbers"]
    reader = User.objects.create_user("reader")
    reader.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(reader)
    client.post(reverse("call-reveal", args=[portal.call.pk]))


def edited(portal: SimpleNamespace) -> None:
    path = reverse("call-note-edit", args=[portal.call.pk, portal.note.pk])
    seen = portal.note.at.isoformat()
    client_of(portal, "supervisor").post(path, {"text": "other words", "seen": seen})


ACTS: dict[Action, Act] = {
    Action.NUMBERS_REVEALED: revealed,
    Action.RECORDING_PLAYED: door("sound-audio"),
    Action.RECORDING_DOWNLOADED: door("sound-download"),
    Action.EXPORT_ASKED: asked_export,
    Action.EXPORT_CANCELLED: cancelled_export,
    Action.EXPORT_DOWNLOADED: both(door("calls-export"), door("export-file", "supervisor")),
    Action.REPORT_DOWNLOADED: door("report-file"),
    Action.BILL_DROPPED: dropped,
    Action.BILL_DELETED: posted("bill-delete", "bill"),
    Action.BILL_DOWNLOADED: door("bill-file"),
    Action.MAILING_MADE: mailed,
    Action.MAILING_CHANGED: door("mailing-pause", "supervisor"),
    Action.MAILING_ASKED: door("mailing-send", "supervisor"),
    Action.MAILING_DELETED: door("mailing-delete", "supervisor"),
    Action.AUDIT_DOWNLOADED: door("audit-file"),
    Action.NOTE_WRITTEN: posted("call-note-write", "call", text=f"ask {rich.NUMBERS['note']}"),
    Action.NOTE_EDITED: edited,
    Action.NOTE_DELETED: door("call-note-delete"),
    Action.TAG_ADDED: door("call-tag"),
    Action.TAG_REMOVED: door("call-untag"),
    Action.CODE_NOTE_WRITTEN: posted("code", "q850", "17", text="words"),
    Action.CODE_NOTE_DELETED: posted("code", "q850", "17", delete="1"),
    Action.VIEW_SHARED: shared,
    Action.VIEW_UNSHARED: unshared,
    Action.HOLD_PLACED: both(door("call-release"), door("call-hold")),
    Action.HOLD_LIFTED: door("call-release"),
    Action.REFUSAL_RELEASED: door("refusal-release"),
    Action.PUSHES_REPROCESSED: door("push-again"),
    Action.REPROCESSING_CANCELLED: running_job,
    Action.RECORDINGS_FETCHED_AGAIN: fetched,
    Action.OUTBOUND_ASKED: called,
    Action.OUTBOUND_SETTLED: uncertain,
    Action.OUTBOUND_CANCELLED: waiting,
    Action.OUTBOX_HELD: command("outbox", "hold"),
    Action.CALL_TERMINATED: door("call-end"),
    Action.QUEUE_RESUMED: stopped,
    Action.ACCOUNT_MADE: command(
        *("account", "add", "huawei", "--name", "N"),
        *("--set", "app_key=topsecret", "app_secret=topsecret"),
    ),
    Action.ACCOUNT_CHANGED: lambda portal: call_command(
        "account", "set", str(portal.account.pk), "--set", "app_secret=topsecret"
    ),
    Action.ACCOUNT_ENABLED: admin("vendors_vendoraccount", account_of, action="enable"),
    Action.ACCOUNT_DISABLED: admin("vendors_vendoraccount", account_of, action="disable"),
    Action.ADDRESSES_ROTATED: admin("vendors_vendoraccount", account_of, action="rotate_tokens"),
    Action.ADDRESSES_SHOWN: shown_addresses,
    Action.SECRET_ROTATED: new_secret,
    Action.CREDENTIALS_RESEALED: command("reseal"),
    Action.ALARM_ACKNOWLEDGED: door("alarm-acknowledge"),
    Action.ALARM_GIVEN_BACK: both(door("alarm-acknowledge"), door("alarm-return")),
    Action.ALARM_SNOOZED: door("alarm-snooze"),
    Action.ALARM_WOKEN: both(door("alarm-snooze"), door("alarm-wake")),
    Action.ALARM_TESTED: contact,
    Action.USER_MADE: command("user", "add", "ann", "--role", "viewer"),
    Action.ROLES_GIVEN: command("user", "role", "the viewer", "--role", "agent"),
    Action.USER_ENABLED: command("user", "enable", "the viewer"),
    Action.USER_DISABLED: command("user", "disable", "the viewer"),
    Action.API_TOKEN_MADE: command("token", "add", "robot"),
    Action.API_TOKEN_REVOKED: both(command("token", "add", "r"), command("token", "revoke", "r")),
    Action.ADMIN_ADDED: never_called,
    Action.ADMIN_CHANGED: admin("vendors_vendoraccount", account_of, action="disable"),
    Action.ADMIN_DELETED: admin(
        "vendors_nevercall", lambda portal: portal.never, action="delete_selected", post="yes"
    ),
    Action.TALLIES_REPAIRED: repaired,
    Action.CALLS_REBILLED: command("rebill"),
}


@pytest.fixture(scope="module")
def portal(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    with rich.standing(django_db_blocker) as made:
        yield made


@pytest.mark.parametrize("action", ACTS, ids=str)
def test_an_act_leaves_its_entry_without_a_secret_or_a_whole_number(
    portal: SimpleNamespace, action: Action
) -> None:
    tokens = [one.token for one in portal.account.tokens.all()]
    with transaction.atomic():
        before = AuditEntry.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        ACTS[action](portal)
        entries = list(AuditEntry.objects.filter(pk__gt=before))
        transaction.set_rollback(True)
    accounts.forget_doors()

    mine = [one for one in entries if one.action == action]
    assert mine
    assert all(one.user_name for one in mine)
    assert all(one.address or one.user_name.startswith("command line") for one in mine)
    told = " ".join(f"{one.subject} {one.details} {one.user_name}" for one in entries)
    assert not [
        number for number in rich.NUMBERS.values() if number in re.sub(r"[\s().+-]", "", told)
    ]
    assert "topsecret" not in told
    assert "a-new-secret" not in told
    assert not [token for token in tokens if token in told]


def test_every_action_has_a_place_which_records_it() -> None:
    """Those of the table above are done there; the others have tests beside what they are about."""
    folders = (Path(settings.BASE_DIR) / name for name in ("callportal", "calls", "vendors"))
    named = {
        name
        for folder in folders
        for file in folder.rglob("*.py")
        if file.parts[-2:] != ("audit", "actions.py")
        for name in re.findall(r"\bAction\.([A-Z_]+)\b", file.read_text())
    }

    assert {one.name for one in Action} - named == set()


def test_every_post_leaves_an_entry_or_stands_here(portal: SimpleNamespace) -> None:
    """Here stand those that matter to nobody else, and those that have nothing to do as the table
    of addresses asks them."""
    silent = {
        *("logout", "set_language", "calls-columns", "calls-picked", "view-change", "view-pin"),
        *("view-delete", "bill-drop", "bill-again", "bill-cancel", "export-cancel"),
        *("call-reveal", "call-note-edit", "call-hold", "calls-reprocess", "recordings-again"),
        *("pushes-again", "outbound-cancel", "outbound-end", "outbound-decide", "outbound-resume"),
        *("trouble-job-cancel", "alarm-return", "alarm-wake", "api-outbound-cancel"),
        *("sessions-end", "import-drop", "import-night", "import-cancel"),
    }
    found = set()
    for name, one in DOORS.items():
        if one.post is None or not one.to:
            continue
        role = "supervisor" if one.to == {"supervisor"} else "administrator"
        with transaction.atomic():
            before = AuditEntry.objects.count()
            ask(portal, client_of(portal, role), name)
            if AuditEntry.objects.count() == before:
                found.add(name)
            transaction.set_rollback(True)
        accounts.forget_doors()

    assert found <= silent
