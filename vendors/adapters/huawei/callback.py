"""Voice callback and the end of a call (4.2 and 4.3): tables 4-3 and 4-8."""

from functools import partial

from vendors.adapters.huawei.checking import Form, check, only_where
from vendors.adapters.huawei.parameters import (
    ADDRESSES,
    CALLEE,
    IDLE_PORT,
    NUMBER_HELP_EN,
    NUMBER_HELP_ZH,
    SHOWN_HELP_EN,
    SHOWN_HELP_ZH,
    USER_DATA,
    audio,
    is_limited,
    is_on,
    number,
    switch,
)
from vendors.adapters.outbound import Choice, Kind, Operation, Parameter

_CALLBACK = (
    number(
        "displayNbr",
        Kind.SHOWN_NUMBER,
        "主叫端来电显示号码",
        "Number shown to the caller",
        SHOWN_HELP_ZH,
        SHOWN_HELP_EN,
    ),
    number(
        "callerNbr",
        Kind.NUMBER,
        "主叫号码",
        "Calling number",
        f"先呼叫这一方。{NUMBER_HELP_ZH}",
        f"Rung first. {NUMBER_HELP_EN}",
    ),
    number(
        "displayCalleeNbr",
        Kind.SHOWN_NUMBER,
        "被叫端来电显示号码",
        "Number shown to the called party",
        f"可与主叫端相同。{SHOWN_HELP_ZH}",
        f"May be the same one. {SHOWN_HELP_EN}",
    ),
    CALLEE,
    Parameter(
        key="maxDuration",
        kind=Kind.WHOLE,
        label_zh="最长通话时长（分钟）",
        label_en="Longest talk (minutes)",
        help_zh="自被叫接听起计；0 为不限。",
        help_en="Counted from the called party's answer; 0 sets no end.",
        least=0,
        most=1440,
        default="0",
    ),
    audio(
        "lastMinVoice",
        "最后一分钟提示音",
        "Tone of the last minute",
        "限时通话剩一分钟时播放。",
        "Played a minute before a limited call ends.",
    ),
    Parameter(
        key="lastMinToUE",
        kind=Kind.CHOICE,
        label_zh="最后一分钟提示对象",
        label_en="Who hears the last minute",
        help_zh="仅限时通话。",
        help_en="Of a limited call.",
        is_rare=True,
        choices=(
            Choice(value="toa", label_zh="主叫", label_en="Caller"),
            Choice(value="tob", label_zh="被叫", label_en="Called party"),
            Choice(value="both", label_zh="双方", label_en="Both"),
        ),
        default="both",
    ),
    switch(
        "playPreVoice",
        "播放主叫提示音",
        "Greet the caller",
        "主叫接听后、呼叫被叫前播放。",
        "Before the called party is rung.",
    ),
    audio(
        "preVoice",
        "主叫提示音",
        "Greeting",
        "留空则播放“正在为您转接中，请稍后”。",
        "Empty plays the platform's own.",
    ),
    audio(
        "waitVoice",
        "主叫等待音",
        "Waiting tone",
        "呼叫被叫时循环播放。",
        "Repeated while the called party is rung.",
    ),
    Parameter(
        key="calleeMedia",
        kind=Kind.CHOICE,
        label_zh="被叫媒体音",
        label_en="Called side's sound",
        help_zh="主叫何时听到被叫端的声音而非等待音。",
        help_en="When it takes the waiting tone's place.",
        is_rare=True,
        choices=(
            Choice(value="all", label_zh="全部透传", label_en="All of it"),
            Choice(value="none", label_zh="不透传", label_en="None of it"),
            Choice(value="fail", label_zh="仅失败放音", label_en="Announcements of failure"),
        ),
        default="all",
    ),
    *ADDRESSES,
    switch(
        "recordFlag",
        "录音",
        "Record",
        "应用须已开启录音功能。",
        "Recording must be on for the application.",
        is_rare=False,
    ),
    audio(
        "recordHintTone",
        "录音提示音",
        "Recording notice",
        "仅录音时播放。",
        "Played where the call is recorded.",
    ),
    switch(
        "partyTypeRequiredInDisconnect",
        "通知挂机方",
        "Tell who hung up",
        "挂机通知携带主叫、被叫或平台。",
        "The last status names caller, callee or platform.",
        suggested="true",
    ),
    IDLE_PORT,
    USER_DATA,
)

_TERMINATION = (
    Parameter(
        key="sessionid",
        kind=Kind.TEXT,
        label_zh="会话 ID",
        label_en="Session",
        help_zh="呼叫响应或推送中的 sessionId；此处全小写。",
        help_en="The sessionId of an answer or a push; here in lower case.",
        is_required=True,
        least=1,
        most=256,
    ),
    Parameter(
        key="signal",
        kind=Kind.CHOICE,
        label_zh="终止方式",
        label_en="Signal",
        help_zh="主被叫都拆线；留空即可。",
        help_en="Hangs up both; may stay empty.",
        is_rare=True,
        choices=(Choice(value="call_stop", label_zh="终止呼叫", label_en="End the call"),),
        default="call_stop",
    ),
)


_FORM = Form(
    parameters=_CALLBACK,
    relations=(
        only_where(
            ("lastMinVoice", "lastMinToUE"), "maxDuration", is_limited, "不为 0 ", "is not 0"
        ),
        only_where(("preVoice",), "playPreVoice", is_on, "为 true ", "is true"),
        only_where(("recordHintTone",), "recordFlag", is_on, "为 true ", "is true"),
    ),
)

CALLBACK = Operation(
    key="voice_callback",
    label_zh="语音回呼",
    label_en="Voice callback",
    parameters=_CALLBACK,
    check=partial(check, _FORM),
    caller_key="callerNbr",
    callee_key="calleeNbr",
    shown_keys=("displayNbr", "displayCalleeNbr"),
)

TERMINATION = Operation(
    key="terminate_call",
    label_zh="终止呼叫",
    label_en="End a call",
    parameters=_TERMINATION,
    check=partial(check, Form(parameters=_TERMINATION, fixed={"signal": "call_stop"})),
    dials=False,
    call_id_key="sessionid",
)
