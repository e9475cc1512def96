"""Notes and tags: who may write what, what is refused and why, and that nothing is forgotten."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from calls import notes
from calls.models import Call, Change, Note, Tag
from calls.written import tag_name
from tests.calls.conftest import HOSTILE, detail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

WRITER = ("view_call", "see_numbers", "add_note", "change_note", "add_tag", "delete_tag")


@pytest.fixture
def call(say: Callable[..., Call]) -> Call:
    return say("a", caller="13100001111")


@pytest.fixture
def ann(make_user: Callable[..., User]) -> User:
    return make_user("ann", *WRITER)


@pytest.fixture
def writer(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


def post(client: Client, page: str, *args: int, **given: str) -> Any:
    return client.post(reverse(page, args=args), given)


def by_htmx(client: Client, page: str, *args: int, **given: str) -> Any:
    return client.post(reverse(page, args=args), given, headers={"HX-Request": "true"})


def changes() -> list[tuple[str, str, str, str]]:
    rows = Change.objects.order_by("id")
    return [(row.by_name, row.act, row.before, row.after) for row in rows]


# Notes


def test_a_note_is_kept_with_who_wrote_it(writer: Client, call: Call) -> None:
    response = post(writer, "call-note-write", call.pk, text=" Wants a call on Monday.\r\nBoss ")

    assert response["Location"] == f"{call.get_absolute_url()}#notes"
    note = Note.objects.get()
    assert (note.by_name, note.text) == ("ann", "Wants a call on Monday.\nBoss")
    shown = detail(writer, call)
    assert "Wants a call on Monday." in shown
    assert "The note is kept." in shown
    assert changes() == [("ann", "wrote", "", note.text)]


def test_markup_in_a_note_is_text(writer: Client, call: Call) -> None:
    post(writer, "call-note-write", call.pk, text=HOSTILE)

    assert HOSTILE not in detail(writer, call)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n\0", "The note is empty. Write something first."),
        ("x" * 4001, "A note has at most 4000 letters; this one has 4001."),
    ],
)
def test_a_note_that_cannot_be_kept_stays_in_its_field_with_the_reason(
    writer: Client, call: Call, text: str, sentence: str
) -> None:
    response = post(writer, "call-note-write", call.pk, text=text)

    shown = response.content.decode()
    assert response.status_code == 422
    assert sentence in shown
    assert text.strip(" \n\0") in shown
    assert "<html" in shown
    assert changes() == []


def test_htmx_gets_the_section_alone(writer: Client, call: Call) -> None:
    kept = by_htmx(writer, "call-note-write", call.pk, text="Hello").content.decode()
    refused = by_htmx(writer, "call-note-write", call.pk, text="").content.decode()

    assert "<html" not in kept + refused
    assert "The note is kept." in kept
    assert "The note is empty." in refused


def test_a_double_click_writes_one_note(writer: Client, call: Call) -> None:
    for _ in range(2):
        post(writer, "call-note-write", call.pk, text="Hello")

    assert Note.objects.count() == len(changes()) == 1


def test_a_call_takes_no_endless_number_of_notes(
    writer: Client, call: Call, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 1)
    notes.write(ann, call, "one")

    response = post(writer, "call-note-write", call.pk, text="two")

    assert "at most 1 notes" in response.content.decode()


def edited(client: Client, call: Call, note: Note, text: str, **headers: str) -> Any:
    address = reverse("call-note-edit", args=[call.pk, note.pk])
    return client.post(address, {"text": text, "seen": notes.version(note)}, headers=headers)


def test_an_author_changes_a_note_and_the_history_keeps_both(
    writer: Client, call: Call, ann: User
) -> None:
    notes.write(ann, call, "Monday")

    edited(writer, call, Note.objects.get(), "Tuesday")

    assert Note.objects.get().text == "Tuesday"
    assert changes()[-1] == ("ann", "edited", "Monday", "Tuesday")
    shown = detail(writer, call)
    assert "<del>Monday</del>" in shown
    assert "<ins>Tuesday</ins>" in shown


def test_saving_what_is_there_already_is_no_change(writer: Client, call: Call, ann: User) -> None:
    notes.write(ann, call, "Monday")

    edited(writer, call, Note.objects.get(), "Monday\r\n")

    assert [act for _, act, _, _ in changes()] == ["wrote"]


def test_an_edit_of_a_note_that_changed_meanwhile_is_refused_and_kept_in_its_field(
    writer: Client, call: Call, ann: User
) -> None:
    notes.write(ann, call, "Monday")
    before = Note.objects.get()
    edited(writer, call, before, "Tuesday")

    response = edited(writer, call, before, "Wednesday")

    assert Note.objects.get().text == "Tuesday"
    shown = response.content.decode()
    assert "was changed meanwhile" in shown
    assert re.search(r"<textarea[^>]+>Wednesday</textarea>", shown)


def test_nobody_edits_what_another_wrote(
    writer: Client, call: Call, make_user: Callable[..., User]
) -> None:
    notes.write(make_user("bob", *WRITER), call, "Bob's")

    response = edited(writer, call, Note.objects.get(), "Ann's")

    assert response.status_code == 403
    assert Note.objects.get().text == "Bob's"
    assert reverse("call-note-edit", args=[call.pk, Note.objects.get().pk]) not in detail(
        writer, call
    )


def test_whoever_sees_a_number_masked_cannot_save_over_it(
    client: Client, call: Call, make_user: Callable[..., User]
) -> None:
    masked = make_user("masked", "view_call", "add_note", "change_note")
    client.force_login(masked)
    notes.write(masked, call, "Rang 13100001111")

    shown = detail(client, call)
    response = edited(client, call, Note.objects.get(), "Rang ****1111")

    assert "13100001111" not in shown
    assert response.status_code == 403


def test_a_deleted_note_is_gone_and_the_history_keeps_what_it_said(
    writer: Client, call: Call, ann: User
) -> None:
    notes.write(ann, call, "Wrong call")

    post(writer, "call-note-delete", call.pk, Note.objects.get().pk)

    assert not Note.objects.exists()
    assert changes()[-1] == ("ann", "deleted", "Wrong call", "")
    assert "<del>Wrong call</del>" in detail(writer, call)


def test_a_supervisor_deletes_what_others_wrote_and_others_do_not(
    client: Client, call: Call, ann: User, make_user: Callable[..., User]
) -> None:
    notes.write(ann, call, "Rude")
    note = Note.objects.get()

    client.force_login(make_user("bob", *WRITER))
    refused = post(client, "call-note-delete", call.pk, note.pk)
    client.force_login(make_user("supervisor", *WRITER, "delete_note"))
    post(client, "call-note-delete", call.pk, note.pk)

    assert refused.status_code == 403
    assert not Note.objects.exists()


def test_a_note_is_not_reached_through_another_call(
    writer: Client, call: Call, ann: User, say: Callable[..., Call]
) -> None:
    notes.write(ann, call, "Mine")

    response = post(writer, "call-note-delete", say("other").pk, Note.objects.get().pk)

    assert response.status_code == 404
    assert Note.objects.exists()


# Tags


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" VIP  Customer ", "vip customer"),
        ("\uff36\uff29\uff30", "vip"),
        ("\u91cd\u8981", "\u91cd\u8981"),
        ("a\0\u202eb", "ab"),
        ("--", ""),
        ("\ud800", ""),
    ],
)
def test_a_tag_has_one_form(typed: str, kept: str) -> None:
    assert tag_name(typed) == kept


def test_a_tag_is_put_on_a_call_once(writer: Client, call: Call) -> None:
    for name in ("Complaint", "complaint "):
        post(writer, "call-tag", call.pk, name=name)

    assert [tag.name for tag in Tag.objects.all()] == ["complaint"]
    assert changes() == [("ann", "tagged", "", "complaint")]
    assert "complaint" in detail(writer, call)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "A tag needs at least one letter or digit."),
        ("x" * 41, "A tag has at most 40 letters; this one has 41."),
    ],
)
def test_a_tag_that_cannot_be_kept_says_why(
    writer: Client, call: Call, name: str, sentence: str
) -> None:
    response = by_htmx(writer, "call-tag", call.pk, name=name)

    assert sentence in response.content.decode()
    assert not Tag.objects.exists()


def test_a_tag_is_removed_once_however_often_it_is_clicked(
    writer: Client, call: Call, ann: User
) -> None:
    notes.tag(ann, call, "spam")
    tag = Tag.objects.get()

    answers = [post(writer, "call-untag", call.pk, tag.pk).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert [act for _, act, _, _ in changes()] == ["tagged", "untagged"]


def test_the_tags_that_are_used_most_are_offered(
    writer: Client, call: Call, ann: User, say: Callable[..., Call]
) -> None:
    for n, name in enumerate(["rare", "often", "often"]):
        notes.tag(ann, say(f"c{n}"), name)

    offered = re.findall(r'<option value="(\w+)">', detail(writer, call))

    assert offered == ["often", "rare"]


# Who may


@pytest.mark.parametrize(
    "name", ["call-note-write", "call-note-edit", "call-note-delete", "call-tag", "call-untag"]
)
def test_who_may_only_read_writes_nothing(agent: Client, call: Call, ann: User, name: str) -> None:
    notes.write(ann, call, "Monday")
    notes.tag(ann, call, "vip")
    more = {
        "call-note-edit": [Note.objects.get().pk],
        "call-note-delete": [Note.objects.get().pk],
        "call-untag": [Tag.objects.get().pk],
    }

    response = post(agent, name, call.pk, *more.get(name, []), text="x", name="x")

    assert response.status_code == 403
    assert len(changes()) == 2


def test_who_may_only_read_sees_notes_and_no_forms(agent: Client, call: Call, ann: User) -> None:
    notes.write(ann, call, "Monday")
    notes.tag(ann, call, "vip")

    section = detail(agent, call).partition('id="notes-section"')[2].partition("</section>")[0]

    assert "Monday" in section
    assert "vip" in section
    assert "<form" not in section


def test_programs_read_notes_and_tags_as_their_reader_may(
    agent: Client, call: Call, ann: User, make_user: Callable[..., User]
) -> None:
    notes.write(ann, call, "Rang 13100001111")
    notes.tag(ann, call, "13100001111 back")
    address = f"/api/v1/calls/{call.pk}/"

    whole = agent.get(address).json()
    agent.force_login(make_user("viewer", "view_call"))
    masked = agent.get(address).json()

    assert (whole["notes"][0]["by"], whole["notes"][0]["text"]) == ("ann", "Rang 13100001111")
    assert whole["tags"] == ["13100001111 back"]
    assert masked["notes"][0]["text"] == "Rang ****1111"
    assert masked["tags"] == ["****1111 back"]


def test_what_was_written_is_shown_in_the_readers_language(
    writer: Client, call: Call, ann: User
) -> None:
    notes.write(ann, call, "Monday")

    assert "wrote a note" in unescape(detail(writer, call))


def test_a_tag_is_found_however_it_is_written(writer: Client, call: Call, ann: User) -> None:
    notes.tag(ann, call, "VIP")

    for typed, count in (("vip", 1), ("ＶＩＰ", 1), ("other", 0)):
        shown = writer.get(reverse("calls"), {"tag": typed}).content.decode()
        assert shown.count(f'"{call.get_absolute_url()}"') == count
