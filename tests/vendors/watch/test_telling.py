"""Who is told of an alarm: by mail, by a signed webhook, again where it failed, never twice."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from callportal import environment
from tests.vendors.watch.conftest import Clock
from vendors import vault
from vendors.models import (
    Alarm,
    AlarmContact,
    AlarmSort,
    Telling,
    TellingState,
    VendorAccount,
    Way,
)
from vendors.watch import alarms, telling
from vendors.watch.alarms import Found, Key

pytestmark = pytest.mark.django_db

SECRET = "a secret of the webhook"
FACTS = {"waiting": 7, "since": "2026-11-02T01:50:00+00:00"}


@dataclass
class Receiver:
    """A program that takes webhooks, and answers as it is told."""

    address: str = ""
    status: int = 204
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.headers.append(dict(self.headers))
            taken.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(taken.status)
            if taken.status == 302:
                self.send_header("Location", "http://127.0.0.1:9/inside")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    taken.address = f"http://127.0.0.1:{server.server_port}/alarms?from=portal"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield taken
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(db: None, receiver: Receiver) -> AlarmContact:
    return AlarmContact.objects.create(
        name="Pager",
        way=Way.WEBHOOK,
        address=receiver.address,
        is_in_house=True,
        sealed=vault.seal(SECRET),
    )


@pytest.fixture
def person(db: None, monkeypatch: pytest.MonkeyPatch) -> AlarmContact:
    monkeypatch.setattr(settings, "EMAIL_IS_SENT", True)
    return AlarmContact.objects.create(name="Mei", way=Way.EMAIL, address="mei@example.com")


@pytest.fixture
def alarm(account: VendorAccount, clock: Clock) -> Callable[..., Alarm]:
    """The queue is as it is said to be; the alarm about it."""

    def settle(*, is_growing: bool = True) -> Alarm:
        key = Key(account.pk, AlarmSort.QUEUE)
        alarms.settle(Found(wrong={key: FACTS} if is_growing else {}), timezone.now())
        return Alarm.objects.latest("id")

    return settle


MakeAlarm = Callable[..., Alarm]


def test_a_webhook_is_told_once_when_raised_and_once_when_resolved(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm
) -> None:
    for is_growing in (True, True, False, False):
        alarm(is_growing=is_growing)
        telling.tell_due()
        telling.tell_due()

    said = [json.loads(body) for body in receiver.bodies]
    assert [one["event"] for one in said] == ["alarm.raised", "alarm.resolved"]
    assert said[0]["id"] != said[1]["id"]
    assert said[0]["title"] == (
        "yeta: Robots: 7 pushes wait to be processed, the oldest since 2026-11-02 09:50."
    )
    assert "TASK_WORKERS" in said[0]["check_first"]
    assert said[0]["url"] == f"http://calls.example/alarms/{Alarm.objects.get().pk}/"


def test_a_webhook_is_signed_as_the_documents_say(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm
) -> None:
    alarm()

    telling.tell_due()

    given = receiver.headers[0]
    signed = f"{given['X-Callportal-Timestamp']}.".encode() + receiver.bodies[0]
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert given["X-Callportal-Signature"] == f"v1={expected}"
    assert int(given["X-Callportal-Timestamp"]) == int(timezone.now().timestamp())


def test_the_example_of_the_documents_knows_what_is_from_the_portal(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm
) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "operating.md").read_text()
    example = text.split("```python\n")[1].split("```")[0]
    known: dict[str, Any] = {}
    exec(example, known)  # noqa: S102 - our own document
    alarm()
    telling.tell_due()

    given, body = receiver.headers[0], receiver.bodies[0]
    words = given["X-Callportal-Timestamp"], given["X-Callportal-Signature"]
    assert known["is_from_the_portal"](SECRET, *words, body)
    assert not known["is_from_the_portal"](SECRET, *words, body + b" ")
    assert not known["is_from_the_portal"]("another secret", *words, body)


def test_what_is_not_taken_is_tried_again_with_growing_waits(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm, clock: Clock
) -> None:
    receiver.status = 500
    alarm()
    waits = []
    for _ in range(4):
        assert telling.tell_due() == 0
        row = Telling.objects.get()
        waits.append(row.next_try_at - timezone.now())
        clock.move_to(row.next_try_at)

    receiver.status = 200
    assert telling.tell_due() == 1

    row = Telling.objects.get()
    assert waits == list(telling.WAITS[:4])
    assert (row.state, row.tries, row.problem) == (TellingState.TOLD, 5, "")


def test_what_is_never_taken_is_given_up_and_says_why(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm, clock: Clock
) -> None:
    receiver.status = 302  # nobody is followed to another place
    alarm()
    while Telling.objects.filter(state=TellingState.WAITING).exists():
        telling.tell_due()
        clock.shift(timedelta(hours=9))

    row = Telling.objects.get()
    assert row.state == TellingState.GIVEN_UP
    assert "answered 302" in row.problem
    assert len(receiver.bodies) == len(telling.WAITS) + 1


def test_a_webhook_on_a_private_address_needs_the_administrators_word(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm
) -> None:
    AlarmContact.objects.update(is_in_house=False)
    alarm()

    telling.tell_due()

    assert receiver.bodies == []
    assert "is not a server of the open internet" in Telling.objects.get().problem


def test_two_workers_send_a_message_once(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm
) -> None:
    alarm()
    row = Telling.objects.select_related("alarm__account", "contact").get()

    telling._tell(row, timezone.now())
    telling._tell(row, timezone.now())  # as one who read the row before the other took it

    assert len(receiver.bodies) == 1


def test_a_person_is_told_by_mail_in_their_language(person: AlarmContact, alarm: MakeAlarm) -> None:
    alarm()
    telling.tell_due()
    alarm(is_growing=False)
    telling.tell_due()

    first, second = mail.outbox
    assert first.to == ["mei@example.com"]
    assert first.subject.startswith("callportal: yeta: Robots: 7 pushes wait")
    assert f"http://calls.example/alarms/{Alarm.objects.get().pk}/" in first.body
    assert second.subject.startswith("callportal: Resolved: yeta: Robots")


def test_without_a_mail_server_the_row_says_so(
    person: AlarmContact, alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_IS_SENT", False)
    alarm()

    telling.tell_due()

    row = Telling.objects.get()
    assert row.state == TellingState.GIVEN_UP
    assert row.problem.startswith("EMAIL_URL is not set")


def test_a_message_holds_no_number_even_where_an_account_is_named_after_one(
    hook: AlarmContact, receiver: Receiver, account: VendorAccount, alarm: MakeAlarm
) -> None:
    VendorAccount.objects.filter(pk=account.pk).update(name="Line 13100001234")
    alarm()

    telling.tell_due()

    assert b"13100001234" not in receiver.bodies[0]


def test_who_is_disabled_is_told_nothing(
    hook: AlarmContact, receiver: Receiver, alarm: MakeAlarm
) -> None:
    AlarmContact.objects.update(is_enabled=False)

    alarm()

    assert not Telling.objects.exists()


# In the admin.


def say(admin_client: Client, contact: AlarmContact) -> str:
    response = admin_client.post(
        "/admin/vendors/alarmcontact/",
        {"action": "send_test", "_selected_action": [contact.pk]},
        follow=True,
        headers={"Accept-Language": "en"},
    )
    return response.content.decode()


def test_a_test_message_says_what_came_of_it(
    hook: AlarmContact, receiver: Receiver, admin_client: Client
) -> None:
    assert "Pager: The webhook answered 204." in say(admin_client, hook)
    assert json.loads(receiver.bodies[0])["event"] == "test"

    receiver.status = 403
    assert "Pager: The webhook answered 403; expected" in say(admin_client, hook)


def test_a_secret_is_kept_sealed_and_not_shown_again(admin_client: Client) -> None:
    given = {
        "name": "Hook",
        "way": "webhook",
        "address": "https://hooks.example/1",
        "language": "en",
    }
    admin_client.post("/admin/vendors/alarmcontact/add/", {**given, "secret": SECRET})

    contact = AlarmContact.objects.get()
    page = f"/admin/vendors/alarmcontact/{contact.pk}/change/"
    admin_client.post(page, {**given, "name": "Other", "secret": ""})

    contact.refresh_from_db()
    assert (contact.name, contact.secret) == ("Other", SECRET)
    assert SECRET not in contact.sealed
    assert SECRET not in admin_client.get(page).content.decode()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"way": "email", "address": "mei"}, "valid email"),
        ({"way": "webhook", "address": "ftp://x.example/", "secret": SECRET}, "http://"),
        ({"way": "webhook", "address": "https://x.example/"}, "needs a secret"),
        ({"way": "webhook", "address": "https://x.example/", "secret": "short"}, "too short"),
    ],
)
def test_a_contact_that_cannot_be_told_is_not_made(
    admin_client: Client, given: dict[str, str], complaint: str
) -> None:
    response = admin_client.post(
        "/admin/vendors/alarmcontact/add/",
        {"name": "One", "language": "en", **given},
        headers={"Accept-Language": "en"},
    )

    assert re.search(complaint, response.content.decode())
    assert not AlarmContact.objects.exists()


def test_a_new_key_seals_the_secrets_of_webhooks_too(
    hook: AlarmContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hook.sealed
    keys = [environment.sealing_key(), *settings.CREDENTIALS_KEYS]
    monkeypatch.setattr(settings, "CREDENTIALS_KEYS", keys)

    call_command("reseal")

    hook.refresh_from_db()
    assert hook.sealed != before
    assert hook.secret == SECRET
