"""The Yeta voice-robot platform: call records, recordings and dialogs of robot calls.

A push is repeated three times when no answer with the word ``success`` comes within 3 seconds;
after that it is only in the next day's file of failed pushes. The field tables are in the README
beside this file.
"""

from pathlib import Path
from urllib.parse import urljoin

from vendors.adapters.base import Answer, Kind, Setting, Vendor
from vendors.adapters.recordings import Announced, Recordings, Settings, host_word
from vendors.adapters.settings import absolute_url
from vendors.adapters.yeta.imports import IMPORTS
from vendors.adapters.yeta.pushes import read

PREFIX = "recording_base_url"


def _address(settings: Settings, announced: Announced) -> str:
    """The announced address is relative to the account's prefix, which may be plain http."""
    prefix = settings.get(PREFIX) or ""
    return urljoin(prefix.rstrip("/") + "/", announced.address) if prefix else announced.address


VENDOR = Vendor(
    key="yeta",
    name="Yeta",
    kinds=(
        Kind(key="receiveCallRecord", console_zh="话单推送", console_en="Call record push"),
        Kind(key="receiveVoice", console_zh="录音推送", console_en="Recording push"),
        Kind(key="receiveDialog", console_zh="会话推送", console_en="Dialog push"),
    ),
    acknowledgement=Answer(200, b"success"),
    settings=(
        Setting(
            key=PREFIX,
            label_zh="录音地址前缀",
            label_en="Prefix of recording addresses",
            default="http://voice.kxjlcc.com:9000/",
            check=absolute_url,
        ),
        Setting(key="app_key", label_zh="app_key", label_en="app_key", is_secret=True),
        Setting(key="app_secret", label_zh="app_secret", label_en="app_secret", is_secret=True),
        Setting(
            key="base_url", label_zh="开放平台地址", label_en="Platform address", check=absolute_url
        ),
    ),
    read=read,
    imports=IMPORTS,
    recordings=Recordings(
        own_hosts=lambda settings: host_word(settings.get(PREFIX) or ""), address=_address
    ),
    folder=Path(__file__).parent,
)
