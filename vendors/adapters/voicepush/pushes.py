"""The carrier's pushes: call record, status, recording; told apart by their own keys.

``messageType`` does not tell them apart: the carrier's own record carries a 1, which means status.
A record's times are milliseconds, a status's are seconds; 0 means absent. Fields of privacy
numbers (X, A, B, subscription, …) count only when ``serviceType`` is 200; otherwise they stay in
``extra``. ``allEventType`` lists the events that a call would have, not those that it had.
"""

from datetime import datetime
from typing import Any

from calls.facts import (
    CallFacts,
    Direction,
    EventFacts,
    LegFacts,
    Party,
    RecordingFacts,
    Service,
    Source,
    Track,
)
from vendors.adapters.base import Reading, code, read_push
from vendors.adapters.reader import KIND_LENGTH, Reader

CALL_RESULT = "voicepush.call-result"
PRIVACY = "200"

_SERVICES = {"100": Service.VOICE_SIP, "200": Service.PRIVACY_NUMBER}
_SUB_SERVICES = {
    "101": Service.VOICE_SIP,
    "102": Service.VOICE_NOTIFICATION,
    "103": Service.VOICE_CALLBACK,
    "104": Service.VOICE_ROBOT,
    "105": Service.VOICE_CALLBACK,
    "201": Service.PRIVACY_NUMBER,
    "202": Service.PRIVACY_NUMBER,
    "203": Service.PRIVACY_NUMBER,
    "204": Service.PRIVACY_NUMBER,
    "205": Service.PRIVACY_NUMBER,
}
_DIRECTIONS = {"0": Direction.INBOUND, "1": Direction.OUTBOUND}
_PARTIES = {"1": Party.CALLER, "2": Party.CALLEE}
_EVENTS = {"1": "started", "2": "ringing", "3": "answered", "4": "ended"}
_EVENT_TIMES = {
    "started": "started_at",
    "ringing": "rang_at",
    "answered": "answered_at",
    "ended": "ended_at",
}

_DETAILS = {
    "carrier_account": "accountId",
    "service_type": "serviceType",
    "sub_service_type": "subServiceType",
    "number_pool": "numberPoolNo",
    "message_type": "messageType",
}
_RECORD_DETAILS = {
    "caller_country": "callerCountryIsoCode",
    "caller_province": "callerProvinceCode",
    "caller_city": "callerCityCode",
    "callee_country": "calleeCountryIsoCode",
    "callee_province": "calleeProvinceCode",
    "callee_city": "calleeCityCode",
    "release_type": "releaseType",
    "tracks_split": "audioRecordFlag",
    "record_type": "cdrType",
    "task_id": "taskOpenId",
    "single_id": "singleOpenId",
    "business_line_id": "businessLineId",
    "session_id": "sessionId",
    "pressed_keys": "digits",
    "caller_show_number": "callerShowNumber",
    "caller_show_number_pool": "callerShowNumberPoolNo",
    "callee_show_number": "calleeShowNumber",
    "callee_show_number_pool": "calleeShowNumberPoolNo",
    "caller_seconds": "callerDuration",
    "call_times": "callTimes",
    "intention_grading": "intentionGrading",
    "intention_grading_key": "intentionGradingKey",
    "client_tags": "clientTags",
    "call_slots": "callSlots",
    "call_rounds": "callRounds",
    "ext": "ext",
    "ext_id": "extId",
}
_PRIVACY_DETAILS = {
    "subscription_id": "subscriptionId",
    "number_x": "phoneNoX",
    "number_a": "phoneNoA",
    "number_b": "phoneNoB",
    "number_e": "phoneNoE",
    "privacy_call_type": "secretCallType",
    "display_type": "callDisplayType",
    "out_id": "outId",
    "verify_voice_code": "verifyVoiceCode",
    "verify_correct_answer": "verifyCorrectAnwser",
    "verify_answer": "verifyAnwser",
    "verify_result": "verifyResult",
}
_MISSPELT = {
    "intention_grading": "IntegerentionGrading",
    "intention_grading_key": "IntegerentionGradingKey",
}


def read(kind: str, body: bytes) -> Reading:
    """Read a push of any kind, whichever address it came to."""
    return read_push(_parse, body)


def _parse(r: Reader) -> Reading:
    if r.has("audioRecordUrl") or r.has("audioRecordLeftUrl") or r.has("audioRecordRightUrl"):
        return Reading(facts=[_recording(r)])
    if r.has("eventType"):
        return Reading(facts=[_status(r)])
    return Reading(facts=[_record(r)])


def _record(r: Reader) -> CallFacts:
    service = r.pick("subServiceType", _SUB_SERVICES) or _SERVICES.get(r.text("serviceType") or "")
    legs = _legs(r)
    return CallFacts(
        call_id=r.need("callId"),
        source=Source.RECORD,
        stated_at=r.epoch("cdrCreateTime"),
        is_final=True,
        service=service,
        direction=r.pick("callType", _DIRECTIONS),
        caller=r.number("caller"),
        callee=r.number("callee"),
        display_number=_number_x(r) or r.number("calleeShowNumber"),
        started_at=r.epoch("beginCallTime"),
        rang_at=r.epoch("ringTime"),
        answered_at=r.epoch("startTime"),
        ended_at=r.epoch("endTime"),
        talk_seconds=r.seconds("callDuration"),
        user_data=r.long_text("userData"),
        codes=code(r, "callResult", CALL_RESULT),
        legs=legs,
        details=_details(r) | r.words(_MISSPELT) | r.words(_RECORD_DETAILS),
        extra=r.rest(),
    )


def _status(r: Reader) -> CallFacts:
    at = r.need_epoch("eventTime")
    kind = r.pick("eventType", _EVENTS) or r.need("eventType", KIND_LENGTH)
    return CallFacts(
        call_id=r.need("callId"),
        source=Source.STATUS,
        is_final=kind == "ended" or None,
        service=_SERVICES.get(r.text("serviceType") or ""),
        caller=r.number("caller"),
        callee=r.number("callee"),
        display_number=_number_x(r),
        user_data=r.long_text("userData"),
        events=(EventFacts(kind=kind, at=at, party=r.pick("party", _PARTIES)),),
        details=_details(r) | r.words({"expected_events": "allEventType"}),
        extra=r.rest(),
        **_time_of(kind, at),
    )


def _time_of(kind: str, at: datetime) -> dict[str, Any]:
    return {_EVENT_TIMES[kind]: at} if kind in _EVENT_TIMES else {}


def _recording(r: Reader) -> CallFacts:
    tracks = (
        (Track.MIXED, r.long_text("audioRecordUrl")),
        (Track.LEFT, r.long_text("audioRecordLeftUrl")),
        (Track.RIGHT, r.long_text("audioRecordRightUrl")),
    )
    return CallFacts(
        call_id=r.need("callId"),
        source=Source.RECORDING,
        is_final=True,
        service=_SERVICES.get(r.text("serviceType") or ""),
        user_data=r.long_text("userData"),
        recordings=tuple(
            RecordingFacts(track=track, address=address) for track, address in tracks if address
        ),
        details=_details(r) | r.words({"recording_layout": "audioRecordModel"}),
        extra=r.rest(),
    )


def _details(r: Reader) -> dict[str, Any]:
    privacy = r.words(_PRIVACY_DETAILS) if _is_privacy(r) else {}
    return r.words(_DETAILS) | privacy


def _is_privacy(r: Reader) -> bool:
    return r.text("serviceType") == PRIVACY


def _number_x(r: Reader) -> str | None:
    return r.number("phoneNoX") if _is_privacy(r) else None


def _legs(r: Reader) -> tuple[LegFacts, ...]:
    """The two legs of a two-way call, which alone has times of the caller's side."""
    caller, callee = r.number("caller"), r.number("callee")
    if not (r.has("callerCallingTime") or r.has("callerRingingTime")) or not caller or not callee:
        return ()
    return (
        LegFacts(
            number=caller,
            side=Party.CALLER,
            display_number=r.number("callerShowNumber"),
            started_at=r.epoch("callerCallingTime"),
            rang_at=r.epoch("callerRingingTime"),
            answered_at=r.epoch("callerAnswerTime"),
        ),
        LegFacts(
            number=callee,
            side=Party.CALLEE,
            display_number=r.number("calleeShowNumber"),
            started_at=r.epoch("calleeCallingTime"),
            rang_at=r.epoch("calleeRingingTime") or r.epoch("ringTime"),
            answered_at=r.epoch("calleeAnswerTime") or r.epoch("startTime"),
        ),
    )
