"""XLSX: what stands in its cells, over how many sheets, and how much of it is held at a time."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from calls.columns import Kind
from calls.export import as_xlsx, book
from calls.export.rows import Chunk
from calls.export.sheet import DAY, Sheet
from tests.calls.export.conftest import sheets

EXCELS_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock's


def sheet_of(chunks: Iterable[Chunk], kinds: Sequence[Kind] = (Kind.TEXT,)) -> Sheet:
    return Sheet(
        title="Calls",
        heads=[f"Head {number}" for number in range(len(kinds))],
        kinds=kinds,
        chunks=chunks,
        about_title="About this file",
        about=lambda: [("Filter", "vendor:yeta"), ("Calls", "2")],
    )


def written(*chunks: Chunk, kinds: Sequence[Kind] = (Kind.TEXT,)) -> dict[str, list[list[Any]]]:
    return sheets(b"".join(as_xlsx.pieces(sheet_of(chunks, kinds))))


def test_a_head_is_followed_by_calls_and_a_second_sheet_says_what_the_file_is_about() -> None:
    found = written(
        [["a", "b"], [7, None], ["", "z"]],
        [["c"], [0], ["y"]],
        kinds=[Kind.TEXT, Kind.SECONDS, Kind.LABEL],
    )

    assert found == {
        "Calls": [
            ["Head 0", "Head 1", "Head 2"],
            ["a", 7.0],
            ["b", None, "z"],
            ["c", 0.0, "y"],
        ],
        "About this file": [["Filter", "vendor:yeta"], ["Calls", "2"]],
    }


@pytest.mark.parametrize(
    "text",
    [
        "+8613100001111",
        "=1+1",
        "0",
        '<script>alert("x")</script> & more',
        " blanks ",
        "two\nlines",
        "a | b",
        "_x0041_ is no A",
        "您好\u202eabc",
        "\U0001f4de",
    ],
)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert written([["plain", text]])["Calls"][1:] == [["plain"], [text]]


def test_what_xml_cannot_hold_is_written_in_the_manner_of_excel() -> None:
    content = b"".join(as_xlsx.pieces(sheet_of([[["a\x00b\x1fc\ufffe"]]])))

    assert sheets(content)["Calls"][1] == ["a\x00b\x1fc\ufffe"]


def test_a_text_is_cut_where_a_cell_is_full() -> None:
    assert written([["x" * 40_000]])["Calls"][1] == ["x" * 32_767]


def test_moments_are_dates_that_can_be_reckoned_with() -> None:
    at = datetime(2026, 11, 1, 12, 0, 7)  # noqa: DTZ001 - a wall clock's
    seconds = int((at - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001

    found = written([[seconds, None]], kinds=[Kind.MOMENT])["Calls"]

    days = timedelta(days=found[1][0])
    assert abs(EXCELS_FIRST_DAY + days - at) < timedelta(milliseconds=1)
    assert found[2] == []


def test_each_second_of_a_day_is_read_as_that_one_also_where_parts_are_cut_off() -> None:
    days = [float(f"46327{as_xlsx._FRACTIONS[second]}") for second in range(DAY)]

    assert [int((day - 46327) * DAY) for day in days] == list(range(DAY))
    assert [round((day - 46327) * DAY) for day in days] == list(range(DAY))


def test_a_moment_before_the_calendar_of_excel_is_a_text() -> None:
    seconds = int((datetime(1900, 1, 1) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001

    assert written([[seconds]], kinds=[Kind.MOMENT])["Calls"][1] == ["1900-01-01 00:00:00"]


def test_calls_that_do_not_fit_on_a_sheet_continue_on_further_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(as_xlsx, "MOST_ROWS", 3)  # two calls and the head

    found = written([["a", "b", "c", "d", "e"]], [["f"]])

    head = ["Head 0"]
    assert found.pop("About this file")
    assert found == {
        "Calls": [head, ["a"], ["b"]],
        "Calls 2": [head, ["c"], ["d"]],
        "Calls 3": [head, ["e"], ["f"]],
    }


def test_a_sheet_that_grows_too_large_is_ended_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_xlsx, "MOST_BYTES", 1)

    found = written([["a", "b"]], [["c"]])

    assert [len(rows) for rows in found.values()] == [3, 2, 2]


def test_without_calls_there_is_a_head() -> None:
    assert written()["Calls"] == [["Head 0"]]


def test_more_columns_than_letters_are_told_apart() -> None:
    kinds = [Kind.TEXT] * 30

    found = written([[f"cell {place}"] for place in range(30)], kinds=kinds)

    assert found["Calls"][1] == [f"cell {place}" for place in range(30)]


def test_pieces_come_while_there_is_no_end_of_calls() -> None:
    endless = ([[f"call {number}" * 50] for number in [count]] for count in itertools.count())

    pieces = as_xlsx.pieces(sheet_of(endless))

    assert sum(map(len, itertools.islice(pieces, 2_000))) > 0


def test_a_sheets_name_is_one_that_excel_takes() -> None:
    assert book.sheet_name("a/b[c]:d" + "e" * 40, 1) == "a b c  d" + "e" * 21 + " 2"
