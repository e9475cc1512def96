"""Looks through a file before it is imported: what is new, what is here, what cannot be read."""

import base64
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from django.core.files import File

from vendors.imports import entries, keeping, known
from vendors.imports.entries import Entry
from vendors.imports.known import Seen, Sort
from vendors.models import Import

CHUNK = 500  # entries that are asked about together
FIRST_PROBLEMS = 20
SAMPLE, SAMPLE_BYTES = 20, 128 * 1024
IN_MEMORY = 4 * 1024 * 1024  # bytes of problems

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Found:
    """``counts`` are by Sort, and ``as_…`` by what lines were taken as, for those that are new."""

    counts: Counter[str] = field(default_factory=Counter)
    first_problems: list[dict[str, Any]] = field(default_factory=list)
    sample: list[dict[str, str]] = field(default_factory=list)
    sample_bytes: int = 0


def look(job: Import, file: IO[bytes], tell: Tell) -> Found:
    """Look through a whole file. What cannot be read is kept as a list. Raises RefusedFileError."""
    found, seen = Found(), Seen()
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as problems:
        for chunk in chunks(entries.of(job, file), CHUNK):
            sorts = known.sorted_out(job.account, chunk, seen)
            found.counts.update(known.counted(chunk, sorts))
            for entry, sort in zip(chunk, sorts, strict=True):
                _note(found, entry, sort, problems)
            tell(job.size_bytes if not job.is_table else 0, chunk[-1].done)
        problems.seek(0)
        keeping.keep_problems(job, File(problems))
    return found


def chunks(found: Iterator[Entry], most: int) -> Iterator[list[Entry]]:
    while chunk := list(islice(found, most)):
        yield chunk


def _note(found: Found, entry: Entry, sort: Sort, problems: IO[bytes]) -> None:
    if entry.line is None:
        told = {"path": entry.place.path, "line": entry.place.number, "problem": entry.problem}
        problems.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        if len(found.first_problems) < FIRST_PROBLEMS:
            found.first_problems.append(told | {"problem": entry.problem[:500]})
        return
    if sort is not Sort.NEW:
        return
    room = SAMPLE_BYTES - found.sample_bytes - len(entry.line.body)
    if len(found.sample) < SAMPLE and room >= 0:
        found.sample_bytes += len(entry.line.body)
        body = base64.b64encode(entry.line.body).decode()
        found.sample.append({"kind": entry.line.kind, "body": body})
