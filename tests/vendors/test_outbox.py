"""Asking: what becomes a request, what the rules forbid, what pushes settle."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from calls.models import Call
from vendors import accounts, ledger, outbox, pacing
from vendors.adapters.outbound import WrongParametersError
from vendors.hours import QuietHours
from vendors.models import (
    NeverCall,
    OutboundRequest,
    RequestState,
    VendorAccount,
    Why,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # in Shanghai
NIGHT = datetime(2026, 11, 1, 14, 0, tzinfo=UTC)  # ten in the evening
SESSION = "1201_1_4294967295_20261101040000@callenabler.home1.example"
CALLBACK: dict[str, Any] = {
    "displayNbr": "+8675528000001",
    "callerNbr": "+8613100000001",
    "displayCalleeNbr": "+8675528000001",
    "calleeNbr": "+8613100000002",
    "userData": "order-7",
}
CODE: dict[str, Any] = {
    "displayNbr": "+8675528000001",
    "calleeNbr": "+8613100000002",
    "languageType": 2,
    "preTone": "welcome.wav",
    "verifyCode": "48151623",
}


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account(
        "huawei", app_key="key", app_secret="secret", base_url="http://platform.example"
    )


def callback(**changes: Any) -> outbox.Wish:
    return outbox.Wish(operation="voice_callback", parameters=CALLBACK | changes)


def keyed(key: str, **changes: Any) -> outbox.Wish:
    return outbox.Wish(operation="voice_callback", parameters=CALLBACK | changes, key=key)


def status(kind: str, **fields: Any) -> dict[str, Any]:
    said = {"sessionId": SESSION, "timestamp": "2026-11-01 04:00:05", "called": "+8613100000001"}
    return {"eventType": kind, "statusInfo": said | fields}


# Asking.


def test_a_request_waits_and_tells_who_asked(account: VendorAccount) -> None:
    user = User.objects.create_user("agent")

    request = outbox.ask(account, callback(), user).request

    assert request.state == RequestState.WAITING
    assert request.asked_by_name == "agent"
    assert (request.caller, request.callee) == ("+8613100000001", "+8613100000002")


def test_wrong_parameters_make_no_request(account: VendorAccount) -> None:
    with pytest.raises(WrongParametersError, match="calleeNbr"):
        outbox.ask(account, callback(calleeNbr="12"))

    assert not OutboundRequest.objects.exists()


def test_asking_twice_with_a_key_is_one_request(account: VendorAccount) -> None:
    first = outbox.ask(account, keyed("order-7"))
    second = outbox.ask(account, keyed("order-7"))

    assert (first.is_new, second.is_new) == (True, False)
    assert second.request.pk == first.request.pk
    assert OutboundRequest.objects.count() == 1


def test_a_key_with_other_parameters_is_an_error(account: VendorAccount) -> None:
    first = outbox.ask(account, keyed("order-7")).request

    with pytest.raises(outbox.KeyReusedError) as raised:
        outbox.ask(account, keyed("order-7", calleeNbr="+8613100000003"))

    assert raised.value.request == first


def test_a_key_with_another_verification_code_is_an_error(account: VendorAccount) -> None:
    wish = outbox.Wish(operation="voice_verification", parameters=CODE, key="sign-in")
    outbox.ask(account, wish)
    other = outbox.Wish(
        operation="voice_verification", parameters=CODE | {"verifyCode": "0000"}, key="sign-in"
    )

    with pytest.raises(outbox.KeyReusedError):
        outbox.ask(account, other)


def test_one_key_serves_two_accounts(
    account: VendorAccount, make_account: Callable[..., VendorAccount]
) -> None:
    other = make_account(
        "huawei", "Other", app_key="key", app_secret="secret", base_url="http://platform.example"
    )

    asked = [outbox.ask(one, keyed("order-7")) for one in (account, other)]

    assert all(one.is_new for one in asked)


def test_a_repeated_key_is_answered_in_quiet_hours_too(account: VendorAccount) -> None:
    accounts.configure(account, {"quiet_hours": "21:00-08:00"})
    with time_machine.travel(NOON):
        first = outbox.ask(account, keyed("order-7")).request

    with time_machine.travel(NIGHT):
        second = outbox.ask(account, keyed("order-7"))

    assert second.request == first


def test_a_verification_code_is_not_readable_in_the_database(account: VendorAccount) -> None:
    wish = outbox.Wish(operation="voice_verification", parameters=CODE)

    request = outbox.ask(account, wish).request

    row = OutboundRequest.objects.filter(pk=request.pk).values().get()
    assert "48151623" not in str(row)


# Rules.


@pytest.mark.parametrize("missing", ["app_key", "app_secret", "base_url"])
def test_a_setting_that_is_missing_is_named(
    missing: str, make_account: Callable[..., VendorAccount]
) -> None:
    given = {"app_key": "key", "app_secret": "secret", "base_url": "http://platform.example"}
    account = make_account("huawei", **{key: given[key] for key in given if key != missing})

    with pytest.raises(outbox.NotAllowedError) as raised:
        outbox.ask(account, callback())

    assert (raised.value.why, raised.value.detail) == (Why.SETTING_MISSING, missing)


def test_a_vendor_without_requests_is_not_asked(
    make_account: Callable[..., VendorAccount],
) -> None:
    with pytest.raises(outbox.NotAllowedError) as raised:
        outbox.ask(make_account("yeta"), callback())

    assert raised.value.why is Why.NOT_OFFERED


@pytest.mark.parametrize("party", ["callerNbr", "calleeNbr"])
@pytest.mark.parametrize("is_for_all", [True, False])
def test_a_number_on_the_list_is_never_called(
    party: str, is_for_all: bool, account: VendorAccount
) -> None:
    row = NeverCall(account=None if is_for_all else account, number="131 0000 0009")
    row.full_clean()
    row.save()

    with pytest.raises(outbox.NotAllowedError) as raised:
        outbox.ask(account, callback(**{party: "+8613100000009"}))

    assert (raised.value.why, raised.value.detail) == (Why.NEVER_CALL, "+8613100000009")


def test_another_accounts_list_does_not_count(
    account: VendorAccount, make_account: Callable[..., VendorAccount]
) -> None:
    row = NeverCall(account=make_account("huawei", "Other"), number="+8613100000002")
    row.full_clean()
    row.save()

    assert outbox.ask(account, callback()).is_new


def test_quiet_hours_refuse(account: VendorAccount) -> None:
    accounts.configure(account, {"quiet_hours": "21:00-08:00"})

    with time_machine.travel(NIGHT), pytest.raises(outbox.NotAllowedError) as raised:
        outbox.ask(account, callback())

    assert raised.value.why is Why.QUIET_HOURS


def test_a_request_may_wait_for_the_end_of_quiet_hours(account: VendorAccount) -> None:
    accounts.configure(account, {"quiet_hours": "21:00-08:00"})
    wish = outbox.Wish(operation="voice_callback", parameters=CALLBACK, waits_for_hours=True)

    with time_machine.travel(NIGHT):
        request = outbox.ask(account, wish).request

    assert request.why == Why.WORKING_HOURS
    assert request.next_try_at == datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
    assert request.expires_at > request.next_try_at


@pytest.mark.parametrize(
    ("hours", "at", "is_quiet"),
    [
        ("21:00-08:00", "20:59", False),
        ("21:00-08:00", "21:00", True),
        ("21:00-08:00", "07:59", True),
        ("21:00-08:00", "08:00", False),
        ("12:00-14:00", "13:00", True),
        ("12:00-14:00", "14:00", False),
    ],
)
def test_quiet_hours_begin_with_their_first_minute_and_end_before_their_last(
    hours: str, at: str, is_quiet: bool
) -> None:
    quiet = QuietHours.of(hours)
    moment = datetime.fromisoformat(f"2026-11-01T{at}:00+08:00")

    assert quiet is not None
    assert quiet.cover(moment) is is_quiet


# Taking back, deciding.


def test_a_waiting_request_can_be_cancelled(account: VendorAccount) -> None:
    request = outbox.ask(account, callback()).request

    assert outbox.cancel(request, "agent")
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (RequestState.CANCELLED, "agent")


def test_a_request_that_is_being_sent_cannot_be_cancelled(account: VendorAccount) -> None:
    request = outbox.ask(account, callback()).request
    OutboundRequest.objects.update(state=RequestState.SENDING)

    assert not outbox.cancel(request, "agent")


def uncertain(account: VendorAccount, wish: outbox.Wish | None = None) -> OutboundRequest:
    request = outbox.ask(account, wish or callback()).request
    outbox.settle(request, RequestState.UNCERTAIN, Why.TIMED_OUT)
    return request


def test_a_person_decides_only_after_pushes_had_their_time(account: VendorAccount) -> None:
    request = uncertain(account)

    assert not outbox.decide(request, was_placed=False, by="agent")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert outbox.decide(request, was_placed=False, by="agent")
    request.refresh_from_db()
    assert (request.state, request.why) == (RequestState.GIVEN_UP, Why.SAID_NOT_PLACED)


def test_the_secrets_of_a_request_that_is_over_are_gone(account: VendorAccount) -> None:
    wish = outbox.Wish(operation="voice_verification", parameters=CODE)
    request = outbox.ask(account, wish).request

    outbox.cancel(request, "agent")

    request.refresh_from_db()
    assert request.sealed_secrets == ""


def test_after_a_restore_everything_that_waits_is_held(account: VendorAccount) -> None:
    request = outbox.ask(account, callback()).request

    assert outbox.hold_all("operator") == 1
    request.refresh_from_db()
    assert (request.state, request.why) == (RequestState.UNCERTAIN, Why.HELD)


# What pushes tell.


@pytest.mark.parametrize("state", list(RequestState))
def test_a_push_with_the_token_proves_that_it_was_placed(
    state: RequestState, account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    request = outbox.ask(account, callback()).request
    OutboundRequest.objects.update(state=state)

    deliver(account, "status", status("callout", userData=f"order-7~cp~{request.token}"))

    request.refresh_from_db()
    assert request.state == RequestState.ACCEPTED
    assert request.call_id == SESSION
    assert request.heard_at is not None


def test_the_token_is_never_shown(
    account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    request = outbox.ask(account, callback()).request

    (call,) = deliver(account, "status", status("callout", userData=f"a~cp~{request.token}"))

    assert call.user_data == "a"


def test_a_token_of_another_account_settles_nothing(
    account: VendorAccount,
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
) -> None:
    request = outbox.ask(account, callback()).request
    other = make_account("huawei", "Other")

    deliver(other, "status", status("callout", userData=f"a~cp~{request.token}"))

    request.refresh_from_db()
    assert request.state == RequestState.WAITING


def test_the_end_of_the_call_clears_the_code(
    account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    wish = outbox.Wish(operation="voice_verification", parameters=CODE)
    request = outbox.ask(account, wish).request
    deliver(account, "status", status("callout", userData=f"~cp~{request.token}"))
    request.refresh_from_db()
    before = request.sealed_secrets

    deliver(account, "status", status("disconnect", stateCode=0))

    request.refresh_from_db()
    assert before
    assert request.sealed_secrets == ""
    assert request.ended_at is not None


def test_processing_a_push_again_changes_nothing_about_its_request(
    account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    from vendors import inbox
    from vendors.models import Push

    request = outbox.ask(account, callback()).request
    deliver(account, "status", status("disconnect", userData=f"~cp~{request.token}"))
    before = OutboundRequest.objects.filter(pk=request.pk).values().get()

    inbox.put_back(Push.objects.all())
    while inbox.process():
        pass

    assert OutboundRequest.objects.filter(pk=request.pk).values().get() == before


# Ending.


def test_ending_a_call_twice_is_one_request(
    account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    (call,) = deliver(account, "status", status("callout"))

    asked = [outbox.end_call(account, call.call_id) for _ in range(2)]

    assert asked[0].request == asked[1].request
    assert asked[0].request.call_id == call.call_id


def test_a_call_that_is_over_cannot_be_ended(
    account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    (call,) = deliver(account, "status", status("disconnect", stateCode=0))

    with pytest.raises(outbox.NotAllowedError) as raised:
        outbox.end_call(account, call.call_id)

    assert raised.value.why is Why.CALL_OVER


# Remembering outside the database.


def test_an_attempt_is_remembered_once() -> None:
    ledger.note("abcdefghijklmnopqrst", 1)

    ledger.note("abcdefghijklmnopqrst", 2)
    with pytest.raises(ledger.SentBeforeError):
        ledger.note("abcdefghijklmnopqrst", 1)


def test_old_memories_go() -> None:
    ledger.note("zbcdefghijklmnopqrst", 1)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert ledger.forget_old() >= 1
    ledger.note("zbcdefghijklmnopqrst", 1)


def test_a_key_has_the_same_token_for_ever(account: VendorAccount) -> None:
    first = outbox.ask(account, keyed("order-7")).request
    token = first.token
    first.delete()

    assert outbox.ask(account, keyed("order-7")).request.token == token


def test_a_queue_stops_after_three_faults_and_goes_on_when_told(account: VendorAccount) -> None:
    queue = pacing.lock(account.pk)
    for _ in range(2):
        pacing.note_fault(queue, "401", "1010010")
    before = pacing.is_stopped(queue, NOON)

    pacing.note_fault(queue, "401", "1010010")

    assert not before
    assert pacing.is_stopped(queue, NOON)
    assert pacing.resume(account, "operator")
    assert not pacing.is_stopped(pacing.lock(account.pk), NOON)
