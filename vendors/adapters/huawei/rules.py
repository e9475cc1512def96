"""What a single value must be, so that the platform takes it. Each rule gives the value as it is
sent, or raises ``BrokenRuleError`` with the rule in both languages.

Lengths are those of tables 4-3, 4-8, 5-4, 5-5 and 6-3, where ``String(1-28)`` and ``String(1-56)``
of table 6-3 lost a digit in print: the same parameters are 1-128 and 1-256 elsewhere.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from vendors.adapters.huawei.user_data import MARK_LENGTH, MOST_CHARACTERS
from vendors.adapters.outbound import Kind, Parameter

MOST_ADDRESS_BYTES = 96  # the most that 128 characters of Base64 hold
MOST_VARIABLE = 32  # table 5-5
_NUMBER = re.compile(r"\+[1-9][0-9]*")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_BETWEEN = re.compile(r"[\s()\[\]\u2010-\u2015\u2212-]")
_DIGITS = re.compile(r"[0-9]{1,9}")
_CODE = re.compile(r"[0-9]{2,8}")
# Huawei's alphabet for addresses: letters, digits, - : . / and nothing else.
_ADDRESS = re.compile(r"(?i:https?)://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9:./-]*)?")


class BrokenRuleError(Exception):
    """A value that the platform would refuse, and what it should have been."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


Rule = Callable[[Parameter, Any], Any]


def rule_of(parameter: Parameter) -> Rule:
    return _OWN_RULES.get(parameter.key) or _RULES[parameter.kind]


def text(parameter: Parameter, value: Any) -> str:
    found = _plain(value)
    if not parameter.least <= len(found) <= parameter.most:
        raise BrokenRuleError(
            f"应为 {parameter.least} 至 {parameter.most} 个字符",
            f"expected {parameter.least} to {parameter.most} characters",
        )
    return found


def _plain(value: Any) -> str:
    """A text without the blanks around it."""
    if not isinstance(value, str):
        raise BrokenRuleError("应为文本", "expected text")
    return _printable(value.strip())


def _printable(value: str) -> str:
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in value):
        raise BrokenRuleError("应为不含控制字符的文本", "expected text without control characters")
    return value


def telephone_number(parameter: Parameter, value: Any) -> str:
    """A number as ``+{country}{number}``, whatever people paste between its digits."""
    number = _without_ornament(_plain(value))
    if re.search(r"[*xX•]", number):
        raise BrokenRuleError(
            "应为完整号码，不能用 * 隐藏数字", "expected every digit, none hidden"
        )
    if number.startswith("+860"):
        # The documents take the 0 off the area code: 86, 0755, 28****02 is +8675528****02.
        meant = _suggestion(parameter, "+86" + number[3:].lstrip("0"))
        raise BrokenRuleError(
            f"应去掉区号首位的 0{meant[0]}", f"expected the area code without its 0{meant[1]}"
        )
    if _is_number(parameter, number):
        return number
    meant = _suggestion(parameter, _international(number))
    raise BrokenRuleError(
        f"应为 + 加国家码加号码，共 {parameter.least} 至 {parameter.most} 个字符{meant[0]}",
        f"expected + and country code and number, {parameter.least} to {parameter.most} "
        f"characters in all{meant[1]}",
    )


def _without_ornament(number: str) -> str:
    """Without blanks, hyphens, brackets, full-width forms, and the marks that phones add unseen."""
    narrow = unicodedata.normalize("NFKC", number)
    seen = "".join(one for one in narrow if unicodedata.category(one) != "Cf")
    return _BETWEEN.sub("", seen)


def _is_number(parameter: Parameter, number: str) -> bool:
    is_long_enough = parameter.least <= len(number) <= parameter.most
    return is_long_enough and _NUMBER.fullmatch(number) is not None


def _international(number: str) -> str:
    """What somebody probably meant who left the country code or its + out."""
    if number.startswith("00"):
        return "+" + number[2:]
    if _MOBILE.fullmatch(number):
        return "+86" + number
    if _LANDLINE.fullmatch(number):
        return "+86" + number[1:]
    return "+" + number if number.startswith("86") else ""


def _suggestion(parameter: Parameter, number: str) -> tuple[str, str]:
    if not _is_number(parameter, number):
        return "，如 +8613100001111", ", such as +8613100001111"
    return f"，是否指 {number}？", f" (was {number} meant?)"


def audio_file(parameter: Parameter, value: Any) -> str:
    name = text(parameter, value)
    if not re.fullmatch(r"[^/\\]+\.wav", name, re.IGNORECASE):
        raise BrokenRuleError(
            "应为放音文件名，以 .wav 结尾，不含路径",
            "expected the name of a file that ends in .wav, without a path",
        )
    return name


def whole(parameter: Parameter, value: Any) -> int:
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not parameter.least <= value <= parameter.most:
        raise BrokenRuleError(
            f"应为 {parameter.least} 至 {parameter.most} 的整数",
            f"expected a whole number from {parameter.least} to {parameter.most}",
        )
    return int(value)


def choice(parameter: Parameter, value: Any) -> str:
    known = [one.value for one in parameter.choices]
    is_text = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    found = next((one for one in known if is_text and _same(one, value)), None)
    if found is None:
        raise BrokenRuleError(f"应为 {'、'.join(known)}", f"expected {' or '.join(known)}")
    return found


def _same(known: str, value: str | int) -> bool:
    """Whether a value is the known one, whose documented type may be a number."""
    if isinstance(value, str):
        return known == value.strip()
    return known.isdecimal() and int(known) == value


def whole_choice(parameter: Parameter, value: Any) -> int:
    return int(choice(parameter, value))


def switch(parameter: Parameter, value: Any) -> str:
    """The documents' type is a text, also where it looks like a truth value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    known = value.strip().lower() if isinstance(value, str) else ""
    if known not in {"true", "false"}:
        raise BrokenRuleError("应为 true 或 false", "expected true or false")
    return known


def address(parameter: Parameter, value: Any) -> str:
    """An address of ours, plain or in Base64 already; as Base64."""
    given = _plain(value)
    plain = given if "://" in given else _decoded(given)
    if not _ADDRESS.fullmatch(plain):
        raise BrokenRuleError(
            "应为 http(s) 地址（原文或其 Base64），只含字母、数字和 - : . /",
            "expected an http(s) address, plain or in Base64, "
            "of nothing but letters, digits and - : . /",
        )
    if len(plain) > parameter.most:
        raise BrokenRuleError(
            f"地址不得超过 {parameter.most} 字节，因 Base64 后不得超过 128 个字符",
            f"expected an address of at most {parameter.most} bytes, "
            "since its Base64 may have 128 characters",
        )
    return encoded(plain)


def encoded(words: str) -> str:
    return base64.b64encode(words.encode()).decode()


def _decoded(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def user_data(parameter: Parameter, value: Any) -> str:
    own = _plain(value)
    if "{" in own or "}" in own:
        raise BrokenRuleError("不得含大括号 { }", "expected no braces { }")
    if not own.isascii():
        coded = encoded(own)
        zh, en = (
            (f"，可填其 Base64：{coded}", f"; its Base64 is {coded}")
            if len(coded) <= parameter.most
            else ("，其 Base64 也过长", "; its Base64 is too long as well")
        )
        raise BrokenRuleError(f"不得含中文等非 ASCII 字符{zh}", f"expected ASCII only{en}")
    if len(own) > parameter.most:
        raise BrokenRuleError(
            f"应为 1 至 {parameter.most} 个字符：平台允许 {MOST_CHARACTERS} 个，"
            f"其中 {MARK_LENGTH} 个留给本系统用于对应呼叫的标记",
            f"expected 1 to {parameter.most} characters: of the {MOST_CHARACTERS} that the "
            f"platform takes, the portal's own mark needs {MARK_LENGTH} to know the call again",
        )
    return own


def verification_code(parameter: Parameter, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise BrokenRuleError(
            "应为文本而非数字，否则首位的 0 会丢失",
            "expected text: a number would lose its leading zeros",
        )
    code = _plain(value)
    if not _CODE.fullmatch(code):
        raise BrokenRuleError(
            f"应为 {parameter.least} 至 {parameter.most} 位数字 0-9",
            f"expected {parameter.least} to {parameter.most} digits 0-9",
        )
    return code


def variable(value: Any) -> str:
    """One value for a template's variable; blanks around it may be meant."""
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_VARIABLE:
        raise BrokenRuleError(
            f"应为 1 至 {MOST_VARIABLE} 个字符的文本",
            f"expected text of 1 to {MOST_VARIABLE} characters",
        )
    if re.search(r"[${}]", value):
        raise BrokenRuleError("不得含 $ { }", "expected none of $ { }")
    return _printable(value)


_RULES: Mapping[Kind, Rule] = {
    Kind.NUMBER: telephone_number,
    Kind.SHOWN_NUMBER: telephone_number,
    Kind.TEXT: text,
    Kind.AUDIO_FILE: audio_file,
    Kind.WHOLE: whole,
    Kind.CHOICE: choice,
    Kind.SWITCH: switch,
    Kind.ADDRESS: address,
}
_OWN_RULES: Mapping[str, Rule] = {
    "languageType": whole_choice,
    "userData": user_data,
    "verifyCode": verification_code,
}
