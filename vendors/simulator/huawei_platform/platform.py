"""Huawei's VoiceCall platform, simulated: real HTTP in, calls that live, real pushes out.

    with Platform(apps={"key": "secret"}, status_url=…, fee_url=…) as platform:
        …  # ask at platform.url
        platform.wait_idle()
        assert platform.dials["+8613100000001"] == 1

It knows Huawei's document and nothing of the portal, so that what both agree on is what the
document says. What happens to a call is chosen by the callee's number (``NUMBERS`` in
``results``) or by a script. A call is counted where it is placed, not where that is
answered.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self

from vendors.simulator.huawei_platform import replies
from vendors.simulator.huawei_platform.calls import Calls, Pace
from vendors.simulator.huawei_platform.http import Answer, Asked, Server, page
from vendors.simulator.huawei_platform.orders import order
from vendors.simulator.huawei_platform.parameters import (
    ENDPOINTS,
    Operation,
    Parameters,
    Terms,
    check,
    read,
    unknown,
)
from vendors.simulator.huawei_platform.pushes import FEE_WAITS, Pushed, Pusher
from vendors.simulator.huawei_platform.records import FOLDER, Records
from vendors.simulator.huawei_platform.requests import Guard, RefusedError
from vendors.simulator.huawei_platform.results import (
    ACCEPTED,
    Behaviour,
    Chooser,
    Pushing,
    Reply,
    Script,
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialled:
    """A call that was placed."""

    operation: Operation
    caller: str
    callee: str
    user_data: str
    session_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request and its answer. ``operation`` is None where no endpoint was met, ``status`` where
    the connection was cut; ``code`` is empty where no result code was given. ``unknown`` names the
    parameters that no table of the document lists: the platform passes over them."""

    operation: Operation | None
    asked: Asked
    parameters: Parameters = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    is_acted_upon: bool = False
    status: int | None
    code: str = ""
    answer: bytes = b""
    at: datetime


class Platform:
    """The platform of one provider, at a port of the loopback; 0 is any free one.

    ``apps`` are secrets by app key. Pushes go where a request says, else to ``status_url`` and
    ``fee_url``, else nowhere. ``auth_failures`` in a row shut an address out for ``shut_out_for``
    seconds. ``tell`` is called with each request and each push, from the threads that serve them.
    Raises OSError where the port is taken.
    """

    def __init__(
        self,
        *,
        apps: Mapping[str, str],
        port: int = 0,
        status_url: str = "",
        fee_url: str = "",
        displays: Collection[str] = (),
        templates: Mapping[str, Sequence[str]] | None = None,
        records: bool = True,
        script: Script | None = None,
        step: float = 0.0,
        talk: float = 0.0,
        minute: float = 60.0,
        slow_answer: float = 30.0,
        fee_waits: Sequence[float] = FEE_WAITS,
        auth_failures: int = 5,
        shut_out_for: float = 1800.0,
        now: Callable[[], datetime] = _utc_now,
        tell: Callable[["Request | Pushed"], object] | None = None,
    ) -> None:
        self._now = now
        self._tell = tell
        self._terms = Terms(displays=displays, templates=templates or {}, records=records)
        self._chooser = Chooser(script)
        self._slow_answer = slow_answer
        self._urls = {"statusUrl": status_url, "feeUrl": fee_url}
        self._lock = threading.Lock()
        self._dialled: list[Dialled] = []
        self._requests: list[Request] = []
        self._pushes: list[Pushed] = []
        self._guard = Guard(
            apps,
            now=now,
            most_failures=auth_failures,
            shut_out_for=timedelta(seconds=shut_out_for),
        )
        self._records = Records(now)
        pusher = Pusher(apps, now=now, fee_waits=fee_waits, tell=self._note_push)
        pace = Pace(step=step, talk=talk, minute=minute)
        self._calls = Calls(pusher, self._records, now=now, pace=pace)
        self._server = Server(port, self._respond)

    @property
    def url(self) -> str:
        """The APP access address."""
        return self._server.url

    @property
    def dials(self) -> Counter[str]:
        """How many calls were placed, by callee."""
        return Counter(one.callee for one in self.dialled)

    @property
    def dialled(self) -> list[Dialled]:
        with self._lock:
            return list(self._dialled)

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    @property
    def pushes(self) -> list[Pushed]:
        """Every attempt to push, in order."""
        with self._lock:
            return list(self._pushes)

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until every call has ended and every push is out; whether that came in time.

        A call that stays up, without a maxDuration, is not waited for.
        """
        return self._calls.busy.wait(timeout)

    def keep_recording(self, file_name: str, domain: str, content: bytes | None = None) -> None:
        """Have a recording that no call made; a few seconds of tones without a content."""
        self._records.keep(file_name, domain, content)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        """End the server, all calls and all threads; what was not pushed yet never is."""
        self._calls.closing.set()
        self._server.stop()
        self._calls.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _respond(self, asked: Asked) -> Answer:
        if asked.path in ENDPOINTS:
            return self._operate(asked, *ENDPOINTS[asked.path])
        is_file = asked.path.startswith(FOLDER) and asked.method == "GET"
        answer = self._records.serve(asked) if is_file else page(HTTPStatus.NOT_FOUND)
        self._note(Request(operation=None, asked=asked, status=answer.status, at=self._now()))
        return answer

    def _operate(self, asked: Asked, method: str, operation: Operation) -> Answer:
        """One request to an endpoint, admitted, checked, acted upon, noted and answered."""
        parameters: Parameters = {}
        is_acted_upon = False
        try:
            app_key = self._admit(asked, method, operation)
            parameters = asked.query if asked.method == "GET" else read(asked.body)
            check(operation, parameters, self._terms)
            chosen = self._chooser.choose(operation, parameters)
            answer = self._act(operation, app_key, parameters, chosen)
            is_acted_upon = chosen.acts
        except RefusedError as refused:
            answer = replies.refused(operation, refused)
        self._note(
            Request(
                operation=operation,
                asked=asked,
                parameters=parameters,
                unknown=unknown(operation, parameters),
                is_acted_upon=is_acted_upon,
                status=None if answer.is_cut else answer.status,
                code="" if answer.is_cut else answer.code,
                answer=b"" if answer.is_cut else answer.content,
                at=self._now(),
            )
        )
        return answer

    def _admit(self, asked: Asked, method: str, operation: Operation) -> str:
        """The app that asks. Created is UTC for a recording's address, else Beijing time."""
        if asked.method != method:
            raise RefusedError(403, "1010006")
        return self._guard.admit(asked, in_utc=operation is Operation.RECORDING)

    def _act(
        self, operation: Operation, app_key: str, parameters: Parameters, chosen: Behaviour
    ) -> Answer:
        """Do what is asked, as far as the script or the callee's number lets it be done."""
        if chosen.code != ACCEPTED:
            raise RefusedError(chosen.status, chosen.code)
        answer = replies.accepted(operation)
        if chosen.acts and operation is Operation.RECORDING:
            path = self._records.path(str(parameters["fileName"]), str(parameters["recordDomain"]))
            answer = replies.located(self.url + path)
        elif chosen.acts and operation is Operation.STOP:
            if not self._calls.stop(app_key, str(parameters["sessionid"])):
                raise RefusedError(500, "1020152")
        elif chosen.acts:
            answer = self._place(operation, app_key, parameters, chosen)
        return replies.spoilt(answer, chosen.reply, self._slow_answer)

    def _place(
        self, operation: Operation, app_key: str, parameters: Parameters, chosen: Behaviour
    ) -> Answer:
        """Place a call. It begins to ring after a proper answer; at once where there is none."""
        ordered = order(operation, app_key, parameters, self._urls)
        call = self._calls.place(ordered, chosen)
        dialled = Dialled(
            operation=operation,
            caller=str(parameters.get("callerNbr", "")),
            callee=str(parameters["calleeNbr"]),
            user_data=ordered.user_data,
            session_id=call.session_id,
            at=self._now(),
        )
        with self._lock:
            self._dialled.append(dialled)
        answer = replies.accepted(
            operation,
            "" if chosen.reply is Reply.NO_SESSION else call.session_id,
            tells_ports=parameters.get("returnIdlePort") == "true",
        )
        if chosen.pushing is Pushing.BEFORE:
            call.tell_all_events()
        if chosen.reply in {Reply.PROPER, Reply.NO_SESSION}:
            return replace(answer, then=call.begin)
        call.begin()
        return answer

    def _note(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)
        if self._tell:
            self._tell(request)

    def _note_push(self, pushed: Pushed) -> None:
        with self._lock:
            self._pushes.append(pushed)
        if self._tell:
            self._tell(pushed)
