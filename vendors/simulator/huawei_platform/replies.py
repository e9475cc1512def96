"""The simulated platform's answers (tables 4-4, 4-9, 4-28, 5-6 and 6-4), and those gone wrong."""

from dataclasses import replace
from http import HTTPStatus

from vendors.simulator.huawei_platform.http import Answer, page
from vendors.simulator.huawei_platform.parameters import SERVICES, Operation
from vendors.simulator.huawei_platform.requests import RefusedError
from vendors.simulator.huawei_platform.results import ACCEPTED, RESULTS, Reply
from vendors.simulator.scenario import Fields, as_json

JSON = {"Content-Type": "application/json;charset=UTF-8"}
IDLE_PORTS = 100


def accepted(operation: Operation, session_id: str = "", *, tells_ports: bool = False) -> Answer:
    ports: Fields = {"idlePort": IDLE_PORTS} if tells_ports else {}
    description = RESULTS[HTTPStatus.OK, ACCEPTED]
    return _answer(operation, HTTPStatus.OK, ACCEPTED, description, session_id, ports)


def located(url: str) -> Answer:
    """The address of a recording: no body, everything is in Location (4.6)."""
    return Answer(status=HTTPStatus.MOVED_PERMANENTLY, headers={"Location": url})


def refused(operation: Operation, error: RefusedError) -> Answer:
    return _answer(operation, error.status, error.code, error.description, "", {})


def _answer(
    operation: Operation, status: int, code: str, text: str, session_id: str, more: Fields
) -> Answer:
    """Who places a call is always answered a sessionId, empty where there is no call."""
    fields: Fields = {"resultcode": code, "resultdesc": text}
    if operation in SERVICES:
        fields["sessionId"] = session_id
    return Answer(status=status, content=as_json({**fields, **more}), headers=JSON, code=code)


def spoilt(answer: Answer, reply: Reply, slow_answer: float) -> Answer:
    """The answer in another manner than the documented one; ``then`` is not kept."""
    if reply is Reply.LATE:
        return replace(answer, delay=slow_answer)
    if reply is Reply.CUT:
        return replace(answer, is_cut=True)
    if reply is Reply.HTML:
        return page(HTTPStatus.INTERNAL_SERVER_ERROR)
    if reply is Reply.GARBAGE:
        return Answer(status=HTTPStatus.OK, content=b"OK {", headers={"Content-Type": "text/plain"})
    return answer
