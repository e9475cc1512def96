"""Huawei Cloud VoiceCall: voice callback, voice notification, voice verification code.

Call status is pushed once and never again; fees are pushed up to seven times, an hour apart, and
may hold up to fifty calls. The field tables are in the README beside this file. What it can be
asked for is in ``callback``, ``notification`` and ``verification``.
"""

from pathlib import Path

from vendors.adapters.base import JSON, PUSH_SIGNATURE, Answer, Kind, Outcome, Setting, Vendor
from vendors.adapters.huawei.imports import IMPORTS
from vendors.adapters.huawei.outbound import OUTBOUND
from vendors.adapters.huawei.pushes import read
from vendors.adapters.huawei.recordings import RECORDINGS
from vendors.adapters.huawei.signing import check
from vendors.adapters.settings import (
    absolute_url,
    hours_from_utc,
    hours_of_day,
    own_numbers,
    positive_number,
    whole_minutes,
    whole_number,
)

VENDOR = Vendor(
    key="huawei",
    name="Huawei Cloud VoiceCall",
    kinds=(
        Kind(
            key="status",
            console_zh="呼叫状态接收URL（statusUrl）",
            console_en="Call status URL (statusUrl)",
        ),
        Kind(key="fee", console_zh="话单接收URL（feeUrl）", console_en="CDR URL (feeUrl)"),
    ),
    acknowledgement=Answer(200, b'{"resultcode":"0","resultdesc":"Success"}', JSON),
    answers={
        Outcome.UNAUTHORIZED: Answer(
            401, b'{"resultcode":"401","resultdesc":"Unauthorized"}', JSON
        ),
        Outcome.FORBIDDEN: Answer(403, b'{"resultcode":"403","resultdesc":"Forbidden"}', JSON),
    },
    settings=(
        Setting(key="app_key", label_zh="APP_Key", label_en="APP_Key", is_secret=True),
        Setting(key="app_secret", label_zh="APP_Secret", label_en="APP_Secret", is_secret=True),
        Setting(
            key="base_url",
            label_zh="APP接入地址",
            label_en="APP access address",
            check=absolute_url,
        ),
        PUSH_SIGNATURE,
        Setting(
            key="created_utc_offset",
            label_zh="Created 时差（小时）",
            label_en="Created: hours from UTC",
            check=hours_from_utc,
        ),
        Setting(
            key="display_numbers",
            label_zh="固话号码",
            label_en="Own numbers",
            check=own_numbers,
        ),
        Setting(
            key="calls_per_second",
            label_zh="每秒呼叫数上限",
            label_en="Most calls a second",
            default="5",
            check=positive_number,
        ),
        Setting(
            key="calls_at_once",
            label_zh="同时呼叫数上限",
            label_en="Most calls at once",
            default="50",
            check=whole_number,
        ),
        Setting(
            key="quiet_hours",
            label_zh="禁呼时段（如 21:00-09:00）",
            label_en="Quiet hours (such as 21:00-09:00)",
            check=hours_of_day,
        ),
        Setting(
            key="push_wait_minutes",
            label_zh="等待推送（分钟）",
            label_en="Wait for pushes (minutes)",
            default="15",
            check=whole_minutes,
        ),
    ),
    read=read,
    imports=IMPORTS,
    check_signature=check,
    signed_with="app_secret",
    address_length=96,
    folder=Path(__file__).parent,
    outbound=OUTBOUND,
    recordings=RECORDINGS,
)
