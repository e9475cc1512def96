"""What is asked of the simulated platform: its operations and their parameters, checked.

The rules are tables 4-3, 4-8, 4-25, 5-4, 5-5 and 6-3, misprints mended (posTone, templateId,
collectContentTriggerReplaying). Which of its codes the platform gives for which fault is not
documented, so: 403/1010002 where something mandatory is missing or the body is no JSON object,
500/1020001 where something is there and wrong, and codes of their own for numbers and templates.
Names that no table lists are let pass, and noted.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from vendors.simulator.huawei_calls import Service
from vendors.simulator.huawei_platform.requests import RefusedError

Parameters = Mapping[str, object]


class Operation(StrEnum):
    CALLBACK = "callback"
    NOTIFICATION = "notification"
    VERIFICATION = "verification"
    STOP = "stop"
    RECORDING = "recording"


ENDPOINTS: Mapping[str, tuple[str, Operation]] = {
    "/rest/httpsessions/click2Call/v2.0": ("POST", Operation.CALLBACK),
    "/rest/httpsessions/callnotify/v2.0": ("POST", Operation.NOTIFICATION),
    "/rest/httpsessions/callVerify/v1.0": ("POST", Operation.VERIFICATION),
    "/rest/httpsessions/callStop/v2.0": ("POST", Operation.STOP),
    "/rest/provision/voice/record/v1.0": ("GET", Operation.RECORDING),
}
SERVICES: Mapping[Operation, Service] = {
    Operation.CALLBACK: Service.CALLBACK,
    Operation.NOTIFICATION: Service.NOTIFICATION,
    Operation.VERIFICATION: Service.VERIFICATION,
}

INVALID, WRONG = (403, "1010002"), (500, "1020001")
WRONG_DISPLAY, WRONG_CALLER = (403, "1010023"), (403, "1010024")
WRONG_TEMPLATE, NO_RECORDING = (403, "1012005"), (403, "1012012")
_NUMBER = re.compile(r"\+[1-9]\d{2,29}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-:./]+")
_VARIABLE = re.compile(r"(NUM|TXT)_(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What this account has: numbers ordered, templates by id with their variables ("NUM_2",
    "TXT_32"), and whether its app may record. No numbers or no templates stand for any."""

    displays: Collection[str] = ()
    templates: Mapping[str, Sequence[str]] = field(default_factory=dict)
    records: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    key: str
    is_right: Callable[[object], bool]
    is_required: bool = False
    fault: tuple[int, str] = WRONG


def _text(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _whole(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _one_of(*words: object) -> Callable[[object], bool]:
    return lambda value: value in words


def _is_number(value: object) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _is_user_data(value: object) -> bool:
    """No braces, and no Chinese: that must come in Base64."""
    return _text(1, 256)(value) and cast(str, value).isascii() and not set("{}") & set(str(value))


def _is_address(value: object) -> bool:
    """Base64 of an address; an empty one, as in the document's own example, is no address."""
    return value == "" or (_text(1, 128)(value) and bool(_ADDRESS.fullmatch(address(str(value)))))


def address(encoded: str) -> str:
    """The address that was given in Base64; empty where it is not one."""
    try:
        return base64.b64decode(encoded, validate=True).decode("ascii")
    except ValueError:
        return ""


def _is_code(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]{2,8}", value) is not None


_SWITCH = _one_of("true", "false")
_FILE = _text(1, 128)
_ALWAYS = (
    Rule("statusUrl", _is_address),
    Rule("feeUrl", _is_address),
    Rule("returnIdlePort", _SWITCH),
    Rule("userData", _is_user_data),
)
RULES: Mapping[Operation, tuple[Rule, ...]] = {
    Operation.CALLBACK: (
        Rule("displayNbr", _is_number, True, WRONG_DISPLAY),
        Rule("callerNbr", _is_number, True, WRONG_CALLER),
        Rule("displayCalleeNbr", _is_number, True, WRONG_DISPLAY),
        Rule("calleeNbr", _is_number, True),
        Rule("maxDuration", _whole(0, 1440)),
        Rule("lastMinVoice", _FILE),
        Rule("lastMinToUE", _one_of("toa", "tob", "both")),
        Rule("playPreVoice", _SWITCH),
        Rule("preVoice", _FILE),
        Rule("waitVoice", _FILE),
        Rule("calleeMedia", _one_of("all", "none", "fail")),
        Rule("recordFlag", _SWITCH),
        Rule("recordHintTone", _FILE),
        Rule("partyTypeRequiredInDisconnect", _SWITCH),
        *_ALWAYS,
    ),
    Operation.NOTIFICATION: (
        Rule("displayNbr", _is_number, True, WRONG_DISPLAY),
        Rule("calleeNbr", _is_number, True),
        Rule("playInfoList", lambda value: isinstance(value, list) and 1 <= len(value) <= 5, True),
        *_ALWAYS,
    ),
    Operation.VERIFICATION: (
        Rule("displayNbr", _is_number, True, WRONG_DISPLAY),
        Rule("calleeNbr", _is_number, True),
        Rule("languageType", lambda value: type(value) is int and value == 2, True),
        Rule("preTone", _FILE, True),
        Rule("verifyCode", _is_code, True),
        Rule("posTone", _FILE),
        Rule("times", _whole(0, 9)),
        *_ALWAYS,
    ),
    Operation.STOP: (
        Rule("sessionid", _text(1, 256), True),
        Rule("signal", _one_of("call_stop"), True),
    ),
    Operation.RECORDING: (
        Rule("fileName", _FILE, True),
        Rule("recordDomain", _FILE, True),
    ),
}
PART = (
    Rule("notifyVoice", _FILE),
    Rule("templateId", _text(1, 32)),
    Rule("templateParas", lambda value: isinstance(value, list), fault=WRONG_TEMPLATE),
    Rule("collectInd", _whole(0, 32)),
    Rule("replayAfterCollection", _SWITCH),
    Rule("collectContentTriggerReplaying", _text(1, 32)),
)


def read(body: bytes) -> dict[str, object]:
    """The parameters in a body. Raises RefusedError."""
    try:
        parameters = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(*INVALID) from None
    if not isinstance(parameters, dict):
        raise RefusedError(*INVALID)
    return parameters


def check(operation: Operation, parameters: Parameters, terms: Terms) -> None:
    """Raises RefusedError at the first parameter that is missing or wrong."""
    _check_rules(RULES[operation], parameters)
    for key in ("displayNbr", "displayCalleeNbr"):
        if key in parameters and terms.displays and parameters[key] not in terms.displays:
            raise RefusedError(*WRONG_DISPLAY)
    is_recorded = operation is Operation.RECORDING or parameters.get("recordFlag") == "true"
    if is_recorded and not terms.records:
        raise RefusedError(*NO_RECORDING)
    if operation is Operation.NOTIFICATION:
        for part in parts(parameters):
            _check_part(part, terms)


def parts(parameters: Parameters) -> list[object]:
    """The entries of a notification's playInfoList; none for other operations."""
    found = parameters.get("playInfoList", [])
    return found if isinstance(found, list) else []


def unknown(operation: Operation, parameters: Parameters) -> tuple[str, ...]:
    """The names that no table lists, with their places."""
    names = [key for key in parameters if key not in {rule.key for rule in RULES[operation]}]
    for place, part in enumerate(parts(parameters)):
        known = {rule.key for rule in PART}
        given = part if isinstance(part, dict) else {}
        names += [f"playInfoList[{place}].{key}" for key in given if key not in known]
    return tuple(names)


def _check_rules(rules: Sequence[Rule], parameters: Parameters) -> None:
    for rule in rules:
        if rule.key not in parameters:
            if rule.is_required:
                raise RefusedError(*INVALID)
        elif not rule.is_right(parameters[rule.key]):
            raise RefusedError(*rule.fault, text=rule.key)


def _check_part(part: object, terms: Terms) -> None:
    """Either a file is played or a template is read out; a template needs its variables."""
    if not isinstance(part, dict):
        raise RefusedError(*WRONG)
    _check_rules(PART, part)
    has_template = "templateId" in part
    if has_template == ("notifyVoice" in part) or has_template != ("templateParas" in part):
        raise RefusedError(*INVALID)
    if has_template:
        _check_template(part["templateId"], part["templateParas"], terms.templates)


def _check_template(
    name: str, values: list[object], templates: Mapping[str, Sequence[str]]
) -> None:
    if templates and name not in templates:
        raise RefusedError(*WRONG)
    if not 1 <= len(values) <= 10:
        raise RefusedError(*WRONG_TEMPLATE, text=name)
    variables = templates.get(name, ["TXT_32"] * len(values))
    if len(variables) != len(values):
        raise RefusedError(*WRONG_TEMPLATE, text=name)
    for variable, value in zip(variables, values, strict=True):
        if not _fits(variable, value):
            raise RefusedError(*WRONG_TEMPLATE, text=str(value))


def _fits(variable: str, value: object) -> bool:
    """Whether a value may fill a variable such as NUM_2 or TXT_32."""
    match = _VARIABLE.fullmatch(variable)
    most = min(32, int(match[2])) if match else 32
    if not _text(1, most)(value) or set("${}") & set(str(value)):
        return False
    return match is None or match[1] == "TXT" or (str(value).isascii() and str(value).isdigit())
