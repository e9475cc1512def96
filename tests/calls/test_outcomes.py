"""How a call ended, in our words: every row of every code table, and the rules above them."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from calls import codes, outcomes
from calls.models import Call
from calls.outcomes import TELLING, Outcome
from tests.conftest import problems, sample
from vendors.models import VendorAccount
from vendors.registry import VENDORS

Json = dict[str, Any]
MakeAccount = Callable[..., VendorAccount]
Deliver = Callable[..., list[Call]]

HUAWEI, VOICEPUSH, YETA = "huawei", "voicepush", "yeta"
NXCLOUD = "nxcloud"


def table(scheme: str) -> dict[str, str]:
    """Code → outcome, as the table of a scheme has it; of a range, its two ends."""
    path = codes.standard_tables().get(scheme) or next(
        tables[scheme]
        for tables in (vendor.code_tables() for vendor in VENDORS.values())
        if scheme in tables
    )
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    ranges = {end: row["outcome"] for row in rows for end in (row["code"], row["code_to"]) if end}
    return ranges | {row["code"]: row["outcome"] for row in rows if not row["code_to"]}


def of_hangup(code: str) -> Json:
    """A call whose fee was lost: only its hang-up is known."""
    push = sample("huawei", "status__notification_disconnect")
    del push["statusInfo"]["called"]
    push["statusInfo"] |= {"sessionId": f"call-{code}", "stateCode": code}
    return push


def of_fee(code: str, field: str) -> Json:
    push = sample("huawei", "fee__notification")
    item = push["feeLst"][0]
    item |= {"sessionId": f"call-{code}", "callOutAnswerTime": "", field: int(code)}
    return push


def of_release_point(code: str) -> Json:
    return of_fee(code, "ulFailReason")


def of_q850(code: str) -> Json:
    return of_fee(code, "callOutUnaswRsn")


def of_sip(code: str) -> Json:
    return of_fee(code, "sipStatusCode")


def of_result(code: str, field: str) -> Json:
    unanswered = {"answerAt": 0, "duration": 0, "recordFile": "", "hangup": 1}
    push = sample("nxcloud", "call-result__document") | unanswered
    return push | {"callId": f"call-{code}", field: code}


def of_call_status(code: str) -> Json:
    return of_result(code, "callStatus")


def of_cause(code: str) -> Json:
    return of_result(code, "hangupCode" if code.isdecimal() else "hangupCause")


def of_no_binding(code: str) -> Json:
    push = sample("nxcloud", "call-result__no_binding")
    return push | {"requestId": f"call-{code}", "code": int(code)}


def of_call_result(code: str) -> Json:
    push = sample("voicepush", "cdr__document") | {"startTime": 0, "callDuration": 0}
    return push | {"callId": f"call-{code}", "callResult": int(code)}


def of_task_result(code: str) -> Json:
    push = sample("yeta", "receiveCallRecord__document") | {"time_answer": 0, "duration_call": 0}
    return push | {"call_uuid": f"call-{code}", "task_result": code}


TABLES: tuple[tuple[str, str, Callable[[str], Json]], ...] = (
    (HUAWEI, "huawei.state", of_hangup),
    (HUAWEI, "huawei.release-point", of_release_point),
    (HUAWEI, "q850", of_q850),
    (HUAWEI, "sip", of_sip),
    (NXCLOUD, "nxcloud.call-status", of_call_status),
    (NXCLOUD, "nxcloud.error", of_no_binding),
    (NXCLOUD, "freeswitch", of_cause),
    (VOICEPUSH, "voicepush.call-result", of_call_result),
    (YETA, "yeta.task-result", of_task_result),
)


def expected(scheme: str) -> dict[str, str]:
    """The table's own outcomes, but for the rules that ``calls.outcomes`` puts above them."""
    found = table(scheme)
    if scheme in {"huawei.release-point", "sip"}:
        # A fee has legs. A code that says "answered" may mean either of them: legs decide.
        found = {code: "unknown" if one == "answered" else one for code, one in found.items()}
    return found


@pytest.mark.parametrize(("vendor", "scheme", "say"), TABLES, ids=[row[1] for row in TABLES])
def test_a_code_of_an_unanswered_call_gives_the_outcome_of_its_table(
    vendor: str,
    scheme: str,
    say: Callable[[str], Json],
    make_account: MakeAccount,
    deliver: Deliver,
) -> None:
    kind = VENDORS[vendor].kinds[0].key

    calls = deliver(make_account(vendor), kind, *(say(code) for code in table(scheme)))

    assert problems() == []
    assert {call.call_id.removeprefix("call-"): call.outcome for call in calls} == expected(scheme)


@pytest.mark.parametrize(("vendor", "scheme", "say"), TABLES, ids=[row[1] for row in TABLES])
def test_every_code_of_a_call_is_kept_under_its_table(
    vendor: str,
    scheme: str,
    say: Callable[[str], Json],
    make_account: MakeAccount,
    deliver: Deliver,
) -> None:
    code = next(code for code in table(scheme) if code != "0")

    [call] = deliver(make_account(vendor), VENDORS[vendor].kinds[0].key, say(code))

    assert (scheme, code) in call.codes.values_list("scheme", "value")


ANSWERED: tuple[tuple[str, Json], ...] = (
    (NXCLOUD, sample("nxcloud", "call-result__document") | {"hangupCause": "USER_BUSY"}),
    (VOICEPUSH, sample("voicepush", "cdr__document") | {"callResult": 8}),
    (YETA, sample("yeta", "receiveCallRecord__document") | {"task_result": "5"}),
)


@pytest.mark.parametrize(("vendor", "said"), ANSWERED)
def test_an_answered_call_is_answered_whatever_its_codes_say(
    vendor: str, said: Json, make_account: MakeAccount, deliver: Deliver
) -> None:
    [call] = deliver(make_account(vendor), VENDORS[vendor].kinds[0].key, said)

    assert call.outcome == "answered"


def test_an_answered_notification_is_answered_whatever_its_codes_say(
    make_account: MakeAccount, deliver: Deliver
) -> None:
    push = sample("huawei", "fee__notification")
    push["feeLst"][0] |= {"ulFailReason": 8010, "callOutUnaswRsn": 17, "sipStatusCode": 486}

    [call] = deliver(make_account("huawei"), "fee", push)

    assert call.outcome == "answered"


def test_a_raw_sip_status_in_the_release_point_says_what_it_says_in_sip(
    make_account: MakeAccount, deliver: Deliver
) -> None:
    pushes = (of_release_point(code) for code in ("404", "408", "486", "487", "603"))

    calls = deliver(make_account("huawei"), "fee", *pushes)

    assert [call.outcome for call in calls] == [
        "invalid_number",
        "no_answer",
        "busy",
        "cancelled",
        "rejected",
    ]


def test_huaweis_own_release_point_is_not_taken_for_a_sip_status_of_its_number(
    make_account: MakeAccount, deliver: Deliver
) -> None:
    [call] = deliver(make_account("huawei"), "fee", of_release_point("515"))

    assert call.outcome == "rejected"
    assert list(call.codes.values_list("scheme", flat=True)) == ["huawei.release-point"]


def test_the_exact_fault_beats_the_general_one(make_account: MakeAccount, deliver: Deliver) -> None:
    push = of_release_point("8001")  # "could not be put through"
    push["feeLst"][0]["callOutUnaswRsn"] = 17

    [call] = deliver(make_account("huawei"), "fee", push)

    assert call.outcome == "busy"


def test_a_caller_who_hung_up_before_the_answer_gave_up(
    make_account: MakeAccount, deliver: Deliver
) -> None:
    push = of_call_status("1") | {"hangup": 0}

    [call] = deliver(make_account("nxcloud"), "call-result", push)

    assert call.outcome == "cancelled"


def test_a_call_that_is_not_over_has_no_outcome_yet(
    make_account: MakeAccount, deliver: Deliver
) -> None:
    push = sample("voicepush", "status__document") | {"eventType": 2}

    [call] = deliver(make_account("voicepush"), "status", push)

    assert (call.state, call.outcome) == ("in_progress", "unknown")


def test_every_outcome_has_its_place_among_the_telling_ones() -> None:
    assert sorted(TELLING) == sorted(Outcome)


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("earlier", "later", "seconds"),
    [
        (NOON, NOON.replace(second=59, microsecond=999_999), 59),
        (NOON, NOON, 0),
        (NOON.replace(second=1), NOON, None),
        (None, NOON, None),
        (NOON, None, None),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), None),
    ],
)
def test_seconds_are_whole_and_never_run_backwards(
    earlier: datetime | None, later: datetime | None, seconds: int | None
) -> None:
    assert outcomes.seconds_between(earlier, later) == seconds


@pytest.mark.parametrize(
    ("cause", "status", "outcome"),
    [
        ("19", "480", "no_answer"),
        ("18", "480", "no_answer"),
        ("21", "403", "rejected"),
        ("31", "486", "busy"),
    ],
)
def test_a_sip_status_counts_only_where_the_cause_does_not_tell(
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
    cause: str,
    status: str,
    outcome: str,
) -> None:
    body = sample("huawei", "fee__notification")
    body["feeLst"][0] |= {"callOutUnaswRsn": int(cause), "sipStatusCode": int(status)}
    body["feeLst"][0] |= {"callOutAnswerTime": "", "ulFailReason": ""}

    (call,) = deliver(make_account("huawei"), "fee", body)

    assert call.outcome == outcome
