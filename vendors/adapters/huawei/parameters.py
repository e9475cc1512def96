"""Parameters that several of Huawei's operations share, and how the usual sorts are written down.

The tables are 4-3 and 4-8 (``callback``), 5-4 and 5-5 (``notification``), 6-3 (``verification``).
"""

from typing import Any

from vendors.adapters.huawei.rules import MOST_ADDRESS_BYTES
from vendors.adapters.huawei.user_data import MOST_OWN_CHARACTERS
from vendors.adapters.outbound import Kind, Parameter


def number(key: str, kind: Kind, zh: str, en: str, help_zh: str, help_en: str) -> Parameter:
    return Parameter(
        key=key,
        kind=kind,
        label_zh=zh,
        label_en=en,
        help_zh=help_zh,
        help_en=help_en,
        is_required=True,
        least=4,
        most=31,
    )


def audio(
    key: str,
    zh: str,
    en: str,
    help_zh: str,
    help_en: str,
    *,
    is_rare: bool = True,
    is_required: bool = False,
) -> Parameter:
    return Parameter(
        key=key,
        kind=Kind.AUDIO_FILE,
        label_zh=zh,
        label_en=en,
        help_zh=help_zh,
        help_en=help_en,
        is_required=is_required,
        is_rare=is_rare,
        least=1,
        most=128,
    )


def switch(
    key: str,
    zh: str,
    en: str,
    help_zh: str,
    help_en: str,
    *,
    is_rare: bool = True,
    suggested: str = "",
) -> Parameter:
    return Parameter(
        key=key,
        kind=Kind.SWITCH,
        label_zh=zh,
        label_en=en,
        help_zh=help_zh,
        help_en=help_en,
        is_rare=is_rare,
        default="false",
        suggested=suggested,
    )


def _address(key: str, zh: str, en: str) -> Parameter:
    return Parameter(
        key=key,
        kind=Kind.ADDRESS,
        label_zh=zh,
        label_en=en,
        help_zh="原文或 Base64；留空则用本账号的地址。",
        help_en="Plain or in Base64; empty means this account's own.",
        is_rare=True,
        most=MOST_ADDRESS_BYTES,
    )


SHOWN_HELP_ZH = "已订购的固话号码；若已暂停，平台会随机另选一个。"
SHOWN_HELP_EN = "A number of your own. While it is suspended, the platform picks another."
NUMBER_HELP_ZH = "+ 加国家码加号码；固话区号去掉首位的 0。"
NUMBER_HELP_EN = "+ and country code and number; a landline's area code without its 0."

SHOWN = number(
    "displayNbr",
    Kind.SHOWN_NUMBER,
    "来电显示号码",
    "Displayed number",
    SHOWN_HELP_ZH,
    SHOWN_HELP_EN,
)
CALLEE = number(
    "calleeNbr", Kind.NUMBER, "被叫号码", "Called number", NUMBER_HELP_ZH, NUMBER_HELP_EN
)
ADDRESSES = (
    _address("statusUrl", "状态接收 URL", "Status address"),
    _address("feeUrl", "话单接收 URL", "Fee address"),
)
IDLE_PORT = switch(
    "returnIdlePort",
    "返回空闲端口数",
    "Tell idle ports",
    "在响应中给出平台空闲的呼叫端口数。",
    "The answer says how many ports the platform has free.",
)
USER_DATA = Parameter(
    key="userData",
    kind=Kind.TEXT,
    label_zh="用户附属信息",
    label_en="User data",
    help_zh="随推送原样返回；不含大括号和中文。",
    help_en="Comes back in every push; no braces, no Chinese.",
    is_rare=True,
    least=1,
    most=MOST_OWN_CHARACTERS,
)


def is_limited(minutes: Any) -> bool:
    return minutes not in {None, 0}


def is_on(value: Any) -> bool:
    return bool(value == "true")
