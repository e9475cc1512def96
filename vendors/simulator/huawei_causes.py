"""Why a call of Huawei's was not answered: the codes that the platform would give for it.

``state`` stands in the disconnect event (7.1); Q.850 cause (7.2), point of release (7.3) and SIP
status in the fee. A point between 400 and 699 is a raw SIP status, sent when there is no Q.850
cause. ``state`` often names only a general fault where the fee names the exact one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calls.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Cause:
    state: int
    description: str
    q850: int
    point: int
    sip: int
    state_is_general: bool = False


HANGUP = Cause(0, "The user releases the call.", 0, 0, 0)

# Of the called party; in a callback that is B.
CALLED: Mapping[Outcome, Sequence[Cause]] = {
    Outcome.BUSY: [
        Cause(8102, "The called user is busy.", 17, 8102, 486),
        Cause(8001, "Failed to connect the user.", 17, 518, 486, state_is_general=True),
        Cause(8001, "Failed to connect the user.", 0, 486, 486, state_is_general=True),
    ],
    Outcome.NO_ANSWER: [
        Cause(8101, "The called user does not answer.", 19, 8101, 408),
        Cause(8003, "The ringing times out.", 18, 514, 408),
    ],
    Outcome.REJECTED: [Cause(8004, "The user hangs up when ringing.", 21, 515, 603)],
    Outcome.UNREACHABLE: [Cause(8103, "The called user is unavailable.", 20, 8103, 480)],
    Outcome.POWERED_OFF: [Cause(8104, "The called user is powered off.", 20, 8104, 480)],
    Outcome.SUSPENDED: [Cause(8020, "The service is abnormal.", 0, 2868, 0, state_is_general=True)],
    Outcome.INVALID_NUMBER: [
        Cause(8100, "The called number does not exist.", 1, 8100, 404),
        Cause(8001, "Failed to connect the user.", 28, 518, 484, state_is_general=True),
        Cause(8001, "Failed to connect the user.", 0, 404, 404, state_is_general=True),
    ],
    Outcome.CANCELLED: [Cause(8009, "The calling user hangs up.", 16, 552, 487)],
    Outcome.FAILED: [
        Cause(8000, "Internal error.", 41, 8000, 503),
        Cause(8001, "Failed to connect the user.", 38, 518, 503),
        Cause(8001, "Failed to connect the user.", 34, 518, 503),
        Cause(8020, "The service is abnormal.", 102, 517, 504),
    ],
}

# Of A, whom a callback rings first.
CALLING: Mapping[Outcome, Sequence[Cause]] = {
    Outcome.BUSY: [Cause(8102, "The called user is busy.", 17, 8108, 486)],
    Outcome.NO_ANSWER: [Cause(8101, "The called user does not answer.", 19, 8107, 408)],
    Outcome.REJECTED: [Cause(8004, "The user hangs up when ringing.", 21, 8111, 603)],
    Outcome.UNREACHABLE: [Cause(8103, "The called user is unavailable.", 20, 8109, 480)],
    Outcome.POWERED_OFF: [Cause(8104, "The called user is powered off.", 20, 8110, 480)],
}

# Before anybody rings.
REFUSED: Mapping[Outcome, Sequence[Cause]] = {
    Outcome.BLOCKED: [
        Cause(7001, "The developer's call frequency is controlled.", 0, 7001, 0),
        Cause(7003, "The number's call frequency is controlled.", 0, 7003, 403),
        Cause(7004, "The called number is blacklisted.", 0, 7004, 403),
    ],
    Outcome.FAILED: [Cause(7109, "The voice ports are insufficient.", 34, 7109, 503)],
}

# Of a call that our own side has ended, and of one that ended in a way no table names.
INSTRUCTED = Cause(8017, "The user instructs to release the call.", 16, 1003, 487)
UNLISTED = Cause(8199, "Reserved.", 31, 8199, 0)
