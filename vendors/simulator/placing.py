"""Places some calls through the running portal, on a platform that is played for the occasion.

Each call is one that a newcomer should have seen: answered, busy, announced, ended by hand, its
answer lost. What the platform counted is compared with what the portal says.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from calls.models import Sound, SoundState
from vendors import accounts, outbox
from vendors.doorbell import outbox_bell
from vendors.models import OutboundRequest, Push, RequestState, State, VendorAccount
from vendors.simulator.huawei_platform.platform import Platform

PATIENCE = 60.0  # seconds without any progress
STEP, TALK = 0.3, 3.5  # seconds between a call's events, and of talk: enough to be recorded
BY = "demo"
OURS, AGENT = "+8675528000001", "+8613100000001"


class NothingMovesError(Exception):
    """The portal does not go on with what it was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A call to place, the state that its request should come to, and whether anybody is rung."""

    says: str
    operation: str
    callee: str
    state: RequestState = RequestState.ACCEPTED
    is_dialled: bool = True
    is_ended_by_hand: bool = False
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """What became of a wish; ``problem`` is empty where that is what should have."""

    wish: str
    problem: str


def _callback(says: str, callee: str, **more: Any) -> Wish:
    parties = {"displayNbr": OURS, "callerNbr": AGENT, "displayCalleeNbr": OURS}
    parameters = {
        **parties,
        "calleeNbr": callee,
        "partyTypeRequiredInDisconnect": "true",
        "recordFlag": "true",
    }
    return Wish(says=says, operation="voice_callback", callee=callee, parameters=parameters, **more)


WISHES = (
    _callback("a callback that is answered", "+8613800000000"),
    _callback("a callback to a busy line", "+8613800000001"),
    _callback("a callback whose caller does not pick up", "+8613800000007"),
    _callback("a callback that is ended by hand", "+8613800000008", is_ended_by_hand=True),
    _callback("a callback whose answer is lost", "+8613800000022"),
    _callback(
        "a callback that is cut off before anybody is rung",
        "+8613800000021",
        state=RequestState.UNCERTAIN,
        is_dialled=False,
    ),
    _callback(
        "a callback to a number on the carrier's blacklist",
        "+8613910130040",
        state=RequestState.REFUSED,
        is_dialled=False,
    ),
    Wish(
        says="a notification in which a key is pressed",
        operation="voice_notification",
        callee="+8613800000009",
        parameters={
            "displayNbr": OURS,
            "calleeNbr": "+8613800000009",
            "playInfoList": [{"notifyVoice": "welcome.wav", "collectInd": 1}],
        },
    ),
    Wish(
        says="a verification code",
        operation="voice_verification",
        callee="+8613100000003",
        parameters={
            "displayNbr": OURS,
            "calleeNbr": "+8613100000003",
            "languageType": 2,
            "preTone": "welcome.wav",
            "verifyCode": "481516",
        },
    ),
)


def place(account: VendorAccount, url: str, say: Callable[[str], object]) -> list[Placed]:
    """Place every wish, wait until each has come to its end, and compare. Raises
    NothingMovesError."""
    with _platform(account, url) as platform:
        asked = [(wish, _ask(account, wish)) for wish in WISHES]
        outbox_bell.ring()
        _wait(account, asked)
        platform.wait_idle()
        _wait_for_recordings(account)
        dials = platform.dials
    placed = []
    for wish, request in asked:
        request.refresh_from_db()
        say(f"  {wish.says}: {request.state}, {_times(dials[wish.callee])}")
        placed.append(Placed(wish=wish.says, problem=_problem(wish, request, dials[wish.callee])))
    return placed


@contextmanager
def _platform(account: VendorAccount, url: str) -> Iterator[Platform]:
    """A platform that the account calls, as long as this lasts."""
    given = accounts.settings_of(account)
    there = urlsplit(url)
    pushes = {
        kind: urlsplit(address)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
        for kind, address in accounts.webhooks(account).items()
    }
    with Platform(
        apps={given["app_key"]: given["app_secret"]},
        status_url=pushes["status"],
        fee_url=pushes["fee"],
        step=STEP,
        talk=TALK,
    ) as platform:
        hosts = list(account.recording_hosts)
        there_now = {
            "base_url": platform.url,
            "recording_hosts": " ".join([*hosts, f"{platform.url}+private"]),
        }
        accounts.configure(account, there_now)
        try:
            yield platform
        finally:
            before = {
                "base_url": given.get("base_url", ""),
                "recording_hosts": " ".join(hosts),
            }
            accounts.configure(account, before)


def _ask(account: VendorAccount, wish: Wish) -> OutboundRequest:
    asked = outbox.ask(
        account, outbox.Wish(operation=wish.operation, parameters=wish.parameters), BY
    )
    return asked.request


def _wait(account: VendorAccount, asked: list[tuple[Wish, OutboundRequest]]) -> None:
    """Wait until every request is settled and every call over, ending those that want it."""
    ended: set[int] = set()
    seen, moved_at = None, time.monotonic()
    while True:
        for _, request in asked:
            request.refresh_from_db()
        for wish, request in asked:
            if wish.is_ended_by_hand and request.heard_at and request.pk not in ended:
                outbox.end_call(account, request.call_id, BY)
                outbox_bell.ring()
                ended.add(request.pk)
        if all(_is_over(wish, request) for wish, request in asked):
            return
        now_seen = [(one.state, one.heard_at, one.ended_at) for _, one in asked]
        if now_seen != seen:
            seen, moved_at = now_seen, time.monotonic()
        if time.monotonic() - moved_at > PATIENCE:
            raise NothingMovesError(
                f"Nothing has become of the calls for {PATIENCE:.0f} seconds. Do the courier and "
                "the task worker run? ./portal run starts them."
            )
        time.sleep(0.2)


def _wait_for_recordings(account: VendorAccount) -> None:
    """Wait until the recordings of these calls are here: they go with the platform."""
    waiting = Sound.objects.filter(
        call__account=account, state__in=[SoundState.WAITING, SoundState.FETCHING]
    )
    waiting_for = Push.objects.filter(account=account, state=State.WAITING)
    end = time.monotonic() + PATIENCE
    while waiting_for.exists() or waiting.exists():
        if time.monotonic() > end:
            raise NothingMovesError("The recordings of the calls were not fetched in a minute.")
        time.sleep(0.2)


def _is_over(wish: Wish, request: OutboundRequest) -> bool:
    if request.is_open:
        return False
    return not wish.is_dialled or request.ended_at is not None


def _problem(wish: Wish, request: OutboundRequest, dials: int) -> str:
    if request.state != wish.state:
        return f"should be {wish.state.value}, is {request.state}"
    if dials != int(wish.is_dialled):
        return f"should be {_times(int(wish.is_dialled))}, was {_times(dials)}"
    return ""


def _times(dials: int) -> str:
    return {0: "not dialled", 1: "dialled once"}.get(dials, f"dialled {dials} times")
