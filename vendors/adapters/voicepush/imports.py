"""The carrier's pushes as lines of a file: it hands out no files of its own that we know of."""

from datetime import timedelta

from vendors.adapters.imports import Imports, Line, as_push, read_line
from vendors.adapters.voicepush.pushes import CALL_RESULT

_RECORDINGS = ("audioRecordUrl", "audioRecordLeftUrl", "audioRecordRightUrl")


def line(text: str) -> Line:
    found = read_line(text)
    if any(found.get(name) for name in _RECORDINGS):
        return as_push(text, "recording")
    return as_push(text, "status" if "eventType" in found else "cdr")


IMPORTS = Imports(
    line=line,
    # Retries after 5 and 30 seconds, 5 and 30 minutes: the last one 36 minutes after the first.
    record_within=timedelta(minutes=40),
    schedule_zh="36 分钟内重试四次",
    schedule_en="four retries within 36 minutes",
    results=CALL_RESULT,
)
