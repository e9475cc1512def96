"""How fast files of calls are made: python -m tests.benchmarks.exporting CALLS

Beside COPY, which writes the calls' own columns and nothing else.
"""

import sys
import time
from collections.abc import Callable

import django

from tests.benchmarks.report import aligned


def main(count: int) -> None:
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from calls.export import making
    from calls.models import Call, Export

    newest = Call.objects.order_by("-occurred_at", "-id").values_list("occurred_at", flat=True)
    since = newest[count - 1]

    def made(file_format: str) -> int:
        export = Export(
            format=file_format,
            search=f"from:{since:%Y-%m-%dT%H:%M:%SZ}",
            columns=[],
            zone="Asia/Shanghai",
            language="en",
            is_masked=False,
            asked_at=timezone.now(),
        )
        for _ in making.pieces(export):
            pass
        return export.rows_done

    def copied() -> int:
        rows = Call.objects.filter(occurred_at__gte=since).order_by("-occurred_at", "-id")
        sql, values = rows.defer("said", "details", "extra").query.sql_with_params()
        with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT", values) as rows_:
            for _ in rows_:
                pass
        return count

    acts: dict[str, Callable[[], int]] = {
        "export: CSV": lambda: made(Export.Format.CSV),
        "export: XLSX": lambda: made(Export.Format.XLSX),
    }
    if connection.vendor == "postgresql":
        acts["COPY of the same calls"] = copied
    rows = [("", "calls", "calls/s", "calls/s of work")]
    for what, act in acts.items():
        began, worked = time.perf_counter(), time.process_time()
        done = act()
        took, work = time.perf_counter() - began, time.process_time() - worked
        rows.append((what, f"{done:,}", f"{done / took:,.0f}", f"{done / max(work, 1e-3):,.0f}"))
    aligned(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]))
