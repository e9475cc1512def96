"""What is in a file, one after the other: pushes, and what could not be read as one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from calls.facts import CallFacts
from vendors import registry
from vendors.adapters.base import Vendor
from vendors.adapters.imports import Line
from vendors.adapters.parsing import UnreadablePushError
from vendors.imports import lines, tables
from vendors.imports.lines import Place, Text
from vendors.imports.mapping import Mapping
from vendors.models import Import
from vendors.registry import VENDORS


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line or a row: a push with what it says of calls, or what is wrong with it. ``done`` is how
    many bytes, or rows of a table, lie behind."""

    place: Place
    line: Line | None = None
    facts: tuple[CallFacts, ...] = ()
    problem: str = ""
    done: int = 0


def of(job: Import, file: IO[bytes]) -> Iterator[Entry]:
    """All entries of a file. Raises RefusedFileError."""
    vendor = VENDORS[job.account.vendor]
    if job.is_table:
        yield from _of_table(vendor, job, file)
        return
    is_archive = job.format == Import.Format.ZIP
    if not is_archive:
        file.seek(0)
    done = 0
    for text in lines.of_archive(file) if is_archive else lines.of_file(file):
        done += text.size
        yield _of_text(vendor, text, done)


def _of_text(vendor: Vendor, text: Text, done: int) -> Entry:
    if text.problem:
        return Entry(place=text.place, problem=text.problem, done=done)
    try:
        return _entry(vendor, text.place, vendor.imports.line(text.text), done)
    except UnreadablePushError as error:
        return Entry(place=text.place, problem=str(error), done=done)


def _of_table(vendor: Vendor, job: Import, file: IO[bytes]) -> Iterator[Entry]:
    chosen = Mapping.of(job.columns)
    reader = tables.Reader(chosen)
    for row in tables.all_rows(file, job.format, chosen.sheet):
        place = Place(chosen.sheet, row.number)
        try:
            line = reader.line(row)
        except UnreadablePushError as error:
            yield Entry(place=place, problem=str(error), done=row.number)
            continue
        if line is not None:
            yield _entry(vendor, place, line, row.number)


def _entry(vendor: Vendor, place: Place, line: Line, done: int) -> Entry:
    """A push that says nothing of any call is none; one of which a part can be read is one."""
    if len(line.body) > settings.PUSH_LARGEST:
        problem = _("Expected a push of at most %(most)d bytes, got %(size)d.")
        words = {"most": settings.PUSH_LARGEST, "size": len(line.body)}
        return Entry(place=place, problem=problem % words, done=done)
    read = registry.read(vendor, line.kind, line.body)
    if not read.facts:
        problem = "\n".join(read.problems) or _("It says nothing of any call.")
        return Entry(place=place, problem=problem, done=done)
    return Entry(place=place, line=line, facts=tuple(read.facts), done=done)
