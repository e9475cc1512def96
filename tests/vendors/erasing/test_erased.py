"""What is left once a number was erased, and what comes after. Made once for all of these."""

import json
from types import SimpleNamespace

import pytest
from django.core.files.storage import storages
from python_calamine import CalamineWorkbook

from calls import recounting
from calls.models import (
    AuditEntry,
    Bill,
    Call,
    Event,
    Export,
    Note,
    Sound,
    SoundState,
    SubjectTally,
)
from tests.vendors.erasing.conftest import (
    NUMBER,
    OTHER,
    SPELLINGS,
    body_of,
    erase,
    figures,
    in_database,
    in_files,
    push,
)
from vendors import erased, inbox, outbox
from vendors.models import Erasure, OutboundRequest, Push, RefusedPush, VendorAccount
from vendors.refusals import release

pytestmark = pytest.mark.django_db


def differences() -> list[str]:
    days = recounting.days()
    found = [one for day in days for one in recounting.check(day)]
    found += [
        one
        for month in {day.replace(day=1) for day in days}
        for one in recounting.check_month(month)
    ]
    return [str(one) for one in found]


def mark() -> str:
    return erased.marker(Erasure.objects.get().pk)


def test_the_number_is_nowhere(gone: SimpleNamespace) -> None:
    assert in_database() == set()
    assert in_files() == set()
    # or nothing would have been looked for
    assert len(gone.before) > 40, sorted(gone.before)
    assert len(gone.files) >= 4, gone.files


def test_the_report_says_so_and_not_the_number(gone: SimpleNamespace) -> None:
    assert "it stands nowhere" in gone.said
    assert "Backups that were made before still hold the number" in gone.said
    assert NUMBER not in gone.said


def test_figures_are_what_they_were(gone: SimpleNamespace) -> None:
    assert figures() == gone.sums
    assert differences() == []
    shown = SubjectTally.objects.filter(subject="shown")
    assert set(shown.values_list("value", flat=True)) == {mark()}


def test_the_call_stays_without_the_person(gone: SimpleNamespace) -> None:
    call = Call.objects.get(pk=gone.call.pk)

    assert (call.caller, call.caller_key, call.callee) == (mark(), mark(), OTHER)
    assert call.talk_seconds == gone.call.talk_seconds
    assert Note.objects.get(call=call).text == f"ask {mark()}"
    assert call.details["task_id"] == f"t {mark()}"
    assert set(call.parties.values_list("key", flat=True)) == {mark(), f"86{OTHER}"}


def test_recordings_of_the_person_are_gone(gone: SimpleNamespace) -> None:
    assert set(Sound.objects.values_list("state", flat=True)) == {SoundState.PRUNED}
    assert not storages["recordings"].exists(gone.voice)


def test_a_late_announcement_does_not_fetch_the_voice_again(gone: SimpleNamespace) -> None:
    late = body_of("E1", recordFileDownloadUrl="https://voice.example/another.mp3", recordFlag=1)

    push(gone.pushes_account, json.dumps(late).encode())

    assert not Sound.objects.exclude(state=SoundState.PRUNED).exists()


def test_the_same_bytes_once_more_are_a_repeat(gone: SimpleNamespace) -> None:
    for body in (gone.escaped_body, gone.bare_body):
        assert push(gone.pushes_account, body) is None

    assert set(Push.objects.exclude(repeats=0).values_list("repeats", flat=True)) == {1}
    assert in_database() == set()


def test_late_pushes_come_in_without_the_number(gone: SimpleNamespace) -> None:
    calls = Call.objects.count()

    for place, spelling in enumerate(SPELLINGS):
        late = body_of("E1", numberPoolNo=f"late {place}", userData=f"about {spelling}")
        came = push(gone.pushes_account, json.dumps(late | {"caller": f"+86{NUMBER}"}).encode())
        assert came is not None
        assert came.state == "done"

    assert Call.objects.count() == calls
    assert in_database() == set()
    assert differences() == []


def test_pushes_that_are_processed_again_change_nothing(gone: SimpleNamespace) -> None:
    events = set(Event.objects.values_list("key", flat=True))
    before = list(Call.objects.order_by("pk").values_list("caller", "extra", "user_data"))

    inbox.put_back(Push.objects.filter(account=gone.pushes_account))
    inbox.process()

    assert not events & gone.keys
    assert set(Event.objects.values_list("key", flat=True)) == events
    assert list(Call.objects.order_by("pk").values_list("caller", "extra", "user_data")) == before


def test_what_was_in_quarantine_comes_in_without_it(gone: SimpleNamespace) -> None:
    assert release(RefusedPush.objects.get(), "ann")

    assert in_database() == set()


def test_who_is_never_called_is_never_called_hereafter(gone: SimpleNamespace) -> None:
    request = OutboundRequest(caller="", caller_key="", callee=NUMBER, callee_key=f"86{NUMBER}")

    account = VendorAccount.objects.get(pk=gone.account.pk)

    assert outbox.forbidden_number(account, request) == NUMBER


def test_bills_can_still_be_read_and_exports_are_asked_for_again(gone: SimpleNamespace) -> None:
    bill = Bill.objects.get(pk=gone.workbook.pk)

    with storages["bills"].open(bill.name) as file:
        book = CalamineWorkbook.from_filelike(file)
        assert book.get_sheet_by_index(0).to_python() == [["caller", mark(), mark()]]
    assert not Export.objects.exclude(name="").exists()


def test_again_repeats_what_the_list_knows(gone: SimpleNamespace) -> None:
    """As after a restore: the number is back, and only its digest is known."""
    Call.objects.filter(pk=gone.call.pk).update(caller=NUMBER, caller_key=f"86{NUMBER}")
    Note.objects.update(text=f"ask +86 131-0000-1111 or {OTHER}")

    erase("--again")

    assert in_database() == set()
    assert OTHER in Note.objects.get().text


def test_a_lifted_number_comes_in_again(gone: SimpleNamespace) -> None:
    erase(NUMBER, "--lift")

    push(gone.pushes_account, json.dumps(body_of("L1")).encode())

    assert Call.objects.get(call_id="L1").caller == NUMBER


def test_it_is_in_the_audit_and_the_number_is_not(gone: SimpleNamespace) -> None:
    entry = AuditEntry.objects.get(action="number.erased")

    assert entry.details["recordings"] == 1
    assert NUMBER not in f"{entry.subject} {entry.details}"
