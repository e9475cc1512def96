"""What the simulated platform answers, and why: result codes, and numbers that choose what happens.

The codes are those of tables 4-5, 4-10, 4-30, 5-7 and 6-5 of Huawei's document, with the HTTP
status that each stands beside. One code, 1010010, stands beside two.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import chain

from calls.outcomes import Outcome
from vendors.simulator.huawei_causes import CALLED, CALLING, HANGUP, Cause

ACCEPTED = "0"

# The examples of the document say "Success", its tables "Success."; the wire has the former.
RESULTS: Mapping[tuple[int, str], str] = {
    (200, ACCEPTED): "Success",
    (400, "1023006"): "Authorization not contained in the HTTP header.",
    (400, "1023007"): "realm not contained in Authorization.",
    (400, "1023008"): "profile not contained in Authorization.",
    (400, "1023009"): "The value of realm in Authorization must be SDP.",
    (400, "1023010"): "The value of profile in Authorization must be UsernameToken.",
    (400, "1023011"): "The value of type in Authorization must be app_key.",
    (400, "1023012"): "type not contained in Authorization.",
    (400, "1023033"): "HTTP header not found X-AKSK field.",
    (400, "1023034"): "UserName not contained in X-AKSK.",
    (400, "1023035"): "Nonce not contained in X-AKSK.",
    (400, "1023036"): "Created not contained in X-AKSK.",
    (400, "1023037"): "PasswordDigest not contained in X-AKSK.",
    (400, "1023038"): "UsernameToken not contained in X-AKSK.",
    (401, "1010010"): "Invalid digest.",
    (401, "1010013"): "Time out limit.",
    (403, "1010002"): "Invalid request.",
    (403, "1010003"): "Invalid app_key.",
    (403, "1010006"): "Invalid Rest API.",
    (403, "1010007"): "The activeState of User is not ACTIVATING.",
    (403, "1010008"): "The status of the app_key is unavailable.",
    (403, "1010009"): "No more APIs can be invoked.",
    (403, "1010010"): "The flow control upper limit is reached on the platform.",
    (403, "1010011"): "The app is not allowed to access a commercial address.",
    (403, "1010021"): "Application unavailable.",
    (403, "1010023"): "Invalid display number.",
    (403, "1010024"): "Invalid caller number.",
    (403, "1010040"): "The app_key is not allowed to invoke the API.",
    (403, "1011006"): "Under traffic control status",
    (403, "1012001"): "Resource of number is not to be applied.",
    (403, "1012005"): "%s of templateParas does not meet template requirements.",
    (403, "1012006"): "The service number is not applied.",
    (403, "1012007"): "The record does not exist.",
    (403, "1012012"): "Application does not open recording function.",
    (403, "1013001"): "Calls exceed the SP limit.",
    (403, "1013002"): "Calls exceed the APP limit.",
    (403, "1013003"): "Calls exceed the display number limit.",
    (403, "1013004"): "Callee in blacklist.",
    (403, "1013010"): "Caller in blacklist.",
    (403, "1013011"): "Callee is not on the whitelist.",
    (403, "1013100"): "Common error code .",
    (403, "1013101"): "Abnormal call restricted .",
    (403, "1013111"): "International callin is forbidden.",
    (403, "1013112"): "International callout is forbidden.",
    (403, "1013113"): "Abnormal call duration restricted.",
    (403, "1013115"): "Abnormal call completion rate restricted.",
    (403, "1013116"): "Caller call frequency restricted.",
    (403, "1013117"): "Callee call frequency restricted.",
    (403, "1013118"): "Service number call frequency restricted.",
    (403, "1013119"): "Service number suspend.",
    (403, "1013120"): "Ip address is null.",
    (403, "1013121"): "Call black time forbidden.",
    (403, "1013122"): "Sub enterprise is suspended.",
    (403, "1020165"): "The number of app_key voice call ports exceeds the upper limit.",
    (403, "1020166"): "The app client ip is not in ip white list.",
    (403, "1020168"): "The call is rejected because the login IP of the peer app is blacklisted .",
    (403, "1020171"): (
        "The call is rejected because the login IP of the peer app is blacklisted area."
    ),
    (403, "1020176"): "Authentication failed, try again later",
    (500, "1010001"): "Internal system error.",
    (500, "1020001"): "Parameter error.",
    (500, "1020002"): "Internal error.",
    (500, "1020150"): "The app_key is invalid.",
    (500, "1020151"): "The bindNum is invalid.",
    (500, "1020152"): "Invalid sessionid.",
    (500, "1020154"): "Insufficient voice ports.",
    (500, "1023001"): "Internal error.",
    (500, "1023002"): "Response timeout.",
    (500, "1040001"): "south ne error with responseCode: 503 and responseMsg: Service Unavailable.",
}


class Reply(StrEnum):
    """How a request is answered, once it is known what to say."""

    PROPER = "as documented"
    LATE = "as documented, but late"
    CUT = "not at all: the connection ends"
    HTML = "500, with a page of a proxy's"
    GARBAGE = "200, with text that is not JSON"
    NO_SESSION = "as documented, but with an empty sessionId"


class Pushing(StrEnum):
    """When the pushes about a call go out."""

    AFTER = "after the answer"
    BEFORE = "all events before the answer, the fee after it"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """What the platform does with one request that it could understand.

    A ``code`` other than "0" refuses: then nothing is acted upon. ``cause`` is why the call ends;
    one that is not HANGUP ends it unanswered. ``ends_at_a`` is of the first leg of two.
    ``refused_first`` is how many requests with the same callee meet flow control before this holds.
    """

    says: str
    status: int = HTTPStatus.OK
    code: str = ACCEPTED
    acts: bool = True
    reply: Reply = Reply.PROPER
    pushing: Pushing = Pushing.AFTER
    cause: Cause = HANGUP
    rings: bool = True
    ends_at_a: bool = False
    stays_up: bool = False
    presses: str = ""
    refused_first: int = 0


def _missed(outcome: Outcome, says: str, *, rings: bool = False) -> Behaviour:
    return Behaviour(says=says, cause=CALLED[outcome][0], rings=rings)


ANSWERED = Behaviour(says="answers, talks, and hangs up first; so does every other number")
NO_ANSWER = _missed(Outcome.NO_ANSWER, "does not answer", rings=True)

NUMBERS: Mapping[str, Behaviour] = {
    "00": ANSWERED,
    "01": _missed(Outcome.BUSY, "is busy"),
    "02": NO_ANSWER,
    "03": _missed(Outcome.REJECTED, "rejects", rings=True),
    "04": _missed(Outcome.POWERED_OFF, "is powered off"),
    "05": _missed(Outcome.UNREACHABLE, "cannot be reached"),
    "06": _missed(Outcome.INVALID_NUMBER, "does not exist"),
    "07": Behaviour(
        says="is never rung: A, whom a callback rings first, does not answer",
        cause=CALLING[Outcome.NO_ANSWER][0],
        ends_at_a=True,
    ),
    "08": Behaviour(says="stays on the line until callStop or maxDuration", stays_up=True),
    "09": Behaviour(says="presses 1 in a notification that asks for keys", presses="1"),
    "20": Behaviour(says="call placed, answered too late", reply=Reply.LATE),
    "21": Behaviour(says="connection cut, no call placed", acts=False, reply=Reply.CUT),
    "22": Behaviour(says="call placed, connection cut without an answer", reply=Reply.CUT),
    "23": Behaviour(says="answered 500 with HTML, no call placed", acts=False, reply=Reply.HTML),
    "24": Behaviour(says="call placed, answered 500 with HTML", reply=Reply.HTML),
    "25": Behaviour(says="call placed, answered text that is not JSON", reply=Reply.GARBAGE),
    "26": Behaviour(says="call placed, never a push", pushing=Pushing.NEVER),
    "27": Behaviour(
        says="call placed, every event pushed before the answer", pushing=Pushing.BEFORE
    ),
    "28": Behaviour(says="call placed, answered an empty sessionId", reply=Reply.NO_SESSION),
    "29": Behaviour(says="flow control (403/1010010) twice, then as 00", refused_first=2),
}
"""Numbers that choose what happens: the callee ``+86138000000NN`` does what row NN says.

The callee ``+86139``, a result code of seven digits, and one digit more is refused with that code:
``+8613910130040`` with 1013004. The last digit picks the status of 1010010, which has two: 1 is
401, 3 is 403. Any other number is answered as row 00.
"""

_OUTCOME = re.compile(r"\+86138000000(\d\d)")
_REFUSAL = re.compile(r"\+86139(\d{7})(\d)")
_STATUS_BY_LAST_DIGIT = {"1": HTTPStatus.UNAUTHORIZED, "3": HTTPStatus.FORBIDDEN}


def by_number(callee: str) -> Behaviour:
    """What the callee's number asks for; a code that no table lists asks for nothing."""
    if match := _OUTCOME.fullmatch(callee):
        return NUMBERS.get(match[1], ANSWERED)
    if match := _REFUSAL.fullmatch(callee):
        statuses = statuses_of(match[1])
        picked = _STATUS_BY_LAST_DIGIT.get(match[2])
        if statuses:
            return refusal(picked if picked in statuses else statuses[0], match[1])
    return ANSWERED


def statuses_of(code: str) -> list[int]:
    """The HTTP statuses that a result code stands beside."""
    return [status for status, known in RESULTS if known == code]


def refusal(status: int, code: str) -> Behaviour:
    return Behaviour(says=f"refused: {status}/{code}", status=status, code=code, acts=False)


_FLOW_CONTROL = refusal(403, "1010010")

Line = Behaviour | str | None
Script = Callable[[str, Mapping[str, object]], Line] | Mapping[str, Sequence[Line]]
"""Overrides what the callee's number asks for.

A function is given the operation and its parameters. A mapping is by callee, or by operation for
requests without one; the lines of its list are used once each, in order. A line is a Behaviour, a
row of NUMBERS ("21"), a refusal ("1013004", "403/1010010"), or None: then the number decides, as
it does after the last line.
"""


class Chooser:
    """Chooses what is done with each request, by a script and by numbers.

    Raises ValueError for a line of the script that means nothing.
    """

    def __init__(self, script: Script | None) -> None:
        self._script = script
        self._lock = threading.Lock()
        self._by_line: Counter[str] = Counter()
        self._by_callee: Counter[str] = Counter()
        if script is not None and not callable(script):
            for line in chain.from_iterable(script.values()):
                behaviour(line or ANSWERED)

    def choose(self, operation: str, parameters: Mapping[str, object]) -> Behaviour:
        callee = str(parameters.get("calleeNbr", ""))
        line = self._line(operation, parameters)
        found = by_number(callee) if line is None else behaviour(line)
        is_early = self._count(self._by_callee, callee) <= found.refused_first
        return _FLOW_CONTROL if is_early else found

    def _line(self, operation: str, parameters: Mapping[str, object]) -> Line:
        if self._script is None or callable(self._script):
            return self._script(operation, parameters) if self._script else None
        subject = str(parameters.get("calleeNbr", operation))
        lines = self._script.get(subject, ())
        place = self._count(self._by_line, subject)
        return lines[place - 1] if place <= len(lines) else None

    def _count(self, counter: Counter[str], key: str) -> int:
        with self._lock:
            counter[key] += 1
            return counter[key]


def behaviour(line: Behaviour | str) -> Behaviour:
    """A line of a script, read. Raises ValueError."""
    if isinstance(line, Behaviour):
        return line
    if line in NUMBERS:
        return NUMBERS[line]
    status, _, code = line.rpartition("/")
    statuses = statuses_of(code)
    if statuses and (not status or (int(status), code) in RESULTS):
        return refusal(int(status) if status else statuses[0], code)
    rows = ", ".join(NUMBERS)
    raise ValueError(f'script: expected one of {rows}, or a result code, got "{line}"')


def table() -> Iterator[str]:
    """The numbers and what they do, a line each, for people."""
    for row, one in NUMBERS.items():
        yield f"+86138000000{row}  {one.says}"
    yield "+86139CCCCCCC0  refused with result code CCCCCCC, such as +8613910130040"
    yield "+8613910100101  401/1010010;  +8613910100103  403/1010010"
