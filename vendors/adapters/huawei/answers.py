"""What the platform's answers say. The tables of result codes are in ``codes/``.

An answer is the platform's own where it is a JSON object with a ``resultcode``. Anything else came
from somebody in between: a gateway that failed behind the platform's back leaves open what
happened, a server that knows no such address did nothing.
"""

from typing import Any

import httpx2

from vendors.adapters.huawei.exchange import MOST_RAW, Came
from vendors.adapters.outbound import Fault, NoAnswerError, Result
from vendors.adapters.parsing import UnreadablePushError, clean
from vendors.adapters.reader import TEXT_LENGTH, Reader

SUCCESS = "0"
OK, REQUEST_TIMEOUT = httpx2.codes.OK, httpx2.codes.REQUEST_TIMEOUT
MOST_CODE = 32  # table 4-4
MOST_DESCRIPTION = 512  # twice what any table says
MOST_LOCATION = 4096  # eight times what table 4-28 says
_REDIRECTS = {301, 302, 307}


def result(came: Came) -> Result:
    """The answer to a request that starts or ends a call. Raises NoAnswerError."""
    status = came.status or 0
    answer, code = _open(came)
    if answer is None:
        return _stranger(came)
    if code == SUCCESS and status != OK:
        raise _malformed(came, f"resultcode 0 with HTTP status {status}")
    return Result(
        is_accepted=code == SUCCESS,
        http_status=status,
        code=code,
        description=_text(answer, "resultdesc", MOST_RAW)[:MOST_DESCRIPTION],
        call_id=_text(answer, "sessionId", TEXT_LENGTH),
        raw=came.raw,
        extra=_rest(answer),
    )


def recording(came: Came) -> Result:
    """The answer to a question for a recording's address. Raises NoAnswerError."""
    status = came.status or 0
    location = clean(came.headers.get("Location", ""))
    # 301 is the answer, not an error: the address is in Location and lives seven days (4.6).
    if status in _REDIRECTS and 0 < len(location) <= MOST_LOCATION:
        return Result(is_accepted=True, http_status=status, location=location, raw=came.raw)
    answer = result(came)
    if answer.is_accepted:
        raise _malformed(came, "resultcode 0 without a Location")
    return answer


def _open(came: Came) -> tuple[Reader | None, str]:
    """The answer and its result code, if it is the platform's."""
    try:
        # Codes and keys are ASCII: a description in another character set must not hide them.
        answer = Reader.of(came.body.decode("utf-8", "replace").encode())
        code = _code(answer.raw("resultcode"))
    except UnreadablePushError:
        return None, ""
    return (answer, code) if 0 < len(code) <= MOST_CODE else (None, "")


def _code(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _text(answer: Reader, key: str, at_most: int) -> str:
    """A text that the result can do without."""
    try:
        return answer.text(key, at_most) or ""
    except UnreadablePushError:
        return ""


def _rest(answer: Reader) -> dict[str, Any]:
    try:
        return answer.rest()
    except UnreadablePushError:
        return {}


def _stranger(came: Came) -> Result:
    """An answer that is not the platform's: a refusal where it says that nothing was done."""
    status = came.status or 0
    if 300 <= status < 500 and status != REQUEST_TIMEOUT:
        return Result(is_accepted=False, http_status=status, raw=came.raw)
    raise _malformed(came, "no resultcode")


def _malformed(came: Came, detail: str) -> NoAnswerError:
    return NoAnswerError(Fault.MALFORMED, detail, http_status=came.status, raw=came.raw)
