"""Huawei's result codes: every one that the document lists, and what the portal does with it."""

import re
from collections import Counter

import pytest

from calls import codes
from calls.models import CodeMeaning
from vendors.registry import VENDORS

SCHEME = "huawei.result"

# Tables 4-5, 4-10, 4-30, 5-7 and 6-5, HTTP status by HTTP status. 301 has no code.
DOCUMENTED = {
    "200": "0",
    "400": """
        1023006 1023007 1023008 1023009 1023010 1023011 1023012
        1023033 1023034 1023035 1023036 1023037 1023038
    """,
    "401": "1010010 1010013",
    "403": """
        1010002 1010003 1010006 1010007 1010008 1010009 1010010 1010011 1010021 1010023 1010024
        1010040 1011006 1012001 1012005 1012006 1012007 1012012
        1013001 1013002 1013003 1013004 1013010 1013011 1013100 1013101 1013111 1013112 1013113
        1013115 1013116 1013117 1013118 1013119 1013120 1013121 1013122
        1020165 1020166 1020168 1020171 1020176
    """,
    "500": """
        1010001 1020001 1020002 1020150 1020151 1020152 1020154 1023001 1023002 1040001
    """,
}
# What is not refused for good.
TRIED_AGAIN = {
    "30": {"500/1023002"},
    "60": {
        *("403/1010009", "403/1010010", "403/1011006"),
        *("403/1020165", "500/1020154"),
    },
    "hours": {"403/1013121"},
    "account": {
        *(f"400/{code}" for code in DOCUMENTED["400"].split()),
        *("401/1010010", "401/1010013"),
        *("403/1010003", "403/1010007", "403/1010008", "403/1010011", "403/1010021"),
        *("403/1020166", "500/1020150"),
    },
    "stop:1800": {"403/1020176"},
}


@pytest.fixture
def rows() -> list[CodeMeaning]:
    return codes.read_table(VENDORS["huawei"].code_tables()[SCHEME], SCHEME)


def key(row: CodeMeaning) -> str:
    return f"{row.status}/{row.code}"


def row_of(rows: list[CodeMeaning], status: str, code: str) -> CodeMeaning:
    [row] = [row for row in rows if (row.status, row.code) == (status, code)]
    return row


@pytest.mark.parametrize("status", DOCUMENTED)
def test_every_documented_code_of_a_status_has_one_row(
    rows: list[CodeMeaning], status: str
) -> None:
    written = [row.code for row in rows if row.status == status]

    assert written == DOCUMENTED[status].split()


def test_no_row_is_for_another_status(rows: list[CodeMeaning]) -> None:
    assert {row.status for row in rows} == set(DOCUMENTED)


def test_whether_to_try_again_is_said_in_words_that_the_sender_knows(
    rows: list[CodeMeaning],
) -> None:
    grammar = re.compile(r"([1-9]\d*|hours|account|stop:[1-9]\d*)?")

    assert [key(row) for row in rows if not grammar.fullmatch(row.retry_after)] == []


@pytest.mark.parametrize("advice", TRIED_AGAIN)
def test_what_is_tried_again_is_tried_as_the_document_allows(
    rows: list[CodeMeaning], advice: str
) -> None:
    assert {key(row) for row in rows if row.retry_after == advice} == TRIED_AGAIN[advice]


def test_everything_else_is_refused_for_good(rows: list[CodeMeaning]) -> None:
    count = Counter(row.retry_after for row in rows)

    assert set(count) - {""} == set(TRIED_AGAIN)


@pytest.mark.django_db
def test_one_number_is_a_wrong_signature_under_401_and_a_busy_platform_under_403() -> None:
    codes.forget()

    signature, busy, unknown = (
        codes.explain(SCHEME, "1010010", status) for status in ("401", "403", None)
    )

    assert signature is not None
    assert busy is not None
    assert (signature.retry_after, busy.retry_after) == ("account", "60")
    assert unknown is None


def test_every_refusal_says_in_both_languages_what_to_do(rows: list[CodeMeaning]) -> None:
    silent = {key(row) for row in rows if not (row.advice_zh and row.advice_en)}

    assert silent == {"200/0"}


def test_every_advice_says_whose_move_it_is(rows: list[CodeMeaning]) -> None:
    zh = re.compile("(我方|供应商|客户)处理：|无需处理：")
    en = re.compile("(Our|The vendor's|The customer's) move: |Nobody needs to act")

    refusals = [row for row in rows if row.status != "200"]

    assert [key(row) for row in refusals if not zh.match(row.advice_zh)] == []
    assert [key(row) for row in refusals if not en.match(row.advice_en)] == []


@pytest.mark.parametrize(
    ("status", "code", "words_zh", "words_en"),
    [
        ("401", "1010013", "created_utc_offset", "created_utc_offset"),
        ("401", "1010013", "本机时钟", "the machine's clock"),
        ("401", "1010010", "APP_Key和APP_Secret", "APP_Key and APP_Secret"),
        ("400", "1023006", "余额", "balance"),
    ],
)
def test_an_advice_names_what_to_look_at(
    rows: list[CodeMeaning], status: str, code: str, words_zh: str, words_en: str
) -> None:
    row = row_of(rows, status, code)

    assert words_zh in row.advice_zh
    assert words_en in row.advice_en


def test_the_setting_that_an_advice_names_exists() -> None:
    assert "created_utc_offset" in {one.key for one in VENDORS["huawei"].settings}


def test_a_refused_request_has_no_outcome_of_a_call(rows: list[CodeMeaning]) -> None:
    assert {row.outcome for row in rows} == {""}
