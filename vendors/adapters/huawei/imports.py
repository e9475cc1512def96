"""Huawei's files, which its support hands out: lines of JSON, each a fee push or one fee record.

A record by itself becomes the fee push that would have carried it alone.
"""

from datetime import timedelta

from vendors.adapters.huawei.pushes import RELEASE_POINT
from vendors.adapters.imports import Imports, Line, Taken, as_push, read_line

FEE, STATUS = "fee", "status"


def line(text: str) -> Line:
    found = read_line(text)
    kind = str(found.get("eventType") or "").lower()
    if kind == FEE or "feeLst" in found:
        return as_push(text, FEE)
    if kind or "statusInfo" in found:
        return as_push(text, STATUS)
    record = as_push(text, FEE).body
    return Line(
        kind=FEE, body=b'{"eventType":"fee","feeLst":[' + record + b"]}", taken_as=Taken.RECORD
    )


IMPORTS = Imports(
    line=line,
    # Six retries, an hour apart; fees of calls that end together wait for one another.
    record_within=timedelta(hours=7),
    schedule_zh="重试六次，每次间隔一小时，之后由其技术支持提供文件",
    schedule_en="six retries, an hour apart, then a file from its support",
    results=RELEASE_POINT,
)
