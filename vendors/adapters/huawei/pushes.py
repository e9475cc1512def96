"""Huawei's pushes: call status (one event each) and fees (up to fifty calls each).

What a push is, is read from ``eventType``: ``fee`` is a fee, everything else a status. All times
are UTC without saying so. A callback rings A, then B, under one ``sessionId``: each is a leg, known
by the number called. A fee names A ``calleeNum`` and B ``fwdDstNum``. The documents misspell two
keys in their own examples (``fwdlUnaswRsn``, ``splId``), so both spellings are read.

``serviceType`` 001 is a notification or a verification code: only pressed keys tell which. Q.850
and SIP codes of 0 mean "not applicable" and say nothing; a ``stateCode`` of 0 is a normal hang-up.

``userData`` comes back as we sent it: the mark of a call that we placed is taken off it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from calls.facts import (
    CallFacts,
    CodeFact,
    Direction,
    EventFacts,
    LegFacts,
    Party,
    RecordingFacts,
    Service,
    Source,
)
from vendors.adapters.base import Reading, code, read_each, read_push
from vendors.adapters.huawei.user_data import unmark
from vendors.adapters.reader import KIND_LENGTH, NUMBER_LENGTH, Reader

STATE_CODE = "huawei.state"
RELEASE_POINT = "huawei.release-point"

_SERVICES = {
    "001": Service.VOICE_ANNOUNCEMENT,
    "002": Service.VOICE_CALLBACK,
    "004": Service.PRIVACY_NUMBER,
}
_PARTIES = {"caller": Party.CALLER, "callee": Party.CALLEE, "platform": Party.PLATFORM}
_DIRECTIONS = {"0": Direction.OUTBOUND, "1": Direction.OUTBOUND}

# Who ended the call, where the code names a side (7.1 and 7.3).
_ENDED_BY = {
    "515": Party.CALLEE,
    "516": Party.CALLER,
    "530": Party.CALLER,
    "539": Party.CALLER,
    "540": Party.CALLEE,
    "552": Party.CALLER,
    "553": Party.CALLER,
    "1003": Party.PLATFORM,
    "8004": Party.CALLEE,
    "8009": Party.CALLER,
    "8010": Party.PLATFORM,
    "8017": Party.PLATFORM,  # on our own instruction: it hangs up on both
}

# Which time of a leg an event sets.
_LEG_TIMES = {
    "callout": "started_at",
    "alerting": "rang_at",
    "answer": "answered_at",
    "disconnect": "ended_at",
}

_FEE_DETAILS = {
    "service_account": "spId",
    "app_key": "appKey",
    "record_id": "icid",
    "bound_number": "bindNum",
    "service_type": "serviceType",
    "failed_at": "failTime",
    "record_flag": "recordFlag",
    "tts_play_times": "ttsPlayTimes",
    "tts_seconds": "ttsTransDuration",
    "ivr_started_at": "dynIVRStartTime",
    "ivr_path": "dynIVRPath",
    "host_name": "hostName",
}


def read(kind: str, body: bytes) -> Reading:
    """Read a push of either kind, whichever address it came to."""
    return read_push(_parse, body)


def _parse(r: Reader) -> Reading:
    if (r.text("eventType") or "").lower() == "fee" or r.has("feeLst"):
        facts, problems = read_each(r, "feeLst", partial(_fee, r))
        return _unmarked(facts, problems)
    return _unmarked([_status(r)])


def _unmarked(facts: Sequence[CallFacts], problems: Sequence[str] = ()) -> Reading:
    """The facts with the user's own data only, and our tokens apart."""
    own: list[CallFacts] = []
    placed: dict[str, str] = {}
    for one in facts:
        text, token = unmark(one.user_data)
        own.append(replace(one, user_data=text))
        if token is not None:
            placed[one.call_id] = token
    return Reading(facts=own, problems=problems, placed=placed)


def _status(r: Reader) -> CallFacts:
    kind = r.need("eventType", KIND_LENGTH).lower()
    i = r.inner("statusInfo")
    at = i.need_clock("timestamp")
    called, caller = i.number("called"), i.number("caller")
    codes = code(i, "stateCode", STATE_CODE)
    ended_by = i.pick("partyType", _PARTIES)
    inferred = _side(codes)
    return CallFacts(
        call_id=i.need("sessionId"),
        source=Source.STATUS,
        is_final=kind == "disconnect" or None,
        service=_STATUS_SERVICES.get(kind),
        direction=Direction.OUTBOUND,
        ended_by=ended_by or inferred,
        user_data=i.long_text("userData"),
        unsure=frozenset({"direction"} | ({"ended_by"} if ended_by is None else set())),
        codes=codes,
        legs=_leg_of(kind, at, called, caller),
        events=(
            EventFacts(
                kind=kind,
                at=at,
                number=called,
                party=ended_by,
                digits=i.text("digitInfo"),
                note=i.text("stateDesc"),
            ),
        ),
        extra=r.rest() | i.rest(),
    )


# Keys are collected in notifications only.
_STATUS_SERVICES = {"collectinfo": Service.VOICE_NOTIFICATION}


def _leg_of(
    kind: str, at: datetime, called: str | None, caller: str | None
) -> tuple[LegFacts, ...]:
    time = _LEG_TIMES.get(kind)
    if called is None or time is None:
        return ()
    times: dict[str, Any] = {time: at}
    return (LegFacts(number=called, display_number=caller, **times),)


def _fee(push: Reader, r: Reader) -> CallFacts:
    details = r.words(_FEE_DETAILS) | r.words({"service_account": "splId"})
    service = _SERVICES.get(str(details.get("service_type")).zfill(3))
    callout_codes = code(r, "callOutUnaswRsn", "q850", zero_says_nothing=True)
    forward_codes = _either_code(r, "fwdUnaswRsn", "fwdlUnaswRsn")
    first, second = _first_leg(r, service, callout_codes), _second_leg(r, forward_codes)
    release = _release(r)
    return CallFacts(
        call_id=r.need("sessionId"),
        source=Source.RECORD,
        is_final=True,
        service=service,
        direction=r.pick("direction", _DIRECTIONS),
        ended_at=r.clock("callEndTime") or r.clock("failTime"),
        ended_by=_side(release),
        user_data=r.long_text("userData"),
        unsure=_unsure(service),
        codes=release
        + code(r, "sipStatusCode", "sip", zero_says_nothing=True)
        # A leg that was never dialled has no number to be known by: its cause is the call's.
        + (() if first else callout_codes)
        + (() if second else forward_codes),
        legs=first + second,
        recordings=_recordings(r),
        details=details,
        extra=push.rest() | r.rest(),
    )


def _release(r: Reader) -> tuple[CodeFact, ...]:
    """Where the call was torn down. Without a Q.850 cause the field holds a raw SIP status (7.3);
    the 5xx of those are left alone, since Huawei's own points have the same numbers."""
    point = code(r, "ulFailReason", RELEASE_POINT)
    is_sip = point and len(point[0].value) == 3 and point[0].value[0] in "46"
    return point + (code(r, "ulFailReason", "sip") if is_sip else ())


def _unsure(service: Service | None) -> frozenset[str]:
    is_either = service is Service.VOICE_ANNOUNCEMENT
    return frozenset({"ended_by", "service"} if is_either else {"ended_by"})


def _first_leg(
    r: Reader, service: Service | None, codes: tuple[CodeFact, ...]
) -> tuple[LegFacts, ...]:
    number = r.number("calleeNum")
    leg = LegFacts(
        number=number or "",
        side=Party.CALLER if _rings_twice(r, service) else Party.CALLEE,
        display_number=r.number("callerNum"),
        started_at=r.clock("callOutStartTime"),
        rang_at=r.clock("callOutAlertingTime"),
        answered_at=r.clock("callOutAnswerTime"),
        codes=codes,
    )
    return (leg,) if number else ()


def _rings_twice(r: Reader, service: Service | None) -> bool:
    return service is Service.VOICE_CALLBACK or r.has("fwdDstNum")


def _second_leg(r: Reader, codes: tuple[CodeFact, ...]) -> tuple[LegFacts, ...]:
    number = r.text("fwdDstNum", NUMBER_LENGTH)
    leg = LegFacts(
        number=number or "",
        side=Party.CALLEE,
        display_number=r.number("fwdDisplayNum"),
        started_at=r.clock("fwdStartTime"),
        rang_at=r.clock("fwdAlertingTime"),
        answered_at=r.clock("fwdAnswerTime"),
        codes=codes,
    )
    return (leg,) if number else ()


def _either_code(r: Reader, right: str, misspelt: str) -> tuple[CodeFact, ...]:
    return code(r, right, "q850", zero_says_nothing=True) or code(
        r, misspelt, "q850", zero_says_nothing=True
    )


def _recordings(r: Reader) -> tuple[RecordingFacts, ...]:
    recording = RecordingFacts(
        address=r.long_text("recordFileDownloadUrl"),
        object_name=r.text("recordObjectName"),
        object_bucket=r.text("recordBucketName"),
        object_domain=r.text("recordDomain"),
        started_at=r.clock("recordStartTime"),
    )
    return (recording,) if recording.address or recording.object_name else ()


def _side(codes: tuple[CodeFact, ...]) -> Party | None:
    return next((_ENDED_BY[one.value] for one in codes if one.value in _ENDED_BY), None)
