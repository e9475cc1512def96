"""What becomes of pushes: rows that say what was said, whoever said it, and nothing else."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.models import Call, Event, Leg, Recording, Turn
from tests.conftest import problems, sample
from vendors import inbox
from vendors.adapters.base import Reading
from vendors.models import Push, State, VendorAccount
from vendors.registry import VENDORS

Json = dict[str, Any]
MakeAccount = Callable[..., VendorAccount]
Deliver = Callable[..., list[Call]]

pytestmark = pytest.mark.django_db


def cdr(**said: Any) -> Json:
    return sample("voicepush", "cdr__document") | said


def status(**said: Any) -> Json:
    return sample("voicepush", "status__document") | said


def result(**said: Any) -> Json:
    return sample("nxcloud", "call-result__document") | said


def record(**said: Any) -> Json:
    return sample("yeta", "receiveCallRecord__document") | said


def fee(**said: Any) -> Json:
    """The document's callback fee with some fields saying something else."""
    push = sample("huawei", "fee__callback")
    push["feeLst"][0] |= said
    return push


def fees(*items: Json) -> Json:
    return {"eventType": "fee", "feeLst": [fee(**item)["feeLst"][0] for item in items]}


def process_everything() -> None:
    while inbox.process():
        pass


def again() -> None:
    inbox.put_back(Push.objects.all())
    process_everything()


class TestWhatIsNotSaid:
    @pytest.mark.parametrize("nothing", [None, "", "  ", 0, "0"])
    def test_a_later_push_without_a_time_does_not_erase_it(
        self, nothing: Any, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        later = cdr(startTime=nothing, cdrCreateTime=1607588999000)

        [call] = deliver(make_account("voicepush"), "cdr", cdr(), later)

        assert call.answered_at == datetime(2020, 12, 10, 8, 28, 24, tzinfo=UTC)

    @pytest.mark.parametrize("nothing", [None, "", " ", [], {}])
    def test_a_later_push_without_a_word_does_not_erase_it(
        self, nothing: Any, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        later = cdr(
            caller=nothing, userData=nothing, numberPoolNo=nothing, cdrCreateTime=1607588999000
        )

        [call] = deliver(make_account("voicepush"), "cdr", cdr(), later)

        assert call.caller == "13100001111"
        assert call.user_data == '{"orderId":"123456"}'
        assert call.details["number_pool"] == "NP160102116501911493"

    @pytest.mark.parametrize("nothing", [0, "0", "", None])
    def test_a_time_of_nothing_is_absent_and_not_the_year_1970(
        self, nothing: Any, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("yeta"),
            "receiveCallRecord",
            record(time_answer=nothing, time_ring=nothing, time_dial=nothing, task_result="20"),
        )

        assert (call.started_at, call.rang_at, call.answered_at) == (None, None, None)
        assert call.ended_at is not None
        assert call.outcome == "no_answer"

    @pytest.mark.parametrize("never", ["", None, "0000-00-00 00:00:00", "0001-01-01 00:00:00"])
    def test_a_written_time_of_nothing_is_absent(
        self, never: Any, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("huawei"), "fee", fee(fwdAnswerTime=never))

        assert call.answered_at is None
        assert problems() == []


class TestWhoseWordCounts:
    def test_a_record_beats_a_status(self, make_account: MakeAccount, deliver: Deliver) -> None:
        said_otherwise = status(eventType=3, eventTime="1607588999", caller="13100009999")

        [call] = deliver(make_account("voicepush"), "cdr", cdr(), said_otherwise)

        assert call.answered_at == datetime(2020, 12, 10, 8, 28, 24, tzinfo=UTC)
        assert call.caller == "13100001111"

    @pytest.mark.parametrize("swapped", [False, True])
    def test_of_two_records_the_one_that_was_made_later_counts(
        self, swapped: bool, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        corrected = cdr(callDuration=17, callee="13100007777", cdrCreateTime=1607590000000)
        pushes = [corrected, cdr()] if swapped else [cdr(), corrected]

        [call] = deliver(make_account("voicepush"), "cdr", *pushes)

        assert (call.talk_seconds, call.callee) == (17, "13100007777")

    def test_a_record_with_a_date_beats_one_without(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        undated = cdr(callDuration=99, cdrCreateTime=0)

        [call] = deliver(make_account("voicepush"), "cdr", cdr(), undated)

        assert call.talk_seconds == 20

    def test_the_longer_record_of_an_outbound_call_beats_the_basic_one(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        full = record(direction=2)
        basic = {key: word for key, word in full.items() if not key.startswith("task_")}
        basic |= {"duration_call": 99, "caller": "055196869999"}

        [call] = deliver(make_account("yeta"), "receiveCallRecord", full, basic)

        assert (call.talk_seconds, call.caller) == (28, "055196866001")

    def test_a_guess_loses_to_what_is_said_outright_even_by_a_lesser_push(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        guessed = fee(ulFailReason=8009)  # "the caller hung up before the call was connected"
        outright = sample("huawei", "status__callback_disconnect")
        outright["statusInfo"]["partyType"] = "platform"

        [call] = deliver(make_account("huawei"), "fee", guessed, outright)

        assert call.ended_by == "platform"

    def test_a_guess_counts_where_nobody_knows_better(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("huawei"), "fee", fee(ulFailReason=8010))

        assert call.ended_by == "platform"

    def test_the_call_knows_which_push_set_which_field(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("voicepush"), "cdr", status(), cdr(phoneNoE="9"))
        from_status, from_record = Push.objects.order_by("id")

        source, stated_at, fields = call.said[str(from_record.pk)]
        assert (source, stated_at) == ("record", "2020-12-10T08:28:44+00:00")
        assert {"caller", "talk_seconds", "details.number_pool", "extra.phoneNoE"} <= set(fields)
        assert call.said[str(from_status.pk)][0] == "status"
        assert "details.expected_events" in call.said[str(from_status.pk)][2]
        assert "caller" not in call.said[str(from_status.pk)][2]

    def test_a_guess_is_marked_as_one(self, make_account: MakeAccount, deliver: Deliver) -> None:
        [call] = deliver(make_account("huawei"), "fee", fee(ulFailReason=8009))

        [[_, _, fields]] = call.said.values()
        assert "?ended_by" in fields
        assert "direction" in fields


class TestRepeats:
    def test_the_same_bytes_twice_are_one_push_counted(
        self, make_account: MakeAccount, push: Callable[..., Any]
    ) -> None:
        account = make_account("nxcloud")

        push(account, "call-result", result())
        push(account, "call-result", result())

        assert [(one.repeats, one.state) for one in Push.objects.all()] == [(1, State.WAITING)]

    def test_the_same_bytes_to_another_account_are_another_call(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        deliver(make_account("nxcloud", "Hong Kong"), "call-result", result())
        calls = deliver(make_account("nxcloud", "Macao"), "call-result", result())

        assert len(calls) == 2

    def test_the_same_facts_in_other_bytes_change_nothing(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        account = make_account("huawei")
        deliver(account, "fee", fee())

        [call] = deliver(account, "fee", json.dumps(fee(), indent=4).encode())

        assert Push.objects.count() == 2
        assert (call.legs.count(), call.codes.count()) == (2, 1)

    def test_two_contradicting_records_in_one_push_stay_settled_when_read_again(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        twice = fees(
            {"userData": "zebra", "fwdAnswerTime": "2019-01-24 03:04:40"},
            {"userData": "aardvark", "fwdAnswerTime": "2019-01-24 03:04:38"},
        )
        [before] = deliver(make_account("huawei"), "fee", twice)

        again()

        after = Call.objects.get()
        assert (after.user_data, after.answered_at) == (before.user_data, before.answered_at)
        assert before.user_data == "zebra"
        assert before.answered_at == datetime(2019, 1, 24, 3, 4, 40, tzinfo=UTC)

    @pytest.mark.parametrize("swapped", [False, True])
    def test_one_event_told_in_two_ways_is_one_event_in_any_order(
        self, swapped: bool, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        first, second = (sample("huawei", "status__callback_disconnect") for _ in range(2))
        first["statusInfo"] |= {"called": "+86138*0021", "stateDesc": "Released."}
        second["statusInfo"] |= {"called": "+86138****0021", "stateDesc": "The user hung up."}
        pushes = [second, first] if swapped else [first, second]

        deliver(make_account("huawei"), "status", *pushes)

        event = Event.objects.get()
        assert (event.number, event.note) == ("+86138*0021", "The user hung up.")

    @pytest.mark.parametrize("swapped", [False, True])
    @pytest.mark.parametrize(("one", "other"), [("1.5", 1.5), ("true", True), ("[1]", [1])])
    def test_values_that_read_alike_are_told_apart_in_any_order(
        self, one: Any, other: Any, swapped: bool, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        pushes = (
            [cdr(fresh=other), cdr(fresh=one)] if swapped else [cdr(fresh=one), cdr(fresh=other)]
        )

        [call] = deliver(make_account("voicepush"), "cdr", *pushes)

        assert type(call.extra["fresh"]) is str


class TestOneBadRecord:
    BAD: tuple[tuple[str, str, str], ...] = (
        (
            "callEndTime",
            '"yesterday"',
            'feeLst[31].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got "yesterday"',
        ),
        ("sessionId", "null", "feeLst[31].sessionId: expected text, got nothing"),
        (
            "calleeNum",
            json.dumps("1" * 65),
            f'feeLst[31].calleeNum: expected at most 64 characters, got "{"1" * 65}"',
        ),
        (
            "userData",
            '"a", "userData": "b"',
            "feeLst[31].userData: expected once, got two different values",
        ),
        (
            "fresh",
            "[" * 100 + "]" * 100,
            "feeLst[31].fresh: expected at most 32 levels of nesting",
        ),
        (
            "fresh",
            '{"a": {"b": 1, "b": 2}}',
            "feeLst[31].fresh.a.b: expected once, got two different values",
        ),
    )

    def fifty(self, field: str, value: str) -> bytes:
        """Fifty fees of which the 32nd says ``value``, as JSON, in a field."""
        push = fees(*({"sessionId": f"session-{place}"} for place in range(50)))
        push["feeLst"][31].pop(field, None)
        push["feeLst"][31]["marked"] = True
        return json.dumps(push).replace('"marked": true', f'"{field}": {value}').encode()

    @pytest.mark.parametrize(("field", "value", "sentence"), BAD)
    def test_forty_nine_good_fees_of_fifty_are_calls_and_the_bad_one_is_named(
        self, field: str, value: str, sentence: str, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        calls = deliver(make_account("huawei"), "fee", self.fifty(field, value))

        assert len(calls) == 49
        assert [push.state for push in Push.objects.all()] == [State.UNREADABLE]
        assert problems() == [sentence]

    def test_a_record_that_is_no_object_costs_only_itself(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        push = fee()
        push["feeLst"].insert(0, 7)

        calls = deliver(make_account("huawei"), "fee", push)

        assert len(calls) == 1
        assert problems() == ["feeLst[0]: expected an object, got 7"]

    def test_after_a_mend_the_bad_record_is_read_and_the_good_ones_stay(
        self, make_account: MakeAccount, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deliver(make_account("huawei"), "fee", self.fifty("callEndTime", '"yesterday"'))
        huawei = VENDORS["huawei"]

        def read(kind: str, body: bytes) -> Reading:
            return huawei.read(kind, body.replace(b"yesterday", b"2019-01-24 03:04:50"))

        mended = dataclasses.replace(huawei, read=read)
        monkeypatch.setattr(inbox, "VENDORS", {**VENDORS, "huawei": mended})
        again()

        [push] = Push.objects.all()
        assert (push.state, push.problem) == (State.DONE, "")
        assert Call.objects.count() == 50
        assert len(push.call_ids.split()) == 50

    def test_more_records_than_anybody_sends_are_not_read(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        push = {"eventType": "fee", "feeLst": [0] * 300_000}

        calls = deliver(
            make_account("huawei"), "fee", json.dumps(push, separators=(",", ":")).encode()
        )

        assert calls == []
        assert problems() == ["feeLst: expected at most 500 records, got 300000"]


class TestAMendedAdapter:
    def reading(self, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes) -> None:
        """From now on Huawei's adapter reads ``new`` where the vendor wrote ``old``."""
        huawei = VENDORS["huawei"]
        mended = dataclasses.replace(
            huawei, read=lambda kind, body: huawei.read(kind, body.replace(old, new))
        )
        monkeypatch.setattr(inbox, "VENDORS", {**VENDORS, "huawei": mended})

    def test_takes_its_old_word_back(
        self, make_account: MakeAccount, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deliver(make_account("huawei"), "fee", fee(userData="z"))

        self.reading(monkeypatch, b'"userData": "z"', b'"userData": "a"')
        again()

        assert Call.objects.get().user_data == "a"

    def test_may_know_the_push_by_another_date(
        self, make_account: MakeAccount, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deliver(make_account("voicepush"), "cdr", cdr())

        voicepush = VENDORS["voicepush"]
        mended = dataclasses.replace(
            voicepush,
            read=lambda kind, body: voicepush.read(
                kind, body.replace(b"1607588924", b"1607588925")
            ),
        )
        monkeypatch.setattr(inbox, "VENDORS", {**VENDORS, "voicepush": mended})
        again()

        [[_, stated_at, _]] = Call.objects.get().said.values()
        assert stated_at == "2020-12-10T08:28:45+00:00"

    def test_corrects_a_leg(
        self, make_account: MakeAccount, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deliver(make_account("huawei"), "fee", fee())

        self.reading(monkeypatch, b"2019-01-24 03:04:38", b"2019-01-24 03:04:37")
        again()

        answered_at = datetime(2019, 1, 24, 3, 4, 37, tzinfo=UTC)
        assert Leg.objects.get(side="callee").answered_at == answered_at
        assert Call.objects.get().answered_at == answered_at


class TestNeighbours:
    def test_a_push_that_makes_the_parser_raise_costs_its_neighbours_nothing(
        self,
        make_account: MakeAccount,
        push: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        account = make_account("nxcloud")
        for number in range(5):
            push(account, "call-result", result(callId=f"call-{number}"))
        nxcloud = VENDORS["nxcloud"]

        def read(kind: str, body: bytes) -> Reading:
            if b"call-2" in body:
                raise ZeroDivisionError("a bug of ours")
            return nxcloud.read(kind, body)

        broken = dataclasses.replace(nxcloud, read=read)
        monkeypatch.setattr(inbox, "VENDORS", {**VENDORS, "nxcloud": broken})
        for _ in range(inbox.MOST_ATTEMPTS):
            Push.objects.filter(state=State.WAITING).update(next_try_at=timezone.now())
            process_everything()

        found = [(one.state, one.problem) for one in Push.objects.order_by("id")]
        done = (State.DONE, "")
        assert found == [done, done, (State.FAILED, "ZeroDivisionError: a bug of ours"), done, done]
        assert Call.objects.count() == 4

    def test_a_push_that_failed_waits_before_it_is_tried_again(
        self,
        make_account: MakeAccount,
        push: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        push(make_account("nxcloud"), "call-result", result())

        def read(kind: str, body: bytes) -> Reading:
            raise ZeroDivisionError("a bug of ours")

        broken = dataclasses.replace(VENDORS["nxcloud"], read=read)
        monkeypatch.setattr(inbox, "VENDORS", {**VENDORS, "nxcloud": broken})
        process_everything()

        found = Push.objects.get()
        assert (found.state, found.attempts) == (State.WAITING, 1)
        assert found.next_try_at > timezone.now() + timedelta(seconds=30)

    def test_a_push_that_failed_is_done_after_the_mend(
        self,
        make_account: MakeAccount,
        push: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        push(make_account("nxcloud"), "call-result", result())
        Push.objects.update(state=State.FAILED, attempts=3, problem="ZeroDivisionError: ours")

        again()

        assert [(one.state, one.problem) for one in Push.objects.all()] == [(State.DONE, "")]


class TestWhatNobodyAskedFor:
    def test_unknown_enumeration_values_are_kept_as_sent(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("nxcloud"), "call-result", result(hangup=7))

        assert call.extra == {"hangup": 7}
        assert call.ended_by == ""

    def test_an_unknown_service_is_kept_as_sent(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("voicepush"), "cdr", cdr(serviceType=5000, subServiceType=0, callType=9)
        )

        assert call.service == ""
        assert (call.details["service_type"], call.extra["callType"]) == (5000, 9)

    def test_an_unknown_code_is_shown_raw(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("voicepush"), "cdr", cdr(startTime=0, callResult="NEW_RESULT")
        )

        assert [(code.scheme, code.value) for code in call.codes.all()] == [
            ("voicepush.call-result", "NEW_RESULT")
        ]
        assert call.outcome == "unknown"

    def test_keys_of_all_pushes_of_a_call_come_together(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("voicepush"), "cdr", cdr(later=1), status(earlier={"deep": [1, "two"]})
        )

        assert call.extra["later"] == 1
        assert call.extra["earlier"] == {"deep": [1, "two"]}

    def test_keys_beside_the_list_of_fees_are_kept(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("huawei"), "fee", fee() | {"version": "2"})

        assert call.extra == {"version": "2"}


class TestZeroes:
    def test_a_hangup_of_zero_is_the_caller(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("nxcloud"), "call-result", result(hangup=0))

        assert call.ended_by == "caller"

    @pytest.mark.parametrize("zero", [0, "0"])
    def test_a_direction_of_zero_is_outbound_at_huawei(
        self, zero: Any, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("huawei"), "fee", fee(direction=zero))

        assert call.direction == "outbound"

    @pytest.mark.parametrize("zero", [0, "0"])
    def test_a_call_type_of_zero_is_inbound_at_the_carrier(
        self, zero: Any, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("voicepush"), "cdr", cdr(callType=zero))

        assert call.direction == "inbound"

    def test_a_duration_of_zero_is_a_duration(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("nxcloud"), "call-result", result(duration=0))

        assert call.talk_seconds == 0

    def test_a_row_index_of_zero_is_the_longer_record(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        full = record(task_row_index=0, caller="055196866001")
        basic = record(task_row_index=None, caller="055196869999")

        [call] = deliver(make_account("yeta"), "receiveCallRecord", basic, full)

        assert call.caller == "055196866001"


class TestForms:
    def test_numbers_come_as_text_and_text_comes_as_numbers(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        odd = result(
            callId=1604763745256783872,
            caller=85235757583,
            duration="6",
            startAt="1671440452",
            answerAt=1671440454.0,
            hangupCode="17",
            hangup="1",
        )

        [call] = deliver(make_account("nxcloud"), "call-result", odd)

        assert (call.call_id, call.caller) == ("1604763745256783872", "85235757583")
        assert (call.talk_seconds, call.ended_by) == (6, "callee")
        assert call.started_at == datetime(2022, 12, 19, 9, 0, 52, tzinfo=UTC)
        assert call.answered_at == datetime(2022, 12, 19, 9, 0, 54, tzinfo=UTC)
        assert ("q850", "17") in call.codes.values_list("scheme", "value")

    def test_blanks_stray(self, make_account: MakeAccount, deliver: Deliver) -> None:
        [call] = deliver(
            make_account("nxcloud"),
            "call-result",
            result(callId=" 77\n", caller="\t85235757583 ", hangup=" 1 ", startAt=" 1671440452 "),
        )

        assert (call.call_id, call.caller, call.ended_by) == ("77", "85235757583", "callee")
        assert call.started_at == datetime(2022, 12, 19, 9, 0, 52, tzinfo=UTC)

    def test_seconds_milliseconds_and_microseconds_are_told_apart(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("nxcloud"),
            "call-result",
            result(startAt=1671440452, answerAt=1671440454000, hangupAt="1671440460000000"),
        )

        assert call.answered_at == datetime(2022, 12, 19, 9, 0, 54, tzinfo=UTC)
        assert call.ended_at == datetime(2022, 12, 19, 9, 1, tzinfo=UTC)

    def test_a_code_that_is_no_number_is_still_a_code(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("nxcloud"), "call-result", result(hangupCode="N/A"))

        assert problems() == []
        assert ("q850", "N/A") in call.codes.values_list("scheme", "value")


class TestDurations:
    def test_talk_time_is_the_vendors_word(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("yeta"), "receiveCallRecord", record(duration_call=28))

        assert call.talk_seconds == 28  # from answer to hang-up it would be 21

    def test_talk_time_that_nobody_said_is_computed(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("yeta"), "receiveCallRecord", record(duration_call=None))

        assert call.talk_seconds == 21

    def test_ring_time_is_the_vendors_word(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("yeta"), "receiveCallRecord", record(duration_ring=7))

        assert call.ring_seconds == 7  # from ringing to answer it would be 5

    def test_ring_time_that_nobody_said_is_computed(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(make_account("yeta"), "receiveCallRecord", record(duration_ring=""))

        assert call.ring_seconds == 5

    def test_a_call_that_was_not_answered_rang_until_it_ended(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        unanswered = record(duration_ring=None, duration_call=None, time_answer=0, task_result="20")

        [call] = deliver(make_account("yeta"), "receiveCallRecord", unanswered)

        assert (call.ring_seconds, call.talk_seconds) == (27, None)

    def test_an_end_before_the_answer_gives_no_talk_time(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("voicepush"), "cdr", cdr(callDuration=None, endTime=1607588903500)
        )

        assert call.talk_seconds is None

    def test_more_seconds_than_a_column_holds_are_no_talk_time(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        ages = cdr(callDuration=None, startTime=1, endTime=99_999_999_999)

        [call] = deliver(make_account("voicepush"), "cdr", ages)

        assert call.talk_seconds is None
        assert Push.objects.get().state == State.DONE


class TestDialogsAndRecordings:
    def test_turns_without_a_number_of_their_own_are_all_kept(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        push = sample("yeta", "receiveDialog__document")
        push["dialog"] = [
            {"seq": seq, "text_man": text}
            for seq, text in (("6", "a"), ("6", "b"), ("6/2", "c"), (None, "d"), ("#3", "e"))
        ]

        deliver(make_account("yeta"), "receiveDialog", push)

        found = Turn.objects.values_list("text_customer", flat=True)
        assert sorted(found) == ["a", "b", "c", "d", "e"]

    def test_the_same_dialog_again_adds_no_turn(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        push = sample("yeta", "receiveDialog__document")

        deliver(make_account("yeta"), "receiveDialog", push, push | {"fresh": 1})

        assert Turn.objects.count() == 2

    def test_a_new_signature_on_an_address_is_no_new_recording(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        push = sample("voicepush", "recording__three_tracks")
        address = push["audioRecordUrl"]

        deliver(
            make_account("voicepush"),
            "recording",
            push | {"audioRecordUrl": f"{address}?sign=1"},
            push | {"audioRecordUrl": f"{address}?sign=2"},
        )

        assert Recording.objects.filter(track="mixed").count() == 1
        assert Recording.objects.count() == 3

    def test_a_recording_alone_makes_a_call_that_is_over(
        self, make_account: MakeAccount, deliver: Deliver
    ) -> None:
        [call] = deliver(
            make_account("yeta"), "receiveVoice", sample("yeta", "receiveVoice__document")
        )

        assert (call.state, call.has_recording) == ("ended", True)
        assert Recording.objects.get().size_bytes == 1_043_244
