"""The Voice Service Push carrier: call records, live status, recordings.

Its own document elides most fields; their names are those of Volcengine's voice service, whose
tables fill the gaps. A push is repeated up to five times within half an hour. The field tables are
in the README beside this file.
"""

from pathlib import Path

from vendors.adapters.base import JSON, PUSH_SIGNATURE, Answer, Kind, Setting, Vendor
from vendors.adapters.voicepush.imports import IMPORTS
from vendors.adapters.voicepush.pushes import read
from vendors.adapters.voicepush.signing import check

VENDOR = Vendor(
    key="voicepush",
    name="Voice Service Push",
    kinds=(
        Kind(key="cdr", console_zh="话单推送地址", console_en="Call record push address"),
        Kind(key="status", console_zh="呼叫状态推送地址", console_en="Call status push address"),
        Kind(key="recording", console_zh="录音推送地址", console_en="Recording push address"),
    ),
    acknowledgement=Answer(200, b'{"code":0,"message":"success"}', JSON),
    settings=(
        Setting(key="auth_token", label_zh="鉴权令牌", label_en="Auth token", is_secret=True),
        PUSH_SIGNATURE,
    ),
    read=read,
    imports=IMPORTS,
    check_signature=check,
    signed_with="auth_token",
    folder=Path(__file__).parent,
)
