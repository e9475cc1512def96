"""What Huawei's operations take: each rule with its place, and never anything but a complaint."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendors.adapters.huawei import VENDOR
from vendors.adapters.huawei.outbound import OUTBOUND
from vendors.adapters.huawei.user_data import MARK_LENGTH, mark
from vendors.adapters.outbound import Complaint, Kind, Operation, Parameter, WrongParametersError

Json = dict[str, Any]

STATUS_URL = "https://calls.example/hooks/huawei/abc123/status"
STATUS_BASE64 = "aHR0cHM6Ly9jYWxscy5leGFtcGxlL2hvb2tzL2h1YXdlaS9hYmMxMjMvc3RhdHVz"

CALLBACK: Json = {
    "displayNbr": "+8675528000008",
    "callerNbr": "+8613100001111",
    "displayCalleeNbr": "+8675528000008",
    "calleeNbr": "+8613100002222",
}
NOTIFICATION: Json = {
    "displayNbr": "+8675528000008",
    "calleeNbr": "+8613100002222",
    "playInfoList": [{"notifyVoice": "welcome.wav"}],
}
VERIFICATION: Json = {
    "displayNbr": "+8675528000008",
    "calleeNbr": "+8613100002222",
    "languageType": 2,
    "preTone": "pretone.wav",
    "verifyCode": "0123",
}
WHOLE: dict[str, Json] = {
    "voice_callback": CALLBACK,
    "voice_notification": NOTIFICATION,
    "voice_verification": VERIFICATION,
    "terminate_call": {"sessionid": "1200_366_0_20161228102743@callenabler.home1.com"},
}
TEMPLATE: Json = {"templateId": "test_template", "templateParas": ["3", "人民公园正门"]}
patient = settings(deadline=None, database=None)
OPERATION = pytest.mark.parametrize("operation", OUTBOUND.operations, ids=lambda one: one.key)


def operation(key: str) -> Operation:
    found = OUTBOUND.operation(key)
    assert found is not None
    return found


def check(key: str, **given: Any) -> Json:
    return operation(key).check(WHOLE[key] | given)


def complaints(key: str, **given: Any) -> tuple[Complaint, ...]:
    with pytest.raises(WrongParametersError) as raised:
        check(key, **given)
    return raised.value.complaints


def complaint(key: str, **given: Any) -> Complaint:
    [only] = complaints(key, **given)
    return only


# What passes.


@pytest.mark.parametrize("key", WHOLE)
def test_the_required_parameters_are_enough(key: str) -> None:
    checked = check(key)

    assert checked.items() >= WHOLE[key].items()


# As printed, with digits for the stars; the misprinted templateId is spelt right in the example.
@pytest.mark.parametrize(
    ("key", "example"),
    [
        ("voice_callback", CALLBACK | {"userData": "cwgtest"}),
        (
            "voice_notification",
            {
                "displayNbr": "+8618600005611",
                "calleeNbr": "+8675581000001",
                "playInfoList": [
                    {"notifyVoice": "welcome.wav"},
                    {"notifyVoice": "welcome.wav", "collectInd": 4},
                ],
                "userData": "testUserData",
            },
        ),
        (
            "voice_notification",
            {
                "displayNbr": "+8618600005611",
                "calleeNbr": "+8675581000001",
                "playInfoList": [TEMPLATE | {"collectInd": 5}],
                "userData": "testUserData",
            },
        ),
        (
            "voice_verification",
            {
                "displayNbr": "+8675528000088",
                "calleeNbr": "+8618900000007",
                "languageType": 2,
                "preTone": "welcome.wav",
                "verifyCode": "12345678",
                "times": 3,
                "userData": "cwgtest",
            },
        ),
        ("terminate_call", WHOLE["terminate_call"] | {"signal": "call_stop"}),
    ],
)
def test_an_example_of_the_document_is_sent_as_it_stands(key: str, example: Json) -> None:
    assert operation(key).check(example) == example


def test_ending_a_call_always_says_how() -> None:
    assert check("terminate_call")["signal"] == "call_stop"


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_optional_parameter_without_a_value_is_absent(nothing: str | None) -> None:
    checked = check("voice_callback", statusUrl=nothing, maxDuration=nothing, recordFlag=nothing)

    assert checked == CALLBACK


@pytest.mark.parametrize(
    "pasted",
    [
        "+86 131-0000-1111",
        " +86 (131) 0000 1111 ",
        "+86\u00a0131\u20100000\u20101111",
        "\u202a+8613100001111\u202c",
        "＋８６（131）00001111",
    ],
)
def test_a_pasted_number_loses_what_stands_between_its_digits(pasted: str) -> None:
    assert check("voice_callback", calleeNbr=pasted)["calleeNbr"] == "+8613100001111"


@pytest.mark.parametrize("number", ["+123", "+" + "1" * 30, "+85220000000", "+86110"])
def test_a_number_of_4_to_31_characters_passes(number: str) -> None:
    assert check("voice_callback", callerNbr=number)["callerNbr"] == number


@pytest.mark.parametrize(("given", "sent"), [("10", 10), (1440, 1440), (" 0 ", 0)])
def test_minutes_may_come_as_text_and_leave_as_a_number(given: Any, sent: int) -> None:
    assert check("voice_callback", maxDuration=given)["maxDuration"] == sent


@pytest.mark.parametrize(
    ("given", "sent"), [(True, "true"), (False, "false"), ("true", "true"), ("False", "false")]
)
def test_a_switch_is_sent_as_text(given: Any, sent: str) -> None:
    assert check("voice_callback", recordFlag=given)["recordFlag"] == sent


@pytest.mark.parametrize("given", [2, "2"])
def test_the_language_is_sent_as_a_number(given: Any) -> None:
    sent = check("voice_verification", languageType=given)["languageType"]

    assert (sent, type(sent)) == (2, int)


@pytest.mark.parametrize("given", [STATUS_URL, STATUS_BASE64])
def test_an_address_is_sent_in_base64(given: str) -> None:
    assert check("voice_callback", statusUrl=given)["statusUrl"] == STATUS_BASE64


def test_the_longest_address_fills_the_platforms_128_characters() -> None:
    longest = "https://calls.example/" + "a" * 74

    assert len(check("voice_callback", feeUrl=longest)["feeUrl"]) == 128


def test_the_longest_user_data_leaves_room_for_the_mark() -> None:
    own = "u" * (256 - MARK_LENGTH)

    sent = OUTBOUND.mark(check("voice_callback", userData=own), "a" * 20)

    assert sent["userData"] == mark(own, "a" * 20)
    assert len(sent["userData"]) == 256


@pytest.mark.parametrize(
    "given",
    [
        {"maxDuration": 5, "lastMinVoice": "last.wav", "lastMinToUE": "toa"},
        {"playPreVoice": True, "preVoice": "pre.WAV"},
        {"recordFlag": "true", "recordHintTone": "提示.wav"},
        {"calleeMedia": "fail", "waitVoice": "a" * 124 + ".wav"},
    ],
)
def test_parameters_that_belong_together_pass(given: Json) -> None:
    assert check("voice_callback", **given).keys() == {*CALLBACK, *given}


def test_a_piece_may_be_repeated_by_a_key() -> None:
    piece = TEMPLATE | {
        "collectInd": "1",
        "replayAfterCollection": True,
        "collectContentTriggerReplaying": "1",
    }

    [sent] = check("voice_notification", playInfoList=[piece])["playInfoList"]

    assert sent == piece | {"collectInd": 1, "replayAfterCollection": "true"}


# What is refused: operation, parameter and value, the place and a word of the rule.

NUMBERS = [
    ("voice_callback", {"calleeNbr": "13100001111"}, "calleeNbr", "was +8613100001111 meant"),
    ("voice_callback", {"calleeNbr": "8613100001111"}, "calleeNbr", "was +8613100001111 meant"),
    ("voice_callback", {"calleeNbr": "008613100001111"}, "calleeNbr", "was +8613100001111 meant"),
    ("voice_callback", {"callerNbr": "0755-28000002"}, "callerNbr", "was +8675528000002 meant"),
    ("voice_callback", {"callerNbr": "+86075528000002"}, "callerNbr", "area code without its 0"),
    ("voice_callback", {"callerNbr": "+86075528000002"}, "callerNbr", "+8675528000002"),
    ("voice_callback", {"calleeNbr": "+86138****0021"}, "calleeNbr", "every digit"),
    ("voice_callback", {"calleeNbr": "+12"}, "calleeNbr", "4 to 31"),
    ("voice_callback", {"calleeNbr": "+" + "1" * 31}, "calleeNbr", "4 to 31"),
    ("voice_callback", {"calleeNbr": "+0755280000"}, "calleeNbr", "country code"),
    ("voice_callback", {"calleeNbr": "+86131٠٠٠٠1111"}, "calleeNbr", "country code"),
    ("voice_callback", {"calleeNbr": "+86131#1"}, "calleeNbr", "country code"),
    ("voice_callback", {"calleeNbr": 8613100001111}, "calleeNbr", "expected text"),
    ("voice_callback", {"displayNbr": "075528000002"}, "displayNbr", "was +8675528000002 meant"),
    ("voice_callback", {"calleeNbr": None}, "calleeNbr", "to be given"),
    ("voice_callback", {"calleeNbr": " "}, "calleeNbr", "to be given"),
]
NAMES = [
    ("voice_callback", {"colour": "red"}, "colour", "a parameter of this operation"),
    ("voice_callback", {"maxduration": 5}, "maxduration", "expected maxDuration"),
    ("voice_callback", {"recordFlags": True}, "recordFlags", "expected recordFlag"),
    ("voice_verification", {"postOne": "a.wav"}, "postOne", "expected posTone"),
    ("voice_verification", {"postTone": "a.wav"}, "postTone", "expected posTone"),
    (
        "voice_notification",
        {"playInfoList": [{"templatId": "t", "templateParas": ["1"]}]},
        "playInfoList[0].templatId",
        "expected templateId",
    ),
    (
        "voice_notification",
        {"playInfoList": [{"notifyVoice": "a.wav", "collectContentTriggerReplacing": "1"}]},
        "playInfoList[0].collectContentTriggerReplacing",
        "expected collectContentTriggerReplaying",
    ),
    ("terminate_call", {"sessionId": "1"}, "sessionId", "expected sessionid"),
]
VALUES = [
    ("voice_callback", {"maxDuration": 1441}, "maxDuration", "0 to 1440"),
    ("voice_callback", {"maxDuration": -1}, "maxDuration", "0 to 1440"),
    ("voice_callback", {"maxDuration": True}, "maxDuration", "whole number"),
    ("voice_callback", {"maxDuration": 1.5}, "maxDuration", "whole number"),
    ("voice_callback", {"maxDuration": "1e3"}, "maxDuration", "whole number"),
    ("voice_callback", {"maxDuration": "１０"}, "maxDuration", "whole number"),
    ("voice_callback", {"lastMinVoice": "a.wav"}, "lastMinVoice", "where maxDuration is not 0"),
    ("voice_callback", {"lastMinToUE": "both", "maxDuration": 0}, "lastMinToUE", "maxDuration"),
    ("voice_callback", {"lastMinToUE": "tox", "maxDuration": 1}, "lastMinToUE", "toa or tob"),
    ("voice_callback", {"preVoice": "a.wav"}, "preVoice", "where playPreVoice is true"),
    ("voice_callback", {"recordHintTone": "a.wav"}, "recordHintTone", "where recordFlag is true"),
    ("voice_callback", {"calleeMedia": "some"}, "calleeMedia", "all or none or fail"),
    ("voice_callback", {"calleeMedia": 1}, "calleeMedia", "all or none or fail"),
    ("voice_callback", {"recordFlag": 1}, "recordFlag", "true or false"),
    ("voice_callback", {"returnIdlePort": "yes"}, "returnIdlePort", "true or false"),
    ("voice_callback", {"waitVoice": "wait.mp3"}, "waitVoice", ".wav"),
    ("voice_callback", {"waitVoice": "../wait.wav"}, "waitVoice", "without a path"),
    ("voice_callback", {"waitVoice": "a\\b.wav"}, "waitVoice", "without a path"),
    ("voice_callback", {"waitVoice": "a\x00.wav"}, "waitVoice", "control characters"),
    ("voice_callback", {"waitVoice": "\ud800.wav"}, "waitVoice", "control characters"),
    ("voice_callback", {"waitVoice": "a" * 125 + ".wav"}, "waitVoice", "1 to 128"),
    ("voice_verification", {"languageType": 1}, "languageType", "expected 2"),
    ("voice_verification", {"languageType": True}, "languageType", "expected 2"),
    ("voice_verification", {"languageType": 10**5000}, "languageType", "expected 2"),
    ("voice_verification", {"preTone": None}, "preTone", "to be given"),
    ("voice_verification", {"times": 10}, "times", "0 to 9"),
    ("voice_verification", {"verifyCode": "1"}, "verifyCode", "2 to 8 digits"),
    ("voice_verification", {"verifyCode": "123456789"}, "verifyCode", "2 to 8 digits"),
    ("voice_verification", {"verifyCode": "12a4"}, "verifyCode", "2 to 8 digits"),
    ("voice_verification", {"verifyCode": "１２３４"}, "verifyCode", "2 to 8 digits"),
    ("voice_verification", {"verifyCode": 1234}, "verifyCode", "leading zeros"),
    ("terminate_call", {"sessionid": "s" * 257}, "sessionid", "1 to 256"),
    ("terminate_call", {"sessionid": ""}, "sessionid", "to be given"),
    ("terminate_call", {"signal": "call_start"}, "signal", "call_stop"),
]
ADDRESSES = [
    ("voice_callback", {"statusUrl": "ftp://calls.example/"}, "statusUrl", "http(s)"),
    ("voice_callback", {"statusUrl": "https://calls.example/a?b=c"}, "statusUrl", "letters"),
    ("voice_callback", {"statusUrl": "https://calls.example/a_b"}, "statusUrl", "letters"),
    ("voice_callback", {"statusUrl": "https:///a"}, "statusUrl", "http(s)"),
    ("voice_callback", {"statusUrl": "calls.example"}, "statusUrl", "plain or in Base64"),
    ("voice_callback", {"statusUrl": {}}, "statusUrl", "expected text"),
    (
        "voice_callback",
        {"feeUrl": base64.b64encode(b"https://calls.example/a_b").decode()},
        "feeUrl",
        "letters",
    ),
    ("voice_callback", {"feeUrl": "https://calls.example/" + "a" * 75}, "feeUrl", "96 bytes"),
]
USER_DATA = [
    ("voice_callback", {"userData": "u" * 233}, "userData", "1 to 232"),
    ("voice_callback", {"userData": "u" * 233}, "userData", "the portal's own mark needs 24"),
    ("voice_callback", {"userData": '{"a":1}'}, "userData", "braces"),
    ("voice_callback", {"userData": "客户"}, "userData", "its Base64 is 5a6i5oi3"),
    ("voice_callback", {"userData": "客" * 100}, "userData", "too long as well"),
    ("voice_callback", {"userData": 17}, "userData", "expected text"),
    ("voice_callback", {"userData": "a\nb"}, "userData", "control characters"),
]
PIECES = [
    ([], "playInfoList", "1 to 5"),
    ([{"notifyVoice": "a.wav"}] * 6, "playInfoList", "1 to 5"),
    ({"notifyVoice": "a.wav"}, "playInfoList", "a list"),
    (["a.wav"], "playInfoList[0]", "an object"),
    ([{}], "playInfoList[0]", "notifyVoice or templateId"),
    ([TEMPLATE | {"notifyVoice": "a.wav"}], "playInfoList[0].notifyVoice", "not both"),
    ([{"templateId": "t"}], "playInfoList[0].templateParas", "wherever templateId is given"),
    (
        [{"notifyVoice": "a.wav"}, {"notifyVoice": "a.wav", "templateParas": ["1"]}],
        "playInfoList[1].templateParas",
        "only with templateId",
    ),
    ([TEMPLATE | {"templateId": "t" * 33}], "playInfoList[0].templateId", "1 to 32"),
    ([TEMPLATE | {"templateParas": []}], "playInfoList[0].templateParas", "1 to 10"),
    ([TEMPLATE | {"templateParas": ["1"] * 11}], "playInfoList[0].templateParas", "1 to 10"),
    ([TEMPLATE | {"templateParas": "3"}], "playInfoList[0].templateParas", "a list"),
    ([TEMPLATE | {"templateParas": ["1", 3]}], "playInfoList[0].templateParas[1]", "text"),
    ([TEMPLATE | {"templateParas": [""]}], "playInfoList[0].templateParas[0]", "1 to 32"),
    ([TEMPLATE | {"templateParas": ["t" * 33]}], "playInfoList[0].templateParas[0]", "1 to 32"),
    ([TEMPLATE | {"templateParas": ["${A}"]}], "playInfoList[0].templateParas[0]", "$ { }"),
    ([TEMPLATE | {"templateParas": ["\n1"]}], "playInfoList[0].templateParas[0]", "control"),
    ([TEMPLATE | {"collectInd": 33}], "playInfoList[0].collectInd", "0 to 32"),
    (
        [TEMPLATE | {"replayAfterCollection": "true"}],
        "playInfoList[0].replayAfterCollection",
        "where collectInd is not 0",
    ),
    (
        [TEMPLATE | {"collectInd": 1, "collectContentTriggerReplaying": "1"}],
        "playInfoList[0].collectContentTriggerReplaying",
        "where replayAfterCollection is true",
    ),
    (
        [
            TEMPLATE
            | {
                "collectInd": 1,
                "replayAfterCollection": "true",
                "collectContentTriggerReplaying": "1" * 33,
            }
        ],
        "playInfoList[0].collectContentTriggerReplaying",
        "1 to 32",
    ),
]


@pytest.mark.parametrize(
    ("key", "given", "place", "rule"),
    [
        *NUMBERS,
        *NAMES,
        *VALUES,
        *ADDRESSES,
        *USER_DATA,
        *(("voice_notification", {"playInfoList": one}, *rest) for one, *rest in PIECES),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_place(
    key: str, given: Json, place: str, rule: str
) -> None:
    found = complaint(key, **given)

    assert found.parameter == place
    assert rule in found.rule_en


@pytest.mark.parametrize(
    ("key", "given"), [case[:2] for case in (*NUMBERS, *NAMES, *VALUES, *ADDRESSES, *USER_DATA)]
)
def test_a_rule_is_told_in_chinese_as_well(key: str, given: Json) -> None:
    found = complaint(key, **given)

    assert any("\u4e00" <= one <= "\u9fff" for one in found.rule_zh)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = complaints(
        "voice_callback",
        calleeNbr="13100001111",
        maxDuration="long",
        lastMinVoice="last.wav",
        colour="red",
        userData="{}",
        displayNbr=None,
    )

    assert {one.parameter for one in found} == {
        "colour",
        "displayNbr",
        "calleeNbr",
        "maxDuration",
        "userData",
    }


def test_a_complaint_quotes_what_was_found() -> None:
    assert str(complaint("voice_callback", maxDuration="long")) == (
        'maxDuration: expected a whole number from 0 to 1440, got "long"'
    )


@pytest.mark.parametrize("code", ["12345678901", 98765, ["31415"], "2718x"])
def test_a_complaint_keeps_a_code_to_itself(code: Any) -> None:
    found = complaint("voice_verification", verifyCode=code)

    digits = {"12345678901", "98765", "31415", "2718"}
    assert not any(one in str(found) for one in digits)


def test_a_complaint_about_a_name_keeps_its_value_to_itself() -> None:
    found = complaint("voice_verification", verifycode="31415")

    assert "31415" not in str(found)


# Any JSON at all.

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["true", "2", "0", "a.wav", "both", "+8613100001111", "call_stop"])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def objects(parameters: tuple[Parameter, ...]) -> st.SearchStrategy[Json]:
    """Objects with parameters by their right names and anything for a value, or nearly that."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for one in parameters:
        right = st.lists(objects(one.parts), max_size=6) if one.parts else near(one)
        fields[one.key] = anything | right
    return st.fixed_dictionaries({}, optional=fields)


def near(one: Parameter) -> st.SearchStrategy[Any]:
    """Values that often pass."""
    return {
        Kind.NUMBER: st.integers(10, 10**32 - 1).map("+{}".format),
        Kind.SHOWN_NUMBER: st.integers(10, 10**32 - 1).map("+{}".format),
        Kind.TEXT: st.text("0123456789ab{客", max_size=300),
        Kind.AUDIO_FILE: st.text("abc/", max_size=3).map("{}.wav".format),
        Kind.WHOLE: st.integers(-1, 1500) | st.integers(-1, 12).map(str),
        Kind.CHOICE: st.sampled_from([choice.value for choice in one.choices] or [""]),
        Kind.SWITCH: st.booleans(),
        Kind.ADDRESS: st.text("abc.:/_", max_size=100).map("https://{}".format),
        Kind.TEXTS: st.lists(st.text("ab${}", max_size=40), max_size=12),
    }.get(one.kind, anything)


def broken_bounds(parameters: tuple[Parameter, ...], sent: Json) -> Iterator[str]:
    """Parameters of a body that are not within what their tables allow."""
    for one in parameters:
        value = sent.get(one.key)
        if value is None:
            if one.is_required:
                yield one.key
        elif one.kind is Kind.PARTS:
            for part in value:
                yield from broken_bounds(one.parts, part)
        elif not is_within(one, value):
            yield one.key


def is_within(one: Parameter, value: Any) -> bool:
    if one.kind is Kind.WHOLE:
        return type(value) is int and one.least <= value <= one.most
    if one.kind is Kind.ADDRESS:
        return len(value) <= 128 and base64.b64decode(value, validate=True).startswith(b"http")
    if one.kind in {Kind.CHOICE, Kind.SWITCH}:
        return str(value) in {"true", "false"} | {choice.value for choice in one.choices}
    return one.least <= len(value) <= one.most


@OPERATION
@patient
@given(st.data())
def test_no_json_raises_anything_but_complaints(operation: Operation, data: st.DataObject) -> None:
    given: Any = data.draw(anything)

    with pytest.raises(WrongParametersError) as raised:
        operation.check(given)

    assert raised.value.complaints


@OPERATION
@settings(patient, max_examples=200)
@given(st.data())
def test_what_passes_is_within_the_tables(operation: Operation, data: st.DataObject) -> None:
    changed = data.draw(objects(operation.parameters))

    with suppress(WrongParametersError):
        sent = operation.check(WHOLE[operation.key] | changed)
        assert list(broken_bounds(operation.parameters, sent)) == []
        assert json.dumps(sent, ensure_ascii=False).encode()
        assert operation.check(sent) == sent


# The table itself, and what the portal puts in.


@OPERATION
def test_every_parameter_is_labelled_in_both_languages(operation: Operation) -> None:
    listed = [*operation.parameters, *(part for one in operation.parameters for part in one.parts)]

    assert all(one.label_zh and one.label_en and one.help_zh and one.help_en for one in listed)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (
            "voice_callback",
            "displayNbr callerNbr displayCalleeNbr calleeNbr maxDuration lastMinVoice lastMinToUE "
            "playPreVoice preVoice waitVoice calleeMedia statusUrl feeUrl recordFlag "
            "recordHintTone partyTypeRequiredInDisconnect returnIdlePort userData",
        ),
        (
            "voice_notification",
            "displayNbr calleeNbr playInfoList statusUrl feeUrl returnIdlePort userData",
        ),
        (
            "voice_verification",
            "displayNbr calleeNbr languageType preTone verifyCode posTone times statusUrl feeUrl "
            "returnIdlePort userData",
        ),
        ("terminate_call", "sessionid signal"),
    ],
)
def test_the_parameters_are_those_of_the_document_in_its_order(key: str, names: str) -> None:
    assert [one.key for one in operation(key).parameters] == names.split()


def test_a_form_begins_with_what_is_usual() -> None:
    suggested = {
        one.key: one.suggested
        for each in OUTBOUND.operations
        for one in each.parameters
        if one.suggested
    }

    assert suggested == {
        "partyTypeRequiredInDisconnect": "true",
        "languageType": "2",
        "times": "3",
    }


def test_only_the_code_is_secret() -> None:
    assert [one.secret_keys for one in OUTBOUND.operations] == [
        frozenset(),
        frozenset(),
        frozenset({"verifyCode"}),
        frozenset(),
    ]


def test_our_addresses_are_put_in_where_none_are_named() -> None:
    sent = OUTBOUND.addresses(CALLBACK, {"status": STATUS_URL, "fee": STATUS_URL})

    assert sent == CALLBACK | {"statusUrl": STATUS_BASE64, "feeUrl": STATUS_BASE64}


def test_an_address_that_is_named_stays() -> None:
    sent = OUTBOUND.addresses({"statusUrl": "named"}, {"status": STATUS_URL})

    assert sent == {"statusUrl": "named"}


@pytest.mark.parametrize("ours", ["https://a_b.example/", "https://calls.example/" + "a" * 75, ""])
def test_an_address_that_the_platform_refuses_is_left_to_its_console(ours: str) -> None:
    assert OUTBOUND.addresses(CALLBACK, {"status": ours, "fee": ours}) == CALLBACK


def test_a_call_is_ended_by_its_session() -> None:
    key, parameters = OUTBOUND.end_call("1200_366")

    assert operation(key).check(parameters) == {"sessionid": "1200_366", "signal": "call_stop"}


# What an account may be set to.

CHECKS = {one.key: one.check for one in VENDOR.settings if one.check}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("display_numbers", "+8675528000002, +8675528000008"),
        ("calls_per_second", "0.5"),
        ("calls_per_second", "1000"),
        ("calls_at_once", "1"),
        ("quiet_hours", "21:00-09:00"),
        ("push_wait_minutes", "1440"),
        *((one.key, one.default) for one in VENDOR.settings if one.default and one.check),
    ],
)
def test_a_setting_takes_what_it_is_for(key: str, value: str) -> None:
    CHECKS[key](value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("display_numbers", "075528000002"),
        ("display_numbers", "+8675528000002,"),
        ("calls_per_second", "0"),
        ("calls_per_second", "1000.5"),
        ("calls_per_second", "nan"),
        ("calls_at_once", "0"),
        ("calls_at_once", "1.5"),
        ("quiet_hours", "21:00"),
        ("quiet_hours", "24:00-09:00"),
        ("quiet_hours", "09:00-09:00"),
        ("push_wait_minutes", "0"),
        ("push_wait_minutes", "1441"),
        ("push_wait_minutes", "１５"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_with_a_sentence(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"^expected .*, got"):
        CHECKS[key](value)
