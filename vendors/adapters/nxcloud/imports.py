"""NXCLOUD's pushes as lines of a file: it hands out no files of its own that we know of."""

from datetime import timedelta

from vendors.adapters.imports import Imports, Line, as_push, read_line
from vendors.adapters.nxcloud.pushes import CALL_STATUS


def line(text: str) -> Line:
    read_line(text)
    return as_push(text, "call-result")


IMPORTS = Imports(
    line=line,
    record_within=timedelta(minutes=65),
    schedule_zh="60 分钟内每分钟重试一次",
    schedule_en="a retry each minute for 60 minutes",
    results=CALL_STATUS,
)
