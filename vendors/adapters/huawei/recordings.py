"""Huawei's recordings: of callbacks of three seconds and more, kept for seven days (4.6).

A fee names an object, for which an address is asked; some accounts get an address with the fee.
That address may live no longer than half an hour, so one is asked for at each try.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2

from vendors.adapters.huawei.outbound import SCHEME, client
from vendors.adapters.outbound import Result
from vendors.adapters.recordings import Announced, Recordings, Settings

SHORTEST = 3  # seconds of talk; below that nothing is recorded


def address(settings: Settings, announced: Announced) -> str:
    """The address that came with the fee counts only where there is no object to ask for."""
    return "" if announced.object_name else announced.address


def ask(settings: Settings, announced: Announced, transport: httpx2.BaseTransport) -> Result:
    return client(settings, transport).recording_address(
        announced.object_name, announced.object_domain
    )


def is_expected(details: Mapping[str, Any], talk_seconds: int | None) -> bool:
    """A fee with recordFlag 1 has a recording, whether it names it or not."""
    is_long_enough = talk_seconds is None or talk_seconds >= SHORTEST
    return str(details.get("record_flag")) == "1" and is_long_enough


RECORDINGS = Recordings(
    hosts=(
        "https://*.myhuaweicloud.com",
        "https://*.myhuaweicloud.cn",
        "https://*.huaweicloud.com",
    ),
    lives=timedelta(days=7),
    address=address,
    ask=ask,
    scheme=SCHEME,
    is_expected=is_expected,
)
