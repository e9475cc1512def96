"""Yeta's files of failed pushes: each line ``{data, module, retryTimes, timestamp}``.

``data`` is the push as it would have come, ``module`` the name of its interface, ``timestamp`` the
moment (ms) at which it was made. Lines that are pushes by themselves are taken too.
"""

from collections.abc import Mapping
from datetime import timedelta

import httpx2

from vendors.adapters.imports import (
    MOST_EVIDENCE,
    Imports,
    Line,
    Missed,
    Shelf,
    Taken,
    as_push,
    read_line,
    written,
)
from vendors.adapters.parsing import UnreadablePushError, shown
from vendors.adapters.yeta.client import Client
from vendors.adapters.yeta.pushes import TASK_RESULT

RECORD, VOICE, DIALOG = "receiveCallRecord", "receiveVoice", "receiveDialog"
_MODULES = frozenset({RECORD, VOICE, DIALOG})


def line(text: str) -> Line:
    found = read_line(text)
    if not ("data" in found and "module" in found):
        return as_push(text, _kind(found))
    data = found["data"]
    if isinstance(data, str):  # the push, written as a text once more
        pushed, of_push = data, read_line(data)
    elif isinstance(data, dict):
        pushed, of_push = written(text, "data"), data
    else:
        raise UnreadablePushError(f"data: expected an object, got {shown(data)}")
    module = found["module"]
    return Line(
        kind=module if isinstance(module, str) and module in _MODULES else _kind(of_push),
        body=as_push(pushed, "").body,
        taken_as=Taken.ENVELOPE,
        said={
            name: str(found[name])[:MOST_EVIDENCE]
            for name in ("module", "retryTimes", "timestamp")
            if found.get(name) is not None
        },
    )


def _kind(found: Mapping[str, object]) -> str:
    if "dialog" in found:
        return DIALOG
    return VOICE if "url" in found else RECORD


def _open(settings: Mapping[str, str], transport: httpx2.BaseTransport) -> Shelf:
    return Client(
        base_url=settings["base_url"],
        app_key=settings["app_key"],
        app_secret=settings["app_secret"],
        transport=transport,
    )


IMPORTS = Imports(
    line=line,
    # How far apart its three retries are is not documented; its file comes on the next day.
    record_within=timedelta(hours=1),
    schedule_zh="重试三次，之后写入次日的推送失败文件",
    schedule_en="three retries, then the file of failed pushes on the next day",
    results=TASK_RESULT,
    missed=Missed(days=7, needs=("base_url", "app_key", "app_secret"), open=_open),
)
