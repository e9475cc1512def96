"""Exporting calls as CSV and XLSX, against PostgreSQL's own COPY; and the memory of it.

``measured`` needs nothing but a database with calls in it, of any number.
"""

import json
import resource
import sys
import time
from datetime import UTC, datetime
from itertools import islice

from tests.benchmarks.report import Row, say
from tests.benchmarks.stage import Stage

CALLS, SEED = 200_000, 1
FORMATS = ("csv", "xlsx")
# What a list shows at first, as a file has it; and with all codes beside it.
COLUMNS = (
    *("time", "vendor", "account", "caller", "callee", "shown", "outcome", "why"),
    *("talk", "ended_by", "dialog", "recording"),
)
WITH_CODES = (*COLUMNS, "ring", "codes")
AIM = "20,000 or more"
WARMING = 40  # pieces of a file, after which all is loaded that ever will be

# The least that a database does for the same rows: as it would be written by hand.
COPY = """
    COPY (
        SELECT occurred_at, vendor, account_id, caller, callee, display_number, outcome,
               talk_seconds, ended_by, has_dialog, has_recording
        FROM calls_call ORDER BY occurred_at DESC, id DESC
    ) TO STDOUT (FORMAT csv)
"""


def exporting(stage: Stage, rounds: int) -> list[Row]:
    """A database of its own with some calls."""
    say(f"exporting: making {CALLS:,} calls")
    stage.run("-m", "tests.benchmarks.filling", str(CALLS), str(SEED))
    return measured(stage, rounds)


def measured(stage: Stage, rounds: int) -> list[Row]:
    """All calls of the stage's database as files, in turns with COPY."""
    found: dict[str, list[float]] = {}
    for number in range(1, rounds + 1):
        copied = _copied(stage)
        found.setdefault("COPY alone, calls/s", []).append(copied)
        for file_format in FORMATS:
            for name, keys in (("", COLUMNS), (" with codes", WITH_CODES)):
                words = ("-m", "tests.benchmarks.exporting", file_format, ",".join(keys))
                one = json.loads(stage.run(*words))
                what = f"{file_format.upper()}{name}"
                found.setdefault(f"{what}, calls/s", []).append(one["rate"])
                found.setdefault(f"{what}, memory grown, MB", []).append(one["grown"])
                say(f"exporting {number}: {what} {one['rate']:,.0f}/s, COPY {copied:,.0f}/s")
    return [
        Row(
            what=f"exporting: {what}",
            rounds=values,
            aim=AIM if what.endswith("calls/s") and "COPY" not in what else "",
            digits=0 if what.endswith("calls/s") else 1,
        )
        for what, values in found.items()
    ]


def _copied(stage: Stage) -> float:
    row = stage.database.execute("SELECT count(*) FROM calls_call").fetchone()
    count = int(str(row[0])) if row else 0
    began = time.perf_counter()
    with stage.database.cursor() as cursor, cursor.copy(COPY) as copy:
        for _ in copy:
            pass
    return count / (time.perf_counter() - began)


def main(file_format: str, keys: str) -> None:
    """Make the file of all calls and keep none of it; print how fast it was, and by how many
    megabytes the process grew on the way."""
    import django

    django.setup()
    from calls.export import making
    from calls.models import Export

    def export() -> Export:
        return Export(
            format=file_format,
            columns=keys.split(","),
            zone="Asia/Shanghai",
            language="zh-hans",
            user_name="bench",
            asked_at=datetime.now(UTC),
        )

    warming = making.pieces(export())
    for _ in islice(warming, WARMING):
        pass
    warming.close()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = export()
    began = time.perf_counter()
    size = sum(map(len, making.pieces(whole)))
    rate = whole.rows_done / (time.perf_counter() - began)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    done = {"rows": whole.rows_done, "bytes": size, "rate": rate, "grown": grown}
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
