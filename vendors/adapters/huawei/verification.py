"""Voice verification code (6.2): table 6-3, which misprints ``posTone``."""

from functools import partial

from vendors.adapters.huawei.checking import Form, check
from vendors.adapters.huawei.parameters import (
    ADDRESSES,
    CALLEE,
    IDLE_PORT,
    SHOWN,
    USER_DATA,
    audio,
)
from vendors.adapters.outbound import Choice, Kind, Operation, Parameter

_VERIFICATION = (
    SHOWN,
    CALLEE,
    Parameter(
        key="languageType",
        kind=Kind.CHOICE,
        label_zh="语言",
        label_en="Language",
        help_zh="目前只有中文。",
        help_en="Only Chinese so far.",
        is_required=True,
        choices=(Choice(value="2", label_zh="中文", label_en="Chinese"),),
        suggested="2",
    ),
    audio(
        "preTone",
        "验证码前放音",
        "Played before the code",
        "已审核的放音文件。",
        "An approved audio file.",
        is_rare=False,
        is_required=True,
    ),
    Parameter(
        key="verifyCode",
        kind=Kind.TEXT,
        label_zh="验证码",
        label_en="Code",
        help_zh="2 至 8 位数字。",
        help_en="2 to 8 digits.",
        is_required=True,
        is_secret=True,
        least=2,
        most=8,
    ),
    audio(
        "posTone",
        "验证码后放音",
        "Played after the code",
        "留空则播完验证码即挂机。",
        "Empty hangs up after the code.",
        is_rare=False,
    ),
    Parameter(
        key="times",
        kind=Kind.WHOLE,
        label_zh="播放次数",
        label_en="Times played",
        help_zh="0 为无限循环。",
        help_en="0 never ends.",
        least=0,
        most=9,
        default="3",
        suggested="3",
    ),
    *ADDRESSES,
    IDLE_PORT,
    USER_DATA,
)

VERIFICATION = Operation(
    key="voice_verification",
    label_zh="语音验证码",
    label_en="Voice verification code",
    parameters=_VERIFICATION,
    check=partial(check, Form(parameters=_VERIFICATION)),
    callee_key="calleeNbr",
    shown_keys=("displayNbr",),
)
