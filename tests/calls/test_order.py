"""Any order, any repetition and any batching of a call's pushes end in the same rows.

Real bytes go through the edge, the inbox, the adapter and ingest. Each example is rolled back.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from calls import recounting
from calls.models import Call, Spoken
from tests.conftest import sample
from vendors import inbox
from vendors.models import Push, VendorAccount
from vendors.registry import VENDORS

Json = dict[str, Any]
MakeAccount = Callable[..., VendorAccount]

quick = settings(
    max_examples=10 if configured.IS_EMBEDDED else 5,  # of the same orders
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking a failure here takes minutes and tells little more
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SESSION = "1201_612_4294967295_20190124030424@callenabler245.huaweicaas.com"
A, B = "+86138****0021", "+86138****7021"
SHOWN_TO_A, SHOWN_TO_B = "+86138****0022", "+86138****0023"


def huawei_status(event: str, at: str, called: str = "", caller: str = "", **more: Any) -> Json:
    said = {"sessionId": SESSION, "timestamp": f"2019-01-24 {at}", "called": called}
    return {"eventType": event, "statusInfo": said | {"caller": caller} | more}


def huawei_callback() -> list[Json]:
    """Both legs' status, the hang-up, and the fee with a recording."""
    fee = sample("huawei", "fee__callback")
    fee["feeLst"][0] |= {
        "userData": "order-7",
        "recordFlag": 1,
        "recordObjectName": "190124030424_7021.wav",
        "recordDomain": "records.huawei.example",
        "recordStartTime": "2019-01-24 03:04:38",
    }
    return [
        huawei_status("callout", "03:04:24", A, SHOWN_TO_A, userData="order-7"),
        huawei_status("alerting", "03:04:26", A, SHOWN_TO_A),
        huawei_status("answer", "03:04:31", A, SHOWN_TO_A),
        huawei_status("callout", "03:04:31", B, SHOWN_TO_B),
        huawei_status("alerting", "03:04:36", B, SHOWN_TO_B),
        huawei_status("answer", "03:04:38", B, SHOWN_TO_B),
        huawei_status("disconnect", "03:04:49", B, SHOWN_TO_B, stateCode=0, partyType="callee"),
        fee,
    ]


def huawei_notification() -> list[Json]:
    """One leg's status, the keys that were pressed, and the fee."""
    events = ("callout", "alerting", "answer", "collectinfo", "disconnect")
    statuses = [sample("huawei", f"status__notification_{event}") for event in events]
    return [*statuses, sample("huawei", "fee__notification")]


def yeta_outbound() -> list[Json]:
    """The basic record, the outbound record, the recording and the dialog of one call."""
    full = sample("yeta", "receiveCallRecord__document") | {"direction": 2}
    basic = {key: value for key, value in full.items() if not key.startswith("task_")}
    # The basic record says less, and some of it less exactly.
    basic |= {"time_dial": None, "time_ring": 0, "duration_call": 21}
    call = {"call_uuid": full["call_uuid"]}
    voice = sample("yeta", "receiveVoice__document") | call
    return [basic, full, voice, sample("yeta", "receiveDialog__document") | call]


def voicepush_call(service: int) -> list[Json]:
    """Four statuses, the record and the recording."""
    same = {"serviceType": service}
    status = sample("voicepush", "status__document") | same
    times = ("1607588903", "1607588903", "1607588905", "1607588923")
    statuses = [
        status | {"eventType": event, "eventTime": at} for event, at in enumerate(times, start=1)
    ]
    record = sample("voicepush", "cdr__document") | same
    if service == 200:
        record["subServiceType"] = 201
    return [*statuses, record, sample("voicepush", "recording__three_tracks") | same]


def voicepush_two_way() -> list[Json]:
    """A two-way call: its record has the times of both legs."""
    pushes = voicepush_call(100)
    pushes[4] |= {
        "subServiceType": 103,
        "callerCallingTime": 1607588901000,
        "callerRingingTime": 1607588902000,
        "callerAnswerTime": 1607588903000,
    }
    return pushes


def nxcloud_result() -> list[Json]:
    return [
        sample("nxcloud", "call-result__document"),
        sample("nxcloud", "call-result__no_binding"),
    ]


STORIES: Mapping[str, tuple[str, Callable[[], list[Json]]]] = {
    "huawei-callback": ("huawei", huawei_callback),
    "huawei-notification": ("huawei", huawei_notification),
    "yeta-outbound": ("yeta", yeta_outbound),
    "voicepush-sip": ("voicepush", lambda: voicepush_call(100)),
    "voicepush-privacy": ("voicepush", lambda: voicepush_call(200)),
    "voicepush-two-way": ("voicepush", voicepush_two_way),
    "nxcloud": ("nxcloud", nxcloud_result),
}


@dataclass(frozen=True)
class Step:
    """A push is posted; then the inbox is worked through, in batches of a size, or left to fill."""

    push: int
    batch: int  # 0: not yet; otherwise the size of a batch


@st.composite
def deliveries(draw: st.DrawFn, count: int) -> list[Step]:
    """An order in which each push comes at least once, some more often, in batches of any size."""
    order = list(draw(st.permutations(range(count))))
    for again in draw(st.lists(st.integers(0, count - 1), max_size=4)):
        order.insert(draw(st.integers(0, len(order))), again)
    return [Step(push, draw(st.sampled_from((0, 0, 1, 2, 300)))) for push in order]


def all_at_once(count: int) -> list[Step]:
    return [Step(push, 0) for push in range(count)]


def one_by_one(count: int) -> list[Step]:
    return [Step(push, 1) for push in range(count)]


@dataclass(frozen=True)
class Post:
    """Posts pushes to one account as a delivery says, and gives the rows that came of them."""

    send: Callable[..., Any]
    account: VendorAccount
    remembered: dict[str, list[Any]] = field(default_factory=dict)

    def rows_at_once(self, pushes: Sequence[Json]) -> list[Any]:
        """The rows after one batch of each push once; remembered for the next example."""
        same = json.dumps(pushes)
        if same not in self.remembered:
            self.remembered[same] = self.rows(pushes, all_at_once(len(pushes)))
        return self.remembered[same]

    def rows(self, pushes: Sequence[Json], delivery: Sequence[Step]) -> list[Any]:
        """The rows that there are after a delivery."""
        with forgotten():
            self._deliver(pushes, delivery)
            return rows()

    def rows_when_read_again(self, pushes: Sequence[Json], delivery: Sequence[Step]) -> list[Any]:
        """The rows after every push was processed a second time, one by one."""
        with forgotten():
            self._deliver(pushes, delivery)
            inbox.put_back(Push.objects.all())
            work_through(1)
            return rows()

    def _deliver(self, pushes: Sequence[Json], delivery: Sequence[Step]) -> None:
        kind = VENDORS[self.account.vendor].kinds[0].key
        sent = [0] * len(pushes)
        for step in delivery:
            # Every other repeat differs by a blank: other bytes, a push of its own, the same facts.
            body = json.dumps(pushes[step.push]).encode() + b" " * (sent[step.push] // 2)
            sent[step.push] += 1
            assert self.send(self.account, kind, body).status_code == 200
            if step.batch:
                work_through(step.batch)
        work_through(300)
        assert not Push.objects.filter(state__in=("waiting", "failed")).exists()
        assert_tallies_are_right()


def assert_tallies_are_right() -> None:
    for day in recounting.days():
        assert not recounting.check(day)
        assert not recounting.check_month(day)


def work_through(batch: int) -> None:
    while inbox.process(limit=batch):
        pass


@contextmanager
def forgotten() -> Iterator[None]:
    """Whatever is written here is rolled back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


UNCOMPARED = {"id", "account_id", "call", "dialog", "push_id", "said", "updated_at"}


def rows() -> list[Any]:
    """All calls with all that belongs to them, but for keys, pushes and moments of writing."""
    return [
        (
            _call_columns(call),
            _sorted(call.legs),
            _sorted(call.events),
            [row for row in _sorted(call.codes) if row.pop("occurred_at") == call.occurred_at],
            _sorted(call.recordings),
            _found_by(call),
            _columns(type(call.dialog), call.dialog.pk) if call.has_dialog else None,
            _sorted(call.dialog.turns) if call.has_dialog else [],
        )
        for call in Call.objects.order_by("vendor", "call_id")
    ]


def _call_columns(call: Call) -> Json:
    """A call of which no time is known is listed by when it was first heard of."""
    columns = _columns(Call, call.pk)
    if columns.pop("first_received_at") == call.occurred_at:
        columns["occurred_at"] = None
        columns["record_due_at"] = columns["record_due_at"] is not None
    return columns


def _found_by(call: Call) -> list[Any]:
    """What the call is found by; every row repeats when the call occurred."""
    parties, references = call.parties.all(), call.references.all()
    spoken = Spoken.objects.filter(call=call)
    moments = {row.occurred_at for row in parties} | {row.occurred_at for row in references}
    assert moments | {row.occurred_at for row in spoken} <= {call.occurred_at}
    return [
        sorted((row.key, row.is_caller, row.is_callee, row.is_shown) for row in parties),
        sorted((row.name, row.value) for row in references),
        [(row.robot, row.customer) for row in spoken],
    ]


def _columns(model: type[Any], pk: int) -> Json:
    return _compared(model, model.objects.values().get(pk=pk))


def _sorted(related: Any) -> list[Json]:
    found = [_compared(related.model, row) for row in related.values()]
    return sorted(found, key=lambda row: json.dumps(row, default=str, sort_keys=True))


def _compared(model: type[Any], row: Mapping[str, Any]) -> Json:
    names = {field.attname for field in model._meta.concrete_fields if field.name in UNCOMPARED}
    return {name: value for name, value in row.items() if name not in names}


@pytest.fixture
def post(make_account: MakeAccount, push: Callable[..., Any]) -> Callable[[str], Post]:
    made: dict[str, Post] = {}

    def to(vendor: str) -> Post:
        if vendor not in made:
            made[vendor] = Post(push, make_account(vendor))
        return made[vendor]

    return to


@pytest.mark.parametrize("story", STORIES)
@quick
@given(data=st.data())
def test_any_order_repetition_and_batching_give_the_same_rows(
    story: str, data: st.DataObject, post: Callable[[str], Post]
) -> None:
    vendor, pushes = STORIES[story][0], STORIES[story][1]()
    delivery = data.draw(deliveries(len(pushes)))

    found = post(vendor).rows(pushes, delivery)

    assert found == post(vendor).rows_at_once(pushes)


@pytest.mark.parametrize("story", STORIES)
def test_pushes_one_by_one_in_the_order_of_the_call_give_what_one_batch_gives(
    story: str, post: Callable[[str], Post]
) -> None:
    vendor, pushes = STORIES[story][0], STORIES[story][1]()

    found = post(vendor).rows(pushes, one_by_one(len(pushes)))

    assert found == post(vendor).rows_at_once(pushes)
    assert len(found) == (2 if vendor == "nxcloud" else 1)


TIMES: list[Any] = [0, "", None, "1607588910", 1607588999000, "2019-01-24 03:04:59", "yesterday"]
WORDS: list[Any] = [
    "",
    None,
    0,
    1,
    2,
    1.5,
    True,
    "1",
    "2",
    "1.5",
    "true",
    " 17 ",
    "x",
    "xyz",
    [],
    ["x"],
    {},
]
NUMBERS: list[Any] = [
    None,
    13100001111,
    "13100001111",
    "+86 131-0000-1111",
    "+86138**0021",
    "+86138***0021",
]


def _pool(name: str) -> list[Any]:
    lower = name.lower()
    if lower.endswith("at") or "time" in lower:
        return TIMES
    if lower.endswith(("num", "caller", "callee", "called", "did")):
        return NUMBERS
    return WORDS


def _fields(push: Json, prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all fields that hold a plain value, but for the call's own id."""
    found: list[tuple[str | int, ...]] = []
    for key, value in push.items():
        if key in {"callId", "sessionId", "call_uuid", "requestId"}:
            continue
        if isinstance(value, dict):
            found += _fields(value, (*prefix, key))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for place, item in enumerate(value):
                found += _fields(item, (*prefix, key, place))
        else:
            found.append((*prefix, key))
    return found


@st.composite
def contradicting(draw: st.DrawFn, pushes: Sequence[Json]) -> list[Json]:
    """Some of a call's pushes, each several times over with a few fields saying something else."""
    found = []
    for original in draw(st.lists(st.sampled_from(pushes), min_size=2, max_size=4)):
        push = json.loads(json.dumps(original))
        fields = st.sampled_from(_fields(push))
        for path in draw(st.lists(fields, min_size=1, max_size=6)):
            at: Any = push
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = draw(st.sampled_from(_pool(str(path[-1]))))
        if draw(st.booleans()):
            push["new_field"] = draw(st.sampled_from(WORDS))
        found.append(push)
    return found


@pytest.mark.parametrize("story", STORIES)
@quick
@given(data=st.data())
def test_pushes_that_contradict_each_other_end_the_same_in_any_order(
    story: str, data: st.DataObject, post: Callable[[str], Post]
) -> None:
    vendor, originals = STORIES[story][0], STORIES[story][1]()
    pushes = data.draw(contradicting(originals))
    delivery = data.draw(deliveries(len(pushes)))

    found = post(vendor).rows(pushes, delivery)

    assert found == post(vendor).rows_at_once(pushes)


@pytest.mark.parametrize("story", STORIES)
@quick
@given(data=st.data())
def test_reading_contradicting_pushes_again_changes_nothing(
    story: str, data: st.DataObject, post: Callable[[str], Post]
) -> None:
    vendor, originals = STORIES[story][0], STORIES[story][1]()
    pushes = data.draw(contradicting(originals))
    delivery = data.draw(deliveries(len(pushes)))

    found = post(vendor).rows_when_read_again(pushes, delivery)

    assert found == post(vendor).rows(pushes, delivery)


class TestWhoseWordCountsInAnyOrder:
    """Where pushes contradict each other, the rules say which one counts; order never does."""

    @quick
    @given(data=st.data())
    def test_the_record_that_was_made_last(
        self, data: st.DataObject, post: Callable[[str], Post]
    ) -> None:
        record = voicepush_call(100)[4]
        pushes = [
            record | {"callDuration": 99, "cdrCreateTime": 0, "userData": "undated"},
            record | {"callDuration": 20, "cdrCreateTime": 1607588924000, "userData": "first"},
            record | {"callDuration": 17, "cdrCreateTime": 1607588925000, "userData": ""},
        ]

        [found] = post("voicepush").rows(pushes, data.draw(deliveries(len(pushes))))

        assert (found[0]["talk_seconds"], found[0]["user_data"]) == (17, "first")

    @quick
    @given(data=st.data())
    def test_a_record_and_not_a_status(
        self, data: st.DataObject, post: Callable[[str], Post]
    ) -> None:
        pushes = voicepush_call(100)
        for status in pushes[:4]:
            status |= {"caller": "13100009999", "eventTime": str(int(status["eventTime"]) + 60)}

        [found] = post("voicepush").rows(pushes, data.draw(deliveries(len(pushes))))

        times = [found[0][name].second for name in ("started_at", "answered_at", "ended_at")]
        assert (found[0]["caller"], times) == ("13100001111", [23, 24, 43])

    @quick
    @given(data=st.data())
    def test_the_fuller_record_of_a_robot_call(
        self, data: st.DataObject, post: Callable[[str], Post]
    ) -> None:
        pushes = yeta_outbound()
        pushes[0] |= {"caller": "055196869999", "duration_ring": 99}

        [found] = post("yeta").rows(pushes, data.draw(deliveries(len(pushes))))

        said = [found[0][name] for name in ("caller", "ring_seconds", "talk_seconds")]
        assert said == ["055196866001", 7, 28]

    @quick
    @given(data=st.data())
    def test_what_is_said_outright_and_not_what_is_guessed(
        self, data: st.DataObject, post: Callable[[str], Post]
    ) -> None:
        pushes = huawei_callback()
        pushes[-1]["feeLst"][0]["ulFailReason"] = 8009  # from which the caller would be guessed
        pushes[-2]["statusInfo"]["partyType"] = "platform"

        [found] = post("huawei").rows(pushes, data.draw(deliveries(len(pushes))))

        assert found[0]["ended_by"] == "platform"

    @quick
    @given(data=st.data())
    def test_of_equal_records_the_later_end_and_the_longer_talk(
        self, data: st.DataObject, post: Callable[[str], Post]
    ) -> None:
        result = nxcloud_result()[0]
        pushes = [result | {"duration": at, "hangupAt": 1671440460 + at} for at in (5, 7, 6)]

        [found] = post("nxcloud").rows(pushes, data.draw(deliveries(len(pushes))))

        assert (found[0]["talk_seconds"], found[0]["ended_at"].second) == (7, 7)
