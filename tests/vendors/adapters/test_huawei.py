"""Huawei's calls: two legs under one session, fees by the dozen, and a document with slips."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from calls.models import Call, CallCode, Event, Leg, Recording
from tests.conftest import problems, sample
from vendors.models import VendorAccount
from vendors.registry import VENDORS

Json = dict[str, Any]
MakeAccount = Callable[..., VendorAccount]
Deliver = Callable[..., list[Call]]

pytestmark = pytest.mark.django_db

SESSION = "1201_612_4294967295_20190124030424@callenabler245.huaweicaas.com"
A, B = "+8613800000021", "+8613800007021"
LINE = "+8675500005678"


@pytest.fixture
def tell(make_account: MakeAccount, deliver: Deliver) -> Callable[..., Call]:
    """Deliver pushes about one call to a Huawei account; the call."""

    def to_huawei(*pushes: Json) -> Call:
        [call] = deliver(make_account("huawei"), "status", *pushes)
        assert problems() == []
        return call

    return to_huawei


Tell = Callable[..., Call]


def status(event: str, at: str, called: str = "", **more: Any) -> Json:
    said = {"sessionId": SESSION, "timestamp": f"2019-01-24 {at}", "caller": LINE}
    return {"eventType": event, "statusInfo": said | {"called": called} | more}


def a_answers() -> list[Json]:
    return [
        status("callout", "03:04:24", A),
        status("alerting", "03:04:26", A),
        status("answer", "03:04:31", A),
    ]


def b_answers() -> list[Json]:
    return [
        status("callout", "03:04:31", B),
        status("alerting", "03:04:36", B),
        status("answer", "03:04:38", B),
    ]


def fee(**said: Any) -> Json:
    push = sample("huawei", "fee__callback")
    push["feeLst"][0] |= {"calleeNum": A, "fwdDstNum": B, "callerNum": LINE} | said
    return push


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2019-01-24T{clock}").replace(tzinfo=UTC)


class TestACallback:
    def test_of_the_document_is_a_call_from_a_to_b(self, tell: Tell) -> None:
        call = tell(sample("huawei", "fee__callback"))

        assert (call.caller, call.callee) == ("+86138***0021", "+86138***7021")
        assert call.display_number == "+86138***0022"
        assert (call.service, call.direction) == ("voice_callback", "outbound")
        assert (call.started_at, call.rang_at) == (at("03:04:24"), at("03:04:36"))
        assert (call.answered_at, call.ended_at) == (at("03:04:38"), at("03:04:49"))
        assert (call.ring_seconds, call.talk_seconds) == (2, 11)
        assert (call.outcome, call.state) == ("answered", "ended")

    def test_has_two_legs_known_by_the_numbers_called(self, tell: Tell) -> None:
        tell(*a_answers(), *b_answers(), fee())

        legs = Leg.objects.order_by("-side").values_list("side", "number", "answered_at")
        assert list(legs) == [("caller", A, at("03:04:31")), ("callee", B, at("03:04:38"))]

    def test_that_only_a_answered_is_not_answered(self, tell: Tell) -> None:
        call = tell(*a_answers(), fee(fwdAnswerTime="", fwdUnaswRsn=17, ulFailReason=8102))

        assert call.answered_at is None
        assert (call.outcome, call.talk_seconds) == ("busy", None)

    @pytest.mark.parametrize(
        ("cause", "outcome"),
        [(17, "busy"), (19, "no_answer"), (21, "rejected"), (1, "invalid_number"),
         (20, "unreachable"), ("17", "busy")],
    )  # fmt: skip
    def test_that_b_did_not_answer_ended_as_bs_q850_cause_says(
        self, cause: Any, outcome: str, tell: Tell
    ) -> None:
        call = tell(fee(fwdAnswerTime=None, fwdlUnaswRsn=None, fwdUnaswRsn=cause))

        assert call.outcome == outcome
        assert CallCode.objects.get(scheme="q850").leg_key == B.removeprefix("+")

    def test_that_a_never_answered_ended_as_as_q850_cause_says(self, tell: Tell) -> None:
        never = dict.fromkeys(("fwdStartTime", "fwdAlertingTime", "fwdAnswerTime", "fwdDstNum"))

        call = tell(fee(callOutAnswerTime="", callOutUnaswRsn=19, **never))

        assert (call.outcome, call.answered_at) == ("no_answer", None)
        assert (call.caller, call.callee) == (A, "")

    def test_whose_second_leg_was_never_dialled_keeps_that_legs_cause(self, tell: Tell) -> None:
        tell(fee(fwdDstNum="", fwdAnswerTime="", fwdUnaswRsn=31))

        code = CallCode.objects.get(scheme="q850")
        assert (code.value, code.place, code.leg_key) == ("31", "fwdUnaswRsn", "")

    def test_is_in_progress_until_somebody_hangs_up(self, tell: Tell) -> None:
        call = tell(*a_answers(), *b_answers())

        assert (call.state, call.outcome) == ("in_progress", "answered")
        assert (call.ended_at, call.talk_seconds) == (None, None)

    def test_is_not_answered_while_b_still_rings(self, tell: Tell) -> None:
        call = tell(*a_answers(), *b_answers()[:2])

        assert (call.state, call.outcome, call.answered_at) == ("in_progress", "unknown", None)

    def test_whose_fee_was_lost_is_known_from_its_status(self, tell: Tell) -> None:
        call = tell(*a_answers(), *b_answers(), status("disconnect", "03:04:49", B, stateCode=0))

        assert (call.caller, call.callee, call.display_number) == (A, B, LINE)
        assert (call.answered_at, call.ended_at) == (at("03:04:38"), at("03:04:49"))
        assert (call.outcome, call.state, call.talk_seconds) == ("answered", "ended", 11)

    def test_whose_status_was_lost_is_known_from_its_fee(self, tell: Tell) -> None:
        call = tell(fee())

        assert (call.caller, call.callee, call.display_number) == (A, B, "+86138***0022")
        assert (call.outcome, call.state) == ("answered", "ended")
        assert not Event.objects.exists()

    @pytest.mark.parametrize(("leg", "party"), [(A, "caller"), (B, "callee")])
    def test_was_ended_by_whose_leg_hung_up(self, leg: str, party: str, tell: Tell) -> None:
        call = tell(*a_answers(), *b_answers(), status("disconnect", "03:04:49", leg), fee())

        assert call.ended_by == party

    def test_was_ended_by_whom_the_platform_names(self, tell: Tell) -> None:
        hangup = status("disconnect", "03:04:49", B, partyType="platform")

        call = tell(*a_answers(), *b_answers(), hangup, fee())

        assert call.ended_by == "platform"

    def test_has_an_event_for_every_status(self, tell: Tell) -> None:
        tell(*a_answers(), *b_answers(), status("disconnect", "03:04:49", B, stateDesc="Bye."))

        kinds = list(Event.objects.order_by("at", "id").values_list("kind", flat=True))
        assert kinds == [*("callout", "alerting", "answer") * 2, "disconnect"]
        assert Event.objects.get(kind="disconnect").note == "Bye."

    def test_of_the_documents_own_pushes_is_one_call(self, tell: Tell) -> None:
        events = ("callout", "alerting", "answer", "disconnect")

        call = tell(
            *(sample("huawei", f"status__callback_{event}") for event in events),
            sample("huawei", "fee__callback"),
        )

        assert (call.caller, call.callee) == ("+86138***0021", "+86138***7021")
        assert (call.outcome, call.ended_by) == ("answered", "caller")
        assert Leg.objects.count() == 2


class TestMaskedNumbers:
    def test_with_more_and_fewer_stars_are_one_leg(self, tell: Tell) -> None:
        tell(
            status("callout", "03:04:24", "+86138*******0021"),
            status("answer", "03:04:31", "+86138****0021"),
            fee(calleeNum="+86138***0021"),
        )

        [leg] = Leg.objects.filter(side="caller")
        assert (leg.key, leg.number) == ("86138*0021", "+86138***0021")
        assert Leg.objects.count() == 2


class TestAFeePush:
    def test_with_the_same_item_twice_is_one_call(self, tell: Tell) -> None:
        push = fee()
        push["feeLst"] *= 2

        tell(push)

        assert (Call.objects.count(), Leg.objects.count(), CallCode.objects.count()) == (1, 2, 1)

    def test_with_fifty_items_is_fifty_calls(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        push = fee()
        push["feeLst"] = [push["feeLst"][0] | {"sessionId": f"s{place}"} for place in range(50)]

        assert len(deliver(make_account("huawei"), "fee", push)) == 50

    @pytest.mark.parametrize("key", ["fwdUnaswRsn", "fwdlUnaswRsn"])
    def test_may_misspell_why_b_did_not_answer(self, key: str, tell: Tell) -> None:
        push = fee(fwdAnswerTime="")
        del push["feeLst"][0]["fwdlUnaswRsn"]
        push["feeLst"][0][key] = 17

        call = tell(push)

        assert (call.outcome, call.extra) == ("busy", {})

    @pytest.mark.parametrize("key", ["spId", "splId"])
    def test_may_misspell_the_account(self, key: str, tell: Tell) -> None:
        push = fee()
        push["feeLst"][0][key] = push["feeLst"][0].pop("spId")

        call = tell(push)

        assert call.details["service_account"] == "CaaS_Test_01"
        assert call.extra == {}

    @pytest.mark.parametrize("word", ["fee", "Fee", "FEE"])
    def test_is_known_whatever_the_case_of_its_word(self, word: str, tell: Tell) -> None:
        assert tell(fee() | {"eventType": word}).service == "voice_callback"

    def test_without_an_end_ended_when_it_failed(self, tell: Tell) -> None:
        call = tell(fee(callEndTime="", failTime="2019-01-24 03:04:50", fwdAnswerTime=""))

        assert call.ended_at == at("03:04:50")

    @pytest.mark.parametrize("zero", [0, "0"])
    def test_with_causes_of_zero_says_nothing_of_causes(self, zero: Any, tell: Tell) -> None:
        tell(fee(callOutUnaswRsn=zero, fwdUnaswRsn=zero, sipStatusCode=zero))

        assert not CallCode.objects.filter(scheme__in=["q850", "sip"]).exists()

    def test_names_its_recording(self, tell: Tell) -> None:
        call = tell(
            fee(
                recordFlag=1,
                recordObjectName="190124.wav",
                recordDomain="records.huawei.example",
                recordStartTime="2019-01-24 03:04:38",
            )
        )

        recording = Recording.objects.get()
        assert call.has_recording
        assert (recording.object_name, recording.started_at) == ("190124.wav", at("03:04:38"))

    def test_with_two_blanks_or_a_fraction_in_its_times_is_read(self, tell: Tell) -> None:
        call = tell(fee(fwdAnswerTime="2019-01-24  03:04:38", callEndTime="2019-01-24 03:04:49.0"))

        assert (call.answered_at, call.ended_at) == (at("03:04:38"), at("03:04:49"))


class TestService:
    def test_001_may_be_a_notification_or_a_verification_code(self, tell: Tell) -> None:
        assert tell(sample("huawei", "fee__verification")).service == "voice_announcement"

    @pytest.mark.parametrize("swapped", [False, True])
    def test_001_is_a_notification_where_keys_were_pressed(self, swapped: bool, tell: Tell) -> None:
        pushes = [
            sample("huawei", "fee__notification"),
            sample("huawei", "status__notification_collectinfo"),
        ]

        call = tell(*(reversed(pushes) if swapped else pushes))

        assert call.service == "voice_notification"
        assert Event.objects.get(kind="collectinfo").digits == "02"

    @pytest.mark.parametrize("code", ["002", 2])
    def test_002_is_a_callback_as_text_and_as_a_number(self, code: Any, tell: Tell) -> None:
        assert tell(fee(serviceType=code, fwdDstNum=None)).service == "voice_callback"

    def test_an_unknown_one_is_kept_as_sent(self, tell: Tell) -> None:
        call = tell(fee(serviceType="099"))

        assert (call.service, call.details["service_type"]) == ("", "099")


class TestANotification:
    def test_of_the_document_is_a_call_to_a(self, tell: Tell) -> None:
        events = ("callout", "alerting", "answer", "collectinfo", "disconnect")
        statuses = [sample("huawei", f"status__notification_{event}") for event in events]

        call = tell(*statuses, sample("huawei", "fee__notification"))

        assert (call.caller, call.callee) == ("+86138***0022", "+86138***0021")
        assert (call.rang_at, call.answered_at) == (at("02:48:51"), at("02:49:12"))
        assert (call.talk_seconds, call.outcome, call.ended_by) == (11, "answered", "callee")

    def test_that_nobody_answered_is_not_answered(self, tell: Tell) -> None:
        push = sample("huawei", "fee__notification")
        push["feeLst"][0] |= {"callOutAnswerTime": "", "callOutUnaswRsn": 18, "ulFailReason": 518}

        call = tell(push)

        assert (call.outcome, call.talk_seconds, call.state) == ("no_answer", None, "ended")

    @pytest.mark.parametrize(
        ("code", "outcome"), [(8101, "no_answer"), (8104, "powered_off"), (7004, "blocked")]
    )
    def test_whose_fee_was_lost_ended_as_its_hang_up_says(
        self, code: int, outcome: str, tell: Tell
    ) -> None:
        call = tell(
            status("callout", "03:04:24", A), status("disconnect", "03:04:49", A, stateCode=code)
        )

        assert (call.outcome, call.state) == (outcome, "ended")


class TestAStatus:
    def test_of_a_kind_that_nobody_knows_is_kept_as_an_event(self, tell: Tell) -> None:
        call = tell(status("transfer", "03:04:40", B, target="+8613800009999"))

        assert Event.objects.get().kind == "transfer"
        assert call.extra == {"target": "+8613800009999"}

    def test_of_a_kind_too_long_to_be_one_is_named(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        deliver(make_account("huawei"), "status", status("\u0130" * 64, "03:04:40", B))

        assert problems() == [f'eventType: expected at most 32 characters, got "{chr(0x130) * 64}"']

    def test_without_numbers_makes_no_leg(self, tell: Tell) -> None:
        push = status("answer", "03:04:31")
        push["statusInfo"].pop("caller")

        call = tell(push)

        assert (Leg.objects.count(), call.answered_at) == (0, None)

    def test_before_the_call_in_the_fee_counts_no_time_of_its_own(self, tell: Tell) -> None:
        call = tell(*a_answers(), *b_answers(), fee())

        assert call.rang_at == at("03:04:36")
        assert Leg.objects.get(side="caller").rang_at == at("03:04:27")


def test_facts_are_the_same_whichever_address_a_push_came_to() -> None:
    body = b'{"eventType": "FEE", "feeLst": [{"sessionId": "1"}]}'

    assert VENDORS["huawei"].read("status", body) == VENDORS["huawei"].read("fee", body)
