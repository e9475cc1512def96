"""Huawei Cloud VoiceCall: voice callback, voice notification, voice verification code.

Call status is pushed once and never again; fees are pushed up to seven times, an hour apart, and
may hold up to fifty calls. The field tables are in the README beside this file.
"""

from pathlib import Path

from vendors.adapters.base import JSON, PUSH_SIGNATURE, Answer, Kind, Outcome, Setting, Vendor
from vendors.adapters.huawei.pushes import read
from vendors.adapters.huawei.signing import check
from vendors.adapters.settings import absolute_url, hours_from_utc

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
    ),
    read=read,
    check_signature=check,
    signed_with="app_secret",
    address_length=96,
    folder=Path(__file__).parent,
)
