"""What is asked: parameters, numbers, templates."""

import base64

import httpx2
import pytest

from tests.vendors.huawei_platform.conftest import (
    CALLBACK,
    DISPLAY,
    NOTIFICATION,
    STOP,
    VERIFICATION,
    Ask,
    Make,
    asker,
    callback,
    code,
    notification,
    verification,
    without,
)
from vendors.simulator.huawei_platform.platform import Platform


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (CALLBACK, b"{", (403, "1010002")),
        (CALLBACK, without(callback(), "calleeNbr"), (403, "1010002")),
        (CALLBACK, callback(displayNbr="075500000001"), (403, "1010023")),
        (CALLBACK, callback(displayCalleeNbr="+0"), (403, "1010023")),
        (CALLBACK, callback(callerNbr="13100000001"), (403, "1010024")),
        (CALLBACK, callback("13100000002"), (500, "1020001")),
        (CALLBACK, callback(maxDuration=1441), (500, "1020001")),
        (CALLBACK, callback(maxDuration="5"), (500, "1020001")),
        (CALLBACK, callback(recordFlag=True), (500, "1020001")),
        (CALLBACK, callback(userData="{}"), (500, "1020001")),
        (CALLBACK, callback(userData="客户"), (500, "1020001")),
        (CALLBACK, callback(statusUrl="https://sp.example/status"), (500, "1020001")),
        (
            CALLBACK,
            callback(feeUrl=base64.b64encode(b"https://sp.example/fee?a=b").decode()),
            (500, "1020001"),
        ),
        (NOTIFICATION, notification(playInfoList=[]), (500, "1020001")),
        (NOTIFICATION, notification(playInfoList=["welcome.wav"]), (500, "1020001")),
        (NOTIFICATION, notification(playInfoList=[{"collectInd": 1}]), (403, "1010002")),
        (NOTIFICATION, notification(playInfoList=[{"templateId": "a"}]), (403, "1010002")),
        (VERIFICATION, verification(verifyCode="12a4"), (500, "1020001")),
        (VERIFICATION, verification(languageType=1), (500, "1020001")),
        (VERIFICATION, verification(times=10), (500, "1020001")),
        (STOP, {"sessionId": "x", "signal": "call_stop"}, (403, "1010002")),
        (STOP, {"sessionid": "x", "signal": "stop"}, (500, "1020001")),
    ],
)
def test_wrong_parameters_are_refused_and_no_call_is_placed(
    platform: Platform, ask: Ask, path: str, body: object, expected: tuple[int, str]
) -> None:
    assert code(ask(path, body)) == expected
    assert not platform.dials


def test_only_numbers_that_were_ordered_are_displayed(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(displays=[DISPLAY]))

    assert code(ask(CALLBACK, callback())) == (200, "0")
    other = callback(displayCalleeNbr="+8675500000009")
    assert code(ask(CALLBACK, other)) == (403, "1010023")


def test_an_app_without_recording_refuses_to_record(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(records=False))

    assert code(ask(CALLBACK, callback(recordFlag="true"))) == (403, "1012012")
    assert code(ask(CALLBACK, callback(recordFlag="false"))) == (200, "0")


@pytest.mark.parametrize(
    ("values", "is_right"),
    [
        (["3", "人民公园正门"], True),
        (["3"], False),
        (["300", "人民公园正门"], False),
        (["x", "人民公园正门"], False),
        (["3", "$"], False),
    ],
)
def test_a_template_takes_the_values_that_its_variables_allow(
    web: httpx2.Client, make: Make, values: list[str], is_right: bool
) -> None:
    ask = asker(web, make(templates={"parcels": ["NUM_2", "TXT_32"]}))
    parts = [{"templateId": "parcels", "templateParas": values}]

    answer = code(ask(NOTIFICATION, notification(playInfoList=parts)))

    assert answer == ((200, "0") if is_right else (403, "1012005"))


def test_names_that_no_table_lists_are_noted_and_passed_over(platform: Platform, ask: Ask) -> None:
    parts = [{"notifyVoice": "a.wav", "collectContentTriggerReplacing": "1"}]

    assert code(ask(VERIFICATION, verification(postOne="bye.wav"))) == (200, "0")
    assert code(ask(NOTIFICATION, notification(playInfoList=parts))) == (200, "0")

    noted = [request.unknown for request in platform.requests]
    assert noted == [("postOne",), ("playInfoList[0].collectContentTriggerReplacing",)]
