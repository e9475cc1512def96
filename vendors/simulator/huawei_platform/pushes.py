"""What the simulated platform pushes about a call that it placed, and how it delivers that.

The fields are those of tables 4-15 to 4-18, 4-23, 5-12 to 5-16, 5-21, 6-10 to 6-13 and 6-18. A
status is pushed once. A fee is pushed again, six times at most, until it is thanked for with 200
and nothing, or 200 and a resultcode of "0" (4.5).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from vendors.simulator import huawei
from vendors.simulator.huawei_calls import HOST, Leg, clock
from vendors.simulator.huawei_causes import HANGUP, Cause
from vendors.simulator.huawei_platform.orders import Order
from vendors.simulator.huawei_platform.parameters import Operation
from vendors.simulator.huawei_platform.records import BUCKET, DOMAIN
from vendors.simulator.scenario import BEIJING, Delivery, Fields, Sort, as_json

TIMEOUT = 3.0  # seconds that a receiver has to answer
FEE = "fee"
FEE_WAITS = (3600.0,) * 6


@dataclass(kw_only=True, slots=True)
class Story:
    """What has become of a call so far; a leg a party that was rung."""

    session_id: str
    order: Order
    legs: list[Leg] = field(default_factory=list)
    cause: Cause = HANGUP
    ended_at: datetime | None = None
    file_name: str = ""  # of its recording

    @property
    def is_connected(self) -> bool:
        """Whether everybody who should talk has picked up."""
        reached = [leg for leg in self.legs if leg.answered_at]
        return len(reached) == len(self.order.parties)


def status(story: Story, event: str, at: datetime, fields: Mapping[str, object]) -> bytes:
    """Of keys pressed neither numbers nor userData are told (table 5-15); of the rest both are."""
    info: Fields = {"sessionId": story.session_id, "timestamp": clock(at)}
    if event != "collectInfo":
        leg = story.legs[-1]
        info |= {**story.order.extra, "caller": leg.shown, "called": leg.number}
    return as_json({"eventType": event, "statusInfo": {**info, **fields}})


def fee(story: Story, number: int) -> bytes:
    """One fee for a call, ``number`` being its place among all. Times that never came are left out.

    A second leg is told of as a call that was forwarded. Q.850 causes stand beside the leg that
    they end.
    """
    first, second, cause = story.legs[0], story.legs[1:], story.cause
    at = story.ended_at
    spoken = story.order.operation is Operation.NOTIFICATION
    fields: Fields = {
        "direction": 0,
        "spId": "CaaS_Demo_01",
        "appKey": story.order.app_key,
        "icid": f"CAE-{at.astimezone(BEIJING):%Y%m%d%H%M%S}-{number:08d}" if at else "",
        "bindNum": first.shown,
        "sessionId": story.session_id,
        "callerNum": first.shown,
        "calleeNum": first.number,
        **(_forwarded(second[0]) if second else {}),
        "callEndTime": clock(at),
        "fwdUnaswRsn": cause.q850 if second else 0,
        "failTime": "" if story.is_connected else clock(at),
        "ulFailReason": cause.point,
        "sipStatusCode": cause.sip,
        "callOutStartTime": clock(first.started_at),
        "callOutAlertingTime": clock(first.rang_at),
        "callOutAnswerTime": clock(first.answered_at),
        "callOutUnaswRsn": 0 if second else cause.q850,
        **_recording(story),
        "ttsPlayTimes": int(spoken),
        "ttsTransDuration": int(spoken),
        "serviceType": "002" if story.order.operation is Operation.CALLBACK else "001",
        "hostName": HOST,
        **story.order.extra,
    }
    told = {name: value for name, value in fields.items() if value != ""}
    return as_json({"eventType": FEE, "feeLst": [told]})


def _forwarded(leg: Leg) -> Fields:
    return {
        "fwdDisplayNum": leg.shown,
        "fwdDstNum": leg.number,
        "fwdStartTime": clock(leg.started_at),
        "fwdAlertingTime": clock(leg.rang_at),
        "fwdAnswerTime": clock(leg.answered_at),
    }


def _recording(story: Story) -> Fields:
    if not story.file_name:
        return {"recordFlag": 0}
    return {
        "recordFlag": 1,
        "recordStartTime": clock(story.legs[-1].answered_at),
        "recordObjectName": story.file_name,
        "recordBucketName": BUCKET,
        "recordDomain": DOMAIN,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """One attempt to push. ``status`` is None where nothing answered; a fee's event is "fee"."""

    event: str
    session_id: str
    called: str
    address: str
    body: bytes
    status: int | None
    is_thanked: bool
    at: datetime

    @property
    def kind(self) -> str:
        return FEE if self.event == FEE else "status"


class Pusher:
    """Delivers pushes, signed with the secret of the app that the call is of."""

    def __init__(
        self,
        apps: Mapping[str, str],
        *,
        now: Callable[[], datetime],
        fee_waits: Sequence[float],
        tell: Callable[[Pushed], None],
    ) -> None:
        self._apps = apps
        self._now = now
        self._fee_waits = fee_waits
        self._tell = tell
        self._closing = threading.Event()
        # Nothing of the environment's, and a connection a push, as in 7.4.
        self._client = httpx2.Client(
            timeout=TIMEOUT, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
        )

    def push_status(self, story: Story, event: str, body: bytes) -> None:
        """Once, whatever comes of it."""
        if story.order.status_url:
            self._push(story, event, story.order.status_url, body)

    def push_fee(self, story: Story, body: bytes) -> None:
        """Until it is thanked for, or has been pushed as often as it is."""
        if not story.order.fee_url:
            return
        for wait in (0.0, *self._fee_waits):
            if self._closing.wait(wait) or self._push(story, FEE, story.order.fee_url, body):
                return

    def stop_waiting(self) -> None:
        self._closing.set()

    def close(self) -> None:
        self._client.close()

    def _push(self, story: Story, event: str, address: str, body: bytes) -> bool:
        status, is_thanked = None, False
        try:
            headers = self._headers(event, address, story.order.app_key, body)
            answer = self._client.post(address, content=body, headers=headers)
        except (httpx2.RequestError, httpx2.InvalidURL):
            pass  # the receiver's loss; ``tell`` says that nothing answered
        else:
            status = answer.status_code
            is_thanked = huawei.is_thanked(status, answer.content)
        self._tell(
            Pushed(
                event=event,
                session_id=story.session_id,
                called=story.legs[-1].number,
                address=address,
                body=body,
                status=status,
                is_thanked=is_thanked,
                at=self._now(),
            )
        )
        return is_thanked

    def _headers(self, event: str, address: str, app_key: str, body: bytes) -> dict[str, str]:
        push = Delivery(
            vendor="huawei",
            kind=FEE if event == FEE else "status",
            sort=Sort.RECORD if event == FEE else Sort.STATUS,
            body=body,
            at=self._now(),
            words=(),
            headers=huawei.HEADERS,
        )
        signed = huawei.sign(push, address, self._apps[app_key], self._now())
        # It names the demo's app; the digest does not cover the name.
        return {
            name: value.replace(huawei.APP_KEY, app_key) for name, value in signed.headers.items()
        }
