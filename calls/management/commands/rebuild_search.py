"""Makes all calls findable anew, from what is known of them."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from calls import handles
from calls.models import Call

CHUNK = 500  # calls in a transaction


class Command(BaseCommand):
    help = (
        "Work out anew by which numbers, references and words calls are found: after an upgrade"
        " says so. Safe while the portal runs, and to run again."
    )

    def handle(self, **options: Any) -> None:
        last, done = 0, 0
        with tqdm(total=Call.objects.count(), unit=" calls", disable=None) as bar:
            while calls := self._rebuild_after(last):
                last = calls[-1].pk
                done += len(calls)
                bar.update(len(calls))
        self.stdout.write(f"{done} calls can be found anew.")

    @transaction.atomic
    def _rebuild_after(self, last: int) -> list[Call]:
        # Locked, so that a push that changes one of them meanwhile waits and has the last word.
        rows = Call.objects.filter(pk__gt=last).order_by("pk").defer("said", "extra")
        calls = list(rows.select_for_update()[:CHUNK])
        handles.rebuild(calls)
        return calls
