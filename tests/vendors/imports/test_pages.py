"""The pages of imports, by real requests."""

import json
import logging
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from calls.models import AuditEntry, Call
from tests.vendors.imports.conftest import Drop, State, again, envelope, lines, record, zipped
from tests.vendors.imports.test_tables import ROW, as_csv
from vendors import inbox
from vendors.imports import keeping, working
from vendors.models import Import, NightRound, Push, VendorAccount

pytestmark = pytest.mark.django_db

ALL = ("view_call", "see_numbers", "view_import", "add_import", "view_push")
HOSTILE = "<script>alert('x')</script>.zip"


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    def sign_in(*permissions: str) -> Client:
        user = User.objects.create_user(f"person {User.objects.count()}")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def operator(sign_in: Callable[..., Client]) -> Client:
    return sign_in(*ALL)


def words(response: Any) -> str:
    return unescape(response.content.decode())


def send(client: Client, account: VendorAccount, content: bytes, name: str = "failed.zip") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("import-drop"), {"account": account.pk, "file": file})


def test_a_file_is_dropped_previewed_confirmed_and_imported(
    operator: Client, account: VendorAccount
) -> None:
    answer = send(operator, account, zipped({"推送/a.txt": lines(envelope(record("a")), "broken")}))
    job = Import.objects.get()
    assert answer.headers["Location"] == job.get_absolute_url()
    assert "The file is looked through" in words(operator.get(job.get_absolute_url()))

    working.work(lambda: False)
    page = words(operator.get(job.get_absolute_url()))
    assert "1 new push goes into the inbox of yeta: Main." in page
    assert "This cannot be undone" in page
    assert "推送/a.txt" in page
    assert 'expected JSON, got "broken"' in page
    assert "Calls that would be made or changed" in page
    assert "19900000001" in page
    assert not Push.objects.exists()
    assert not Call.objects.exists()

    operator.post(reverse("import-confirm", args=[job.pk]))
    working.work(lambda: False)
    inbox.process()
    page = words(operator.get(job.get_absolute_url()))
    assert again(job).state == State.DONE
    assert f"/pushes/?import={job.pk}" in page
    entry = AuditEntry.objects.get(action="import.started")
    assert (entry.user_name, entry.details["file"]) == (job.user_name, "failed.zip")

    push = Push.objects.get()
    assert f'href="/pushes/{push.pk}/"' in words(operator.get(f"/pushes/?import={job.pk}"))
    assert "Nothing: it was imported from a file." in words(operator.get(f"/pushes/{push.pk}/"))
    call = Call.objects.get()
    provenance = words(operator.get(f"/calls/{call.pk}/pushes/"))
    assert "imported" in provenance


def test_all_that_cannot_be_read_can_be_downloaded_safely(
    operator: Client, sign_in: Callable[..., Client], drop: Drop
) -> None:
    problems = [f'=cmd|"13100002222" {at}' for at in range(30)]
    job = drop(lines('{"a": 1', *problems), "x.jsonl")

    answer = operator.get(reverse("import-unreadable", args=[job.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    assert len(text.splitlines()) == 32
    assert 'filename="import-' in answer.headers["Content-Disposition"]
    masked = sign_in("view_call", "view_import").get(answer.request["PATH_INFO"])
    assert "13100002222" in text
    assert b"13100002222" not in b"".join(masked.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "empty.txt", "The submitted file is empty|Choose a file|The file is empty"),
        (b"\x1f\x8b", "a.gz", "a.gz cannot be taken: It is packed as GZIP"),
        (b"\x00\x01", HOSTILE, "neither ZIP nor XLSX"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told(
    content: bytes, name: str, sentence: str, operator: Client, account: VendorAccount
) -> None:
    answer = send(operator, account, content, name)

    assert answer.status_code == 400
    assert any(one in words(answer) for one in sentence.split("|"))
    assert b"<script>alert" not in answer.content
    assert not Import.objects.exists()


def test_without_account_or_file_it_says_so(operator: Client, account: VendorAccount) -> None:
    file = SimpleUploadedFile("a.txt", b"{}")

    nobody = operator.post(reverse("import-drop"), {"file": file, "account": "nobody"})
    nothing = operator.post(reverse("import-drop"), {"account": account.pk})

    assert "Choose the account" in words(nobody)
    assert "Choose a file" in words(nothing)


def test_a_file_that_is_too_large_is_refused_as_it_comes(
    operator: Client, account: VendorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.bills.keeping.LARGEST", 1000)

    assert send(operator, account, b"{" + b" " * 5000).status_code == 413


def test_a_harmful_archive_fails_with_a_sentence(operator: Client, drop: Drop) -> None:
    job = drop(zipped({"../../up.txt": b"{}"}))

    assert job.state == State.FAILED
    assert "leads out of the archive" in words(operator.get(job.get_absolute_url()))


def test_a_table_asks_for_its_columns(operator: Client, account: VendorAccount) -> None:
    answer = send(operator, account, as_csv(ROW), "calls.csv")
    job = Import.objects.get()
    address = reverse("import-columns", args=[job.pk])
    assert answer.headers["Location"] == address
    assert "Its columns are not chosen yet." in words(operator.get(job.get_absolute_url()))
    assert "A: 通话ID" in words(operator.get(address))

    given = {"unit": "s", "order": "ymd", "zone": "Asia/Shanghai"}
    refused = operator.post(address, given)
    assert refused.status_code == 400
    assert "A row without its call's id cannot be imported." in words(refused)
    wrong = operator.post(address, given | {"column_call_id": "0", "column_started_at": "1"})
    assert "Row 2, column B: expected a date with a time" in words(wrong)
    operator.post(address, given | {"column_call_id": "0", "column_started_at": "3"})
    working.work(lambda: False)

    page = words(operator.get(job.get_absolute_url()))
    assert "1 new push goes into the inbox" in page
    assert "Choose columns anew" in page
    assert "chosen before, by person" in words(operator.get(address))


def test_what_is_all_here_is_not_offered_for_import(
    operator: Client, take: Drop, drop: Drop
) -> None:
    content = envelope(record()).encode()
    take(content, "x.txt")

    page = words(operator.get(drop(content, "x.txt").get_absolute_url()))

    assert "There is nothing new in it" in page
    assert "/confirm/" not in page


def test_a_file_of_another_vendor_asks_whether_the_account_is_right(
    operator: Client, drop: Drop, make_account: Callable[..., VendorAccount]
) -> None:
    job = drop(envelope(record()).encode(), "x.txt", make_account("voicepush", "Carrier"))

    assert "Is that the right account?" in words(operator.get(job.get_absolute_url()))


def test_cancelling_and_confirming_too_late_are_told(operator: Client, drop: Drop) -> None:
    job = drop(envelope(record()).encode(), "x.txt")

    cancelled = operator.post(reverse("import-cancel", args=[job.pk]), follow=True)
    again_ = operator.post(reverse("import-cancel", args=[job.pk]), follow=True)
    late = operator.post(reverse("import-confirm", args=[job.pk]), follow=True)

    assert "It is cancelled." in words(cancelled)
    assert "It was over already." in words(again_)
    assert "It cannot be imported any more" in words(late)
    assert not AuditEntry.objects.filter(action="import.started").exists()


def test_the_list_is_empty_at_first_and_tells_of_nights(
    operator: Client, account: VendorAccount
) -> None:
    page = words(operator.get("/imports/"))
    assert "Nothing was imported yet" in page
    assert "The account has no base_url, app_key, app_secret." in page

    NightRound.objects.create(account=account, problem="It refused us", refused_as="x")
    account.options["base_url"] = "https://www.xfyeta.example"
    account.save(update_fields=["options"])
    for key in ("app_key", "app_secret"):
        account.credentials.create(
            key=key, sealed="x", last_four="", created_at="2026-01-01T00:00:00Z"
        )
    assert "It is not asked again before its credentials change" in words(operator.get("/imports/"))

    told = operator.post(reverse("import-night", args=[account.pk]), follow=True)
    assert "Asked in a moment" in words(told)
    assert NightRound.objects.get().is_wanted


def test_progress_asks_for_news_and_then_for_the_page(
    operator: Client, drop: Drop, account: VendorAccount
) -> None:
    job = drop(envelope(record()).encode(), "x.txt")
    Import.objects.update(state=State.RUNNING, rows_total=200, rows_done=50)

    moving = operator.get(job.get_absolute_url(), headers={"HX-Request": "true"})
    assert "25" in words(moving)
    assert "<html" not in words(moving)
    Import.objects.update(state=State.DONE)
    over = operator.get(job.get_absolute_url(), headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"


def test_whoever_may_only_look_is_offered_nothing(
    sign_in: Callable[..., Client], drop: Drop
) -> None:
    job = drop(envelope(record()).encode(), "x.txt")
    viewer = sign_in("view_call", "view_import")

    page = words(viewer.get(job.get_absolute_url()))

    assert "/confirm/" not in page
    assert 'type="file"' not in words(viewer.get("/imports/"))
    for name in ("import-confirm", "import-cancel"):
        assert viewer.post(reverse(name, args=[job.pk])).status_code == 403


def test_numbers_never_reach_the_log(
    operator: Client, account: VendorAccount, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        send(operator, account, lines(json.dumps(record("a")), "13100002222 broken"), "x.json")
        working.work(lambda: False)

    assert "13100002222" not in caplog.text
    assert keeping.LARGEST == 256 * 1024 * 1024
