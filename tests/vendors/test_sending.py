"""Sending, to a platform that answers over real HTTP and counts whom it dialled."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from calls.models import Call
from tests import kills, servers
from vendors import accounts, inbox, outbox, pacing, sending, stories
from vendors.adapters.huawei.exchange import Patience
from vendors.models import (
    Attempt,
    NeverCall,
    OutboundQueue,
    OutboundRequest,
    RequestState,
    VendorAccount,
    Why,
)
from vendors.simulator.huawei_platform.platform import Platform
from vendors.simulator.huawei_platform.results import RESULTS

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "+8675528000001"
AGENT = "+8613100000001"
KEY, SECRET = "TestAppKey", "test-secret"
LATE = "20"


@pytest.fixture
def platform(live_server: Any, settings: Any) -> Iterator[Platform]:
    settings.PUBLIC_URL = live_server.url
    with Platform(apps={KEY: SECRET}, slow_answer=3.0) as running:
        yield running


@pytest.fixture
def account(platform: Platform, make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account(
        "huawei",
        app_key=KEY,
        app_secret=SECRET,
        base_url=platform.url,
        calls_per_second="1000",
        calls_at_once="100000",
        push_signature="enforce",
    )


@pytest.fixture
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for the one answer that comes too late anyway."""
    if request.node.callspec.params["row"] == LATE:
        quick = partial(Patience, read=0.3, whole=0.6)
        monkeypatch.setattr("vendors.adapters.huawei.client.Patience", quick)


def number(row: str) -> str:
    """A callee with which the platform does what this row of its table says."""
    return f"+86138000000{row}"


def ask(account: VendorAccount, callee: str, **changes: Any) -> OutboundRequest:
    parameters = {
        "displayNbr": OURS,
        "callerNbr": AGENT,
        "displayCalleeNbr": OURS,
        "calleeNbr": callee,
    }
    given = {"operation": "voice_callback", "parameters": parameters, **changes}
    return outbox.ask(account, outbox.Wish(**given)).request


def send() -> None:
    sending.send_due(30, ring=lambda: None)


def now_is_the_next_try() -> None:
    """Let what waits for another try be due."""
    OutboundRequest.objects.filter(state=RequestState.WAITING).update(next_try_at=timezone.now())


def hear(platform: Platform) -> None:
    assert platform.wait_idle()
    while inbox.process():
        pass


def after(request: OutboundRequest) -> OutboundRequest:
    request.refresh_from_db()
    return request


# The whole circle.


def test_a_callback_is_placed_followed_and_known_to_be_over(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("00"))

    send()
    hear(platform)

    story = stories.tell(after(request))
    assert story.request.state == RequestState.ACCEPTED
    assert story.request.why == Why.ANSWERED
    assert story.call is not None
    assert story.call.outcome == "answered"
    assert (story.call.caller, story.call.callee) == (AGENT, number("00"))
    assert story.request.ended_at is not None
    assert platform.dials[number("00")] == 1


def test_the_users_own_data_goes_out_with_our_token_and_comes_back_without(
    account: VendorAccount, platform: Platform
) -> None:
    parameters = {"displayNbr": OURS, "callerNbr": AGENT, "displayCalleeNbr": OURS}
    parameters |= {"calleeNbr": number("00"), "userData": "order-7"}
    request = ask(account, "", parameters=parameters)

    send()
    hear(platform)

    assert platform.dialled[0].user_data == f"order-7~cp~{request.token}"
    assert Call.objects.get().user_data == "order-7"


def test_pressed_keys_of_a_notification_are_part_of_its_story(
    account: VendorAccount, platform: Platform
) -> None:
    parameters = {
        "displayNbr": OURS,
        "calleeNbr": number("09"),
        "playInfoList": [{"notifyVoice": "welcome.wav", "collectInd": 1}],
    }
    request = ask(account, "", operation="voice_notification", parameters=parameters)

    send()
    hear(platform)

    assert stories.tell(after(request)).pressed == ["1"]


def test_a_verification_code_is_sent_and_then_forgotten(
    account: VendorAccount, platform: Platform
) -> None:
    parameters = {
        "displayNbr": OURS,
        "calleeNbr": number("00"),
        "languageType": 2,
        "preTone": "welcome.wav",
        "verifyCode": "0815",
    }
    request = ask(account, "", operation="voice_verification", parameters=parameters)

    send()
    hear(platform)

    assert platform.requests[0].parameters["verifyCode"] == "0815"
    assert after(request).sealed_secrets == ""


def test_a_call_that_is_up_can_be_ended(account: VendorAccount, platform: Platform) -> None:
    request = ask(account, number("08"))
    send()

    end = outbox.end_call(account, after(request).call_id).request
    send()
    hear(platform)

    assert after(end).state == RequestState.ACCEPTED
    assert Call.objects.get().ended_by == "platform"


def test_ending_a_call_that_is_over_says_so(account: VendorAccount, platform: Platform) -> None:
    end = outbox.end_call(account, "1201_1_4294967295_20261101040000@nowhere.example").request

    send()

    refusal = stories.tell(after(end)).last_refusal
    assert end.state == RequestState.REFUSED
    assert refusal is not None
    assert (refusal.attempt.http_status, refusal.attempt.code) == (500, "1020152")


# Every answer ends in a stated state.


@pytest.mark.parametrize(
    ("row", "state", "why", "dials"),
    [
        ("00", RequestState.ACCEPTED, Why.ANSWERED, 1),
        ("20", RequestState.UNCERTAIN, Why.TIMED_OUT, 1),
        ("21", RequestState.UNCERTAIN, Why.CUT, 0),
        ("22", RequestState.UNCERTAIN, Why.CUT, 1),
        ("23", RequestState.UNCERTAIN, Why.MALFORMED, 0),
        ("24", RequestState.UNCERTAIN, Why.MALFORMED, 1),
        ("25", RequestState.UNCERTAIN, Why.MALFORMED, 1),
        ("26", RequestState.ACCEPTED, Why.ANSWERED, 1),
        ("27", RequestState.ACCEPTED, Why.ANSWERED, 1),
        ("28", RequestState.ACCEPTED, Why.ANSWERED, 1),
    ],
)
@pytest.mark.usefixtures("patience")
def test_an_answer_ends_in_its_state(
    row: str,
    state: RequestState,
    why: Why,
    dials: int,
    account: VendorAccount,
    platform: Platform,
) -> None:
    request = ask(account, number(row))

    send()

    assert (after(request).state, request.why) == (state, why)
    assert platform.dials[number(row)] == dials


@pytest.mark.parametrize("row", ["20", "22", "24", "25"])
@pytest.mark.usefixtures("patience")
def test_a_lost_answer_is_made_up_for_by_the_push(
    row: str, account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number(row))
    send()

    hear(platform)

    story = stories.tell(after(request))
    assert (request.state, request.why) == (RequestState.ACCEPTED, Why.HEARD)
    assert story.call is not None
    assert platform.dials[number(row)] == 1


@pytest.mark.parametrize("row", ["20", "21", "22", "23", "24", "25"])
@pytest.mark.usefixtures("patience")
def test_what_may_have_been_dialled_is_never_sent_again_by_itself(
    row: str, account: VendorAccount, platform: Platform
) -> None:
    ask(account, number(row))
    send()

    now_is_the_next_try()
    sending.take_back()
    send()

    assert len(platform.requests) == 1


def test_a_push_before_the_answer_is_the_same_story(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("27"))
    send()

    hear(platform)

    assert after(request).state == RequestState.ACCEPTED
    assert Attempt.objects.get().code == "0"
    assert Call.objects.count() == 1


def test_an_accepted_request_without_any_push_is_said_to_be_silent(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("26"))
    send()

    OutboundRequest.objects.update(settled_at=timezone.now() - timedelta(minutes=16))

    assert stories.tell(after(request)).is_silent


def test_a_server_that_is_not_there_is_tried_again_and_given_up_in_the_end(
    account: VendorAccount,
) -> None:
    accounts.configure(account, {"base_url": f"http://127.0.0.1:{servers.free_port()}"})
    request = ask(account, number("00"))

    for _ in range(sending.MOST_TRIES):
        now_is_the_next_try()
        send()

    assert (after(request).state, request.why) == (RequestState.GIVEN_UP, Why.TRIED_ENOUGH)
    assert list(request.attempts.values_list("written_at", flat=True)) == [None] * 5


def test_flow_control_waits_and_then_goes_through(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("29"))
    for _ in range(3):
        now_is_the_next_try()
        send()

    assert after(request).state == RequestState.ACCEPTED
    assert request.tries == 3
    assert platform.dials[number("29")] == 1


def test_flow_control_is_not_tried_again_at_once(account: VendorAccount) -> None:
    request = ask(account, number("29"))
    before = timezone.now()

    send()

    assert after(request).why == Why.TRY_LATER
    assert request.next_try_at >= before + timedelta(seconds=60)


def test_an_address_that_is_not_the_platforms_is_refused_with_the_setting_named(
    account: VendorAccount, platform: Platform
) -> None:
    accounts.configure(account, {"base_url": f"{platform.url}/somewhere"})
    request = ask(account, number("00"))

    send()

    assert (after(request).state, request.why) == (RequestState.REFUSED, Why.WRONG_ADDRESS)
    assert "base_url" in str(request.get_why_display())


def test_every_documented_answer_is_explained_and_dials_nobody(
    account: VendorAccount, platform: Platform
) -> None:
    told = {}
    for status, code in RESULTS.keys() - {(200, "0"), (500, "1020152")}:
        last = {401: "1", 403: "3"}.get(status, "0")
        request = ask(account, f"+86139{code}{last}")
        OutboundQueue.objects.update(stopped_at=None, faults_in_a_row=0)

        send()

        attempt = stories.tell(after(request)).tries[0]
        told[status, code] = (attempt.attempt.http_status, attempt.meaning is not None)
        assert request.state in {RequestState.REFUSED, RequestState.WAITING}, (status, code)
        OutboundRequest.objects.filter(pk=request.pk).update(state=RequestState.CANCELLED)

    assert told == {key: (key[0], True) for key in told}
    assert not platform.dials


# The account's queue.


def test_a_wrong_secret_stops_the_queue_after_three(
    account: VendorAccount, platform: Platform
) -> None:
    accounts.configure(account, {"app_secret": "wrong"})
    for _ in range(5):
        ask(account, number("00"))

    for _ in range(3):
        now_is_the_next_try()
        send()

    (stop,) = stories.stops()
    assert len(platform.requests) == pacing.FAULTS_UNTIL_STOP
    assert stop.meaning is not None
    assert (stop.meaning.status, stop.meaning.code) == ("401", "1010010")
    assert stop.waiting == 5


def test_a_resumed_queue_sends_what_waited(account: VendorAccount, platform: Platform) -> None:
    accounts.configure(account, {"app_secret": "wrong"})
    requests = [ask(account, number("00")) for _ in range(3)]
    send()
    accounts.configure(account, {"app_secret": SECRET})

    pacing.resume(account, "operator")
    now_is_the_next_try()
    send()

    assert {after(one).state for one in requests} == {RequestState.ACCEPTED}


def test_a_blocked_address_stops_the_queue_for_half_an_hour(account: VendorAccount) -> None:
    ask(account, "+8613910201760")

    send()

    queue = OutboundQueue.objects.get()
    assert queue.stopped_at is not None
    assert queue.stopped_until is not None
    assert queue.stopped_until - queue.stopped_at == timedelta(minutes=30)


def test_a_stop_with_an_end_ends_by_itself(account: VendorAccount, platform: Platform) -> None:
    ask(account, "+8613910201760")
    send()
    OutboundQueue.objects.update(stopped_until=timezone.now())
    request = ask(account, number("00"))

    send()

    assert after(request).state == RequestState.ACCEPTED


def test_another_account_goes_on_while_one_stands_still(
    account: VendorAccount, platform: Platform, make_account: Callable[..., VendorAccount]
) -> None:
    other = make_account("huawei", "Other", app_key=KEY, app_secret=SECRET, base_url=platform.url)
    ask(account, "+8613910201760")
    send()
    request = ask(other, number("00"))

    send()

    assert after(request).state == RequestState.ACCEPTED


def test_rest_hours_of_the_platform_are_waited_out_where_that_was_asked(
    account: VendorAccount,
) -> None:
    patient = ask(account, "+8613910131210", waits_for_hours=True)
    other = ask(account, "+8613910131211")

    send()

    assert (after(patient).state, patient.why) == (RequestState.WAITING, Why.WORKING_HOURS)
    assert timezone.localtime(patient.next_try_at).hour == 9
    assert after(other).state == RequestState.REFUSED


def test_no_more_calls_are_up_than_the_account_allows(
    account: VendorAccount, platform: Platform
) -> None:
    accounts.configure(account, {"calls_at_once": "2"})
    for _ in range(3):
        ask(account, number("08"))

    claimed = [sending.claim() for _ in range(3)]

    assert [isinstance(one, Attempt) for one in claimed] == [True, True, False]
    assert isinstance(claimed[2], datetime)


def test_dials_keep_their_distance(account: VendorAccount) -> None:
    accounts.configure(account, {"calls_per_second": "0.1"})
    for _ in range(2):
        ask(account, number("00"))

    first, second = sending.claim(), sending.claim()

    assert isinstance(first, Attempt)
    assert isinstance(second, datetime)
    assert timedelta(seconds=9) < second - first.began_at <= timedelta(seconds=10)


def test_a_number_that_is_listed_while_a_request_waits_is_not_called(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("00"))
    listed = NeverCall(number=number("00"))
    listed.full_clean()
    listed.save()

    send()

    assert (after(request).state, request.why) == (RequestState.REFUSED, Why.NEVER_CALL)
    assert not platform.requests


def test_what_could_not_be_sent_in_time_is_given_up(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("00"))
    OutboundRequest.objects.update(expires_at=timezone.now())

    send()

    assert (after(request).state, request.why) == (RequestState.GIVEN_UP, Why.TOO_LATE)
    assert not platform.requests


def test_what_waits_too_long_is_given_up_while_the_queue_stands_still(
    account: VendorAccount,
) -> None:
    request = ask(account, number("00"))
    OutboundQueue.objects.create(account=account, stopped_at=timezone.now())
    OutboundRequest.objects.update(expires_at=timezone.now())

    sending.give_up_late()

    assert (after(request).state, request.why) == (RequestState.GIVEN_UP, Why.TOO_LATE)


# Never twice.


def test_two_workers_never_send_one_request_twice(
    account: VendorAccount, platform: Platform
) -> None:
    for row in range(30):
        ask(account, f"+861310001{row:04d}")

    def work() -> None:
        try:
            send()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for worker in [pool.submit(work) for _ in range(4)]:
            worker.result()

    assert len(platform.dials) == 30
    assert set(platform.dials.values()) == {1}


def test_a_task_that_is_delivered_twice_sends_nothing_twice(
    account: VendorAccount, platform: Platform
) -> None:
    from vendors import tasks

    ask(account, number("00"))

    tasks.sweep_requests()
    tasks.sweep_requests()

    assert platform.dials[number("00")] == 1


def test_a_restored_backup_sends_nothing_again(account: VendorAccount, platform: Platform) -> None:
    request = ask(account, number("26"))
    backup = OutboundRequest.objects.filter(pk=request.pk).values().get()
    send()
    Attempt.objects.all().delete()
    OutboundRequest.objects.filter(pk=request.pk).update(**backup)

    send()

    assert (after(request).state, request.why) == (RequestState.UNCERTAIN, Why.SENT_BEFORE)
    assert platform.dials[number("26")] == 1


def test_a_request_that_a_backup_has_forgotten_is_not_sent_when_it_is_asked_for_again(
    account: VendorAccount, platform: Platform
) -> None:
    ask(account, number("26"), key="order-7")
    send()
    OutboundRequest.objects.all().delete()

    again = ask(account, number("26"), key="order-7")
    send()

    assert after(again).state == RequestState.UNCERTAIN
    assert platform.dials[number("26")] == 1


def test_a_push_while_a_worker_connects_stops_it_from_writing(
    account: VendorAccount, platform: Platform
) -> None:
    request = ask(account, number("00"))
    claimed = sending.claim()
    assert isinstance(claimed, Attempt)
    heard = outbox.Heard(account_id=account.pk, call_id="x", token=request.token, is_final=False)
    with transaction.atomic():
        outbox.hear([heard])

    sending.send(claimed)

    assert not platform.dials
    claimed.refresh_from_db()
    assert (claimed.written_at, claimed.fault) == (None, "overtaken")


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(
    account: VendorAccount, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ask(account, number("00"))
    slow = sending.claim()
    assert isinstance(slow, Attempt)
    monkeypatch.setattr(sending, "ABANDONED_AFTER", timedelta(0))
    sending.take_back()
    now_is_the_next_try()
    send()

    sending.send(slow)

    assert after(request).state == RequestState.ACCEPTED
    assert platform.dials[number("00")] == 1


@pytest.mark.parametrize("row", ["00", "26"])
def test_a_worker_killed_anywhere_dials_at_most_once(
    row: str,
    account: VendorAccount,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.setattr(sending, "ABANDONED_AFTER", timedelta(0))
    requests = {}
    killed = 0

    with kills.Courier("vendors.sending.send_due", PUBLIC_URL=settings.PUBLIC_URL) as courier:
        ask(account, number(row))
        steps = list(range(1, courier.lines()))
        if not pytestconfig.getoption("--every-line"):
            steps = Random(row).sample(steps, 12)  # noqa: S311 - any will do
        for step in steps:
            requests[step] = ask(account, number(row), key=f"step {step}")
            killed += courier.die_at(step)
            sending.take_back()
            now_is_the_next_try()
            send()
    hear(platform)

    print(f"{killed} kills, {len(requests)} requests, {len(platform.dialled)} dials")  # noqa: T201
    assert killed > len(steps) / 2
    for step, request in requests.items():
        dials = [one for one in platform.dialled if one.user_data.endswith(request.token)]
        assert len(dials) <= 1, step
        assert after(request).state in {RequestState.ACCEPTED, RequestState.UNCERTAIN}, step
        if row == "00" and dials:
            assert request.state == RequestState.ACCEPTED, step
        if not dials:
            assert request.state == RequestState.UNCERTAIN, step
