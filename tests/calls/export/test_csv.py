"""CSV: what a program reads back, and what a spreadsheet must not take for a formula."""

from collections.abc import Sequence
from typing import Any

import pytest

from calls.columns import Kind
from calls.export import as_csv
from calls.export.sheet import Sheet
from tests.calls.export.conftest import lines


def written(*chunks: list[Any], kinds: Sequence[Kind] = (Kind.TEXT,)) -> bytes:
    sheet = Sheet(
        title="Calls",
        heads=[kind.name for kind in kinds],
        kinds=kinds,
        chunks=chunks,
        about_title="About",
        about=lambda: [("Filter", "=1+1"), ("Calls", "3")],
    )
    return b"".join(as_csv.pieces(sheet))


def test_a_file_begins_with_the_mark_by_which_excel_knows_its_encoding() -> None:
    assert written([["您好"]]).startswith(b"\xef\xbb\xbfTEXT\r\n" + "您好".encode())


def test_the_first_line_names_the_columns_and_calls_follow_over_all_chunks() -> None:
    content = written([["a", "b"], [1, None]], [["c"], [3]], kinds=[Kind.TEXT, Kind.SECONDS])

    assert lines(content)[:4] == [["TEXT", "SECONDS"], ["a", "1"], ["b", ""], ["c", "3"]]


def test_what_the_file_is_about_stands_behind_an_empty_line() -> None:
    assert lines(written([["a"]]))[2:] == [[], ["Filter", "'=1+1"], ["Calls", "3"]]


def test_quotes_commas_and_line_breaks_come_back_as_they_were() -> None:
    texts = ['He said "no", twice', "one\r\ntwo", " blanks ", "<b>&amp;</b>", "\u202eabc"]

    assert [line[0] for line in lines(written([texts]))[1:6]] == texts


@pytest.mark.parametrize(
    "text",
    [
        '=cmd|"/c calc"!A0',
        "+1+1",
        "+SUM(A1)",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1+1",
        "+86*2",
        "harmless;=1+1",
        "harmless\n=1+1",
    ],
)
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    safe = as_csv.safe(text)

    assert safe != text
    assert safe.replace("'", "") == text
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert as_csv.safe(safe) == safe


@pytest.mark.parametrize(
    "text",
    ["+8613100001111", "+86****1111", "13100001111", "****1111", "a-b", "a=b", "1;2", "2026-11-01"],
)
def test_a_telephone_number_and_a_plain_text_stay_as_they_are(text: str) -> None:
    assert as_csv.safe(text) == text


def test_moments_are_written_as_the_readers_clock_shows_them() -> None:
    content = written([[0, 1_793_491_200 + 3_599, -1, None]], kinds=[Kind.MOMENT])

    assert [line[0] for line in lines(content)[1:5]] == [
        "1970-01-01 00:00:00",
        "2026-11-01 00:59:59",
        "1969-12-31 23:59:59",
        "",
    ]
