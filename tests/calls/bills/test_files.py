"""Files of bills as vendors and spreadsheets write them, and as nobody should."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from calls.bills import cells, files, heads, lines, workbooks
from calls.bills.cells import CellError
from calls.bills.files import Row, UnreadableFileError
from calls.bills.mapping import Mapping
from calls.bills.moments import Moments
from tests.calls.bills.conftest import CALLEE, CALLER, FIELDS, HEADS, as_csv, line, workbook

NOON = 1_790_827_200  # 2026-10-01 12:00:00 in Shanghai
WALL = datetime(2026, 10, 1, 12, 0)  # noqa: DTZ001 - a clock on the wall


def read(content: bytes) -> list[Any]:
    """The cells of all rows of a file's first sheet."""
    file = io.BytesIO(content)
    return [row.cells for row in files.rows(file, files.format_of(file), "")]


def understood(content: bytes, **more: Any) -> list[lines.Line]:
    file = io.BytesIO(content)
    fields = {name: place for place, name in enumerate(FIELDS)}
    found = Mapping(fields=fields, zone="Asia/Shanghai", **more)
    return list(lines.read(files.rows(file, files.format_of(file), ""), found))


# CSV.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_however_it_is_encoded_and_parted(encoding: str, delimiter: str) -> None:
    rows = [["通话ID", "主叫", "费用"], ["a", CALLER, "1.5"], ["b", CALLER, "2.5"]]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)

    assert read(content) == rows


def test_a_quoted_cell_may_hold_lines_quotes_and_delimiters() -> None:
    content = b'id,note\r\na,"one\r\ntwo, ""three"""\r\nb,c\r\n'

    assert read(content) == [["id", "note"], ["a", 'one\r\ntwo, "three"'], ["b", "c"]]


def test_a_decimal_comma_does_not_part_cells() -> None:
    content = "id;费用\r\n" + "a;1,5\r\n" * 5

    assert read(content.encode())[1] == ["a", "1,5"]


def test_chinese_late_in_a_long_file_still_tells_its_encoding() -> None:
    content = ("id,name\r\n" + "a,b\r\n" * 20_000 + "c,广州\r\n").encode("gb18030")

    assert read(content)[-1] == ["c", "广州"]


def test_a_byte_that_no_encoding_has_costs_its_cell_alone() -> None:
    content = "通话ID,城市\r\na,广州\r\n".encode() + b"b,\xff\xff\r\n"

    found = read(content)

    assert found[:2] == [["通话ID", "城市"], ["a", "广州"]]
    assert found[2][0] == "b"


def test_a_quote_that_is_never_closed_is_a_row_that_cannot_be_read() -> None:
    good = as_csv([line("a")])
    content = good + b'"' + b"x" * 200_000

    found = understood(content)

    assert [one.told_id for one in found if not one.note] == ["a"]
    assert found[-1].note == '["", null, "row", ""]'


# XLSX.


def test_a_workbook_gives_texts_numbers_and_dates() -> None:
    content = workbook(
        [HEADS, ["a", CALLER, 13100002222, WALL, 61.0, "00:02:00", "=SUM(A1)", "CNY"]]
    )

    (found,) = understood(content)

    assert found[1:] == ("a", CALLER, CALLEE, NOON, 61, 120, 300_000, "CNY", "")


def test_rows_and_columns_that_are_empty_at_the_edge_keep_their_numbers() -> None:
    content = workbook([[], ["x"], ["y"]])
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="3"><c r="C3" t="inlineStr"><is><t>head</t></is></c></row>'
        '<row r="4"><c r="C4"><v>5</v></c></row></sheetData></worksheet>'
    )
    changed = _with_part(content, "xl/worksheets/sheet1.xml", sheet.encode())

    found = read(changed)

    assert [row[-1] for row in found] == ["", "", "head", 5.0]
    assert files.first_rows(io.BytesIO(changed), files.XLSX)["Bill"][2].cells[2] == "head"  # type: ignore[index]


def test_the_first_rows_of_a_huge_sheet_are_seen_without_unpacking_it() -> None:
    content = workbook([["callId", "主叫"], *([f"call-{at}", CALLER] for at in range(20_000))])

    (rows,) = files.first_rows(io.BytesIO(content), files.XLSX).values()

    assert len(rows) == files.LOOKED_AT
    assert rows[1].cells == ["call-0", CALLER]


def _with_part(content: bytes, name: str, part: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        new.writestr(name, part)
    return made.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1024 * 1024)
    content = _with_part(workbook([["a"]]), "xl/worksheets/sheet1.xml", b" " * 2 * 1024 * 1024)

    with pytest.raises(UnreadableFileError, match="larger than 1 MiB"):
        read(content)


def test_a_workbook_that_lies_about_its_size_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1024 * 1024)
    part = b" " * 2 * 1024 * 1024
    content = _with_part(workbook([["a"]]), "xl/worksheets/sheet1.xml", part)
    lying = content.replace(len(part).to_bytes(4, "little"), (100).to_bytes(4, "little"))

    assert lying != content
    with pytest.raises(UnreadableFileError, match="larger than 1 MiB"):
        read(lying)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:200] + bytes(200) + content[400:],
        lambda content: _with_part(content, "xl/workbook.xml", b"<workbook"),
        lambda content: _with_part(content, "xl/worksheets/sheet1.xml", b"\0\1\2"),
        lambda content: b"PK\x03\x04" + bytes(1000),
    ],
)
def test_a_damaged_workbook_is_told(spoil: Callable[[bytes], bytes]) -> None:
    content = spoil(workbook([HEADS, line("a")]))

    with pytest.raises(UnreadableFileError, match="XLSX"):
        read(content)


# Cells.


@pytest.mark.parametrize(
    "cell",
    [
        "2026-10-01 12:00:00",
        "2026/10/1 12:00",
        "2026-10-01T12:00:00",
        "2026-10-01T04:00:00Z",
        "2026-10-01T12:00:00.123+08:00",
        "2026年10月1日 12:00:00",
        "2026/10/01 下午 12:00:00",
        "20261001120000",
        "1/10/2026 12:00:00 PM",
        str(NOON),
        str(NOON * 1000),
        "46296.5",
        46296.5,
        WALL,
        "'2026-10-01 12:00:00",
        " 2026-10-01 12:00:00 ",
    ],
)
def test_a_moment_is_read_however_it_is_written(cell: Any) -> None:
    assert Moments(cells.YMD, "Asia/Shanghai").read(cell) == NOON


def test_months_come_first_where_that_was_said() -> None:
    assert Moments(cells.MDY, "Asia/Shanghai").read("10/01/2026 12:00:00") == NOON


def test_a_day_and_a_time_of_day_are_one_moment() -> None:
    moments = Moments(cells.YMD, "Asia/Shanghai")

    assert moments.read("2026-10-01", "12:00:00") == NOON
    assert moments.read(date(2026, 10, 1), time(12)) == NOON
    assert moments.read(datetime(2026, 10, 1), "12:00:00") == NOON  # noqa: DTZ001
    assert moments.read(46296.0, 0.5) == NOON


@pytest.mark.parametrize(
    "cell",
    ["yesterday", "2026-13-01 12:00:00", "2026-10-01", "10/01/26 12:00", "12", "9" * 400, "nan"],
)
def test_what_is_no_moment_is_told(cell: str) -> None:
    with pytest.raises(CellError) as told:
        Moments(cells.YMD, "Asia/Shanghai").read(cell)

    assert (told.value.expected, told.value.found) == ("moment", cell[:200])


@pytest.mark.parametrize(
    ("cell", "unit", "seconds"),
    [
        ("61", "s", 61),
        ("61.0", "s", 61),
        (61.0, "s", 61),
        ("2", "min", 120),
        ("1.5", "min", 90),
        ("0,1", "min", 6),
        ("00:01:01", "clock", 61),
        ("1:01", "s", 61),
        (time(0, 1, 1), "s", 61),
        (timedelta(seconds=61), "clock", 61),
        (61 / 86_400, "clock", 61),
        ("61秒", "s", 61),
        ("", "s", None),
        (None, "s", None),
    ],
)
def test_a_duration_is_read_in_its_unit(cell: Any, unit: str, seconds: int | None) -> None:
    assert cells.duration(cell, unit) == seconds


@pytest.mark.parametrize(
    ("cell", "unit"), [("-1", "s"), ("x", "s"), ("NaN", "s"), ("9" * 30, "s"), ("61", "clock")]
)
def test_what_is_no_duration_is_told(cell: str, unit: str) -> None:
    with pytest.raises(CellError):
        cells.duration(cell, unit)


@pytest.mark.parametrize(
    ("cell", "millionths"),
    [
        ("0.30", 300_000),
        ("¥1,234.56", 1_234_560_000),
        ("1.234,56", 1_234_560_000),
        ("0,05", 50_000),
        ("1,234", 1_234_000_000),
        ("-0.1", -100_000),
        (0.1, 100_000),
        ("12 元", 12_000_000),
        ("", None),
        ("-", None),
    ],
)
def test_money_is_read_exactly(cell: Any, millionths: int | None) -> None:
    assert cells.money(cell) == millionths


@pytest.mark.parametrize("cell", ["free", "1e400", "Infinity", "0.1.2"])
def test_what_is_no_money_is_told(cell: str) -> None:
    with pytest.raises(CellError):
        cells.money(cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("'13100001111", CALLER),
        ('="13100001111"', CALLER),
        (13100001111.0, CALLER),
        (13100001111, CALLER),
        ("+86 131-0000-1111", "+86 131-0000-1111"),
        ("138****0021", "138****0021"),
        (None, ""),
    ],
)
def test_a_number_is_read_as_it_was_meant(cell: Any, number: str) -> None:
    assert cells.number(cell) == number


@pytest.mark.parametrize("cell", ["1.31E+10", "1.31e10", "8.6131E+12", "x" * 65])
def test_a_number_that_a_spreadsheet_shortened_is_told(cell: str) -> None:
    with pytest.raises(CellError) as told:
        cells.number(cell)

    assert (told.value.expected, told.value.found) == ("number", cell)


@pytest.mark.parametrize("cell", [1.2345678901234568e18, 12345678901234567890, "1.23E+18"])
def test_an_id_that_lost_its_digits_is_told(cell: Any) -> None:
    with pytest.raises(CellError):
        cells.call_id(cell)


# Rows.


def test_a_row_that_cannot_be_read_tells_where_and_costs_no_other() -> None:
    content = as_csv(
        [line("a", caller="1.31E+10"), line("b"), [], ["", "", "", "合计"], ["合计"], line("c")]
    )

    found = understood(content)

    assert [(one.place, one.told_id, one.note) for one in found] == [
        (2, "", '["caller", 1, "number", "1.31E+10"]'),
        (3, "b", ""),
        (5, "", '["start", 3, "moment", "合计"]'),
        (6, "", '["start", 3, "moment", ""]'),
        (7, "c", ""),
    ]


def test_a_row_with_neither_id_nor_numbers_leads_nowhere() -> None:
    content = as_csv([["", "", "", "2026-10-01 12:00:00", "1"], ["", CALLER, CALLEE, "", "1"]])

    assert [one.note for one in understood(content)] == [
        '["id", 0, "id", ""]',
        '["start", 3, "moment", ""]',
    ]


# Heads.


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (HEADS, dict(zip(FIELDS, range(8), strict=True))),
        (
            ["Call ID", "From", "To", "Start Time", "Duration (s)", "Billed Duration", "Amount"],
            dict(zip(FIELDS[:7], range(7), strict=True)),
        ),
        (
            [
                "序号",
                "主叫号码",
                "被叫号码",
                "通话开始时间",
                "通话时长（秒）",
                "计费分钟数",
                "费用(元)",
            ],
            {"caller": 1, "callee": 2, "start": 3, "seconds": 4, "billed": 5, "charge": 6},
        ),
        (
            ["sessionId", "callerNum", "calleeNum", "date", "time"],
            {"id": 0, "caller": 1, "callee": 2, "start": 3, "clock": 4},
        ),
        (
            ["callSid", "from_number", "to_number", "billsec"],
            {"id": 0, "caller": 1, "callee": 2, "billed": 3},
        ),
        (["x", "y"], {}),
    ],
)
def test_heads_are_recognised_in_chinese_and_english(
    names: list[str], found: dict[str, int]
) -> None:
    assert heads.fields(names) == found


def test_the_heads_may_stand_below_a_title() -> None:
    rows = [["2026年10月账单"], [], ["制表人", "李"], list(HEADS), line("a")]

    assert heads.head_row([Row(number=at, cells=row) for at, row in enumerate(rows, 1)]) == 4


@pytest.mark.parametrize(
    ("head", "samples", "unit"),
    [
        ("计费时长(分钟)", ["2"], "min"),
        ("时长(秒)", ["61"], "s"),
        ("Minutes", ["2"], "min"),
        ("时长", ["00:01:01", "00:00:09"], "clock"),
        ("duration", ["61"], "s"),
    ],
)
def test_the_unit_of_a_duration_is_guessed(head: str, samples: list[str], unit: str) -> None:
    assert heads.unit(head, samples) == unit
