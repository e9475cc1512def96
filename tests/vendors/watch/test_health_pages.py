"""The page that says whether all vendors are pushing, and what a person does about alarms there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.vendors.watch.conftest import KIND, Clock, record
from vendors import accounts, context, inbox
from vendors.models import Alarm, AlarmSort, VendorAccount
from vendors.permissions import HANDLE_ALARMS, SEE_PUSHES
from vendors.watch import alarms, counting

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]
SignIn = Callable[..., Client]
Look = Callable[..., None]


@pytest.fixture
def alarm(account: VendorAccount, clock: Clock) -> Alarm:
    key = alarms.Key(account.pk, AlarmSort.QUEUE)
    alarms.settle(alarms.Found(wrong={key: {"waiting": 7}}), timezone.now())
    return Alarm.objects.get()


def line(client: Client, kind: str = KIND) -> Any:
    sections = client.get("/health/").context["sections"]
    return next(one for section in sections for one in section.lines if one.kind == kind)


def test_figures_lead_to_the_pushes_behind_them(
    account: VendorAccount, push: Send, look: Look, sign_in: SignIn
) -> None:
    push(account, KIND, record(1))
    push(account, KIND, b"not JSON")
    inbox.process()
    push(account, KIND, record(2))
    accounts.configure(account, {"allowed_ips": "203.0.113.1"})
    push(account, KIND, record(3))
    look()
    client = sign_in(SEE_PUSHES)

    found = line(client)

    assert (found.received, found.refused) == (3, 1)
    assert (found.seen.waiting, found.seen.unreadable, found.seen.failed) == (1, 1, 0)
    assert found.waits == 30
    assert found.half
    assert len(client.get(found.links["lately"]).context["pushes"]) == 3
    assert len(client.get(found.links["refused"]).context["refusals"]) == 1
    for state in ("waiting", "unreadable"):
        assert len(client.get(found.links[state]).context["pushes"]) == 1, state


def test_every_kind_of_a_vendor_that_pushes_has_a_line_though_it_never_came(
    account: VendorAccount, push: Send, sign_in: SignIn
) -> None:
    client = sign_in(SEE_PUSHES)
    before = client.get("/health/").content.decode()
    push(account, KIND, record())
    counting.edge.write()

    assert "Nothing was pushed to it yet." in before
    assert line(client, "receiveDialog").seen.last_at is None


def test_a_page_says_that_nobody_looks(account: VendorAccount, look: Look, sign_in: SignIn) -> None:
    client = sign_in(SEE_PUSHES)

    before = client.get("/health/").content.decode()
    look()
    after = client.get("/health/").content.decode()

    assert "The watch does not look" in before
    assert "The watch does not look" not in after
    assert "No alarm stands" in after


def test_the_page_asks_no_more_of_the_database_for_more_accounts(
    make_account: Callable[..., VendorAccount],
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(5):
        make_account("huawei", f"Line {number}")
    client = sign_in(SEE_PUSHES)
    client.get("/health/")

    with django_assert_max_num_queries(14):
        assert client.get("/health/").status_code == 200


def test_without_an_account_the_page_says_what_would_fill_it(sign_in: SignIn) -> None:
    assert "once an administrator makes one" in sign_in(SEE_PUSHES).get("/health/").content.decode()


def test_the_header_counts_the_alarms_that_ask_for_somebody(alarm: Alarm, sign_in: SignIn) -> None:
    client = sign_in(SEE_PUSHES, HANDLE_ALARMS)
    before = client.get("/alarms/").content.decode()

    client.post(f"/alarms/{alarm.pk}/acknowledge/")
    context.forget_lost_soon()

    assert "alarms stand" in before
    assert "alarms stand" not in client.get("/alarms/").content.decode()


def test_an_alarm_is_acknowledged_and_given_back(alarm: Alarm, sign_in: SignIn) -> None:
    client = sign_in(SEE_PUSHES, HANDLE_ALARMS)

    said = client.post(f"/alarms/{alarm.pk}/acknowledge/", follow=True).content.decode()
    alarm.refresh_from_db()
    by = alarm.acknowledged_by
    back = client.post(f"/alarms/{alarm.pk}/return/", follow=True).content.decode()

    assert "You look after this alarm." in said
    assert by.startswith("person")
    assert "Nobody looks after this alarm any more." in back


def test_an_alarm_is_snoozed_and_woken(alarm: Alarm, sign_in: SignIn) -> None:
    client = sign_in(SEE_PUSHES, HANDLE_ALARMS)

    for given, sentence in (("9", "Say for how long."), ("8", "Snoozed: until then")):
        response = client.post(f"/alarms/{alarm.pk}/snooze/", {"hours": given}, follow=True)
        assert sentence in response.content.decode()
    said = client.post(f"/alarms/{alarm.pk}/wake/", follow=True).content.decode()
    again = client.post(f"/alarms/{alarm.pk}/wake/", follow=True).content.decode()

    assert "The snooze is over." in said
    assert "It is not snoozed." in again


def test_who_only_sees_has_no_buttons(alarm: Alarm, sign_in: SignIn) -> None:
    client = sign_in(SEE_PUSHES)

    assert "I look after it" not in client.get(f"/alarms/{alarm.pk}/").content.decode()
    assert client.post(f"/alarms/{alarm.pk}/acknowledge/").status_code == 403


def test_a_resolved_alarm_says_when_and_has_no_buttons(alarm: Alarm, sign_in: SignIn) -> None:
    alarms.settle(alarms.Found(wrong={}), timezone.now())
    client = sign_in(SEE_PUSHES, HANDLE_ALARMS)

    text = client.get(f"/alarms/{alarm.pk}/").content.decode()

    assert "Resolved by itself" in text
    assert "I look after it" not in text
    said = client.post(f"/alarms/{alarm.pk}/acknowledge/", follow=True).content.decode()
    assert "It is resolved by now" in said


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("?state=standing", 1),
        ("?state=resolved", 0),
        ("?sort=queue", 1),
        ("?sort=silence", 0),
        ("?account=Robots", 1),
        ("?account=nobody", 0),
        ("?from=2026-11-02&to=2026-11-02", 1),
        ("?to=2026-11-01", 0),
    ],
)
def test_alarms_are_filtered(alarm: Alarm, sign_in: SignIn, query: str, count: int) -> None:
    assert len(sign_in(SEE_PUSHES).get(f"/alarms/{query}").context["rows"]) == count


@pytest.mark.parametrize("query", ["?sort=noise", "?from=yesterday", "?color=red", "?cursor=x"])
def test_a_filter_that_is_none_is_a_sentence(sign_in: SignIn, query: str) -> None:
    response = sign_in(SEE_PUSHES).get(f"/alarms/{query}")

    assert response.status_code == 200
    assert response.context["complaints"]


# Metrics.


TOKEN = "a token for the scraper"


def scrape(client: Client, token: str = TOKEN) -> Any:
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_metrics_are_for_who_has_the_token(client: Client, settings: Any) -> None:
    assert scrape(client).status_code == 404

    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 401
    assert scrape(client, "another").status_code == 401
    assert scrape(client).status_code == 200


def test_metrics_tell_what_came_and_what_waits(
    account: VendorAccount, push: Send, look: Look, alarm: Alarm, client: Client, settings: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN
    push(account, KIND, record(1))
    push(account, KIND, record(1))
    look()

    lines = scrape(client).content.decode().splitlines()

    of_kind = f'account="{account.pk}",kind="{KIND}"'
    for said in (
        f'callportal_pushes_total{{{of_kind},outcome="received",vendor="yeta"}} 1.0',
        f'callportal_pushes_total{{{of_kind},outcome="repeated",vendor="yeta"}} 1.0',
        f'callportal_pushes_in_state{{{of_kind},state="waiting",vendor="yeta"}} 1.0',
        f'callportal_acknowledgement_seconds_count{{{of_kind},vendor="yeta"}} 2.0',
        "callportal_queue_length 1.0",
        "callportal_queue_oldest_seconds 30.0",
        'callportal_outbound_requests{state="waiting"} 0.0',
        'callportal_recordings{state="waiting"} 0.0',
    ):
        assert said in lines


def test_metrics_are_counted_from_few_rows(
    client: Client, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN

    with django_assert_max_num_queries(14):
        scrape(client)
    counting.edge.write()
