"""What is pushed: the samples of all four vendors, each call with ids and numbers of its own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

ADAPTERS = Path(__file__).parents[2] / "vendors" / "adapters"
SPREAD = 40  # so many other calls go on between two pushes of one call
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Push:
    vendor: str
    kind: str
    body: bytes


def yeta_records(first: int) -> Iterator[bytes]:
    """Bodies without end: one call record of about 700 bytes, each time of another call."""
    whole = _body(_sample("yeta", "receiveCallRecord__document") | {"call_uuid": "CALL"})
    before, _, after = whole.partition(b"CALL")
    return (before + str(UUID(int=number)).encode() + after for number in count(first))


def mixed(how_many: int, seed: int) -> list[Push]:
    """Pushes of calls that go on at the same time: status events, records, recordings, dialogs.

    A quarter of the calls is each vendor's. The same seed gives the same bytes.
    """
    dice = Random(seed)  # noqa: S311 - no secret
    makers = (_voicepush, _nxcloud, _yeta, _huawei)
    timed = []
    for number in range(how_many):  # more than enough: every call has a push at least
        for place, push in enumerate(makers[number % 4](seed * 10_000_000 + number)):
            timed.append((number + place * SPREAD + dice.random() * SPREAD, push))
    timed.sort(key=lambda one: one[0])
    return [push for _, push in islice(timed, how_many)]


def _voicepush(number: int) -> Iterator[Push]:
    call = {"callId": f"NM{number:032x}", "callee": _mobile(number)}
    status = _sample("voicepush", "status__document")
    for event in (1, 2, 3, 4):
        said = {"eventType": event, "eventTime": str(1607588903 + event)}
        yield Push("voicepush", "status", _body(status | call | said))
    yield Push("voicepush", "cdr", _body(_sample("voicepush", "cdr__document") | call))
    recording = _sample("voicepush", "recording__three_tracks") | {"callId": call["callId"]}
    yield Push("voicepush", "recording", _body(recording))


def _nxcloud(number: int) -> Iterator[Push]:
    call = {"id": number, "callId": str(16 * 10**17 + number), "callee": _mobile(number)}
    yield Push("nxcloud", "call-result", _body(_sample("nxcloud", "call-result__document") | call))


def _yeta(number: int) -> Iterator[Push]:
    call = {"call_uuid": str(UUID(int=number))}
    record = _sample("yeta", "receiveCallRecord__document") | call | {"callee": _mobile(number)}
    yield Push("yeta", "receiveCallRecord", _body(record))
    for kind in ("receiveDialog", "receiveVoice"):
        yield Push("yeta", kind, _body(_sample("yeta", f"{kind}__document") | call))


def _huawei(number: int) -> Iterator[Push]:
    call = {"sessionId": f"1201_{number}_4294967295_20190124030424@example"}
    called = f"+86{_mobile(number)}"
    for event in ("callout", "alerting", "answer", "disconnect"):
        status = _sample("huawei", f"status__callback_{event}")
        said = status["statusInfo"] | call | {"called": called}
        yield Push("huawei", "status", _body(status | {"statusInfo": said}))
    fee = _sample("huawei", "fee__callback")
    record = fee["feeLst"][0] | call | {"calleeNum": called}
    yield Push("huawei", "fee", _body(fee | {"feeLst": [record]}))


def _mobile(number: int) -> str:
    return f"1310000{number % 10_000:04}"


@cache
def _sample(vendor: str, name: str) -> Fields:
    loaded: Fields = json.loads((ADAPTERS / vendor / "samples" / f"{name}.json").read_bytes())
    return loaded


def _body(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
