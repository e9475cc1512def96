"""NXCLOUD's pushes: a call's result; and a call that found no binding, from its second webhook.

The two are told apart by ``data``. Times of a result are unix seconds; ``occurrenceTime`` is text
in UTC+8. ``callId`` is longer than what a JavaScript number holds. ``hangup`` 0 is a value.
``hangupCode`` is Q.850 up to 127; above, FreeSWITCH's own numbers.
"""

from datetime import timedelta, timezone

from calls.facts import CallFacts, CodeFact, Party, RecordingFacts, Service, Source
from vendors.adapters.base import Reading, code, read_push
from vendors.adapters.reader import CODE_LENGTH, Reader

BEIJING = timezone(timedelta(hours=8))
CALL_STATUS = "nxcloud.call-status"
ERROR = "nxcloud.error"
LAST_Q850 = 127

_PARTIES = {"0": Party.CALLER, "1": Party.CALLEE}


def read(kind: str, body: bytes) -> Reading:
    """Read a push of either sort."""
    return read_push(_parse, body)


def _parse(r: Reader) -> Reading:
    return Reading(facts=[_no_binding(r) if r.has("data") and r.has("code") else _result(r)])


def _result(r: Reader) -> CallFacts:
    details = r.words(
        {
            "record_id": "id",
            "business_id": "businessId",
            "customer_bind_id": "customerBindId",
            "bind_id": "bindId",
            "call_status_message": "callStatusMsg",
        }
    )
    return CallFacts(
        call_id=r.need("callId"),
        source=Source.RECORD,
        is_final=True,
        service=Service.PRIVACY_NUMBER,
        display_number=r.number("did"),
        caller=r.number("caller"),
        callee=r.number("callee"),
        talk_seconds=r.seconds("duration"),
        started_at=r.epoch("startAt"),
        answered_at=r.epoch("answerAt"),
        ended_at=r.epoch("hangupAt"),
        ended_by=r.pick("hangup", _PARTIES),
        codes=code(r, "callStatus", CALL_STATUS) + _causes(r),
        recordings=_recordings(r),
        details=details,
        extra=r.rest(),
    )


def _causes(r: Reader) -> tuple[CodeFact, ...]:
    """The hang-up cause by name and by number. A number of 0 beside no name says nothing."""
    by_name = code(r, "hangupCause", "freeswitch")
    number = r.text("hangupCode", CODE_LENGTH) or ""
    is_own = number.isdecimal() and int(number) > LAST_Q850
    scheme = "freeswitch" if is_own else "q850"
    return by_name + code(r, "hangupCode", scheme, zero_says_nothing=True)


def _recordings(r: Reader) -> tuple[RecordingFacts, ...]:
    address = r.long_text("recordFile")
    return (RecordingFacts(address=address),) if address else ()


def _no_binding(r: Reader) -> CallFacts:
    """A call to a number that was bound to nobody: known by the request that looked for it."""
    data = r.inner("data")
    asked = data.inner("requestParams")
    return CallFacts(
        call_id=r.need("requestId"),
        source=Source.RECORD,
        is_final=True,
        service=Service.PRIVACY_NUMBER,
        caller=asked.number("caller"),
        display_number=asked.number("did"),
        started_at=data.clock("occurrenceTime", BEIJING),
        codes=code(r, "code", ERROR),
        details=r.words({"message": "msg"}) | data.words({"action": "action"}),
        extra=r.rest() | data.rest() | asked.rest(),
    )
