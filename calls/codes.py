"""What a code means: lookup by scheme and value, in which the narrowest row wins.

Tables are CSV files, one a scheme, all with one header. ``read_table`` reads one; after each
migrate the tables are copied into ``CodeMeaning``; ``explain`` looks codes up in that copy. Which
codes of different tables tell of the same stands in files of its own: see ``calls.equals``.
"""

import csv
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from time import monotonic

from django.utils.translation import get_language

from calls.models import CodeEqual, CodeMeaning, CodeNote

COLUMNS = (
    "code",
    "code_to",
    "status",
    "zh",
    "en",
    "outcome",
    "side",
    "advice_zh",
    "advice_en",
    "retry_after",
    "source",
)
EQUAL_COLUMNS = ("scheme", "code", "other_scheme", "other_code", "source")
STANDARDS = Path(__file__).with_name("standards")
EQUALS = STANDARDS / "equivalents.csv"
LONGEST_CODE = 64  # as the column; Python refuses to read numbers of some thousand digits
NOTES_STALE = 60  # seconds: how long another process may not know of a new note

Key = tuple[str, str]  # scheme and value


def read_table(path: Path, scheme: str) -> list[CodeMeaning]:
    """The rows of one CSV table; ValueError when its header is not ours."""
    return [CodeMeaning(scheme=scheme, **row) for row in _read(path, COLUMNS)]


def read_equals(path: Path) -> list[CodeEqual]:
    """The rows of one file of equal codes; ValueError when its header is not ours."""
    return [CodeEqual(**row) for row in _read(path, EQUAL_COLUMNS)]


def _read(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != columns:
            raise ValueError(f"{path.name}: expected the columns {','.join(columns)}")
        return list(rows)


def standard_tables() -> dict[str, Path]:
    """The tables that no vendor owns (Q.850, SIP, …), by scheme."""
    return {path.stem: path for path in sorted(STANDARDS.glob("*.csv")) if path != EQUALS}


def replace_tables(tables: dict[str, Path], equals: Iterable[Path] = ()) -> int:
    """Make ``CodeMeaning`` and ``CodeEqual`` hold exactly these; the number of meanings then."""
    rows = [row for scheme, path in tables.items() for row in read_table(path, scheme)]
    CodeMeaning.objects.all().delete()
    CodeMeaning.objects.bulk_create(rows, batch_size=200)
    CodeEqual.objects.all().delete()
    CodeEqual.objects.bulk_create([row for path in equals for row in read_equals(path)])
    forget()
    return len(rows)


@cache
def _book() -> dict[str, list[CodeMeaning]]:
    """All rows by scheme. A few hundred rows that change only with a migrate, so kept for good."""
    book: dict[str, list[CodeMeaning]] = {}
    for row in CodeMeaning.objects.all():
        book.setdefault(row.scheme, []).append(row)
    return book


@cache
def pairs() -> dict[Key, dict[Key, str]]:
    """What is paired with each code, either way round, and who says so; kept for good as well."""
    paired: dict[Key, dict[Key, str]] = {}
    for row in CodeEqual.objects.all():
        one, other = (row.scheme, row.code), (row.other_scheme, row.other_code)
        paired.setdefault(one, {})[other] = row.source
        paired.setdefault(other, {})[one] = row.source
    return paired


def forget() -> None:
    """Drop what is remembered of the tables, so that the next lookup reads them anew."""
    _book.cache_clear()
    pairs.cache_clear()
    explain.cache_clear()
    forget_notes()


def schemes() -> list[str]:
    """The tables that there are: the standards first, then vendors' own."""
    return sorted(_book(), key=lambda scheme: (is_vendors(scheme), scheme))


def is_vendors(scheme: str) -> bool:
    """Whether a table is a vendor's own: those are called ``vendor.table``."""
    return "." in scheme


@lru_cache(maxsize=4096)
def explain(scheme: str, value: str, status: str | None = None) -> CodeMeaning | None:
    """The narrowest row that covers this value, or None. Values are compared as text, ranges as
    numbers: ``404`` is found in the row ``400`` to ``699`` unless it has a row of its own, and that
    row itself by ``400-699``.

    Without ``status`` any HTTP status is meant: a value that means different things under several
    of them is None then, and ``meanings`` gives them all.
    """
    if status is None:
        rows = meanings(scheme, value)
        return rows[0] if len(rows) == 1 else None
    return next((row for row in _covering(scheme, value) if row.status in {"", status}), None)


def meanings(scheme: str, value: str) -> list[CodeMeaning]:
    """All that a code can mean: nothing, one thing, or one thing for each of several statuses."""
    rows = [explain(scheme, value, one) for one in [*statuses(scheme, value), ""]]
    return list(dict.fromkeys(row for row in rows if row is not None))


def statuses(scheme: str, value: str) -> list[str]:
    """The HTTP statuses under which a code has rows; none where its rows ask for no status."""
    return sorted({row.status for row in _covering(scheme, value) if row.status})


def _covering(scheme: str, value: str) -> list[CodeMeaning]:
    """The rows of this value and of the ranges around it, the narrowest first; of two as narrow,
    the one that asks for a status."""
    rows = _book().get(scheme, ())
    covering = [row for row in rows if row.value == value]
    covering += [row for row in rows if in_range(row, value)]
    return sorted(covering, key=lambda row: (_width(row), not row.status))


def in_range(row: CodeMeaning, value: str) -> bool:
    """Whether a row is a range, and the value a number within it."""
    if not row.code_to or not value.isdecimal() or len(value) > LONGEST_CODE:
        return False
    return int(row.code) <= int(value) <= int(row.code_to)


def _width(row: CodeMeaning) -> int:
    """How much a row covers; one for a single value is narrower than any range."""
    return int(row.code_to) - int(row.code) if row.code_to else -1


def outcomes_of(codes: Iterable[Key]) -> list[str]:
    """The outcomes that the tables give for these (scheme, value) pairs, where they give one."""
    rows = (explain(scheme, value) for scheme, value in codes)
    return [row.outcome for row in rows if row is not None and row.outcome]


def note(scheme: str, value: str) -> CodeNote | None:
    """What an administrator wrote of a code. Kept for a minute, so that a page with many codes
    asks once; where a note is written, it is known at once."""
    return _notes(int(monotonic() // NOTES_STALE)).get((scheme, value))


@lru_cache(maxsize=1)
def _notes(minute: int) -> dict[Key, CodeNote]:
    return {(one.scheme, one.code): one for one in CodeNote.objects.all()}


def forget_notes() -> None:
    """Drop what is remembered of notes: one was written, changed or deleted."""
    _notes.cache_clear()


def meaning(row: CodeMeaning) -> str:
    """What it means, in the reader's language."""
    return row.zh if reads_chinese() and row.zh else row.en


def term(row: CodeMeaning) -> str:
    """The vendor's own Chinese term, where the meaning is not that term already."""
    return "" if row.zh == meaning(row) else row.zh


def advice(row: CodeMeaning) -> str:
    """What to do and whose move it is, in the reader's language."""
    return row.advice_zh if reads_chinese() and row.advice_zh else row.advice_en


def reads_chinese() -> bool:
    """Whether the reader's language is Chinese, of the two that tables are written in."""
    return (get_language() or "").startswith("zh")
