"""Reports by e-mail: on time, once, to the right people, and what happens when it goes wrong."""

import smtplib
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import translation

from calls.mailings import contents, due, sending
from calls.models import Account, Mail, Mailing, SavedView

pytestmark = pytest.mark.django_db

Accounts = dict[str, Account]
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # eight o'clock in Shanghai
State = Mail.State


@pytest.fixture(autouse=True)
def set_up(settings: Any) -> Iterator[None]:
    settings.EMAIL_IS_SENT = True
    with translation.override("en"):
        yield


@pytest.fixture
def make(clerk_user: User) -> Callable[..., Mailing]:
    def make(**given: Any) -> Mailing:
        values: dict[str, Any] = {
            "name": "Vendors",
            "owner": clerk_user,
            "report": "period=week&by=vendor&range=last-week",
            "every": "week",
            "hour": 8,
            "format": "csv",
            "language": "en",
            "since": datetime(2026, 11, 18, 4, 0, tzinfo=UTC),
        }
        return Mailing.objects.create(**(values | given))

    return make


def sweep(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        sending.sweep()


def test_a_report_is_mailed_on_monday_at_its_hour_once(
    make: Callable[..., Mailing], calls: Accounts
) -> None:
    make()
    sweep(MONDAY - timedelta(seconds=1))
    assert not outbox.outbox

    for minutes in (0, 1, 60):
        sweep(MONDAY + timedelta(minutes=minutes))

    [message] = outbox.outbox
    assert message.to == ["clerk@example.com"]
    assert message.subject == "Vendors, 2026-11-16 to 2026-11-22"
    assert "All calls: 1 calls, 0 answered (0.0%)" in message.body
    html = str(message.alternatives[0][0])  # type: ignore[attr-defined]
    assert "<td>nxcloud</td>" in html
    [(name, data, kind)] = message.attachments
    assert (name, kind) == ("report-vendor-20261116-20261122.csv", "text/csv; charset=utf-8")
    assert "nxcloud,1,0" in (data if isinstance(data, str) else data.decode())
    assert Mail.objects.get().state == State.SENT


def test_each_months_first_is_another_mail(make: Callable[..., Mailing], calls: Accounts) -> None:
    make(every="month", hour=0, report="period=month&by=total&range=last-month")
    for month in (12, 12, 13):
        year, number = (2026, month) if month < 13 else (2027, 1)
        sweep(datetime(year, number, 1, 1, 0, tzinfo=UTC))

    assert [one.subject for one in outbox.outbox] == [
        "Vendors, 2026-11-01 to 2026-11-30",
        "Vendors, 2026-12-01 to 2026-12-31",
    ]


def test_two_workers_send_one_mail(make: Callable[..., Mailing], calls: Accounts) -> None:
    make()
    with time_machine.travel(MONDAY, tick=False):
        sending.plan()
        sending.plan()
        first, second = sending.claim(), sending.claim()

    assert first is not None
    assert second is None
    assert Mail.objects.count() == 1


def test_a_worker_that_died_before_the_server_was_told_costs_no_mail(
    make: Callable[..., Mailing], calls: Accounts
) -> None:
    make()
    with time_machine.travel(MONDAY, tick=False):
        sending.plan()
        assert sending.claim()
    sweep(MONDAY + timedelta(minutes=5))
    assert not outbox.outbox

    sweep(MONDAY + timedelta(minutes=11))

    assert len(outbox.outbox) == 1


def test_a_worker_that_wakes_up_late_sends_no_second_mail(
    make: Callable[..., Mailing], calls: Accounts
) -> None:
    make()
    with time_machine.travel(MONDAY, tick=False):
        sending.plan()
        asleep = sending.claim()
    sweep(MONDAY + timedelta(minutes=11))
    assert asleep is not None
    sending.deliver(asleep)

    assert len(outbox.outbox) == 1


def test_a_mail_that_may_have_arrived_is_not_sent_again_by_itself(
    make: Callable[..., Mailing], calls: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(self: EmailBackend, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(EmailBackend, "send_messages", breaks)
    make()
    sweep(MONDAY)
    monkeypatch.undo()
    sweep(MONDAY + timedelta(hours=1))

    mail = Mail.objects.get()
    assert mail.state == State.UNCERTAIN
    assert "it may have arrived" in mail.problem
    assert not outbox.outbox


def test_a_worker_that_died_while_the_server_was_told_leaves_it_to_a_person(
    make: Callable[..., Mailing], calls: Accounts
) -> None:
    make()
    with time_machine.travel(MONDAY, tick=False):
        sending.plan()
        assert sending.claim()
        Mail.objects.update(state=State.SENDING)
    sweep(MONDAY + timedelta(minutes=11))

    assert Mail.objects.get().state == State.UNCERTAIN
    assert not outbox.outbox


def test_a_server_that_refuses_is_asked_again_after_longer_and_longer(
    make: Callable[..., Mailing], calls: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(self: EmailBackend, messages: Any) -> int:
        raise smtplib.SMTPDataError(451, b"try later")

    monkeypatch.setattr(EmailBackend, "send_messages", refuses)
    make()
    at, waits = MONDAY, []
    sweep(at)
    while (mail := Mail.objects.get()).next_try_at is not None:
        waits.append(mail.next_try_at - at)
        at = mail.next_try_at
        sweep(at)

    assert waits == sending.WAITS
    assert mail.state == State.FAILED
    assert "451 try later" in mail.problem


def test_without_a_server_it_waits_and_says_whose_move_it_is(
    make: Callable[..., Mailing], calls: Accounts, settings: Any
) -> None:
    settings.EMAIL_IS_SENT = False
    make()
    sweep(MONDAY)
    assert "EMAIL_URL is not set. It is the operator's move" in Mail.objects.get().problem

    settings.EMAIL_IS_SENT = True
    sweep(MONDAY + timedelta(minutes=5))

    assert Mail.objects.get().state == State.SENT


def test_what_was_due_days_ago_is_not_sent(make: Callable[..., Mailing], calls: Accounts) -> None:
    make()
    sweep(MONDAY + timedelta(days=4))

    assert not Mail.objects.exists()


def test_a_mail_shows_what_its_owner_may_see(
    make: Callable[..., Mailing], calls: Accounts, clerk_user: User
) -> None:
    make(report="period=month&by=shown&range=this-month")
    clerk_user.user_permissions.remove(Permission.objects.get(codename="see_numbers"))
    sweep(MONDAY)

    [message] = outbox.outbox
    whole = message.message().as_string()
    assert "****0000" in message.body
    assert "Numbers are masked" in message.body
    assert "2155190000" not in whole
    assert Mail.objects.get().is_masked


@pytest.mark.parametrize(
    ("lose", "sentence"),
    [
        ("view_report", "may no longer read this"),
        ("is_active", "account is disabled"),
        ("email", "no e-mail address"),
    ],
)
def test_an_owner_who_may_not_any_more_gets_nothing(
    make: Callable[..., Mailing], calls: Accounts, clerk_user: User, lose: str, sentence: str
) -> None:
    make()
    if lose == "is_active":
        clerk_user.is_active = False
    elif lose == "email":
        clerk_user.email = ""
    else:
        clerk_user.user_permissions.remove(Permission.objects.get(codename=lose))
    clerk_user.save()
    sweep(MONDAY)

    mail = Mail.objects.get()
    assert (mail.state, mail.next_try_at) == (State.FAILED, None)
    assert sentence in mail.problem
    assert not outbox.outbox


def test_a_large_file_is_a_link(
    make: Callable[..., Mailing], calls: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "LARGEST", 100)
    make()
    sweep(MONDAY)

    [message] = outbox.outbox
    assert not message.attachments
    assert "so it is not attached" in message.body
    assert "/reports/?period=week&by=vendor&from=2026-11-16&to=2026-11-22" in message.body


def test_a_view_is_mailed_with_its_calls_of_the_week(
    make: Callable[..., Mailing], calls: Accounts, clerk_user: User
) -> None:
    view = SavedView.objects.create(
        name="Nobody", owner=clerk_user, search="outcome:busy", columns=["time", "callee"]
    )
    make(report="", view=view, name="Missed")
    sweep(MONDAY)

    [message] = outbox.outbox
    assert "1 call. Times are those of Asia/Shanghai." in message.body
    assert "2026-11-17 23:00:00 | 13100002226" in message.body
    assert message.attachments[0][0].startswith("calls-")


def test_the_same_attempt_has_the_same_id(make: Callable[..., Mailing], calls: Accounts) -> None:
    make()
    sweep(MONDAY)

    headers = outbox.outbox[0].extra_headers
    assert headers["Message-ID"].startswith("<mailing-")
    assert headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        # Monday at eight in Shanghai is midnight of UTC.
        (MONDAY - timedelta(seconds=1), MONDAY - timedelta(days=7), MONDAY),
        (MONDAY, MONDAY, MONDAY + timedelta(days=7)),
        (MONDAY + timedelta(days=6, hours=23), MONDAY, MONDAY + timedelta(days=7)),
    ],
)
def test_a_monday_is_one_of_the_portals_zone(
    now: datetime, last: datetime, following: datetime
) -> None:
    assert due.last_due("week", 8, now) == last
    assert due.next_due("week", 8, now) == following


class Postman(socketserver.StreamRequestHandler):
    """As much of an SMTP server as a mail needs."""

    def handle(self) -> None:
        self.say("220 here")
        is_data, said = False, []
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if is_data:
                is_data = line != "."
                said.append(line)
                if not is_data:
                    self.server.taken.append("\n".join(said))  # type: ignore[attr-defined]
                    self.say("250 taken")
            elif line.upper() == "QUIT":
                self.say("221 bye")
                return
            elif line.upper() == "DATA":
                is_data = True
                self.say("354 go on")
            else:
                self.say("250 yes")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def test_a_real_server_takes_it(
    make: Callable[..., Mailing], calls: Accounts, settings: Any
) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Postman) as server:
        server.taken = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        make()
        sweep(MONDAY)
        server.shutdown()

    assert not Mail.objects.get().problem
    [taken] = server.taken  # type: ignore[attr-defined]
    assert Mail.objects.get().state == State.SENT
    assert "Subject: Vendors, 2026-11-16 to 2026-11-22" in taken
    assert 'filename="report-vendor-20261116-20261122.csv"' in taken


def test_a_server_that_is_not_there_is_asked_again(
    make: Callable[..., Mailing], calls: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: EmailBackend) -> bool:
        raise ConnectionRefusedError("Connection refused")

    monkeypatch.setattr(EmailBackend, "open", away)
    make()
    sweep(MONDAY)

    mail = Mail.objects.get()
    assert mail.state == State.WAITING
    assert "did not take it: Connection refused" in mail.problem


FORM = {
    "name": "Monthly",
    "report": "period=month&by=vendor&range=last-month",
    "every": "month",
    "hour": "7",
    "format": "xlsx",
}


def test_a_report_is_mailed_by_a_form_on_its_page(clerk: Client, calls: Accounts) -> None:
    assert (
        "E-mail this report"
        in clerk.get("/reports/?range=last-month", follow=True).content.decode()
    )
    response = clerk.post("/reports/mailings/", FORM, follow=True)

    page = response.content.decode()
    assert "clerk@example.com" in page
    assert "Each month&#x27;s first, 07:00 (Asia/Shanghai)" in page
    mailing = Mailing.objects.get()
    assert (mailing.name, mailing.hour, mailing.addresses) == ("Monthly", 7, [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"report": "by=colour"}, "by: expected one of"),
        ({"report": "from=2026-11-01&to=2026-11-02"}, "Choose a range with a name"),
        ({"report": ""}, "Choose what is to be sent"),
        ({"name": ""}, "This field is required."),
        ({"hour": "24"}, "Select a valid choice"),
        ({"addresses": "boss@example.com"}, "to yourself alone"),
        ({"view": "999"}, "Select a valid choice"),
    ],
)
def test_a_form_that_cannot_be_meant_is_answered_with_a_sentence(
    clerk: Client, calls: Accounts, change: dict[str, str], sentence: str
) -> None:
    response = clerk.post("/reports/mailings/", FORM | change)

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not Mailing.objects.exists()


def test_two_of_one_name_are_refused(clerk: Client, calls: Accounts) -> None:
    clerk.post("/reports/mailings/", FORM)
    response = clerk.post("/reports/mailings/", FORM)

    assert response.status_code == 400
    assert "of this name already" in response.content.decode()


def test_others_are_mailed_with_a_permission(
    clerk: Client, clerk_user: User, calls: Accounts
) -> None:
    clerk_user.user_permissions.add(Permission.objects.get(codename="mail_others"))
    wrong = clerk.post("/reports/mailings/", FORM | {"addresses": "boss"})
    assert "found “boss”" in wrong.content.decode() or "boss" in wrong.content.decode()
    clerk.post("/reports/mailings/", FORM | {"addresses": "a@example.com; b@example.com"})

    assert Mailing.objects.get().addresses == ["a@example.com", "b@example.com"]
    sending.ask(Mailing.objects.get())
    sending.sweep()
    assert outbox.outbox[0].to == ["a@example.com", "b@example.com"]


def test_one_is_sent_now_and_what_became_of_it_is_shown(
    clerk: Client, calls: Accounts, make: Callable[..., Mailing]
) -> None:
    mailing = make()
    clerk.post(f"/reports/mailings/{mailing.pk}/send/")
    sending.sweep()

    assert len(outbox.outbox) == 1
    page = clerk.get("/reports/mailings/").content.decode()
    assert "asked for" in page
    assert "Sent" in page


def test_a_paused_mailing_is_not_sent_and_goes_on_afterwards(
    clerk: Client, clerk_user: User, calls: Accounts, make: Callable[..., Mailing]
) -> None:
    mailing = make()
    clerk.post(f"/reports/mailings/{mailing.pk}/pause/")
    sweep(MONDAY)
    assert not outbox.outbox

    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        clerk.force_login(clerk_user)  # the session of days ago is over
        clerk.post(f"/reports/mailings/{mailing.pk}/pause/")
    sweep(MONDAY + timedelta(hours=2))
    assert not outbox.outbox
    sweep(MONDAY + timedelta(days=7))
    assert len(outbox.outbox) == 1


def test_a_mailing_is_deleted(clerk: Client, calls: Accounts, make: Callable[..., Mailing]) -> None:
    clerk.post(f"/reports/mailings/{make().pk}/delete/")

    assert not Mailing.objects.exists()


def test_nobody_touches_anothers_mailing(
    clerk: Client, calls: Accounts, make: Callable[..., Mailing], make_user: Callable[..., User]
) -> None:
    other = make_user("other", "view_call", "view_report", "add_mailing")
    mailing = make(owner=other)

    for act in ("send", "pause", "delete"):
        assert clerk.post(f"/reports/mailings/{mailing.pk}/{act}/").status_code == 404


def test_that_mail_is_not_set_up_is_said(clerk: Client, settings: Any) -> None:
    settings.EMAIL_IS_SENT = False

    assert "E-mail is not set up" in clerk.get("/reports/mailings/").content.decode()
