"""What a code means: lookup by scheme and value, in which the narrowest row wins.

Tables are CSV files, one a scheme, all with one header. ``read_table`` reads one; after each
migrate the tables are copied into ``CodeMeaning``; ``explain`` looks codes up in that copy.
"""

import csv
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from django.utils.translation import get_language

from calls.models import CodeMeaning

COLUMNS = (
    "code",
    "code_to",
    "status",
    "zh",
    "en",
    "outcome",
    "advice_zh",
    "advice_en",
    "retry_after",
    "source",
)
STANDARDS = Path(__file__).with_name("standards")
LONGEST_CODE = 64  # as the column; Python refuses to read numbers of some thousand digits


def read_table(path: Path, scheme: str) -> list[CodeMeaning]:
    """The rows of one CSV table; ValueError when its header is not ours."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path.name}: expected the columns {','.join(COLUMNS)}")
        return [CodeMeaning(scheme=scheme, **row) for row in rows]


def standard_tables() -> dict[str, Path]:
    """The tables that no vendor owns (Q.850, SIP, …), by scheme."""
    return {path.stem: path for path in sorted(STANDARDS.glob("*.csv"))}


def replace_tables(tables: dict[str, Path]) -> int:
    """Make ``CodeMeaning`` hold exactly these tables; the number of rows that it holds then."""
    rows = [row for scheme, path in tables.items() for row in read_table(path, scheme)]
    CodeMeaning.objects.all().delete()
    CodeMeaning.objects.bulk_create(rows, batch_size=200)
    forget()
    return len(rows)


@cache
def _book() -> dict[str, list[CodeMeaning]]:
    """All rows by scheme. A few hundred rows that change only with a migrate, so kept for good."""
    book: dict[str, list[CodeMeaning]] = {}
    for row in CodeMeaning.objects.all():
        book.setdefault(row.scheme, []).append(row)
    return book


def forget() -> None:
    """Drop what is remembered of the tables, so that the next lookup reads them anew."""
    _book.cache_clear()
    explain.cache_clear()


@lru_cache(maxsize=4096)
def explain(scheme: str, value: str, status: str | None = None) -> CodeMeaning | None:
    """The narrowest row that covers this value, or None. Values are compared as text, ranges as
    numbers: ``404`` is found in the row ``400`` to ``699`` unless it has a row of its own.

    Without ``status`` any HTTP status is meant: a value that means different things under several
    of them is None then, and ``statuses`` names them.
    """
    if status is None:
        rows = {explain(scheme, value, one) for one in ["", *statuses(scheme, value)]} - {None}
        return rows.pop() if len(rows) == 1 else None
    return next((row for row in _covering(scheme, value) if row.status in {"", status}), None)


def statuses(scheme: str, value: str) -> list[str]:
    """The HTTP statuses under which a code has rows; none where its rows ask for no status."""
    return sorted({row.status for row in _covering(scheme, value) if row.status})


def _covering(scheme: str, value: str) -> list[CodeMeaning]:
    """The rows of this value and of the ranges around it, the narrowest first; of two as narrow,
    the one that asks for a status."""
    rows = _book().get(scheme, ())
    covering = [row for row in rows if row.code == value and not row.code_to]
    if value.isdecimal() and len(value) <= LONGEST_CODE:
        number = int(value)
        ranges = (row for row in rows if row.code_to)
        covering += [row for row in ranges if int(row.code) <= number <= int(row.code_to)]
    return sorted(covering, key=lambda row: (_width(row), not row.status))


def _width(row: CodeMeaning) -> int:
    """How much a row covers; one for a single value is narrower than any range."""
    return int(row.code_to) - int(row.code) if row.code_to else -1


def outcomes_of(codes: Iterable[tuple[str, str]]) -> list[str]:
    """The outcomes that the tables give for these (scheme, value) pairs, where they give one."""
    rows = (explain(scheme, value) for scheme, value in codes)
    return [row.outcome for row in rows if row is not None and row.outcome]


def meaning(row: CodeMeaning) -> str:
    """What it means, in the reader's language."""
    return row.zh if reads_chinese() and row.zh else row.en


def advice(row: CodeMeaning) -> str:
    """What to do and whose move it is, in the reader's language."""
    return row.advice_zh if reads_chinese() and row.advice_zh else row.advice_en


def reads_chinese() -> bool:
    """Whether the reader's language is Chinese, of the two that tables are written in."""
    return (get_language() or "").startswith("zh")
