"""The simulator plays the vendors by their documents, and knows beforehand what comes out."""

import base64
import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
import pytest
from django.test import Client

from calls.models import Call
from calls.outcomes import Outcome
from vendors import accounts, inbox
from vendors.adapters.base import Signed, Trust
from vendors.models import VendorAccount
from vendors.registry import VENDORS
from vendors.simulator import agreement, huawei, plan, voicepush
from vendors.simulator.scenario import BEIJING, Delivery, Sort, Word
from vendors.simulator.sending import Line, NotTakenError, Sender

END = datetime(2026, 11, 2, 9, tzinfo=UTC)
URL = "https://calls.example/hooks/huawei/0123456789abcdef0123456789abcdef/fee"
NUMBER = re.compile(r"\+?(?:86)?1310000\d{4}|8520000\d{4}")
HOST = re.compile(r"https?://([^/:\"]+)")


@cache
def made(seed: int = 1, calls: int = 2000) -> plan.Plan:
    return plan.make(seed=seed, end=END, days=30, calls=calls)


def pushes(vendor: str, kind: str = "") -> list[Delivery]:
    return [one for one in made().deliveries if one.vendor == vendor and kind in {"", one.kind}]


def body(push: Delivery) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(push.body)
    return read


def signed(push: Delivery, secret: str, now: datetime = END) -> Signed:
    return Signed(
        headers={name.lower(): value for name, value in push.headers.items()},
        query=push.query,
        body=push.body,
        addresses=[URL],
        secrets=[secret],
        now=now,
    )


def test_every_push_is_read_without_a_problem_and_speaks_of_the_calls_it_should() -> None:
    for push in made().deliveries:
        reading = VENDORS[push.vendor].read(push.kind, push.body)

        assert not reading.problems, push.body
        assert {facts.call_id for facts in reading.facts} == {one.call_id for one in push.words}


def test_the_same_seed_and_end_give_the_same_bytes() -> None:
    again = plan.make(seed=1, end=END, days=30, calls=2000)

    assert again == made()


@pytest.mark.parametrize("other", [{"seed": 2}, {"end": END + timedelta(hours=1)}, {"days": 29}])
def test_another_plan_has_other_calls(other: dict[str, Any]) -> None:
    given: dict[str, Any] = {"seed": 1, "end": END, "days": 30, "calls": 2000}

    another = plan.make(**given | other)

    for vendor, calls in made().expected.items():
        assert not calls.keys() & another.expected[vendor].keys()


@pytest.mark.parametrize(
    ("vendor", "cannot_say"),
    [
        ("huawei", set()),
        ("nxcloud", {Outcome.POWERED_OFF, Outcome.SUSPENDED}),
        ("voicepush", set()),
        ("yeta", {Outcome.CANCELLED}),
    ],
)
def test_every_outcome_that_a_vendor_can_express_appears(
    vendor: str, cannot_say: set[Outcome]
) -> None:
    assert set(made().expected[vendor].values()) == set(Outcome) - cannot_say


def test_a_small_plan_has_calls_of_every_vendor() -> None:
    small = made(calls=4)

    assert all(small.expected.values())


def test_traffic_keeps_office_hours() -> None:
    hours = Counter(
        facts.started_at.astimezone(BEIJING).hour
        for push in pushes("nxcloud")
        for facts in VENDORS["nxcloud"].read(push.kind, push.body).facts
        if facts.started_at
    )

    assert sum(hours[hour] for hour in range(9, 19)) > 0.7 * hours.total()


def test_nothing_is_pushed_before_it_happens() -> None:
    times = [push.at for push in made().deliveries]

    assert times == sorted(times)
    assert times[0] > made().start - timedelta(hours=1)


def test_some_pushes_come_twice_with_identical_bytes() -> None:
    different = {(push.vendor, push.body) for push in made().deliveries}

    assert 1.01 < len(made().deliveries) / len(different) < 1.1


def test_some_records_overtake_the_status_of_their_call() -> None:
    first: dict[str, str] = {}
    for push in pushes("voicepush"):
        first.setdefault(push.words[0].call_id, push.kind)

    assert "cdr" in first.values()


def test_some_answered_calls_never_get_their_recording_and_some_no_status() -> None:
    kinds: dict[str, set[str]] = {}
    for push in pushes("voicepush"):
        kinds.setdefault(push.words[0].call_id, set()).add(push.kind)

    assert {"cdr"} in kinds.values()
    assert {"cdr", "status"} in kinds.values()
    assert {"cdr", "recording"} in kinds.values()


def test_a_call_that_lost_all_its_pushes_is_not_counted() -> None:
    sent = {word.call_id for push in made().deliveries for word in push.words}

    assert sent == {call_id for calls in made().expected.values() for call_id in calls}
    assert len(sent) < 2000


def test_numbers_and_hosts_belong_to_nobody() -> None:
    for push in made().deliveries:
        text = push.body.decode()
        assert all(host.endswith(".example") for host in HOST.findall(text)), text
        assert all(host.endswith(".example") for host in re.findall(r"@([\w.]+)", text)), text
        for name in ("caller", "callee", "called", "did", "calleeNum", "fwdDstNum", "phoneNoX"):
            for number in re.findall(rf'"{name}":"([^"]+)"', text):
                assert NUMBER.fullmatch(number), text


def test_voicepush_leaves_nothing_out_of_its_records() -> None:
    unanswered = next(
        fields
        for fields in map(body, pushes("voicepush", "cdr"))
        if fields["callResult"] == 2 and fields["serviceType"] == 100
    )

    assert (unanswered["startTime"], unanswered["ringTime"]) == (0, 0)
    assert (unanswered["phoneNoX"], unanswered["subscriptionId"]) == ("", "")
    assert unanswered["secretCallType"] == 0


def test_voicepush_lists_the_events_so_far() -> None:
    lists = {json.dumps(body(push)["allEventType"]) for push in pushes("voicepush", "status")}

    assert lists == {"[1]", "[1, 2]", "[1, 4]", "[1, 2, 3]", "[1, 2, 4]", "[1, 2, 3, 4]"}
    assert all(isinstance(body(push)["eventTime"], str) for push in pushes("voicepush", "status"))


def test_yetas_two_records_come_in_either_order() -> None:
    orders: dict[str, list[bool]] = {}
    for push in pushes("yeta", "receiveCallRecord"):
        orders.setdefault(push.words[0].call_id, []).append("task_row_index" in body(push))

    assert [True, False] in orders.values()
    assert [False, True] in orders.values()


def test_yetas_unanswered_calls_say_so_in_three_ways() -> None:
    ways = {
        json.dumps(fields.get("time_answer", "missing"))
        for fields in map(body, pushes("yeta", "receiveCallRecord"))
        if not fields.get("time_answer")
    }

    assert ways == {"null", "0", '"missing"'}


def test_only_the_customers_turns_have_hits() -> None:
    turns = [turn for push in pushes("yeta", "receiveDialog") for turn in body(push)["dialog"]]

    assert {turn["role"] for turn in turns if "hits" in turn} == {"customer"}
    assert {turn["role"] for turn in turns if "hits" not in turn} == {"robot"}
    assert all(bool(turn["text_man"]) == (turn["role"] == "customer") for turn in turns)


def test_every_documented_sort_of_node_is_played() -> None:
    kinds = {
        turn["node_type"]
        for push in pushes("yeta", "receiveDialog")
        for turn in body(push)["dialog"]
    }

    assert kinds == {
        "AnyNode",
        "CollectInputNode",
        "ConditionNode",
        "EndNode",
        "HookInfoNode",
        "KeyNavigationNode",
        "NoNeedAnswerNode",
        "NormalNode",
    }


def test_huawei_puts_fees_of_one_second_together_up_to_fifty() -> None:
    sizes = []
    for push in pushes("huawei", "fee"):
        fees = body(push)["feeLst"]
        sizes.append(len(fees))
        assert len({fee["callEndTime"] for fee in fees}) == 1

    assert max(sizes) == 50


def test_a_huawei_callback_rings_a_and_then_b_under_one_session() -> None:
    events: dict[str, list[tuple[str, str, str]]] = {}
    for push in pushes("huawei", "status"):
        status = body(push)["statusInfo"]
        said = status["timestamp"], body(push)["eventType"], status.get("called", "")
        events.setdefault(status["sessionId"], []).append(said)

    answered = [
        {called for _, event, called in said if event == "answer"}
        for session, said in events.items()
        if session.startswith("1201_")
    ]
    assert any(len(called) == 2 for called in answered)


def test_huaweis_signature_is_the_one_of_its_document() -> None:
    push = huawei.sign(pushes("huawei", "fee")[0], URL, "secret", END)

    words = dict(re.findall(r'(\w+)="([^"]*)"', push.headers["X-AKSK"]))
    text = f"{URL}\n{words['Nonce']}\n2026-11-02T17:00:00Z"
    digest = hmac.new(b"secret", text.encode(), hashlib.sha256).digest()
    assert words["Created"] == "2026-11-02T17:00:00Z"
    assert words["PasswordDigest"] == base64.b64encode(digest).decode()


@pytest.mark.parametrize("vendor", ["huawei", "voicepush"])
def test_signed_pushes_verify_and_only_with_their_own_secret(vendor: str) -> None:
    check, sign = VENDORS[vendor].check_signature, plan.PLAYERS[vendor].sign
    assert check is not None
    assert sign is not None

    push = sign(pushes(vendor)[0], URL, "secret", END)

    assert check(signed(push, "secret")).trust is Trust.VALID
    assert check(signed(push, "other")).trust is Trust.WRONG


def test_voicepushs_signature_is_the_documents_own_example() -> None:
    push = Delivery(
        vendor="voicepush",
        kind="cdr",
        sort=Sort.RECORD,
        body=b'{"callId":"abcdefg","accountId":"123456789"}',
        at=END,
        words=(),
    )

    signed_push = voicepush.sign(push, URL, "8D202AC288", datetime.fromtimestamp(1622539884, UTC))

    code = signed_push.query["authCode"]
    assert (code[:8], code[-5:]) == ("8090de7b", "c2264")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (set(), Outcome.UNKNOWN),
        ({Outcome.FAILED}, Outcome.FAILED),
        ({Outcome.FAILED, Outcome.BUSY}, Outcome.BUSY),
        ({Outcome.ANSWERED, Outcome.FAILED}, Outcome.ANSWERED),
    ],
)
def test_what_is_expected_follows_from_what_was_told(told: set[Outcome], expected: Outcome) -> None:
    assert plan._outcome(told) is expected


@pytest.mark.django_db
def test_a_plan_played_to_the_portal_shows_the_outcomes_it_expects(
    make_account: Callable[..., VendorAccount], client: Client
) -> None:
    small = made(calls=160)
    lines = _lines(make_account)
    transport = httpx2.MockTransport(lambda request: _relay(client, request))

    with httpx2.Client(transport=transport) as http:
        for push in small.deliveries:
            Sender(http, "http://calls.example", lines, a_second=1e6).send(push)
    while inbox.process():
        pass

    shown: dict[str, dict[str, str]] = {vendor: {} for vendor in VENDORS}
    for vendor, call_id, outcome in Call.objects.values_list("vendor", "call_id", "outcome"):
        shown[vendor][call_id] = outcome
    assert shown == {
        vendor: {call_id: outcome.value for call_id, outcome in calls.items()}
        for vendor, calls in small.expected.items()
    }


def _lines(make_account: Callable[..., VendorAccount]) -> dict[str, Line]:
    lines = {}
    for vendor, player in plan.PLAYERS.items():
        secret = {player.secret: "a made-up secret"} if player.secret else {}
        account = make_account(vendor, "Demo", **player.settings, **secret)
        lines[vendor] = Line(
            player=player, addresses=accounts.webhooks(account), secret="a made-up secret"
        )
    return lines


def _relay(client: Client, request: httpx2.Request) -> httpx2.Response:
    answer = client.post(
        request.url.path,
        request.read(),
        content_type=request.headers["content-type"],
        query_params=dict(request.url.params),
        headers={name: request.headers[name] for name in ("x-aksk",) if name in request.headers},
    )
    return httpx2.Response(answer.status_code, content=answer.content)


def _send(answers: Iterable[int], monkeypatch: pytest.MonkeyPatch) -> tuple[Sender, list[str]]:
    """Send one push of NXCLOUD's to a portal that gives these answers, one after another."""
    monkeypatch.setattr("vendors.simulator.sending.WAITS", (0.0, 0.0))
    rest, asked = iter(answers), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(next(rest))

    address = "https://calls.example/hooks/nxcloud/token/call-result"
    line = Line(player=plan.PLAYERS["nxcloud"], addresses={"call-result": address}, secret="")
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        sender = Sender(client, "http://127.0.0.1:8000", {"nxcloud": line}, a_second=1e6)
        sender.send_all(pushes("nxcloud")[:1], 1, lambda: None)
    return sender, asked


def test_pushes_go_to_the_given_portal_whatever_its_public_name_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, asked = _send([200], monkeypatch)

    assert asked == ["http://127.0.0.1:8000/hooks/nxcloud/token/call-result"]


def test_a_push_is_repeated_until_it_is_thanked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, asked = _send([503, 502, 200], monkeypatch)

    assert len(asked) == 3
    assert (sender.sent.acknowledged["nxcloud"], sender.sent.repeated["nxcloud"]) == (1, 2)


def test_a_refused_push_stops_the_sending_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotTakenError, match=r"404.*compare DATA_DIR"):
        _send([404], monkeypatch)


def test_a_call_that_is_not_shown_or_shown_otherwise_is_a_difference() -> None:
    push = pushes("nxcloud")[0]
    words = Word(call_id="a", tells=Outcome.BUSY), Word(call_id="b", tells=Outcome.BUSY)
    small = plan.Plan(
        start=END,
        end=END,
        deliveries=(push,),
        expected={"nxcloud": {one.call_id: Outcome.BUSY for one in words}},
    )

    result = agreement.compare(
        "nxcloud",
        plan=small,
        acknowledged=1,
        repeated=0,
        before=agreement.Kept(different=0, arrivals=0, problems=()),
        after=agreement.Kept(different=1, arrivals=1, problems=()),
        shown={"a": "failed"},
    )

    assert result.differences == [
        "nxcloud: call a should be busy, is failed.",
        "nxcloud: call b is not shown.",
    ]


def test_a_push_that_was_acknowledged_and_not_kept_is_a_difference() -> None:
    push = pushes("nxcloud")[0]
    small = plan.Plan(start=END, end=END, deliveries=(push,), expected={"nxcloud": {}})
    nothing = agreement.Kept(different=0, arrivals=0, problems=())

    result = agreement.compare(
        "nxcloud", plan=small, acknowledged=1, repeated=0, before=nothing, after=nothing, shown={}
    )

    assert result.differences == [
        "nxcloud: 1 different pushes were sent, 0 are kept.",
        "nxcloud: 1 pushes were acknowledged, 0 counted.",
    ]
