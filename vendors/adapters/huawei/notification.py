"""Voice notification (5.2): tables 5-4 and 5-5, which misprint ``templateId`` and
``collectContentTriggerReplaying``."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from vendors.adapters.huawei.checking import Broken, Form, check, only_where
from vendors.adapters.huawei.parameters import (
    ADDRESSES,
    CALLEE,
    IDLE_PORT,
    SHOWN,
    USER_DATA,
    audio,
    is_limited,
    is_on,
    switch,
)
from vendors.adapters.outbound import Kind, Operation, Parameter

_PLAYED = (
    audio(
        "notifyVoice",
        "通知语音文件",
        "Audio file",
        "与语音模板二选一。",
        "Either this or a template.",
        is_rare=False,
    ),
    Parameter(
        key="templateId",
        kind=Kind.TEXT,
        label_zh="语音模板 ID",
        label_en="Template",
        help_zh="与通知语音文件二选一。",
        help_en="Either this or an audio file.",
        least=1,
        most=32,
    ),
    Parameter(
        key="templateParas",
        kind=Kind.TEXTS,
        label_zh="模板变量值",
        label_en="Template's values",
        help_zh="按顺序填写，1 至 10 个，每个不超过 32 个字符，不含 $ { }。",
        help_en="In order, 1 to 10, each of at most 32 characters without $ { }.",
        least=1,
        most=10,
    ),
    Parameter(
        key="collectInd",
        kind=Kind.WHOLE,
        label_zh="收号位长",
        label_en="Keys to collect",
        help_zh="播放后收取的按键数；0 为不收号。",
        help_en="How many keys are taken after it; 0 is none.",
        least=0,
        most=32,
        default="0",
    ),
    switch(
        "replayAfterCollection",
        "收号后重播",
        "Repeat after keys",
        "须收号。",
        "Where keys are collected.",
    ),
    Parameter(
        key="collectContentTriggerReplaying",
        kind=Kind.TEXT,
        label_zh="触发重播的按键",
        label_en="Keys that repeat it",
        help_zh="收到的按键与此一致才重播。",
        help_en="Repeated only when exactly these are pressed.",
        is_rare=True,
        least=1,
        most=32,
    ),
)

_NOTIFICATION = (
    SHOWN,
    CALLEE,
    Parameter(
        key="playInfoList",
        kind=Kind.PARTS,
        label_zh="播放内容",
        label_en="What is played",
        help_zh="1 至 5 段，依次播放。",
        help_en="1 to 5 pieces, one after the other.",
        is_required=True,
        least=1,
        most=5,
        parts=_PLAYED,
    ),
    *ADDRESSES,
    IDLE_PORT,
    USER_DATA,
)


def _voice_or_template(right: Mapping[str, Any], wrong: Collection[str]) -> Iterator[Broken]:
    """A piece is a file or a filled template (table 5-5)."""
    given = {*right, *wrong}
    if {"notifyVoice", "templateId"} <= given:
        yield (
            "notifyVoice",
            "与 templateId 二选一，不能同时填写",
            "expected either this or templateId, not both",
        )
    if not {"notifyVoice", "templateId"} & given:
        yield "", "须填写 notifyVoice 或 templateId", "expected notifyVoice or templateId"
    if "templateId" in given and "templateParas" not in given:
        yield "templateParas", "填写 templateId 时必填", "expected wherever templateId is given"
    if "templateParas" in right and "templateId" not in given:
        yield "templateParas", "仅当填写 templateId 时可填", "expected only with templateId"


_PLAYED_FORM = Form(
    parameters=_PLAYED,
    relations=(
        _voice_or_template,
        only_where(("replayAfterCollection",), "collectInd", is_limited, "不为 0 ", "is not 0"),
        only_where(
            ("collectContentTriggerReplaying",),
            "replayAfterCollection",
            is_on,
            "为 true ",
            "is true",
        ),
    ),
)

NOTIFICATION = Operation(
    key="voice_notification",
    label_zh="语音通知",
    label_en="Voice notification",
    parameters=_NOTIFICATION,
    check=partial(check, Form(parameters=_NOTIFICATION, parts={"playInfoList": _PLAYED_FORM})),
    callee_key="calleeNbr",
    shown_keys=("displayNbr",),
)
