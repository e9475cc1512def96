"""A portal with a number wherever a number may stand: for tests of who sees what."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.test import Client
from django.utils import timezone

from callportal import roles
from calls import facts, ingest
from calls.bills import keeping
from calls.models import (
    Account,
    Bill,
    BillRow,
    Call,
    Change,
    CodeNote,
    Export,
    Hold,
    Mail,
    Mailing,
    Note,
    Recording,
    Reveal,
    SavedView,
    Sound,
    SoundState,
    Tag,
)
from vendors import accounts, inbox, outbox
from vendors.doorbell import doorbell, outbox_bell, recordings_bell
from vendors.imports import keeping as import_files
from vendors.models import (
    Alarm,
    Attempt,
    Import,
    NeverCall,
    OutboundRequest,
    Push,
    RefusedPush,
    ReprocessJob,
    RequestState,
    State,
    VendorAccount,
)
from vendors.models.inbox import Reason

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
# Where a number stands, and which. Each place has its own, so that a test can say where it was.
PLACES = (
    *("caller", "callee", "shown", "bound", "unknown field", "user data", "leg", "shown to a leg"),
    *("event", "keys", "remark", "robot", "customer", "hit", "turn", "detail", "note"),
    *("edited note", "hold", "recording", "asked caller", "asked callee", "answer", "never called"),
    *("refused", "push", "shared view", "trouble"),
    *("billed caller", "billed callee", "cell of a bill"),
    *("imported caller", "unreadable line", "cell of a table"),
)
NUMBERS = {place: f"131000081{at:02}" for at, place in enumerate(PLACES)}
NOTE = f"ask {NUMBERS['note']}"
NOVEMBER = {"period": "month", "from": "2026-11-01", "to": "2026-11-30"}  # of a report


def people() -> dict[str, User]:
    """One of each role; somebody without any; and one who may do all but see numbers."""
    found = {name: User.objects.create_user(f"the {name}") for name in roles.names()}
    for name, user in found.items():
        user.groups.add(Group.objects.get(name=name))
    found["administrator"].is_staff = True
    found["administrator"].save()
    found["nobody"] = User.objects.create_user("the nobody")
    found["masked"] = User.objects.create_user("the masked", is_staff=True)
    blinding = ["see_numbers", "reveal_numbers"]
    found["masked"].user_permissions.set(Permission.objects.exclude(codename__in=blinding))
    return found


@contextmanager
def standing(blocker: Any) -> Iterator[SimpleNamespace]:
    """A portal for all tests of a module. Each test's changes are taken back, and at the end the
    portal itself."""
    with blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        for bell in (doorbell, outbox_bell, recordings_bell):
            patch.setattr(bell, "ring", lambda: None)
        accounts.forget_doors()
        yield portal()
        transaction.set_rollback(True)


def portal() -> SimpleNamespace:
    """Calls, requests, pushes, recordings: what every address needs to have something to show."""
    people_ = people()
    push, call = _pushed(accounts.create("voicepush", "Main"))
    _told(call, push)
    writer = people_["supervisor"]
    note = Note.objects.create(call=call, by=writer, by_name="w", text=NOTE)
    Change.objects.create(
        call=call, by=writer, by_name="w", act=Change.Act.EDITED, before=NUMBERS["edited note"]
    )
    Hold.objects.create(call=call, by="w", note=f"about {NUMBERS['hold']}")
    Reveal.objects.create(call=call, user=writer, user_name="w", address="203.0.113.1")
    CodeNote.objects.create(scheme="q850", code="17", text="a note", by_name="w")
    huawei = _outbound_account()
    view = SavedView.objects.create(name="Busy ones", owner=writer, search="outcome:busy")
    SavedView.objects.create(
        name="One customer",
        owner=people_["administrator"],
        group=Group.objects.get(name="viewer"),
        search=f"number:{NUMBERS['shared view']}",
    )
    export = Export.objects.create(
        user=writer,
        user_name="w",
        address="203.0.113.1",
        format="csv",
        zone="UTC",
        language="en",
        state=Export.State.DONE,
        name=storages["exports"].save("rich.csv", ContentFile(b"time,caller")),
    )
    return SimpleNamespace(
        people=people_,
        call=call,
        up=_up(huawei),
        push=push,
        refused=_refused(VendorAccount.objects.get(pk=call.account_id)),
        job=_troubled(huawei),
        note=note,
        tag=Tag.objects.create(call=call, name="urgent"),
        sound=_sound(call),
        account=huawei,
        request=_asked(huawei, people_["operator"]),
        never=NeverCall.objects.create(number=NUMBERS["never called"], key=NUMBERS["never called"]),
        view=view,
        export=export,
        bill=_billed(call),
        mapped=_billed(call, state=Bill.State.NEW),
        imported=_imported(VendorAccount.objects.get(pk=call.account_id)),
        table=_table(VendorAccount.objects.get(pk=call.account_id)),
        mailing=_mailing(writer),
        alarm=Alarm.objects.create(
            account=huawei, sort="refusals", raised_at=NOON, facts={"refused": 5}
        ),
    )


def _mailing(owner: User) -> Mailing:
    """A report that is e-mailed, and one of its mails that failed."""
    mailing = Mailing.objects.create(
        name="Each month",
        owner=owner,
        report="period=month&by=shown&range=last-month",
        every=Mailing.Every.MONTH,
        hour=8,
        format="csv",
        language="en",
        since=NOON,
    )
    Mail.objects.create(
        mailing=mailing, due_at=NOON, state=Mail.State.FAILED, problem="The mail server is away."
    )
    return mailing


def _pushed(account: VendorAccount) -> tuple[Push, Call]:
    at = int(NOON.timestamp() * 1000)
    body = {
        "callId": "NM1",
        "caller": NUMBERS["caller"],
        "callee": NUMBERS["callee"],
        "beginCallTime": at,
        "startTime": at + 5000,
        "endTime": at + 65_000,
        "callDuration": 60,
        "callResult": 1,
        "phoneNoX": NUMBERS["shown"],
        "phoneNoE": NUMBERS["bound"],
        "userData": json.dumps({"order of": NUMBERS["user data"]}),
        "somethingNew": {"nested": [int(NUMBERS["unknown field"])]},
        "numberPoolNo": f"pool of {NUMBERS['push']}",
    }
    path = accounts.webhooks(account)["cdr"].removeprefix("http://calls.example")
    Client().post(path, json.dumps(body), content_type="application/json")
    inbox.process()
    return Push.objects.get(), Call.objects.get()


def _told(call: Call, push: Push) -> None:
    """What a robot's platform would add to a call."""
    turn = facts.TurnFacts(
        key="1",
        text_robot=f"Is {NUMBERS['robot']} yours?",
        text_customer=f"No: {NUMBERS['customer'][:3]}-{NUMBERS['customer'][3:]}",
        started_at=NOON,
        hits=(facts.HitFacts(text=NUMBERS["hit"], picked=True),),
        extra={"heard": NUMBERS["turn"]},
    )
    event = facts.EventFacts(
        kind="collectinfo",
        at=NOON,
        number=NUMBERS["event"],
        digits=NUMBERS["keys"],
        note=f"told {NUMBERS['remark']}",
    )
    leg = facts.LegFacts(
        number=NUMBERS["leg"], display_number=NUMBERS["shown to a leg"], started_at=NOON
    )
    said = facts.CallFacts(
        call_id=call.call_id,
        source=facts.Source.DIALOG,
        legs=(leg,),
        events=(event,),
        dialog=facts.DialogFacts(began_at=NOON, turns=(turn,)),
        codes=(facts.CodeFact(scheme="q850", value="17", place="cause"),),
        details={"client_tags": [f"likes {NUMBERS['detail']}"]},
    )
    statement = ingest.Statement(
        push_id=push.pk, received_at=NOON, account=call.account, facts=said
    )
    ingest.apply([statement])


def _sound(call: Call) -> Sound:
    announced = Recording.objects.create(call=call, key="1", track="mixed", push_id=1)
    return Sound.objects.create(
        call=call,
        recording=announced,
        state=SoundState.STORED,
        problem=f"It came under the name {NUMBERS['recording']}.mp3.",
        name=storages["recordings"].save("rich.mp3", ContentFile(b"sound")),
        media_type="audio/mpeg",
        codec="mp3",
        size_bytes=5,
        seconds=60,
        peaks=b"peaks",
        stored_at=timezone.now(),
    )


def _billed(call: Call, state: str = Bill.State.DONE) -> Bill:
    """A bill with a row of that call, one of nobody's, and one that cannot be read."""
    numbers = [NUMBERS["billed caller"], NUMBERS["billed callee"]]
    content = "\n".join(
        [
            "callId,caller,callee,start,duration",
            f"{call.call_id},{','.join(numbers)},2026-11-01 12:00:00,60",
            f",,,at {NUMBERS['cell of a bill']},60",
        ]
    )
    bill = Bill.objects.create(
        account=call.account,
        vendor=call.vendor,
        user_name="w",
        file_name="october.csv",
        format="csv",
        size_bytes=len(content),
        state=state,
        columns={"fields": {"id": 0, "caller": 1, "callee": 2, "start": 3, "seconds": 4}},
        sums=[_summed(verdict) for verdict in ("alike", "unreadable")],
    )
    keeping.keep(bill, ContentFile(content.encode()))
    row = BillRow(bill=bill, verdict="alike", place=2, call=call, by="id", seconds=60)
    row.caller, row.callee, row.started_at, row.told_id = *numbers, NOON, call.call_id
    row.save(force_insert=True)
    note = json.dumps(["start", 3, "moment", f"at {NUMBERS['cell of a bill']}"])
    BillRow.objects.create(bill=bill, verdict="unreadable", place=3, note=note)
    return bill


def _summed(verdict: str) -> dict[str, Any]:
    sums = dict.fromkeys(("seconds", "billed", "our_seconds", "our_billed"), 60)
    return {"verdict": verdict, "currency": "", "rows": 1, "charge": None, **sums}


def _outbound_account() -> VendorAccount:
    return accounts.create(
        "huawei",
        "Main",
        {
            "app_key": "key",
            "app_secret": "secret",
            "base_url": "https://huawei.example",
            "display_numbers": "+8675528000001",
        },
    )


def _asked(account: VendorAccount, by: User) -> OutboundRequest:
    parameters: dict[str, Any] = {
        "displayNbr": "+8675528000001",
        "callerNbr": f"+86{NUMBERS['asked caller']}",
        "displayCalleeNbr": "+8675528000001",
        "calleeNbr": f"+86{NUMBERS['asked callee']}",
    }
    wish = outbox.Wish(operation="voice_callback", parameters=parameters)
    request = outbox.ask(account, wish, by).request
    Attempt.objects.create(
        request=request,
        number=1,
        began_at=NOON,
        written_at=NOON,
        ended_at=NOON,
        http_status=200,
        code="1020152",
        raw=f'{{"resultdesc": "not {NUMBERS["answer"]}"}}',
    )
    OutboundRequest.objects.filter(pk=request.pk).update(state=RequestState.REFUSED)
    request.refresh_from_db()
    return request


def _up(account: VendorAccount) -> Call:
    """A call that is going on."""
    said = facts.CallFacts(call_id="up", source=facts.Source.STATUS, started_at=timezone.now())
    statement = ingest.Statement(
        push_id=1,
        received_at=timezone.now(),
        account=Account.objects.get(pk=account.pk),
        facts=said,
    )
    ingest.apply([statement])
    return Call.objects.get(call_id="up")


def _refused(account: VendorAccount) -> RefusedPush:
    body = json.dumps({"caller": NUMBERS["refused"]}).encode()
    return RefusedPush.objects.create(
        account=account,
        kind="cdr",
        reason=Reason.SIGNATURE,
        trust="wrong",
        received_at=NOON,
        path="/hooks/voicepush/…/cdr",
        remote_address="203.0.113.1",
        body=body,
        size=len(body),
    )


TROUBLE = 'feeLst[*].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got …'


def _imported(account: VendorAccount) -> Import:
    """A file that was looked through, of which a line is new and another cannot be read."""
    new = {"callId": "imported", "caller": NUMBERS["imported caller"], "callResult": 1}
    broken = f"broken at {NUMBERS['unreadable line']}"
    body = json.dumps(new).encode()
    job = Import.objects.create(
        account=account,
        user_name="w",
        file_name="failed.zip",
        sha256="0" * 64,
        size_bytes=len(body),
        format=Import.Format.LINES,
        state=Import.State.READY,
        counts={"new": 1, "unreadable": 1},
        first_problems=[{"path": "a/b.txt", "line": 2, "problem": broken}],
        sample=[{"kind": "cdr", "body": base64.b64encode(body).decode()}],
    )
    told = json.dumps({"path": "a/b.txt", "line": 2, "problem": broken})
    import_files.keep_problems(job, ContentFile(told.encode()))
    return job


def _table(account: VendorAccount) -> Import:
    """A table whose columns are not chosen yet."""
    content = f"call id,caller\nx,{NUMBERS['cell of a table']}\n".encode()
    job = Import.objects.create(
        account=account,
        user_name="w",
        file_name="calls.csv",
        sha256="1" * 64,
        size_bytes=len(content),
        format=Import.Format.CSV,
        state=Import.State.NEW,
    )
    import_files.keep(job, ContentFile(content))
    return job


def _troubled(account: VendorAccount) -> ReprocessJob:
    """A push that could not be read, and that its group was processed again in vain."""
    number = NUMBERS["trouble"]
    record = {"sessionId": "troubled", "callEndTime": number, "callerNum": f"+86{number}"}
    body = json.dumps({"eventType": "fee", "feeLst": [record]}).encode()
    push = Push.objects.create(
        account=account,
        kind="fee",
        trust="valid",
        received_at=NOON,
        next_try_at=NOON,
        settled_at=NOON,
        path="/hooks/huawei/…/fee",
        remote_address="203.0.113.1",
        body=body,
        digest=b"troubled",
        size=len(body),
        state=State.UNREADABLE,
        problem=TROUBLE.replace("*", "0").replace("…", f'"{number}"'),
        trouble=TROUBLE,
    )
    return ReprocessJob.objects.create(
        vendor="huawei",
        kind="fee",
        state=State.UNREADABLE,
        trouble=TROUBLE,
        up_to=push.pk,
        total=1,
        unreadable=1,
        progress=ReprocessJob.Progress.DONE,
        asked_by="w",
        asked_at=NOON,
        ended_at=NOON,
    )
