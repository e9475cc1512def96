"""Asking for calls as a file, and taking it away: who may, and what is said where it cannot be."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls import columns, handles
from calls.export import asking, keeping
from calls.models import Export
from tests.calls.export.conftest import MakeCall, SignIn, lines, sheets

pytestmark = pytest.mark.django_db

State = Export.State


def ask(client: Client, query: str = "", **given: str) -> Any:
    address = reverse("calls-export") + (f"?{query}" if query else "")
    return client.post(address, {"format": "csv"} | given)


def said(client: Client, response: Any) -> str:
    """What the page says that an answer leads to."""
    assert response.status_code == 302
    return unescape(client.get(response["Location"]).content.decode())


@pytest.fixture
def finished() -> Callable[..., Export]:
    """An export whose file is kept."""

    def finished(client: Client, **values: Any) -> Export:
        user = User.objects.get(pk=client.session["_auth_user_id"])
        content = values.pop("content", b"the file")
        now = timezone.now()
        given = {
            "user_name": user.get_username(),
            "format": "csv",
            "zone": "Asia/Shanghai",
            "language": "en",
            "state": State.DONE,
            "finished_at": now,
            "expires_at": now + timedelta(hours=1),
            "name": storages[keeping.STORAGE].save("pages/x.csv", ContentFile(content)),
        }
        return Export.objects.create(user=user, **(given | values))

    return finished


# Asking


def test_few_calls_are_a_file_at_once(exporter: Client, make_call: MakeCall) -> None:
    make_call("wanted", talk_seconds=65)
    make_call("other", outcome="answered")

    response = ask(exporter, "outcome=busy", columns="call_id,talk")

    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="calls-')
    assert response["Cache-Control"] == "private, no-store"
    content = response.getvalue()
    assert int(response["Content-Length"]) == len(content)
    assert lines(content)[:5] == [
        ["Call id", "Talk time (seconds)"],
        ["wanted", "65"],
        [],
        ["Filter", "outcome:busy"],
        ["Calls", "1"],
    ]


def test_who_took_what_is_written_down(exporter: Client, make_call: MakeCall) -> None:
    make_call()

    response = ask(exporter, "outcome=busy", format="xlsx", columns="call_id")
    content = response.getvalue()

    export = Export.objects.get()
    assert (export.user_name, export.address) == ("exporter", "127.0.0.1")
    assert (export.search, export.columns) == ("outcome:busy", ["call_id"])
    assert (export.state, export.rows_done, export.downloads) == (State.DONE, 1, 1)
    assert export.size_bytes == len(content)
    assert not export.is_masked
    assert export.name == ""
    assert list(sheets(content)) == ["Calls", "About this file"]


def test_all_columns_can_be_asked_for(exporter: Client, make_call: MakeCall) -> None:
    make_call()

    content = ask(exporter, columns="call_id", which="all").getvalue()

    assert len(lines(content)[0]) == len(columns.ALL)


def test_columns_that_nobody_named_or_knows_are_the_default_ones(
    exporter: Client, make_call: MakeCall
) -> None:
    make_call()

    for named in ("", "favourite"):
        head = lines(ask(exporter, columns=named).getvalue())[0]
        assert len(head) == len(columns.in_a_file(columns.chosen([])).columns)


def test_the_file_is_in_the_readers_language(exporter: Client, make_call: MakeCall) -> None:
    make_call()

    response = exporter.post(
        reverse("calls-export"),
        {"format": "csv", "columns": "outcome"},
        headers={"Accept-Language": "zh-hans"},
    )

    head, call, *_ = lines(response.getvalue())
    assert (head[0], call[0]) == ("通话结果", "忙线")


def test_whoever_sees_numbers_masked_exports_them_masked(
    sign_in: SignIn, make_call: MakeCall
) -> None:
    handles.rebuild([make_call()])
    client = sign_in("view_call", "export_call")

    content = ask(client, "caller=13100001111", columns="caller").getvalue()

    assert lines(content)[:2] == [["Caller"], ["****1111"]]
    assert b"13100001111" not in content
    assert Export.objects.get().is_masked


def test_many_calls_are_made_in_a_while(
    exporter: Client, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 1)
    make_call()
    make_call()

    response = ask(exporter, "outcome=busy&sort=talk", columns="call_id")

    assert response["Location"] == reverse("exports")
    assert "The file is being made." in said(exporter, response)
    export = Export.objects.get()
    assert (export.state, export.search) == (State.WAITING, "outcome:busy sort:talk")


def test_there_is_an_end_to_what_one_person_may_have_made(
    exporter: Client, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 0)
    make_call()

    for _ in range(asking.MOST_UNFINISHED):
        ask(exporter)
    response = ask(exporter)

    assert "3 exports of yours are being made." in said(exporter, response)
    assert Export.objects.count() == asking.MOST_UNFINISHED


@pytest.mark.parametrize(
    ("query", "given", "sentence"),
    [
        ("outcome=answered", {}, "There is nothing to export: no call matches."),
        ("outcome=sunny", {}, "The search cannot be understood: Outcome: Expected one of"),
        ("favourite=1", {}, 'There is no filter "favourite"'),
        ("", {"format": "pdf"}, "Choose a format: CSV or XLSX."),
        ("", {"format": ""}, "Choose a format: CSV or XLSX."),
    ],
)
def test_what_cannot_be_exported_is_a_sentence_on_the_list(
    exporter: Client, make_call: MakeCall, query: str, given: dict[str, str], sentence: str
) -> None:
    make_call()

    response = ask(exporter, query, **given)

    assert response["Location"].startswith(reverse("calls"))
    assert sentence in said(exporter, response)
    assert not Export.objects.exists()


def test_an_export_is_asked_for_by_post_alone(exporter: Client) -> None:
    assert exporter.get(reverse("calls-export")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = exporter.cookies
    assert ask(strict).status_code == 403


@pytest.mark.parametrize(
    "permissions", [(), ("view_call",), ("export_call",), ("view_call", "see_numbers")]
)
def test_nobody_else_exports(
    sign_in: SignIn, make_call: MakeCall, permissions: tuple[str, ...]
) -> None:
    make_call()
    client = sign_in(*permissions)

    assert ask(client).status_code == 403
    assert client.get(reverse("exports")).status_code == 403
    assert client.get(reverse("export-file", args=[1])).status_code == 403
    assert not Export.objects.exists()


def test_the_list_of_calls_offers_it_to_whom_it_is_given(
    exporter: Client, sign_in: SignIn, make_call: MakeCall
) -> None:
    make_call()
    offer = f'action="{reverse("calls-export")}?outcome=busy"'

    shown = exporter.get(reverse("calls"), {"outcome": "busy"}).content.decode()
    hidden = sign_in("view_call").get(reverse("calls"), {"outcome": "busy"}).content.decode()

    assert offer in shown
    assert 'name="columns" value="time,vendor,' in shown
    assert reverse("calls-export") not in hidden


# Following


def test_ones_own_exports_are_listed_and_nobody_elses(
    exporter: Client, sign_in: SignIn, finished: Callable[..., Export]
) -> None:
    mine = finished(exporter, search="outcome:busy", rows_done=31)
    theirs = finished(sign_in("view_call", "export_call"))

    shown = exporter.get(reverse("exports")).content.decode()

    assert reverse("export-file", args=[mine.pk]) in shown
    assert f"{reverse('calls')}?outcome=busy" in shown
    assert reverse("export-file", args=[theirs.pk]) not in shown


def test_an_empty_list_says_what_would_fill_it(exporter: Client) -> None:
    assert (
        "Search for calls, then choose Export" in exporter.get(reverse("exports")).content.decode()
    )


def test_progress_is_shown_and_asked_for_again_until_it_is_done(
    exporter: Client, finished: Callable[..., Export]
) -> None:
    export = finished(exporter, state=State.RUNNING, rows_total=200, rows_done=50, name="")

    shown = exporter.get(reverse("exports"), headers={"HX-Request": "true"}).content.decode()
    Export.objects.filter(pk=export.pk).update(state=State.DONE)
    settled = exporter.get(reverse("exports"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in shown
    assert '<progress class="exports__progress" max="200" value="50"' in shown
    assert 'hx-trigger="every 2s"' in shown
    assert "hx-trigger" not in settled


def test_what_strangers_wrote_into_a_search_is_no_markup(
    exporter: Client, finished: Callable[..., Export]
) -> None:
    finished(exporter, search='user:"<script>alert(1)</script>"', problem="<b>bad</b>")

    shown = exporter.get(reverse("exports")).content.decode()

    assert "<script>alert" not in shown
    assert "<b>bad" not in shown


def test_an_export_is_cancelled(exporter: Client, finished: Callable[..., Export]) -> None:
    export = finished(exporter, state=State.WAITING, name="")

    response = exporter.post(reverse("export-cancel", args=[export.pk]))

    assert "The export is cancelled." in said(exporter, response)
    export.refresh_from_db()
    assert export.state == State.CANCELLED
    again = exporter.post(reverse("export-cancel", args=[export.pk]))
    assert "The export was over already." in said(exporter, again)


def test_nobody_cancels_what_others_asked_for(
    exporter: Client, sign_in: SignIn, finished: Callable[..., Export]
) -> None:
    export = finished(sign_in("view_call", "export_call"), state=State.WAITING)

    assert exporter.post(reverse("export-cancel", args=[export.pk])).status_code == 404
    assert exporter.post(reverse("export-again", args=[export.pk])).status_code == 404
    export.refresh_from_db()
    assert export.state == State.WAITING


def test_the_same_is_asked_for_again(
    exporter: Client, make_call: MakeCall, finished: Callable[..., Export]
) -> None:
    make_call("wanted")
    make_call("other", outcome="answered")
    export = finished(
        exporter, state=State.EXPIRED, search="outcome:busy", columns=["call_id", "gone"]
    )

    response = exporter.post(reverse("export-again", args=[export.pk]))

    assert lines(response.getvalue())[:3] == [["Call id"], ["wanted"], []]
    assert Export.objects.count() == 2


# Taking it away


def fetch(client: Client, export: Export, **headers: str) -> Any:
    return client.get(reverse("export-file", args=[export.pk]), headers=headers)


def test_a_file_is_taken_and_that_is_written_down(
    exporter: Client, finished: Callable[..., Export]
) -> None:
    export = finished(exporter)

    response = fetch(exporter, export)

    assert response.getvalue() == b"the file"
    assert response["Content-Disposition"].startswith('attachment; filename="calls-')
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    export.refresh_from_db()
    assert export.downloads == 1


def test_a_download_that_broke_off_goes_on(
    exporter: Client, finished: Callable[..., Export]
) -> None:
    export = finished(exporter)

    response = fetch(exporter, export, Range="bytes=4-")

    assert (response.status_code, response.getvalue()) == (206, b"file")
    assert fetch(exporter, export, Range="bytes=99-").status_code == 416


def test_nobody_takes_what_others_asked_for_but_administrators(
    exporter: Client, sign_in: SignIn, finished: Callable[..., Export], client: Client
) -> None:
    export = finished(exporter)
    client.force_login(User.objects.create_superuser("administrator"))

    stranger = sign_in("view_call", "see_numbers", "export_call")
    assert fetch(stranger, export).status_code == 404
    assert fetch(client, export).getvalue() == b"the file"


@pytest.mark.parametrize(
    ("values", "status", "sentence"),
    [
        ({"state": State.EXPIRED, "name": ""}, 410, "The file was deleted when its time was over."),
        ({"expires_at": timezone.now() - timedelta(days=1)}, 410, "when its time was over."),
        ({"state": State.RUNNING, "name": ""}, 404, "There is no file of this export."),
        ({"state": State.FAILED, "name": ""}, 404, "There is no file of this export."),
        ({"name": "pages/lost.csv"}, 410, "The file is gone. Ask for it again."),
    ],
)
def test_a_file_that_cannot_be_had_is_a_sentence(
    exporter: Client,
    finished: Callable[..., Export],
    values: dict[str, Any],
    status: int,
    sentence: str,
) -> None:
    response = fetch(exporter, finished(exporter, **values))

    assert response.status_code == status
    assert sentence in unescape(response.content.decode())


def test_whole_numbers_are_not_given_to_whom_they_are_no_longer_shown(
    sign_in: SignIn, finished: Callable[..., Export]
) -> None:
    client = sign_in("view_call", "export_call")

    refused = fetch(client, finished(client))
    given = fetch(client, finished(client, is_masked=True))

    assert refused.status_code == 403
    assert "holds whole numbers" in refused.content.decode()
    assert given.getvalue() == b"the file"


def test_administrators_see_all_exports_and_change_none(
    exporter: Client, finished: Callable[..., Export], client: Client
) -> None:
    export = finished(exporter, search="vendor:yeta")
    client.force_login(User.objects.create_superuser("administrator"))

    shown = client.get(reverse("admin:calls_export_changelist")).content.decode()

    assert "exporter" in shown
    assert "vendor:yeta" in shown
    address = reverse("admin:calls_export_change", args=[export.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"state": "waiting"}).status_code == 403
